"""What a page does not ask for by itself: what it costs, the button, and how many may wait."""

from dataclasses import replace

import pytest
from helpers import drawn
from helpers.pages_driver import compute, open_page, texts

from ntk_uq.specs import DataSpec
from ntk_uq.store import JobState
from ntk_uq.views import CurvesView, DataView, EnsemblesView, TrainingTimeView

SMALL = CurvesView(
    data=DataSpec(n_test=50), depths=(1, 2), n_low=20, n_high=160, n_points=4, draws=2
)
HEAVY = CurvesView(DataSpec("mnist"), n_high=50_000, n_points=40, draws=20)


@pytest.fixture
def low_limit(monkeypatch):
    monkeypatch.setenv("NTK_UQ_ASK_SECONDS", "0.001")


def launch(app):
    return app.button(key="launch_theory")


def test_a_heavy_link_asks_for_nothing_and_says_what_it_would_take(store, real_data):
    app = open_page(None, HEAVY)
    assert not app.exception
    assert not store.jobs.list()
    said = texts(app.markdown)
    assert "0 of 2,400 points are there" in said
    assert "of one worker" in said
    assert "GiB of memory" in said
    assert not launch(app).disabled


def test_a_button_launches_it_and_what_is_launched_stays_when_its_page_is_left(store, low_limit):
    app = open_page(None, SMALL)
    assert not store.jobs.list()
    app = launch(app).click().run()
    jobs = store.jobs.list()
    assert {job.id for job in jobs} == {spec.digest() for spec in SMALL.curves()}
    assert all(job.launched and not job.passing for job in jobs)
    assert app.button(key="stop_theory")
    app.text_input(key="curves_depths").set_value("3").run()
    assert {job.state for job in store.jobs.list()} == {JobState.QUEUED}
    assert store.watchers.forsaken() == []


def test_what_is_there_is_shown_whatever_the_limit(store, low_limit, monkeypatch):
    monkeypatch.setenv("NTK_UQ_ASK_SECONDS", "60")
    open_page(None, replace(SMALL, depths=(1,)))
    compute(store)
    monkeypatch.setenv("NTK_UQ_ASK_SECONDS", "0.001")
    app = open_page(None, replace(SMALL, depths=(1,)))
    assert len(drawn.figures(app)) == 3
    assert not [b for b in app.button if b.key == "launch_theory"]
    app = open_page(None, SMALL)
    assert "8 of 16 points are there" in texts(app.markdown)
    assert store.jobs.count([JobState.QUEUED]) == 0


@pytest.mark.parametrize(
    ("page", "view", "key"),
    [
        ("training_time", TrainingTimeView(), "launch_theory"),
        ("ensembles", EnsemblesView(), "launch_theory"),
        ("data", DataView(), "launch_"),
    ],
)
def test_every_page_that_asks_by_itself_has_the_limit(store, low_limit, page, view, key):
    app = open_page(page, view)
    assert not app.exception
    assert any(button.key.startswith(key) for button in app.button if button.key)
    assert {job.kind for job in store.jobs.list()} <= {"calibration"}


def test_a_session_has_so_many_jobs_and_says_what_waits(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_SESSION_JOBS", "1")
    app = open_page(None, SMALL)
    first, second = (spec.digest() for spec in SMALL.curves())
    assert [job.id for job in store.jobs.list()] == [first]
    assert "1 job waits on this page: one visitor has at most 1" in texts(app.caption)
    compute(store)
    app.run()
    assert store.jobs.get(second).state is JobState.QUEUED
    assert "waits on this page" not in texts(app.caption)


def test_what_was_withdrawn_is_asked_for_again_where_it_is_shown(store):
    app = open_page(None, SMALL)
    gone = SMALL.curves()[0].digest()
    assert store.jobs.get(gone).passing
    store.jobs.withdraw(gone)
    assert store.jobs.get(gone).withdrawn
    app.run()
    job = store.jobs.get(gone)
    assert (job.state, job.withdrawn) == (JobState.QUEUED, False)
    store.jobs.request_cancel(gone)  # but not what somebody stops
    app.run()
    assert store.jobs.get(gone).state is JobState.CANCELLED


def test_a_page_that_is_left_does_not_show_its_jobs_any_more(store):
    app = open_page(None, SMALL)
    assert app.session_state["watched_jobs"] == {spec.digest() for spec in SMALL.curves()}
    app.switch_page("pages/runs.py").run()
    assert app.session_state["watched_jobs"] == set()


def test_launches_keep_the_same_session_from_nothing_that_its_pages_ask_for(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_SESSION_JOBS", "2")
    monkeypatch.setenv("NTK_UQ_ASK_SECONDS", "0.001")
    app = launch(open_page(None, SMALL)).click().run()
    monkeypatch.setenv("NTK_UQ_ASK_SECONDS", "60")
    app.text_input(key="curves_depths").set_value("3").run()
    assert store.jobs.count() == 3
    monkeypatch.setenv("NTK_UQ_ASK_SECONDS", "0.001")
    app.text_input(key="curves_depths").set_value("4").run()
    app = launch(app).click().run()
    assert store.jobs.count() == 3
    assert "1 job waits on this page" in texts(app.caption)


def with_baseline():
    tiny = CurvesView(DataSpec(n_test=40), (1,), n_low=10, n_high=40, n_points=3, draws=1)
    view = replace(tiny, sigma_w=2.0, baseline=tiny.as_baseline())
    return view, {view.curves()[0].digest(), tiny.curves()[0].digest()}


def test_what_stands_beneath_is_launched_with_it(store, low_limit):
    view, wanted = with_baseline()
    launch(open_page(None, view)).click().run()
    assert {job.id for job in store.jobs.list()} == wanted


def test_what_stands_beneath_waits_its_turn_and_comes(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_SESSION_JOBS", "1")
    view, wanted = with_baseline()
    app = open_page(None, view)
    assert store.jobs.count() == 1
    compute(store)
    app.run()
    assert {job.id for job in store.jobs.list()} == wanted


def test_stopping_a_launch_stops_what_waits_on_the_page_too(store, low_limit, monkeypatch):
    monkeypatch.setenv("NTK_UQ_SESSION_JOBS", "1")
    app = launch(open_page(None, SMALL)).click().run()
    assert store.jobs.count() == 1
    app = app.button(key="stop_theory").click().run()
    app.run()
    assert store.jobs.count() == 1
    assert "waits on this page" not in texts(app.caption)
