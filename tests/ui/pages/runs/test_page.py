"""The page of runs without a browser."""

import functools
import time
import urllib.parse

import pytest
from helpers.pages_driver import compute, open_page, sources, texts, view_in

from ntk_uq.datasets import own
from ntk_uq.jobs import asking
from ntk_uq.specs import (
    ArchitectureSpec,
    CurveSpec,
    DataSpec,
    FetchSpec,
    InspectionSpec,
    MapSpec,
)
from ntk_uq.store import JobState
from ntk_uq.ui import engine_line
from ntk_uq.ui.pages.runs import states as run_states
from ntk_uq.ui.pages.runs import table as run_table
from ntk_uq.views import CurvesView, PhaseMapView, RunsView, view_of

submit = functools.partial(asking.submit, launched=True)
SPEC = CurveSpec(DataSpec(n_test=50), n_train=(20, 40, 80), draws=2)
DEEPER = CurveSpec(DataSpec(n_test=50), ArchitectureSpec(5), n_train=(20, 40, 80), draws=2)


def opened(view=None, **items):
    return open_page("runs", view or RunsView(), **items)


def shown_view(app):
    return view_in(app, RunsView)


def listed(app, column="what"):
    return list(app.dataframe[0].value[column]) if len(app.dataframe) else []


def links(app):
    return [element.proto for element in app.get("page_link")]


def failed(store, spec, error="the cat ate it"):
    job = submit(store.jobs, spec)
    store.jobs.claim("lab-12-abc")
    store.jobs.finish(job.id, "lab-12-abc", JobState.FAILED, error)
    return job


def test_an_empty_store_says_where_runs_come_from(store):
    app = opened()
    assert not app.exception
    assert "Nothing has been launched yet" in texts(app.info)
    assert store.jobs.list() == [], "looking at runs asks for none"


def test_every_job_is_listed_with_its_state_progress_and_words(store):
    submit(store.jobs, SPEC)
    compute(store)
    failed(store, DEEPER)
    submit(store.jobs, FetchSpec("mnist"))
    app = opened()
    assert not app.exception
    assert listed(app) == [
        "Files of MNIST",
        "Handwritten digits, 8 × 8, depth 5, relu, N_D 20 to 80, 2 draws, N_T 50, to convergence",
        "Handwritten digits, 8 × 8, depth 2, relu, N_D 20 to 80, 2 draws, N_T 50, to convergence",
    ]
    assert listed(app, "state") == ["○ queued", "✕ failed", "✓ done"]
    assert listed(app, "progress") == [0.0, 0.0, 1.0]
    assert listed(app, "kind") == ["fetch", "curve", "curve"]
    assert listed(app, "engine")[1] == "lab-12"
    assert listed(app, "duration")[0] == ""
    assert "3 runs" in texts(app.caption)


def test_filters_search_and_order_change_list_and_address(store):
    failed(store, SPEC)
    failed(store, DEEPER)
    submit(store.jobs, InspectionSpec("digits"))
    app = opened()
    app.multiselect(key="runs_states").set_value(["failed"]).run()
    assert listed(app, "state") == ["✕ failed", "✕ failed"]
    app.text_input(key="runs_text").set_value("DEPTH 5").run()
    assert len(listed(app)) == 1
    assert shown_view(app) == RunsView(states=("failed",), text="DEPTH 5")
    app.text_input(key="runs_text").set_value("no such thing").run()
    assert "No run is like that" in texts(app.info)
    other = opened(RunsView(kinds=("report", "curve"), order="oldest"))
    assert listed(other, "kind") == ["curve", "curve", "inspection"]
    assert sorted(other.multiselect(key="runs_kinds").value) == ["curve", "inspection"]


def test_pages_of_a_long_list(store):
    for seed in range(run_table.ROWS + 7):
        submit(store.jobs, CurveSpec(DataSpec(seed=seed)))
    assert len(listed(opened())) == run_table.ROWS
    second = opened(RunsView(page=2))
    assert len(listed(second)) == 7
    assert "51–57 of 57 runs" in texts(second.caption)
    # A page that is not there any more is the last one; another filter begins at the first.
    assert shown_view(opened(RunsView(page=9))).page == 2
    second.multiselect(key="runs_kinds").set_value(["curve"]).run()
    assert shown_view(second).page == 1
    assert len(listed(second)) == run_table.ROWS


def test_a_run_in_detail_with_its_error_log_and_specification(store):
    job = failed(store, SPEC)
    store.jobs.note(job.id, "A chunk failed: of hunger")
    app = opened(RunsView(selected=(job.id,)))
    assert not app.exception
    assert "the cat ate it" in texts(app.error)
    log = texts(app.code)
    assert "A chunk failed: of hunger" in log
    assert log.index("A chunk failed") < log.index("Taken by engine lab-12-abc")
    facts, fields = (dict(t.value.iloc[:, 0]) for t in app.table)
    assert facts["state"] == "failed"
    assert fields[r"n\_train"] == "20, 40, 80"
    assert {b.key for b in app.button if b.key.startswith("run_")} == {"run_retry", "run_archive"}


