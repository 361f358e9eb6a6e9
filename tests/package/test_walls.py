"""What nobody may do anywhere, and what the web's process may not load.

Which folder may import which, and which library belongs to which folder, is in pyproject.toml
(``make check``).
"""

import ast
import functools
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "ntk_uq"
FILES = sorted(PACKAGE.rglob("*.py"))
TREES = {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_bytes()) for path in FILES}


def names_imported(tree: ast.AST) -> set[str]:
    """Every module that a file imports, wherever in it, written out in full."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and "import" in ast.unparse(node.func):
            names |= {a.value for a in node.args if isinstance(a, ast.Constant)}
    return {name for name in names if isinstance(name, str)}


@functools.cache
def imported() -> dict[str, set[str]]:
    """What each file of the package imports."""
    return {name: names_imported(tree) for name, tree in TREES.items()}


def importers(module: str) -> set[str]:
    """The files of the package that import a module or something in it."""
    return {
        name
        for name, names in imported().items()
        if any(n == module or n.startswith(f"{module}.") for n in names)
    }


def loaded_after(code: str) -> set[str]:
    """Which top-level modules a new process has loaded after some code."""
    program = (
        f"{code}\nimport json, sys; print(json.dumps([*{{m.split('.')[0] for m in sys.modules}}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def wall() -> dict[str, list[str]]:
    """The contract about what the web's process loads, as import-linter has it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    return next(
        c
        for c in contracts
        if "ntk_uq.ui" in c.get("source_modules", ()) and "jax" in c["forbidden_modules"]
    )


def modules_of(folders: list[str]) -> list[str]:
    """Every module in some of the package's folders."""
    names = (
        ".".join(("ntk_uq", *path.relative_to(PACKAGE).with_suffix("").parts)) for path in FILES
    )
    modules = (name.removesuffix(".__init__") for name in names)
    return [m for m in modules if any(m == f or m.startswith(f"{f}.") for f in folders)]


def test_this_file_sees_the_package():
    assert len(FILES) > 200
    assert {"specs/__init__.py", "networks/architecture.py", "engine/dask.py"} <= set(TREES)
    example = ast.parse(
        "import a.b\nfrom c.d import e\ndef f():\n  import g\n  importlib.import_module('h.i')"
    )
    assert names_imported(example) == {"a.b", "c.d", "c.d.e", "g", "h.i"}


def test_the_package_has_no_loose_modules():
    assert {p.name for p in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py"}


def test_all_that_the_web_may_load_holds_neither_jax_nor_dask():
    """Every module of every folder on the web's side of the wall, in a new process."""
    modules = modules_of(wall()["source_modules"])
    assert len(modules) > 150
    loaded = loaded_after(f"import {', '.join(modules)}")
    assert {"streamlit", "ntk_uq"} <= loaded
    outside = {name for name in wall()["forbidden_modules"] if not name.startswith("ntk_uq")}
    assert len(outside) == 5
    assert not loaded & outside


def test_asking_for_jobs_loads_nothing_that_computes_or_fetches():
    loaded = loaded_after(f"import {', '.join(modules_of(['ntk_uq.jobs', 'ntk_uq.results']))}")
    assert "ntk_uq" in loaded
    assert not loaded & {"jax", "dask", "pooch", "requests", "sklearn", "h5py", "streamlit"}


def test_the_package_itself_loads_next_to_nothing():
    loaded = loaded_after("import ntk_uq; ntk_uq.CurveSpec().digest()")
    assert "ntk_uq" in loaded
    assert not loaded & {
        "jax",
        "dask",
        "numpy",
        "scipy",
        "sklearn",
        "streamlit",
        "plotly",
        "pandas",
    }


def test_exhibits_are_made_without_streamlit():
    assert not [name for name in importers("streamlit") if name.endswith("/exhibit.py")]


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("kaleido", {"export/child.py", "export/render.py"}),  # the latter only asks for it
        ("choreographer", {"export/render.py"}),
    ],
)
def test_a_module_is_imported_only_where_it_belongs(module, allowed):
    found = importers(module)
    assert found, "no file imports it: the test looks for the wrong name"
    assert found <= allowed


@pytest.mark.parametrize(
    "module", ["pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"]
)
def test_nothing_is_ever_pickled(module):
    assert importers(module) == set()


@pytest.mark.parametrize("name", TREES)
def test_no_call_allows_pickles(name):
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            assert isinstance(node.value, ast.Constant), ast.unparse(node)
            assert node.value.value is False, ast.unparse(node)
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("read_pickle", "to_pickle", "tofile", "dump_session")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("eval", "exec")


def test_numpy_files_are_read_without_pickles():
    """np.load says so where it stands: the default has been the other one."""
    loads = [
        node
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("np.load", "numpy.load")
    ]
    assert loads
    for node in loads:
        assert "allow_pickle" in {k.arg for k in node.keywords}, ast.unparse(node)


def test_no_two_classes_have_one_name():
    places = {}
    for name, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(name)
    assert not {cls: found for cls, found in places.items() if len(found) > 1}


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_a_file_of_the_package_has_at_most_450_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450
