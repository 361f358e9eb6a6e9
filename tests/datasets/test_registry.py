"""A data set is one file and one line: the recipe in docs/contributing/data-set.md, carried out."""

import ast
import difflib
import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.mirror import Mirror
from helpers.pages_driver import compute, open_page, texts, view_in

import ntk_uq
from ntk_uq import datasets
from ntk_uq.base.errors import MissingDataError, SpecError
from ntk_uq.base.references import Reference
from ntk_uq.cli import main
from ntk_uq.datasets import REGISTRY, fetching, registry
from ntk_uq.export import bibliography
from ntk_uq.export.document import document_of, json_of
from ntk_uq.figures import Style, Trace
from ntk_uq.jobs import describe
from ntk_uq.jobs.asking import submit
from ntk_uq.results.inspection import stored_inspection
from ntk_uq.specs import (
    ArchitectureSpec,
    CurveSpec,
    DataSpec,
    FetchSpec,
    InspectionSpec,
    TrainingSpec,
)
from ntk_uq.store import JobState
from ntk_uq.ui.pages.scaling_curves import exhibit as scaling_curves
from ntk_uq.views import CurvesView, DataView

ROOT = Path(__file__).resolve().parents[2]
RECIPE = (ROOT / "docs" / "contributing" / "data-set.md").read_text(encoding="utf-8")
CODE, LINE, FOR_A_WHILE = re.findall(r"```python\n(.*?)```", RECIPE, re.DOTALL)
(COMMANDS,) = re.findall(r"```sh\n(.*?)```", RECIPE, re.DOTALL)
MODULE = "ntk_uq.datasets.rings"


def content():
    """The file that the recipe's source names, made from whole numbers."""
    rows = ["x,y,ring"]
    for i in range(300):
        x, y = (37 * i**2 + 11 * i) % 201 - 100, (53 * i**3 + 7 * i) % 199 - 99
        rows.append(f"{x},{y},{(x * x + y * y > 4000) + (x * x + y * y > 9000)}")
    return ("\n".join(rows) + "\n").encode()


