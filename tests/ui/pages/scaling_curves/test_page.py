"""The page without a browser: what a user sees, asks for, and is told."""

import json
import math
import subprocess
import sys
import time
import urllib.parse
from dataclasses import replace
from types import SimpleNamespace

import pytest
import streamlit as st
from helpers import drawn
from helpers.pages_driver import APP, compute, open_page, texts, view_in
from helpers.unchecked import unchecked
from streamlit.testing.v1 import AppTest

import ntk_uq
from ntk_uq.base.errors import SpecError
from ntk_uq.costs.memory import BASE
from ntk_uq.results.curves import point_keys, stored_curve
from ntk_uq.scaling import format_value
from ntk_uq.specs import CurveSpec, DataSpec, TrainingSpec
from ntk_uq.store import JobState
from ntk_uq.ui import polling
from ntk_uq.ui.pages.scaling_curves.page import WHY
from ntk_uq.views import CurvesView, SpectrumView

SMALL = CurvesView(
    data=DataSpec(n_test=50), depths=(1, 2), n_low=20, n_high=160, n_points=4, draws=2
)


def opened(view=None, **items):
    return open_page(None, view, **items)


def shown_view(app):
    return view_in(app, CurvesView)


charts = drawn.figures


@pytest.mark.parametrize("name", ["mnist", "cifar10", "calochallenge1-pions", "own-" + "0" * 40])
def test_data_that_are_not_there_are_told_with_the_way_to_get_them(
    store, tmp_path, monkeypatch, name
):
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path / "nothing"))
    app = opened(CurvesView(data=DataSpec(name, n_test=50)))
    assert not app.exception
    word = "Upload its file again" if name.startswith("own-") else f"data fetch {name}"
    assert word in texts(app.error)
    (link,) = [e for e in app.get("page_link") if "page of data sets" in e.proto.label]
    assert f"dataset={name}" in link.proto.query_string
    assert not store.jobs.list()


def test_a_link_leads_to_what_foresees_the_curves_where_that_is_known(store):
    view = CurvesView(DataSpec(n_test=30), (1, 2), n_low=10, n_high=40, n_points=2, draws=1)
    (link,) = _why(opened(view))
    there = SpectrumView.from_query(dict(urllib.parse.parse_qsl(link.proto.query_string)))
    assert there == SpectrumView(view.data, (1, 2), curve=True)
    assert not _why(opened(replace(view, training=TrainingSpec(steps=10))))


def _why(app):
    return [e for e in app.get("page_link") if e.proto.label == WHY]


def test_the_first_visit_asks_for_the_default_view(store):
    app = opened()
    assert not app.exception
    assert shown_view(app) == CurvesView()
    jobs = store.jobs.list()
    assert {j.id for j in jobs} == {s.digest() for s in CurvesView().curves()}
    assert {j.state for j in jobs} == {JobState.QUEUED}


def test_a_computed_view_shows_three_plots_and_its_exponents(store):
    opened(SMALL)
    compute(store)
    app = opened(SMALL)
    assert not app.exception
    assert len(charts(app)) == 3
    curve = stored_curve(store.results, SMALL.curves()[0])
    assert curve.fits().mu.describe() in str(app.table[0].value.to_dict())
    assert not store.jobs.engines() or not app.warning


def test_running_again_asks_for_nothing_new(store):
    app = opened(SMALL)
    before = {j.id: j.submissions for j in store.jobs.list()}
    app.run()
    app.run()
    assert {j.id: j.submissions for j in store.jobs.list()} == before


def test_a_changed_control_changes_the_address_and_the_jobs(store):
    app = opened(SMALL)
    app.text_input(key="curves_depths").set_value("1, 3").run()
    view = shown_view(app)
    assert view.depths == (1, 3)
    states = {json.loads(j.spec)["architecture"]["depth"]: j.state for j in store.jobs.list()}
    # Nobody looks at depth 2 any more; depth 1 is still wanted, once.
    assert states == {1: JobState.QUEUED, 2: JobState.CANCELLED, 3: JobState.QUEUED}