def test_a_curve_opens_on_its_page_with_the_same_curve(store):
    spec = CurvesView(n_low=20, n_high=160, n_points=4, depths=(3,)).curves()[0]
    job = submit(store.jobs, spec)
    app = opened(RunsView(selected=(job.id,)))
    (link,) = links(app)
    assert link.label == "Open in Scaling curves"
    assert view_of(spec).curves() == (spec,)
    assert dict(urllib.parse.parse_qsl(link.query_string)) == view_of(spec).to_query()
    assert "closest" not in texts(app.caption)


def test_a_map_opens_on_its_page(store):
    job = submit(store.jobs, MapSpec(n_train=77, sizes=4))
    app = opened(RunsView(selected=(job.id,)))
    (link,) = links(app)
    assert link.label == "Open in Phase map"
    items = dict(urllib.parse.parse_qsl(link.query_string))
    assert PhaseMapView.from_query(items) == PhaseMapView(MapSpec(n_train=77, sizes=4))


def test_a_curve_of_another_grid_says_that_its_view_is_only_the_closest(store):
    spec = CurveSpec(DataSpec(n_test=50), n_train=(20, 21, 500))
    job = submit(store.jobs, spec)
    app = opened(RunsView(selected=(job.id,)))
    assert "The link opens the closest there is: 3 N_D from 20 to 500" in texts(app.caption)


def test_stop_retry_archive_and_back(store):
    job = submit(store.jobs, SPEC)
    app = opened(RunsView(selected=(job.id,)))

    def stop():
        app.button(key=f"stop_{job.id}").click().run()
        assert store.jobs.get(job.id).state is JobState.QUEUED  # it asks first
        app.button(key=f"stop_{job.id}_for_all").click().run()
        assert store.jobs.get(job.id).state is JobState.CANCELLED

    stop()
    assert "stopped" in texts(app.table)
    app.button(key="run_retry").click().run()
    assert store.jobs.get(job.id).state is JobState.QUEUED
    stop()
    app.button(key="run_archive").click().run()
    assert not app.exception
    assert store.jobs.get(job.id).archived
    assert listed(app) == []
    app.toggle(key="runs_archived").set_value(True).run()
    assert len(listed(app)) == 1
    app.button(key="run_unarchive").click().run()
    assert not store.jobs.get(job.id).archived


def test_a_label_is_saved_and_never_read_as_markdown(store):
    job = submit(store.jobs, SPEC)
    app = opened(RunsView(selected=(job.id,)))
    (box,) = [t for t in app.text_input if t.label == "Label"]
    box.set_value("![x](http://example.org/x.png)").run()
    assert store.jobs.get(job.id).label == "![x](http://example.org/x.png)"
    assert listed(app, "label") == ["![x](http://example.org/x.png)"]
    assert "![x]" not in sources(app.markdown)
    assert "\\!\\[x\\]\\(\u2060http\\://example\\.org/x\\.png\\)" in sources(app.markdown)


def test_curves_that_pages_ask_for_are_left_out_until_asked_for(store):
    asking.submit(store.jobs, SPEC)
    submit(store.jobs, DEEPER)
    app = opened()
    assert len(listed(app)) == 1
    assert "1 more that pages asked for by themselves" in texts(app.caption)
    app.toggle(key="runs_everything").set_value(True).run()
    assert len(listed(app)) == 2
    assert shown_view(app) == RunsView(everything=True)
    store.jobs.set_label(SPEC.digest(), "mine")
    assert len(listed(opened())) == 2, "somebody gave it a name"


def test_tags_are_given_and_filtered_by(store):
    job = submit(store.jobs, SPEC)
    submit(store.jobs, DEEPER)
    app = opened(RunsView(selected=(job.id,)))
    (box,) = [m for m in app.multiselect if m.label == "Tags" and m.key != "runs_tags"]
    box.set_value(["for the talk"]).run()
    assert not app.exception
    assert store.jobs.get(job.id).tags == ("for the talk",)
    assert listed(app, "run")[1].startswith("#for the talk\nHandwritten digits")
    app.multiselect(key="runs_tags").set_value(["for the talk"]).run()
    assert len(listed(app)) == 1
    assert shown_view(app).tags == ("for the talk",)


def test_own_data_have_their_file_s_name_for_who_brought_them_and_nobody_else(store):
    rows = "\n".join(f"{i},{i % 2}" for i in range(20))
    name = own.add(own.open_file(f"a,y\n{rows}\n".encode(), "higgs.csv"))
    submit(store.jobs, InspectionSpec(name))
    app = opened()
    assert listed(app) == [f"What is in own data {name[4:12]}"]
    app.session_state["own_datasets"] = (name,)
    assert listed(app.run()) == ["What is in higgs.csv"]


