"""The line about the engine beside every page, its timer, and what the browser is told."""

import pytest
import streamlit as st
from helpers.pages_driver import compute, open_page, texts

from ntk_uq.jobs.asking import submit
from ntk_uq.jobs.engines import Pulse, pulse
from ntk_uq.specs import CurveSpec, DataSpec, FetchSpec, InspectionSpec
from ntk_uq.store import JobState, Store
from ntk_uq.ui import engine_line, notify, pages

SPEC = CurveSpec(DataSpec(n_test=20), n_train=(10, 20), draws=1)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Pulse("", 0, 0), "No engine is running"),
        (Pulse("", 0, 2), "No engine is running, 2 waiting"),
        (Pulse("the processor", 0, 0), "the processor, idle"),
        (Pulse("2 x gpu", 1, 3), "2 x gpu, busy with 1 run, 3 waiting"),
    ],
)
def test_the_line_says_device_state_and_queue(found, words):
    assert found.words() == words


def test_it_stands_beside_every_page_and_follows_the_runs(store):
    for page in pages.PAGES:
        assert "No engine is running" in texts(open_page(page).sidebar.caption), page
    for job in store.jobs.list():
        store.jobs.request_cancel(job.id)
    store.jobs.beat("e1", {"devices": [{"device": "cpu: cpu"}]})
    submit(store.jobs, FetchSpec("mnist"))
    store.jobs.claim("e1")
    submit(store.jobs, SPEC)
    app = open_page("report")
    assert "the processor, busy with 1 run, 1 waiting" in texts(app.sidebar.caption)
    store.jobs.stopped("e1")
    assert "No engine is running, 2 waiting" in texts(app.run().sidebar.caption)


def test_it_looks_again_only_while_something_may_change(store, monkeypatch):
    timers = []
    real = st.fragment

    def fragment(function=None, *, run_every=None, **options):
        if function is engine_line._line:
            timers.append(run_every)
        return real(function, **options)

    monkeypatch.setattr(st, "fragment", fragment)
    open_page("report")
    submit(store.jobs, SPEC)
    open_page("report")
    compute(store)
    open_page("report")
    assert timers == [None, engine_line.CALM_SECONDS, None]


def test_who_waits_is_told_how_many_go_before(store):
    for spec in (FetchSpec("mnist"), InspectionSpec("digits"), SPEC):
        submit(store.jobs, spec)
    assert store.jobs.ahead(SPEC.digest()) == 2
    assert store.jobs.ahead(FetchSpec("mnist").digest()) == 0
    store.jobs.claim("e1")
    assert store.jobs.ahead(FetchSpec("mnist").digest()) == 0, "it does not wait any more"
    assert pulse(store.jobs) == Pulse("", 1, 2)


def test_the_tab_names_the_page_first(monkeypatch):
    titles = []
    real = st.set_page_config
    monkeypatch.setattr(
        st,
        "set_page_config",
        lambda **options: (titles.append(options.get("page_title")), real(**options)),
    )
    open_page("width")
    assert titles[-1] == "Width - ntk_uq"


def test_only_launched_runs_that_took_long_and_ended_since_are_told(tmp_path):
    now = [1000.0]
    with Store(tmp_path / "s", clock=lambda: now[0]) as store:
        for spec, seconds, launched in (
            (SPEC, 70, True),
            (InspectionSpec("digits"), 70, False),
            (FetchSpec("mnist"), 50, True),
        ):
            submit(store.jobs, spec, launched=launched)
            store.jobs.claim("e")
            now[0] += seconds
            store.jobs.finish(spec.digest(), "e", JobState.FAILED, "of hunger")
        (told,) = engine_line.ended_since(store, 1000.0)
        assert told.title.startswith("Handwritten digits")
        assert told.text == "failed (of hunger)"
        assert engine_line.ended_since(store, 1071.0) == []


def test_a_browser_that_denies_is_told_in_words(store, monkeypatch):
    monkeypatch.setattr(notify, "notify", lambda ended: "denied")
    app = open_page("report")
    assert "denies" not in texts(app.sidebar.caption)
    app.sidebar.toggle(key="notify_toggle").set_value(True).run()
    assert not app.exception
    assert "This browser denies notifications" in texts(app.sidebar.caption)
