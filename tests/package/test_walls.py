"""Who may import what, and what nobody may do: walls that keep the web process small and safe."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "ntk_uq"
FILES = sorted(PACKAGE.rglob("*.py"))
HEAVY = ("jax", "jaxlib", "optax", "neural_tangents", "distributed", "dask")
KERNELS = {f"theory/{name}.py" for name in ("dual", "inputs", "kernels")}
DEVICE = {f"theory/device_{name}.py" for name in ("blocks", "posterior", "tiles")}
TRAINING = {f"ensembles/{name}.py" for name in ("calibration", "members", "training")}


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


TREES = {path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_bytes()) for path in FILES}


def importers(module: str) -> set[str]:
    """The files of the package that import a module or something in it."""
    return {
        name
        for name, tree in TREES.items()
        if any(n == module or n.startswith(f"{module}.") for n in names_imported(tree))
    }


def loaded_after(code: str) -> set[str]:
    """Which top-level modules a new process has loaded after some code."""
    program = (
        f"{code}\nimport json, sys; print(json.dumps([*{{m.split('.')[0] for m in sys.modules}}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_this_file_sees_the_package():
    assert len(FILES) > 30
    assert {"specs/__init__.py", "architecture.py", "ui/__init__.py", "engine/dask.py"} <= set(
        TREES
    )
    example = ast.parse(
        "import a.b\nfrom c.d import e\ndef f():\n  import g\n  importlib.import_module('h.i')"
    )
    assert names_imported(example) == {"a.b", "c.d", "c.d.e", "g", "h.i"}


def test_pages_load_neither_jax_nor_neural_tangents_nor_dask():
    ui = [f"ntk_uq.ui.{path.stem}" for path in (PACKAGE / "ui").glob("*.py")]
    ui += [f"ntk_uq.ui.exhibits.{path.stem}" for path in (PACKAGE / "ui/exhibits").glob("*.py")]
    modules = [m.removesuffix(".__init__") for m in ui]
    assert len(modules) > 3
    above = [
        "figures",
        "curves",
        "views",
        "scaling",
        "results",
        "store",
        "jobs",
        "maps",
        "theory.criticality",
        "histories",
        "describe",
        "comparisons",
        "reports",
        "engine.chunks",
        "export.bundle",
        "export.report",
    ]
    above += [f"ensembles.{name}" for name in ("records", "statistics", "schedule", "estimate")]
    modules += [f"ntk_uq.{name}" for name in above]
    loaded = loaded_after(f"import {', '.join(sorted(modules))}")
    assert "streamlit" in loaded
    assert not loaded & set(HEAVY)


def test_asking_for_jobs_loads_nothing_that_computes_or_fetches():
    loaded = loaded_after(
        "import ntk_uq.jobs.asking, ntk_uq.results.descent, ntk_uq.results.inspection, ntk_uq.results.spectrum, ntk_uq.engine.chunks"
    )
    assert "ntk_uq" in loaded
    assert not loaded & {*HEAVY, "pooch", "requests", "sklearn", "h5py", "streamlit"}


def test_exhibits_are_made_without_streamlit():
    found = importers("streamlit")
    assert not [name for name in found if name.startswith(("ui/exhibits/", "export/"))]


def test_the_package_itself_loads_next_to_nothing():
    loaded = loaded_after("import ntk_uq; ntk_uq.CurveSpec().digest()")
    assert "ntk_uq" in loaded
    assert not loaded & {*HEAVY, "numpy", "scipy", "sklearn", "streamlit", "plotly", "pandas"}


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        ("neural_tangents", {"architecture.py"}),
        (
            "jax",
            {
                "architecture.py",
                *KERNELS,
                *DEVICE,
                *TRAINING,
            },
        ),
        ("optax", TRAINING),
        ("streamlit", {n for n in TREES if n.startswith("ui/")}),
        ("distributed", {n for n in TREES if n.startswith("engine/")}),
        ("dask", {n for n in TREES if n.startswith("engine/")}),
        ("diskcache", {n for n in TREES if n.startswith("store/")}),
        ("sqlite3", {n for n in TREES if n.startswith("store/")}),
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


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_a_file_of_the_package_has_at_most_450_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450


LAYERS = [
    {"errors", "fields", "text_fields", "specs", "views", "commands", "settings", "records"},
    {"datasets", "architecture", "results"},
    {"theory", "scaling", "store"},
    {"ensembles"},
    {"curves", "histories", "jobs", "reports", "spectra"},
    {"comparisons", "describe", "maps"},
    {"engine"},
]


@pytest.mark.parametrize("name", TREES)
def test_imports_point_one_way(name):
    own = name.split("/")[0].removesuffix(".py")
    level = next((i for i, layer in enumerate(LAYERS) if own in layer), None)
    if level is None:
        return
    above = {part for layer in LAYERS[level + 1 :] for part in layer}
    above |= {"figures", "ui", "cli"}
    imported = {n.split(".")[1] for n in names_imported(TREES[name]) if n.startswith("ntk_uq.")}
    assert not imported & above