@pytest.fixture
def made(tmp_path, monkeypatch):
    """The recipe's data set, not registered."""
    path = tmp_path / "rings.py"
    path.write_text(CODE, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(MODULE, path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, MODULE, module)
    spec.loader.exec_module(module)
    assert module.DATASETS == (module.RINGS,)
    return module.RINGS


@pytest.fixture
def rings(made):
    """The recipe's data set, registered; its file is not there."""
    with datasets.registered(made):
        yield made
    assert "rings" not in REGISTRY


@pytest.fixture
def mirror(monkeypatch):
    """The only mirror, which has the file."""
    server = Mirror({"rings.csv": content()})
    monkeypatch.setenv("NTK_UQ_MIRRORS", server.url("good"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield server
    server.close()


@pytest.fixture
def fetched(rings, mirror, capsys):
    """The same with its file."""
    assert main(["data", "fetch", "--quiet", "rings"]) == 0
    capsys.readouterr()
    return rings


@pytest.fixture
def run(capsys):
    """Runs a command in this process; returns its exit code and output."""

    def run(*arguments):
        try:
            code = main(list(arguments))
        except SystemExit as stop:
            code = stop.code
        return code, capsys.readouterr().out

    return run


# One file, one line.


def test_one_file_is_new_and_one_line_of_one_file_changes(tmp_path):
    """In a copy of the package: a new process lists it, cites it and shows it, without JAX."""
    copy = _changed_copy(tmp_path)
    before, after = _contents(ROOT / "ntk_uq"), _contents(copy)
    assert set(after) - set(before) == {"datasets/rings.py"}
    assert set(before) <= set(after)
    assert [name for name in before if before[name] != after[name]] == ["datasets/registry.py"]
    texts = (x["datasets/registry.py"].decode().splitlines(True) for x in (before, after))
    changes = [d for d in difflib.ndiff(*texts) if not d.startswith("  ")]
    assert changes == [f"+ {LINE}"]

    said = _new_process(
        tmp_path,
        "import json, sys, ntk_uq.ui.pages.data.catalog, ntk_uq.ui.controls.data\n"
        "from ntk_uq import datasets\n"
        "from ntk_uq.datasets import fetching\n"
        "from ntk_uq.export.bibliography import bibtex, of_data\n"
        "from ntk_uq.specs import DataSpec\n"
        "print(json.dumps([datasets.__file__, list(datasets.REGISTRY), list(fetching.SOURCES),\n"
        "    bibtex(of_data(DataSpec('rings'))), list(sys.modules)]))",
    )
    where, names, sources, entry, loaded = json.loads(said)
    assert Path(where).is_relative_to(tmp_path)
    assert names == [*REGISTRY, "rings"]
    assert sources == [*fetching.SOURCES, "rings"]
    assert entry.startswith("@misc{lovelace2026,\n  author = {Lovelace, Ada},")
    assert {"streamlit", MODULE} <= set(loaded)
    assert not {"jax", "dask", "distributed", "optax", "pooch", "sklearn"} & set(loaded)


def _changed_copy(tmp_path):
    copy = tmp_path / "ntk_uq"
    shutil.copytree(ROOT / "ntk_uq", copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "datasets" / "rings.py").write_text(CODE, encoding="utf-8")
    path = copy / "datasets" / "registry.py"
    text = path.read_text(encoding="utf-8")
    start = text.index("FILES = (")
    end = text.index(")\n", start)
    path.write_text(text[:end] + LINE + text[end:], encoding="utf-8")
    return copy


def _contents(package):
    paths = (p for p in package.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return {path.relative_to(package).as_posix(): path.read_bytes() for path in paths}


def _new_process(folder, code):
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_no_other_file_of_the_program_knows_a_data_set_by_name():
    """But for the defaults of specifications; its own file may say its name."""
    names = {*REGISTRY, *registry.FILES}
    found = {}
    for path in (p for folder in ("ntk_uq", "pages") for p in (ROOT / folder).rglob("*.py")):
        tree = ast.parse(path.read_bytes())
        known = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)} & names
        if known and path.stem not in registry.FILES:
            found[path.relative_to(ROOT).as_posix()] = known
    assert found.pop("ntk_uq/datasets/registry.py") == set(registry.FILES)
    defaults = {
        "ntk_uq/specs/data.py": {"digits"},
        "ntk_uq/specs/fetch.py": {"mnist"},
        "ntk_uq/specs/inspection.py": {"digits"},
    }
    # The folder that the files of three sets share.
    assert found == {**defaults, "ntk_uq/datasets/shower_files.py": {"calochallenge"}}


# The recipe's data set, end to end.


def test_it_is_listed_fetched_and_verified(rings, mirror, run):
    line = next(x for x in run("data", "list")[1].splitlines() if x.startswith("rings "))
    assert "`data fetch rings` (2.6 KiB)" in line
    assert "rings" in run("data", "fetch", "--help")[1]
    code, out = run("data", "fetch", "--quiet", "rings")
    path = fetching.needed(rings.source)[0]
    assert (code, out) == (0, f"rings: 1 files in {path.parent}\n")
    assert path.read_bytes() == content()
    assert run("data", "verify", "rings") == (0, f"{path}: ok\n")
    line = next(x for x in run("data", "list")[1].splitlines() if x.startswith("rings "))
    assert "240 in the pool, 60 for the test set; present in" in line


def test_a_copy_by_hand_is_taken_in(rings, run, tmp_path):
    copy = tmp_path / "anything.txt"
    copy.write_bytes(content())
    code, out = run("data", "import", str(copy))
    assert code == 0
    assert out.endswith(f"copied to {fetching.needed(rings.source)[0]} (official)\n")


def test_the_commands_of_the_recipe_run(rings, mirror, run):
    commands = [shlex.split(line) for line in COMMANDS.splitlines()]
    assert len(commands) == 4
    for python, *arguments in commands:
        assert (python, arguments[:2]) == ("python", ["-m", "ntk_uq"])
        code, out = run(*arguments[2:])
        assert code == 0
        assert out


def test_its_splits_are_prepared_and_told(fetched):
    examples, spec = fetched.load(), DataSpec("rings", n_test=50)
    assert examples.notices == ()
    assert fetched.sizes() == (len(examples.pool_inputs), len(examples.test_inputs))
    split = datasets.load_split(fetched, spec, 100, 0)
    assert split.x_train.shape == (100, 2)
    assert split.y_test.shape == (50, 3)
    np.testing.assert_allclose(split.y_train.sum(axis=1), 0, atol=1e-12)
    assert datasets.describe(fetched, spec).startswith("each input value centred")
    assert datasets.loss_unit(fetched, spec) == "squared error, one-hot targets"
    np.testing.assert_array_equal(
        datasets.pool_sample(fetched, spec, 5), datasets.pool_sample(fetched, spec, 5)
    )


def test_another_file_is_told_in_every_result(fetched):
    path = fetching.needed(fetched.source)[0]
    before = fetched.fingerprint()
    path.write_bytes(content().replace(b"\n1", b"\n2"))
    assert fetched.fingerprint() != before
    assert "Not the official file" in fetched.load().notices[0]


def test_its_curve_is_computed_and_cited(fetched, run):
    view = CurvesView(
        data=DataSpec("rings", n_test=50),
        depths=(3,),
        training=TrainingSpec(jitter=0.1),
        n_low=20,
        n_high=160,
        n_points=3,
    )
    (spec,) = view.curves()
    curve = ntk_uq.curve(spec)
    first, *_, last = curve.points
    assert 0 < last.mu < first.mu
    assert curve.provenance()["citation"] == (
        "Lovelace, Ada, Points on Three Rings, Example Archive, 2026"
    )
    exhibit = scaling_curves.exhibit(view, [Trace("depth 3", curve, curve.fits())], Style())
    assert "lovelace2026" in exhibit.sources
    assert "@misc{lovelace2026," in bibliography.bibtex(exhibit.sources)
    text = json_of(document_of(exhibit))
    assert "@misc{lovelace2026," in text
    assert "data fetch rings" in text
    assert describe.words_of(spec).startswith("Rings, depth 3")
    assert CurveSpec.from_query(spec.to_query()) == spec


def test_it_is_fetched_and_inspected_by_jobs(rings, mirror, store):
    job = submit(store.jobs, FetchSpec("rings"))
    compute(store)
    assert store.jobs.get(job.id).state is JobState.DONE
    assert describe.words("fetch", json.dumps(FetchSpec("rings").to_json())) == "Files of Rings"
    submit(store.jobs, InspectionSpec("rings"))
    compute(store)
    found = stored_inspection(store.results, "rings")
    assert (found.n_pool, found.n_test) == (240, 60)


def test_the_page_offers_it_fetches_it_and_shows_it(rings, mirror, store):
    view = DataView(DataSpec("rings", n_test=20), ArchitectureSpec(depth=1), 50)
    app = open_page("data")
    assert "Rings" in app.selectbox(key="data_dataset").options
    app.selectbox(key="data_dataset").set_value("rings").run()
    assert view_in(app, DataView).data.dataset == "rings"
    assert "Rings is not complete" in texts(app.info)
    app.segmented_control(key="data_section").set_value("All data sets").run()
    assert "**Rings** (`rings`)" in texts(app.markdown)
    licences = [c.value for c in app.caption if r"Points on Three Rings" in c.value]
    assert len(licences) == 1
    assert licences[0].startswith("CC BY 4.0")
    assert "1 of 1 files are not there" in texts(app.markdown)
    app.button(key="fetch_rings").click().run()
    compute(store)
    app = open_page("data", view)
    compute(store)
    app = open_page("data", view)
    assert not app.exception
    assert [m.value for m in app.metric] == ["240", "60", "2", "3"]
    assert "Lovelace" in texts(app.markdown)
    assert "CC BY 4.0" in texts(app.markdown)


def test_for_a_while_as_the_recipe_says(made, capsys):
    exec(compile(FOR_A_WHILE, "data-set.md", "exec"), {})
    assert capsys.readouterr().out == "Rings\n"
    assert "rings" not in REGISTRY
    assert "lovelace2026" not in bibliography.SOURCES


# What is refused.


def test_a_data_set_that_is_registered_twice_is_refused_by_both_names(rings):
    twin = replace(rings, title="Other rings")
    with pytest.raises(SpecError) as caught, datasets.registered(twin):
        pass
    assert str(caught.value) == (
        "Two data sets are called 'rings': 'Rings' and 'Other rings'. Give one of them another "
        "name, or take one out of ntk_uq/datasets/registry.py."
    )
    assert REGISTRY["rings"] is rings


def test_a_line_that_stands_twice_is_told_when_the_program_starts(tmp_path):
    copy = _changed_copy(tmp_path)
    path = copy / "datasets" / "registry.py"
    path.write_text(path.read_text(encoding="utf-8").replace(LINE, 2 * LINE), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "import ntk_uq.datasets"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "SpecError: Two data sets are called 'rings': 'Rings' and 'Rings'." in done.stderr


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "mnist", "source": None}, "Two data sets are called 'mnist': 'MNIST' and 'Rings"),
        ({"name": "own-rings"}, "'own-rings'; names that begin with own- are those of users' own"),
        ({"name": "three rings"}, "The name of the data set 'Rings' is 'three rings'; it must be"),
        ({"name": ""}, "it must be 1 to 64 letters, digits, - or _"),
        ({"name": "circles"}, "'circles' has the source 'rings'.*Give both the same name"),
        (
            {"reference": Reference.of("lecun1998", "misc", author="A, B", title="C", year="1998")},
            "'mnist' and 'rings' cite different things under the key 'lecun1998'.*another key",
        ),
    ],
)
def test_what_cannot_be_registered_is_told_and_changes_nothing(made, changes, said):
    before = dict(REGISTRY)
    fine = replace(made, name="fine", source=None)
    with pytest.raises(SpecError, match=said):
        datasets.register(fine, replace(made, **changes))
    assert before == REGISTRY