def test_every_example_is_tested_on_in_folds_by_a_control(store):
    app = opened(SMALL)
    app.selectbox(key="curves_test").set_value("folds=5").run()
    view = shown_view(app)
    assert view.test == "folds=5"
    assert "tested on 5 folds" in texts(app.caption).replace("\\", "")
    compute(store)
    app = opened(view)
    assert not app.exception
    first = stored_curve(store.results, view.curves()[0])
    assert [p.n_train for p in first.points] == [round(0.8 * n) for n in view.n_train]
    assert len(charts(app)) == 3
    # A link may ask for another number of folds than the control offers.
    app = opened(replace(SMALL, test="folds=7"))
    assert app.selectbox(key="curves_test").value == "folds=7"
    app.selectbox(key="curves_kind").set_value("time").run()
    assert "Tested on folds, networks have to be trained to convergence" in texts(app.error)


def test_a_job_that_somebody_else_wants_goes_on(store):
    first, second = opened(SMALL), opened(SMALL)
    first.text_input(key="curves_depths").set_value("1").run()
    assert {j.state for j in store.jobs.list()} == {JobState.QUEUED}
    second.text_input(key="curves_depths").set_value("1").run()
    assert JobState.CANCELLED in {j.state for j in store.jobs.list()}


def test_a_link_opens_the_same_view_with_every_control_set(store):
    view = CurvesView(
        data=DataSpec("digits", 77, 5),
        depths=(3, 7),
        activation="erf",
        sigma_w=1.7,
        sigma_b=0.3,
        training=TrainingSpec(steps=50, eta=0.5, jitter=1e-6),
        n_low=30,
        n_high=300,
        n_points=5,
        draws=4,
        fit_low=50.0,
        fit_high=None,
        parts=True,
        axis="linear",
    )
    app = opened(view)
    assert not app.exception
    assert shown_view(app) == view
    assert {j.id for j in store.jobs.list()} == {s.digest() for s in view.curves()}


@pytest.mark.parametrize(
    "training", [TrainingSpec("bayes"), TrainingSpec(time=12.5), TrainingSpec(steps=3)]
)
def test_every_way_of_training_survives_the_link(store, training):
    view = CurvesView(training=training)
    assert shown_view(opened(view)) == view


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ({"v": "99"}, "version '99'"),
        ({"n_test": "0"}, "n_test is 0"),
        ({"surprise": "1"}, "unknown surprise"),
        ({"depths": "4,2"}, "sort it"),
    ],
)
def test_a_bad_link_says_what_is_wrong_and_offers_a_way_out(store, items, words):
    app = opened(SMALL, **items)
    assert words in texts(app.error)
    assert store.jobs.list() == []
    app.button[0].click().run()
    assert not app.error
    assert shown_view(app) == CurvesView()


def test_an_incomplete_link_is_told(store):
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["v"] = "1"
    assert "lacks dataset" in texts(app.run().error)


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (CurvesView(n_high=5000), "pool of digits holds 1,297"),
        (CurvesView(data=DataSpec(n_test=501)), "holds 500"),
        (CurvesView(data=DataSpec("mnist")), "NTK_UQ_DATA"),
        (CurvesView(data=DataSpec("nonsense")), "no data set 'nonsense'"),
    ],
)
def test_a_view_that_cannot_be_computed_is_told_and_not_asked_for(store, view, words):
    app = opened(view)
    assert not app.exception
    assert words in texts(app.error)
    assert store.jobs.list() == []


def test_a_range_upside_down_is_told_and_the_view_of_before_goes_on(store):
    app = opened(SMALL)
    app.number_input(key="curves_n_low").set_value(500).run()
    assert "must be above the smallest" in texts(app.error)
    assert {j.state for j in store.jobs.list()} == {JobState.QUEUED}
    app.number_input(key="curves_n_low").set_value(SMALL.n_low).run()
    assert {j.state for j in store.jobs.list()} == {JobState.QUEUED}


