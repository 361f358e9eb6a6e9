"""docs/contributing/job-kind.md does what it says: its code blocks are run here."""

import json
import re
import shutil
import subprocess
import sys
import types
import urllib.parse
from pathlib import Path

import numpy as np
import pytest
from helpers.pages_driver import open_page

from ntk_uq import datasets
from ntk_uq.cli import main
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.inline import run
from ntk_uq.engine.runners import InProcess
from ntk_uq.jobs import kinds
from ntk_uq.store import JobState
from ntk_uq.views import DataView, RunsView

ROOT = Path(__file__).resolve().parents[2]
RECIPE = (ROOT / "docs" / "contributing" / "job-kind.md").read_text(encoding="utf-8")
DECLARATION, COMPUTATION, LINE, ASKING = re.findall(r"```python\n(.*?)```", RECIPE, re.DOTALL)
NEW = ["ntk_uq/jobs/kinds/input_length.py", "ntk_uq/engine/kinds/input_length.py"]
REGISTRY = "ntk_uq/jobs/kinds/registry.py"


def load(monkeypatch, path, source):
    """A module as it would be imported from a file of the package."""
    name = path.removesuffix(".py").replace("/", ".")
    module = types.ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(source, path, "exec"), module.__dict__)
    return module


@pytest.fixture
def added(monkeypatch):
    """The kind of the recipe, in this process, until the test has ended."""
    declaration = load(monkeypatch, NEW[0], DECLARATION)
    with kinds.register(declaration.KIND):
        load(monkeypatch, NEW[1], COMPUTATION)
        yield declaration
    assert kinds.find("input_length") is None


def compute(store):
    Engine(store, InProcess()).run_until_idle()


def test_it_is_two_new_files_and_a_line_of_one_that_is_there():
    assert re.findall(r"^New file `([^`]+)`", RECIPE, re.MULTILINE) == NEW
    assert re.findall(r"^In `([^`]+)`, in `FILES`", RECIPE, re.MULTILINE) == [REGISTRY]
    assert not any((ROOT / path).exists() for path in NEW)
    assert (ROOT / REGISTRY).exists()
    assert LINE.count("\n") == 1


def test_a_job_of_the_kind_is_asked_for_computed_and_read_back(added, store, capsys):
    exec(compile(ASKING, "job-kind.md", "exec"), {})
    assert capsys.readouterr().out == "None\n"
    (job,) = store.jobs.list()
    spec = added.InputLengthSpec(n_train=100)
    assert (job.id, job.kind) == (spec.digest(), "input_length")
    assert (job.state, job.total, job.priority) == (JobState.QUEUED, 1, 5)
    compute(store)
    job = store.jobs.get(job.id)
    assert (job.state, job.done, job.message, job.error) == (JobState.DONE, 1, "computed", "")
    found = added.KIND.result(store.results, spec)
    inputs = datasets.load_split(datasets.get("digits"), spec.data, 100, 0).x_train
    lengths = np.linalg.norm(inputs, axis=1) ** 2 / inputs.shape[1]
    assert found.squared == pytest.approx(np.mean(lengths), rel=1e-12)
    # Nothing is left to do, for an engine or a script.
    assert run(spec, store.results, lambda done, total: print(done, total)) == found
    assert capsys.readouterr().out == "1 1\n"


def test_one_that_cannot_be_computed_says_why(added, store):
    exec(compile(ASKING.replace("=100", "=100_000"), "job-kind.md", "exec"), {})
    compute(store)
    (job,) = store.jobs.list()
    assert job.state is JobState.FAILED
    assert job.error.startswith("N_D is 100,000, but the pool of digits holds")


def test_it_is_listed_in_words_and_opens_on_its_page(added, store, capsys):
    exec(compile(ASKING, "job-kind.md", "exec"), {})
    capsys.readouterr()
    (job,) = store.jobs.list()
    words = "How long inputs are, Handwritten digits, 8 × 8, N_D 100"
    app = open_page("runs", RunsView(everything=True, kinds=("input_length",), selected=(job.id,)))
    assert not app.exception
    shown = app.dataframe[0].value
    assert [*shown["what"], *shown["kind"]] == [words, "input_length"]
    assert "input_length" in app.multiselect(key="runs_kinds").options
    (link,) = [element.proto for element in app.get("page_link")]
    assert link.label == "Open in Data"
    items = dict(urllib.parse.parse_qsl(link.query_string))
    assert DataView.from_query(items) == DataView(added.InputLengthSpec().data)
    assert main(["runs", "list", "--kind", "input_length", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["kind"], listed["words"]) == ("input_length", words)
    # Without the kind, as in another version of the program.
    kinds_before = kinds.REGISTRY.pop("input_length")
    try:
        assert main(["runs", "list"]) == 0
        assert "dataset digits" in capsys.readouterr().out
    finally:
        kinds.REGISTRY["input_length"] = kinds_before


def test_written_into_the_package_it_is_known_and_the_declaration_loads_nothing_that_computes(
    tmp_path,
):
    """The files where they belong, in a copy, and a new process."""
    shutil.copytree(
        ROOT / "ntk_uq", tmp_path / "ntk_uq", ignore=shutil.ignore_patterns("__pycache__")
    )
    for path, source in zip(NEW, (DECLARATION, COMPUTATION), strict=True):
        (tmp_path / path).write_text(source, encoding="utf-8")
    registry = tmp_path / REGISTRY
    before = '    "inspection",\n'
    text = registry.read_text(encoding="utf-8")
    assert text.count(before) == 1
    registry.write_text(text.replace(before, LINE + before), encoding="utf-8")
    program = """
import sys
from ntk_uq.jobs import kinds
assert list(kinds.REGISTRY) == sorted(kinds.FILES), kinds.REGISTRY
assert kinds.REGISTRY["input_length"].rank == 5
assert not {"jax", "dask", "distributed", "optax", "streamlit", "sklearn"} & {*sys.modules}
assert not [m for m in sys.modules if m.startswith(("ntk_uq.engine", "ntk_uq.theory"))]
from ntk_uq.engine.inline import run
print(run(kinds.REGISTRY["input_length"].spec(n_train=50)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("InputLength(n_train=50, squared=")
