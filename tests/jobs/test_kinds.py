"""The registry of the kinds of jobs; kinds under the names of earlier versions; unknown kinds."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers.pages_driver import open_page, texts

from ntk_uq.base.errors import EngineError, SpecError
from ntk_uq.base.fields import Spec, Whole, checked
from ntk_uq.cli import main
from ntk_uq.engine import kinds as computing
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess
from ntk_uq.jobs import describe, kinds
from ntk_uq.jobs.asking import submit
from ntk_uq.jobs.kinds.base import JobKind
from ntk_uq.results.descent import descent_key
from ntk_uq.results.inspection import inspection_key
from ntk_uq.results.training_time import training_time_key
from ntk_uq.specs import (
    CurveSpec,
    DataSpec,
    DescentSpec,
    EnsembleSpec,
    InspectionSpec,
    TrainingTimeSpec,
)
from ntk_uq.store import JobOrder, JobState
from ntk_uq.ui.pages.runs.openings import beside, opening
from ntk_uq.views import RunsView, WidthView, page_name

ROOT = Path(__file__).resolve().parents[2]
DATA = DataSpec(n_test=20)
OLD = {
    "flow": TrainingTimeSpec(DATA, n_train=20, times=(1.0, 10.0), draws=1),
    "history": DescentSpec(DATA, steps=(0, 10), n_train=20),
    "report": InspectionSpec("digits"),
}
NEW = {"flow": "training_time", "history": "descent", "report": "inspection"}
PAGES = {"flow": "training_time", "history": "ensembles", "report": "data"}


@dataclass(frozen=True)
class TeaSpec(Spec):
    """Which tea."""

    minutes: int = checked(Whole(1, 10), 3, "how long it draws")


TEA = JobKind(name="tea", spec=TeaSpec, words=lambda spec: f"tea, {spec.minutes} min")


def asked_before(store, name):
    """A job as an earlier version of the program asked for it."""
    spec = OLD[name]
    text = json.dumps(spec.to_json(), sort_keys=True)
    return store.jobs.submit(spec.digest(), name, text, total=1)


def compute(store):
    Engine(store, InProcess()).run_until_idle()


def listed(app, column):
    return list(app.dataframe[0].value[column]) if len(app.dataframe) else []


# The registry


def test_every_kind_is_declared_and_computed_in_the_file_of_its_name():
    assert list(kinds.REGISTRY) == list(kinds.FILES)
    assert list(computing.REGISTRY) == list(kinds.FILES)
    for name, kind in kinds.REGISTRY.items():
        assert kind.words.__module__ == f"ntk_uq.jobs.kinds.{name}"
        assert kinds.of(kind.spec()) is kind


def test_every_kind_but_calibration_opens_on_a_page_that_there_is():
    opened = {name: kind.opens(kind.spec()) for name, kind in kinds.REGISTRY.items()}
    assert opened.pop("calibration") is None
    for name, found in opened.items():
        page = f"pages/{page_name(found.view)}.py"
        assert (ROOT / page).is_file(), name
        assert found.notice == "", "the default of a page is what it opens"
        text = json.dumps(kinds.REGISTRY[name].spec().to_json())
        link = opening(SimpleNamespace(kind=name, spec=text))
        assert (link.page, dict(link.query)) == (page, found.view.to_query())


def test_one_that_is_registered_is_there_until_it_is_taken_out():
    with kinds.register(TEA):
        assert kinds.find("tea") is TEA
        assert kinds.of(TeaSpec()) is TEA
        assert describe.words("tea", '{"minutes": 4}') == "tea, 4 min"
    assert kinds.find("tea") is None
    with pytest.raises(SpecError, match="No kind of job computes a TeaSpec; there are"):
        kinds.of(TeaSpec())
    undo = kinds.register(TEA)
    undo.close()
    assert kinds.find("tea") is None


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (replace(TEA, name="curve"), "There is a kind of job curve already"),
        (replace(TEA, name="flow"), "There is a kind of job flow already"),
        (replace(TEA, former=("map",)), "There is a kind of job map already"),
        (replace(TEA, spec=CurveSpec), "Jobs of kind curve have the specification CurveSpec"),
    ],
)
def test_a_name_or_a_specification_belongs_to_one_kind(kind, message):
    before = dict(kinds.REGISTRY), kinds.former_names()
    with pytest.raises(SpecError, match=message):
        kinds.register(kind)
    assert (kinds.REGISTRY, kinds.former_names()) == before


def test_one_cannot_be_registered_twice():
    with kinds.register(TEA), pytest.raises(SpecError, match="a kind of job tea already"):
        kinds.register(TEA)


@pytest.mark.parametrize("name", ["", "Tea", "green-tea", "../tea", "1tea"])
def test_a_name_is_that_of_a_file(name):
    with pytest.raises(SpecError, match="small letters, digits and _"):
        replace(TEA, name=name)


def test_a_declared_kind_that_nothing_computes_fails_in_words(store):
    with kinds.register(TEA):
        job = submit(store.jobs, TeaSpec())
        compute(store)
        with pytest.raises(EngineError, match=r"no module ntk_uq\.engine\.kinds\.tea with plan"):
            computing.get("tea")
    assert "nothing computes them" in store.jobs.get(job.id).error


# Under the names of earlier versions


@pytest.mark.parametrize("name", OLD)
def test_a_job_of_an_earlier_version_is_listed_described_opened_and_computed(store, name):
    job = asked_before(store, name)
    words = describe.words(name, job.spec)
    assert words == describe.words_of(OLD[name])
    assert opening(job).page == f"pages/{PAGES[name]}.py"
    app = open_page("runs", RunsView(everything=True, selected=(job.id,)))
    assert not app.exception
    assert listed(app, "what") == [words]
    assert listed(app, "kind") == [NEW[name]]
    assert len(app.get("page_link")) == 1
    compute(store)
    done = store.jobs.get(job.id)
    assert (done.state, done.done, done.error) == (JobState.DONE, 1, "")
    assert kinds.of(OLD[name]).result(store.results, OLD[name])


@pytest.mark.parametrize("name", OLD)
def test_it_is_tried_again_under_the_name_that_it_has(store, name):
    job = asked_before(store, name)
    store.jobs.claim("e1")
    store.jobs.finish(job.id, "e1", JobState.FAILED, "the cat ate it")
    app = open_page("runs", RunsView(everything=True, selected=(job.id,)))
    app.button(key="run_retry").click().run()
    assert not app.exception
    assert store.jobs.get(job.id).state is JobState.QUEUED
    compute(store)
    assert store.jobs.get(job.id).state is JobState.DONE


@pytest.mark.parametrize("name", OLD)
def test_asking_for_the_same_is_the_same_job(store, name):
    job = asked_before(store, name)
    for number in (2, 3):
        again = submit(store.jobs, OLD[name])
        assert (again.id, again.kind, again.submissions) == (job.id, name, number)
    store.jobs.claim("e1")
    assert submit(store.jobs, OLD[name]).state is JobState.RUNNING
    store.jobs.finish(job.id, "e1", JobState.DONE)
    # It has ended: from now on it is one of this version.
    assert submit(store.jobs, OLD[name]).kind == NEW[name]
    assert len(store.jobs.list()) == 1


@pytest.mark.parametrize("name", OLD)
def test_old_and_new_names_filter_the_same_jobs(store, name, capsys):
    job = asked_before(store, name)
    other = submit(store.jobs, CurveSpec(DATA))
    newer = replace(OLD[name], dataset="mnist") if name == "report" else None
    newer = submit(store.jobs, newer or replace(OLD[name], n_train=30))
    both = {job.id, newer.id}
    for asked in ((name,), (NEW[name],), (name, NEW[name])):
        app = open_page("runs", RunsView(everything=True, kinds=asked))
        assert not app.exception
        assert listed(app, "kind") == [NEW[name]] * 2
        assert app.multiselect(key="runs_kinds").value == [NEW[name]]
        capsys.readouterr()
        options = [word for kind in asked for word in ("--kind", kind)]
        assert main(["runs", "list", "--json", *options]) == 0
        found = json.loads(capsys.readouterr().out)
        assert {entry["id"] for entry in found} == both
        assert {entry["kind"] for entry in found} == {NEW[name]}
        # A search in an earlier version found the name.
        main(["runs", "list", "--json", "--text", asked[0]])
        assert {entry["id"] for entry in json.loads(capsys.readouterr().out)} == both
    options = open_page("runs", RunsView(everything=True)).multiselect(key="runs_kinds").options
    assert set(options) == set(kinds.FILES)
    ordered = store.jobs.list(order=JobOrder.KIND, **describe.chosen(()))
    names = [kinds.name_of(entry.kind) for entry in ordered]
    assert names == sorted(names)
    assert other.id in {entry.id for entry in ordered}


def test_a_comparison_knows_two_names_of_one_kind(store):
    old = asked_before(store, "flow")
    new = submit(store.jobs, replace(OLD["flow"], n_train=30))
    app = open_page("runs", RunsView(everything=True, selected=(old.id, new.id)))
    assert not app.exception
    assert list(app.table[0].value.index) == [r"N\_D"]


def test_stored_keys_keep_the_names_under_which_results_were_stored():
    assert training_time_key(OLD["flow"], 0, "x").startswith("flow/")
    assert descent_key(OLD["history"], "x").startswith("history/")
    assert inspection_key("digits", "x").startswith("report/")


# Kinds of a later version


@pytest.fixture
def unknown(store):
    spec = '{"sort": "green", "cup": {"volume": 0.25}}'
    return store.jobs.submit("teatime0123", "tea", spec)


def test_a_kind_that_this_version_does_not_know_is_listed_in_words_and_not_opened(
    store, unknown, capsys
):
    known = submit(store.jobs, CurveSpec(DATA))
    app = open_page("runs", RunsView(everything=True, selected=(unknown.id, known.id)))
    assert not app.exception
    assert "sort green, volume 0.25" in listed(app, "what")
    assert [link.proto.label for link in app.get("page_link")] == ["Open in Scaling curves"]
    one = open_page(
        "runs", RunsView(everything=True, selected=(unknown.id,), kinds=("tea",), order="kind")
    )
    assert not one.exception
    assert listed(one, "kind") == ["tea"]
    assert one.get("page_link") == []
    assert main(["runs", "list", "--kind", "tea"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("tea            sort green, volume 0.25")
    assert main(["runs", "show", "teatime"]) == 0
    assert "sort green, volume 0.25" in capsys.readouterr().out


def test_an_engine_fails_it_with_one_message_and_goes_on(store, unknown):
    known = submit(store.jobs, InspectionSpec("digits"))
    compute(store)
    job = store.jobs.get(unknown.id)
    assert job.state is JobState.FAILED
    assert job.error.startswith("This engine does not know jobs of kind 'tea', only calibration, ")
    assert store.jobs.get(known.id).state is JobState.DONE
    app = open_page("runs", RunsView(everything=True, selected=(unknown.id,)))
    assert "does not know jobs of kind 'tea'" in texts(app.error)
    app.button(key="run_retry").click().run()
    assert not app.exception
    assert store.jobs.get(unknown.id).state is JobState.QUEUED


def test_ensembles_of_some_widths_open_on_the_page_of_widths_as_well():
    spec = EnsembleSpec(widths=(16, 32, 64), n_train=(50, 80), members=7)
    link = beside(SimpleNamespace(kind="ensemble", spec=json.dumps(spec.to_json())))
    assert link.page == "pages/width.py"
    assert WidthView.from_query(dict(link.query)).ensembles() == (spec,)
    for widths in ((16, 32), tuple(range(1, 40))):  # too few for a law; more than the page shows
        other = EnsembleSpec(widths=widths)
        assert beside(SimpleNamespace(kind="ensemble", spec=json.dumps(other.to_json()))) is None
    assert beside(SimpleNamespace(kind="curve", spec=json.dumps(CurveSpec().to_json()))) is None
    assert beside(SimpleNamespace(kind="of tomorrow", spec="{}")) is None