def test_values_out_of_range_are_told_by_their_labels_and_hide_no_plot(store):
    opened(SMALL)
    compute(store)
    app = opened(SMALL)
    app.number_input(key="curves_draws").set_value(1000).run()
    assert not app.exception
    for place in (app.error, app.caption):
        assert "“Draws” is 1000; it must be from 1 to 100" in texts(place).replace("\\", "")
    assert len(charts(app)) == 3
    assert shown_view(app) == SMALL
    app.number_input(key="curves_draws").set_value(2).run()
    assert not app.error
    app.text_input(key="curves_depths").set_value("1, 40").run()
    assert "Depths, hidden layers" in texts(app.error)
    assert len(charts(app)) == 3
    app.text_input(key="curves_depths").set_value("3").run()
    assert shown_view(app).depths == (3,)


def test_what_a_curve_does_is_said_above_its_figure(store):
    opened(SMALL)
    compute(store)
    said = texts(opened(SMALL).markdown)
    for label in ("depth 1", "depth 2"):
        assert f", {label}:** μ " in said


def test_an_emptied_field_is_told_and_starts_nothing(store):
    app = opened(SMALL)
    app.number_input(key="curves_n_test").set_value(None).run()
    assert "“N_T, test examples” is empty" in texts(app.error)
    assert app.toggle(key="curves_linear")  # the controls below the empty one are still there
    assert app.number_input(key="curves_seed").value == SMALL.data.seed
    assert len(store.jobs.list()) == len(SMALL.depths)


def test_a_reload_does_not_keep_a_job_alive_that_nobody_shows(store):
    now = [1000.0]
    store.watchers._clock = lambda: now[0]
    store.watchers.watch("the tab before the reload", [SMALL.curves()[1].digest()])
    app = opened(SMALL)
    store.watchers._clock = time.time  # the tab is long gone for the page's own clock
    app.text_input(key="curves_depths").set_value("1").run()
    states = {json.loads(j.spec)["architecture"]["depth"]: j.state for j in store.jobs.list()}
    assert states == {1: JobState.QUEUED, 2: JobState.CANCELLED}