# Every public data set.


@pytest.mark.parametrize("name", REGISTRY)
def test_every_data_set_has_a_citation_and_a_licence(name):
    dataset = REGISTRY[name]
    assert dataset.name == name
    assert dataset.licence
    assert dataset.citation
    assert dataset.reference is not None
    assert {"author", "title", "year"} <= dict(dataset.reference.fields).keys()
    assert bibliography.of_data(DataSpec(name)) == (dataset.reference.key,)
    assert bibliography.SOURCES[dataset.reference.key] == dataset.reference


def test_no_data_set_takes_the_key_of_a_paper_for_another():
    keys = [each.key for each in bibliography.LITERATURE]
    assert len(set(keys)) == len(keys)
    assert not {d.reference.key for d in REGISTRY.values()} & set(keys)


@pytest.mark.parametrize("name", REGISTRY)
def test_files_that_are_read_can_be_fetched(name, monkeypatch, tmp_path):
    dataset = REGISTRY[name]
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path))
    if dataset.source is None:
        assert dataset.files() == ()
    else:
        with pytest.raises(MissingDataError, match=f"data fetch {name}`"):
            dataset.files()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"task": "clustering"}, "has the task 'clustering'; choose one of classification, regr"),
        ({"preparation": "nothing"}, "has the preparation 'nothing'; choose one of sphere"),
        ({"target": "nothing"}, "has the target 'nothing'; choose one of raw"),
        ({"classes": ("a", "b")}, "names 2 classes and has n_outputs = 3"),
    ],
)
def test_what_cannot_be_prepared_is_refused_when_it_is_registered(made, change, said):
    with pytest.raises(SpecError, match=said):
        registry.register(replace(made, **change))
    assert made.name not in registry.REGISTRY


def test_what_is_no_data_set_is_refused():
    with pytest.raises(SpecError, match="This is 'rings'; it must be a Dataset"):
        registry.register("rings")
