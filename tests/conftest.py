"""What all tests share: shapes checked at run time, and directories of their own."""

import os
import platform
import sys
from pathlib import Path

import helpers.shapecheck  # noqa: F401 (the hook finds it by name)
import hypothesis
import pytest
from jaxtyping import install_import_hook

THEIRS_TO_SAY = (
    *("ntk_uq.datasets.showers", "ntk_uq.datasets.spots"),
    *("ntk_uq.scaling.curve", "ntk_uq.scaling.power_law"),
)
"""Modules that users hand anything to: what is wrong with it they say in words of their own."""

PACKAGE = Path(__file__).resolve().parents[1] / "ntk_uq"


def with_shapes():
    """The modules that write shapes into signatures. Left out are those with ``Self``, since the
    checker sees methods one by one and not their class, and with ``IO``, which it takes literally.
    """
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "from jaxtyping import" in text and not any(t in text for t in ("-> Self", "IO[")):
            yield ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


# Before anything of the package is imported: where arrays are handled, the shapes in signatures
# are enforced.
install_import_hook(
    sorted(set(with_shapes()) - set(THEIRS_TO_SAY)),
    "helpers.shapecheck.checked",
)

# A busy machine is no failure. (Under CI Hypothesis has a profile of its own, which says the same.)
if not os.environ.get("CI"):
    hypothesis.settings.register_profile("patient", deadline=None)
    hypothesis.settings.load_profile("patient")

# Compiling is most of what tests of JAX do: what has been compiled is found again by the other
# processes of a run, those that tests start among them, and by the next run. JAX's key holds the
# program, the compiler and its options. Compiled for one machine, hence a folder for each.
COMPILED = Path(__file__).resolve().parent / "__pycache__" / "jax" / (platform.node() or "here")
for name, value in {
    "JAX_COMPILATION_CACHE_DIR": str(COMPILED),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.05",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}.items():
    os.environ.setdefault(name, value)

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(autouse=True)
def _own_directories(tmp_path_factory, monkeypatch):
    """No test reads or writes the user's store; derived data are shared within a run."""
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent  # of all processes of this run
    monkeypatch.setenv("NTK_UQ_STORE", str(tmp_path_factory.mktemp("store") / "store"))
    monkeypatch.setenv("NTK_UQ_CACHE", str(base / "derived"))
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path_factory.mktemp("data")))
    monkeypatch.setenv("NTK_UQ_OWN", str(tmp_path_factory.mktemp("own") / "own"))
    unset = ("MEMORY", "WORKERS", "SCHEDULER", "MIRRORS", "UPLOAD_LIMIT", "UPLOAD_EXPANDED", "DEMO")
    for name in unset:
        monkeypatch.delenv(f"NTK_UQ_{name}", raising=False)


@pytest.fixture(autouse=True)
def _own_main():
    """A page that was tested stays behind as ``__main__``, which spawned workers would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def real_data(monkeypatch):
    """The directory with the real MNIST files; skips where there is none.

    ``NTK_UQ_TEST_DATA`` names it, by default a folder ``shared/data`` beside the project.
    """
    directory = Path(os.environ.get("NTK_UQ_TEST_DATA", SHARED_DATA))
    if not (directory / "mnist").is_dir():
        pytest.skip(f"no real data in {directory}; set NTK_UQ_TEST_DATA to the directory")
    monkeypatch.setenv("NTK_UQ_DATA", str(directory))
    return directory


@pytest.fixture
def store():
    """An empty store in this test's own directory."""
    from ntk_uq.base import settings
    from ntk_uq.store import open_store

    with open_store(settings.store_directory()) as opened:
        yield opened