def test_too_much_memory_is_refused_with_the_largest_that_fits(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_MEMORY", str(BASE + 15 * 2**20))
    app = opened(CurvesView())
    assert "largest N_D that fits" in texts(app.error)


def test_without_an_engine_the_page_says_how_to_start_one(store):
    app = opened(SMALL)
    assert "make run" in texts(app.warning)


def test_a_failed_job_shows_its_reason_and_can_be_asked_for_again(store):
    app = opened(SMALL)
    (job, *_) = store.jobs.claim("somebody")
    store.jobs.finish(job.id, "somebody", JobState.FAILED, "the cat sat on the GPU")
    app.run()
    assert "the cat sat on the GPU" in texts(app.error)
    app.button(key="compute_missing").click().run()
    assert store.jobs.get(job.id).state is JobState.QUEUED


def test_stop_cancels_the_jobs_of_the_view_and_one_button_goes_on(store):
    app = opened(SMALL)
    app.button(key="stop_jobs").click().run()
    assert {j.state for j in store.jobs.list()} == {JobState.CANCELLED}
    assert "stopped before it was complete" in texts(app.info)
    app.button(key="compute_missing").click().run()
    assert {j.state for j in store.jobs.list()} == {JobState.QUEUED}


def test_what_another_page_shows_too_is_stopped_for_all_or_goes_on(store):
    app = opened(SMALL)
    jobs = store.jobs.list()
    store.watchers.watch("another tab", [jobs[0].id])
    app.button(key="stop_jobs").click().run()
    assert {j.state for j in store.jobs.list()} == {JobState.QUEUED}
    assert "another page shows this, too" in app.get("progress")[0].proto.text
    app.button(key="stop_jobs_not").click().run()
    app.button(key="stop_jobs").click().run()
    app.button(key="stop_jobs_for_all").click().run()
    assert {j.state for j in store.jobs.list()} == {JobState.CANCELLED}
    app.button(key="compute_missing").click().run()
    assert not app.button(key="stop_jobs").disabled  # nothing is left of the question


def test_stopping_a_running_job_says_that_it_is_stopping(store):
    app = opened(SMALL)
    store.jobs.beat("somebody", {})
    store.jobs.claim("somebody", limit=2)
    app.run()
    app.button(key="stop_jobs").click().run()
    app.run()
    assert "stopping" in app.get("progress")[0].proto.text
    assert app.button(key="stop_jobs").disabled


LAWS = replace(SMALL, n_high=640, n_points=6, law="auto", extrapolate=20_000)


@unchecked()
def test_laws_are_drawn_to_the_target_with_a_band_and_told_in_words(store):
    opened(LAWS)
    waiting = texts(opened(LAWS).markdown)
    assert "**depth 1**: …" in waiting  # a line from the start: nothing jumps
    compute(store)
    app = opened(LAWS)
    assert not app.exception
    sentences = [str(m.value) for m in app.markdown if "at N\\_D = 20,000 expect" in str(m.value)]
    assert len(sentences) == 2
    curve = stored_curve(store.results, LAWS.curves()[0])
    expected = curve.laws("mu").extrapolate(20_000)
    assert expected.describe("μ") in sentences[0]
    held_out, laws = (
        " ".join(table.value.to_numpy().ravel()).replace("\\", "") for table in app.table
    )
    assert "N_D = 640: expected" in held_out
    assert "N_D ≥ 320, asked for 640" in held_out
    assert curve.laws("sigma").describe("σ") in laws
    figure = charts(app)[0]
    assert figure["layout"]["xaxis"]["range"][1] > math.log10(20_000)
    assert sum(trace.get("fill") == "toself" for trace in figure["data"]) == 2
    assert "31.2 times beyond the data" in texts(app.warning)


def test_every_alternative_is_listed_for_those_who_look(store):
    opened(LAWS)
    compute(store)
    app = open_page(None, LAWS)
    app.session_state["about_the_fits"] = True
    app.run()
    # In short first: a row a curve and quantity, with no law compared.
    (short,) = [t.value for t in app.table if "tried" in t.value]
    assert len(short) == 2 * 4
    assert not any("ΔAICc" in t.value for t in app.table)
    app.session_state["fit_details"] = "Laws compared"
    app.run()
    assert not app.exception
    (table,) = [t.value for t in app.table if "ΔAICc" in t.value]
    laws = [law.removesuffix(" ✓") for _, _, law in table.index]
    assert laws[:4] == [*("constant", "power law", "power law with offset", "broken power law")]
    assert len(table) == 2 * 3 * 4
    choice = stored_curve(store.results, LAWS.curves()[1]).laws("mu")
    chosen = [law for *of, law in table.index if of == ["depth 2", "μ"] and law.endswith(" ✓")]
    assert chosen == ([] if choice.best is None else [f"{choice.best.title} ✓"])


def test_what_is_collapsed_is_made_for_those_who_look(store):
    opened(SMALL)
    compute(store)
    app = opened(SMALL)
    assert not any("N_D" in t.value.index.names for t in app.table)
    assert "An exponent is quoted" not in texts(app.markdown)
    app.session_state["about_the_fits"] = app.session_state["numbers_provenance"] = True
    app.run()
    assert "An exponent is quoted" in texts(app.markdown)
    assert "Computed in" in texts(app.markdown)
    (rows,) = [t.value for t in app.table if "N_D" in t.value.index.names]
    assert [size for _, size in rows.index] == 2 * [str(size) for size in SMALL.n_train]
    first = stored_curve(store.results, SMALL.curves()[0]).points[0]
    assert rows["μ"].iloc[0] == format_value(first.mu, first.mu_sem)
    app.session_state["numbers_shown"] = "Parts of μ and ε, condition"
    (rows,) = [t.value for t in app.run().table if "N_D" in t.value.index.names]
    assert rows["variance part"].iloc[0] == f"{first.mu_variance:.4g}"
    app.session_state["numbers_shown"] = "Errors from the test set"
    (rows,) = [t.value for t in app.run().table if "N_D" in t.value.index.names]
    assert rows["μ"].iloc[0] == format_value(first.mu, first.mu_test_error)
    assert "other test examples would move all points" in texts(app.markdown)


def test_a_view_that_is_there_is_read_once_and_fitted_once(store, monkeypatch):
    opened(SMALL)
    compute(store)
    app = opened(SMALL)
    specs = charts(app)

    def fitted(*_):
        raise AssertionError("fitted again")

    for name in ("asymptotic_window", "fit_power_law", "widen_by_draws", "fit_plateau"):
        monkeypatch.setattr(f"ntk_uq.results.curves.{name}", fitted)
    read, get_many = [], type(store.results).get_many

    def noted(self, keys):
        read.extend(wanted := list(keys))
        return get_many(self, wanted)

    monkeypatch.setattr(type(store.results), "get_many", noted)
    app.run()
    assert not app.exception
    assert charts(app) == specs
    keys = [key for curve in SMALL.curves() for key in point_keys(curve).values()]
    assert sorted(read) == sorted(keys)


def test_a_result_that_was_removed_is_missed_although_it_was_shown(store):
    opened(SMALL)
    compute(store)
    app = opened(SMALL)
    store.results.delete(point_keys(SMALL.curves()[0])[0, SMALL.n_train[0]])
    app.run()
    total = 2 * SMALL.draws * len(SMALL.n_train)
    assert f"{total - 1} of {total} points computed" in texts(app.caption)
    assert "have been removed" in texts(app.info)


def test_the_page_looks_often_after_asking_then_calmly_and_then_no_more(store, monkeypatch):
    intervals, real, late = [], st.fragment, [0.0]

    def fragment(function=None, *, run_every=None, **options):
        if function.__name__ == "results":  # what stands beside every page looks by itself
            intervals.append(run_every)
        return real(function, **options)

    monkeypatch.setattr(st, "fragment", fragment)
    later = SimpleNamespace(monotonic=lambda: time.monotonic() + late[0])
    monkeypatch.setattr(polling, "time", later)
    app = opened(SMALL)
    late[0] = 60
    app.run()
    app.number_input(key="curves_draws").set_value(3).run()
    assert intervals == [polling.QUICK_SECONDS, 1.0, polling.QUICK_SECONDS]
    compute(store)
    app.run()
    assert intervals[-1] is None
    assert not app.exception


def test_links_without_a_law_show_what_they_showed(store):
    query = SMALL.to_query()
    del query["law"], query["extrapolate"], query["bayes"]
    app = opened(None, **{**query, "v": "2"})
    assert not app.exception
    assert shown_view(app) == SMALL
    assert (SMALL.law, SMALL.extrapolate) == ("power", None)
    compute(store)
    app = opened(None, **{**query, "v": "2"})
    assert "expect" not in texts(app.markdown)
    assert next(iter(app.table[0].value.columns)) == "μ ~ N_D^−α"


def test_a_target_within_the_data_is_told(store):
    view = replace(LAWS, extrapolate=100)
    opened(view)
    compute(store)
    app = opened(view)
    assert not app.exception
    assert "nothing can be expected at N_D = 100" in texts(app.markdown)
    assert "lies within the fit, which goes to 640" in texts(app.markdown)
    assert "times beyond" not in texts(app.warning)


def test_points_that_cannot_be_computed_are_explained(store):
    view = CurvesView(
        data=DataSpec(n_test=50), depths=(1,), activation="linear", n_high=300, draws=1
    )
    opened(view)
    compute(store)
    app = opened(view)
    assert "not positive definite" in texts(app.warning)
    assert len(charts(app)) == 3


def test_a_store_of_another_format_is_told(store):
    (store.directory / "VERSION.json").write_text('{"format": 999}')
    app = opened(SMALL)
    assert "NTK_UQ_STORE" in texts(app.error)


# In every run tests/package/test_walls.py loads all modules that the pages may import.
@pytest.mark.slow
def test_the_web_process_loads_neither_jax_nor_dask(tmp_path):
    code = f"""
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({str(APP)!r}, default_timeout=60).run()
assert not app.exception, app.exception
assert app.get("bidi_component")
heavy = {{"jax", "jaxlib", "neural_tangents", "distributed", "dask", "tensorflow"}}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=APP.parent, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_a_complete_curve_is_shown_although_its_job_is_gone(store):
    spec: CurveSpec = SMALL.curves()[0]
    view = CurvesView(**{**vars(SMALL), "depths": (1,)})
    opened(view)
    compute(store)
    app = opened(view)
    assert stored_curve(store.results, spec).complete
    assert not app.info
    assert not app.warning


def test_the_preparation_is_chosen_stated_and_linked(store):
    app = opened(SMALL)
    app.selectbox(key="curves_preparation").set_value("standardize").run()
    app.toggle(key="curves_whiten").set_value(True).run()
    view = shown_view(app)
    assert (view.data.preparation, view.data.zca, view.data.target) == (
        "standardize",
        0.1,
        "default",
    )
    assert "ZCA-whitened, 0.1, inputs standardized" in app.caption[0].value.replace("\\", "")
    assert "with the pool's covariance, regularization 0\\.1" in app.caption[0].help
    compute(store)
    other = opened(view)
    assert not other.exception
    assert other.number_input(key="curves_zca").value == 0.1
    shown = stored_curve(store.results, view.curves()[0])
    assert shown.complete
    assert shown.points == ntk_uq.curve(view.curves()[0]).points
    assert shown.points[0].mu != ntk_uq.curve(SMALL.curves()[0]).points[0].mu


def test_the_choice_for_one_set_is_not_kept_for_another(store):
    view = CurvesView(data=DataSpec("calorimeter", 50, target="log"), depths=(1,), n_high=100)
    app = opened(view)
    assert not app.exception
    assert app.selectbox(key="curves_target").value == "log"
    assert "natural logarithms" in app.caption[0].help
    app.selectbox(key="curves_dataset").set_value("digits").run()
    assert not app.exception
    assert not app.error
    assert shown_view(app).data.target == "default"
    app.selectbox(key="curves_dataset").set_value("calorimeter").run()
    assert app.selectbox(key="curves_target").value == "default"


def test_a_linked_target_for_labels_is_told_and_can_be_mended(store):
    app = opened(SMALL, target="log")
    assert "target is 'log', but digits is a classification" in texts(app.error)
    app.selectbox(key="curves_target").set_value("default").run()
    assert not app.error
    assert shown_view(app).data.target == "default"


def test_what_is_hidden_comes_back_with_a_value(store):
    app = opened(SMALL)
    for kind in ("steps", "converged", "time", "converged", "steps"):
        app.selectbox(key="curves_kind").set_value(kind).run()
        assert not app.exception
        assert not app.error
    assert shown_view(app).training == TrainingSpec(steps=1000)


def test_both_posteriors_are_drawn_with_their_ratio(store):
    view = replace(SMALL, bayes=True)
    opened(view)
    assert len(store.jobs.list()) == 4
    compute(store)
    app = opened(view)
    assert not app.exception
    assert shown_view(app) == view
    assert len(charts(app)) == 6
    rows = app.table[0].value.index
    assert list(rows) == ["depth 1", "depth 2", "depth 1, Bayesian", "depth 2, Bayesian"]
    # Bayesian beside Bayesian is nothing: the switch goes with what it is beside.
    app.selectbox(key="curves_kind").select("bayes").run()
    assert not app.exception
    assert not shown_view(app).bayes
    assert len(charts(app)) == 3
    with pytest.raises(SpecError, match="Bayesian already"):
        replace(shown_view(app), bayes=True)