def test_two_runs_are_compared_by_what_differs(store):
    first, second = submit(store.jobs, SPEC), submit(store.jobs, DEEPER)
    store.jobs.set_label(first.id, "flat")
    compute(store)
    app = opened(RunsView(selected=(first.id, second.id)))
    assert not app.exception
    specs, results = (t.value for t in app.table)
    assert list(specs.columns) == ["flat", second.id[:12]]
    assert dict(specs["flat"]) == {"depth": "2"}
    assert list(results.index) == ["points there", "μ at N_D 80", "σ at N_D 80", "ε at N_D 80"]
    assert results["flat"]["points there"] == "6 of 6"
    assert "±" in results["flat"]["μ at N_D 80"]
    assert results["flat"]["μ at N_D 80"] != results[second.id[:12]]["μ at N_D 80"]


def test_a_comparison_without_the_data_says_why_there_are_no_results(store):
    jobs = [submit(store.jobs, CurveSpec(DataSpec("mnist", seed=s))) for s in (1, 2)]
    app = opened(RunsView(selected=tuple(job.id for job in jobs)))
    assert not app.exception
    assert "They cannot be looked up" in texts(app.caption)


def test_a_run_that_is_not_there_is_told(store):
    app = opened(RunsView(selected=("deadbeef",)))
    assert "There is no run deadbeef" in texts(app.info)


def test_jobs_of_unknown_kinds_are_listed_and_opened_nowhere(store):
    store.jobs.submit("teatime", "tea", '{"sort": "green"}', launched=True)
    app = opened(RunsView(selected=("teatime",)))
    assert not app.exception
    assert listed(app) == ["sort green"]
    assert links(app) == []


def test_without_an_engine_what_waits_says_so(store):
    submit(store.jobs, SPEC)
    assert "No engine is running" in texts(opened().warning)
    compute(store)
    assert "No engine" not in texts(opened().warning)


@pytest.fixture
def timers(monkeypatch):
    """Intervals of the fragments that pages declare, in the order in which they do."""
    import streamlit as st

    intervals = []
    real = st.fragment

    def fragment(function=None, *, run_every=None, **options):
        if function is not engine_line._line:  # of every page
            intervals.append(run_every)
        return real(function, **options)

    monkeypatch.setattr(st, "fragment", fragment)
    return intervals


def test_a_timer_runs_only_while_something_may_change(store, timers):
    opened()
    assert timers == []
    submit(store.jobs, SPEC)
    opened()
    assert timers == [1.5]
    compute(store)
    timers.clear()
    opened()
    assert timers == []


def test_what_ends_while_the_page_is_drawn_is_looked_at_once_more(store, timers, monkeypatch):
    job = submit(store.jobs, SPEC)
    real = run_table.jobs_of

    def jobs_of(*arguments):
        found = real(*arguments)
        store.jobs.request_cancel(job.id)
        return found

    monkeypatch.setattr(run_table, "jobs_of", jobs_of)
    app = opened()
    assert listed(app, "state") == ["○ queued"]
    assert timers == [1.5], "or the table would say so for ever"


def test_a_hidden_tab_has_no_timer(store, timers, monkeypatch):
    submit(store.jobs, SPEC)
    monkeypatch.setattr("ntk_uq.ui.visibility.hidden", lambda: True)
    app = opened()
    assert not app.exception
    assert len(listed(app)) == 1
    assert timers == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0.0 s"),
        (3.14, "3.1 s"),
        (59.97, "1 min 0 s"),
        (75, "1 min 15 s"),
        (7322, "2 h 2 min"),
        (200_000, "2 d 7 h"),
    ],
)
def test_times_in_words(seconds, words):
    assert run_states.seconds_in_words(seconds) == words


def luminance(colour):
    """Relative luminance of WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("dark", "ground"), [(False, "#FFFFFF"), (True, "#0E1117")])
@pytest.mark.parametrize("state", list(JobState))
def test_states_are_readable_on_both_grounds(state, dark, ground):
    pair = sorted(luminance(c) for c in (run_states.LOOKS[state].colour(dark), ground))
    assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5


def test_five_hundred_jobs_are_read_quickly(store):
    for number in range(500):
        spec = CurveSpec(DataSpec(seed=number % 400), ArchitectureSpec(1 + number % 7))
        submit(store.jobs, spec)
    begin = time.perf_counter()
    view = RunsView(text="depth 3")
    total = run_table.count(store, view)
    jobs = run_table.jobs_of(store, view)
    assert time.perf_counter() - begin < 2
    assert len(jobs) == min(total, run_table.ROWS)
    assert total > 60
