"""A demo as a visitor sees it: prepared results, no way to anything else, and nothing is kept."""

from dataclasses import replace

import pytest
from helpers.demos import TINY, VIEW, files
from helpers.pages_driver import compute, open_page, texts, view_in

from ntk_uq.base.errors import NotAllowedError
from ntk_uq.jobs import prepared
from ntk_uq.jobs.asking import submit
from ntk_uq.people import DEMO, Claims, Role
from ntk_uq.store import open_store
from ntk_uq.ui import pages, session, who
from ntk_uq.ui.start import presets, tour
from ntk_uq.views import CurvesView, DataView, EnsemblesView, RunsView

NOT_AMONG = "This view is not among them"


@pytest.fixture
def demo(store, monkeypatch):
    """The folder of a demo that is shown; its bytes stay what they are."""
    for spec in VIEW.curves():
        submit(store.jobs, spec, launched=True)
    compute(store)
    prepared.name_views(store, TINY)
    store.close()
    before = files(store.directory)
    monkeypatch.setenv("NTK_UQ_DEMO", str(store.directory))
    yield store.directory
    assert files(store.directory) == before


def keys(app):
    return {button.key for button in app.button}


def test_a_prepared_view_is_shown_as_ever(demo):
    app = open_page(None, VIEW)
    assert not app.exception
    assert not app.error
    assert not app.warning
    assert "2 of 2 points computed" in texts(app.caption)
    assert NOT_AMONG not in texts(app.info)
    assert "Demo: prepared results, nothing is computed" in texts(app.sidebar.caption)
    assert "engine" not in texts(app.sidebar.caption)
    assert not [toggle for toggle in app.toggle if toggle.key == "notify_toggle"]


def test_what_is_not_prepared_is_said_in_a_sentence_with_the_views_that_are(demo):
    app = open_page(None, VIEW)
    app.number_input(key="curves_n_high").set_value(60).run()
    assert not app.exception
    assert not app.warning
    assert len(app.info) == 1
    assert NOT_AMONG in texts(app.info)
    assert "make run" in texts(app.info)
    assert "waiting" not in texts(app.caption, app.markdown)
    app.button(key="prepared_Tiny curves").click().run()
    assert view_in(app, CurvesView) == VIEW
    assert not app.info


@pytest.mark.parametrize("page", pages.PAGES)
def test_every_page_opens_and_has_nothing_that_asks_for_anything(demo, page):
    app = open_page(page)
    assert not app.exception
    assert bool(app.error) == (page == "administration")  # which is not for visitors
    assert not app.warning
    assert not {"launch", "launch_map", "launch_theory", "compute_missing"} & keys(app)
    assert not [button.label for button in app.button if button.label in ("Compute", "Train")]
    shows = page not in ("runs", "report", "start", "administration")
    assert (NOT_AMONG in texts(app.info)) == shows


def test_networks_that_are_not_there_are_no_launch(demo):
    app = open_page("ensembles", EnsemblesView(widths=(8,), n_train=(20,), members=2))
    assert NOT_AMONG in texts(app.info)
    # That one is of another page, and no preset.
    assert "Tiny curves" not in {link.proto.label for link in app.get("page_link")}
    assert "0 of 2 networks trained." in texts(app.markdown)
    assert "launch" not in keys(app)


def test_a_run_is_looked_at_and_not_changed(demo):
    (job,) = session.store().jobs.list()
    app = open_page("runs", RunsView(selected=(job.id,)))
    assert job.id[:12] in texts(app.table)
    changing = [b for b in app.button if b.key and b.key.startswith(("run_", "stop_"))]
    assert all(button.disabled and "make run" in button.help for button in changing)
    assert not app.text_input(key="runs_text").disabled
    assert not [box for box in app.text_input if box.label == "Label"]


def test_saved_views_are_opened_and_neither_saved_nor_deleted(demo):
    app = open_page(None, VIEW)
    app.session_state["named_views"] = True
    app.run()
    assert "Tiny curves" in {link.proto.label for link in app.get("page_link")}
    assert not [key for key in keys(app) if key and key.startswith("named_view")]


def test_no_file_is_taken_and_none_is_fetched(demo):
    app = open_page("data", DataView())
    app.session_state["data_section"] = "A file of your own"
    app.run()
    assert not app.get("file_uploader")
    assert DEMO in texts(app.info)
    app.session_state["data_section"] = "All data sets"
    app.run()
    assert [button.label for button in app.button if button.label == "Show"]
    assert not [button.label for button in app.button if button.label.startswith("Fetch")]


def test_data_that_are_not_there_lead_to_what_is(demo):
    missing = presets.AS_IN_THE_PAPER[1].view
    app = open_page(None, missing)
    assert "data fetch" in texts(app.error)
    assert NOT_AMONG in texts(app.info)
    assert "prepared_Tiny curves" in keys(app)
    assert not [e for e in app.get("page_link") if e.proto.label.startswith("Fetch")]


def test_presets_are_offered_as_far_as_they_are_prepared(demo, monkeypatch):
    app = open_page()
    assert not [key for key in keys(app) if key and key.startswith("start_Is the")]
    monkeypatch.setattr(presets, "TRY", (replace(presets.TRY[0], view=VIEW), *presets.TRY[1:]))
    app = open_page()
    assert [key for key in keys(app) if key and key.startswith("start_Is the")]
    assert not app.exception


def test_the_tour_is_offered_and_goes_through_all_of_its_steps(demo):
    app = open_page()
    app.button(key="tour_begin").click().run()
    for at, step in enumerate(tour.STEPS, 1):
        assert not app.exception
        assert f"**{at} of 6: {step.title}**" in texts(app.markdown)
        app.button(key="tour_next" if at < len(tour.STEPS) else "tour_end").click().run()
    assert "of 6:" not in texts(app.markdown)


def test_a_visitor_is_a_viewer_and_is_told_how_to_get_more(demo):
    with open_store(demo) as store:
        person = who.person(store)
        assert person.role is Role.VIEWER
        with pytest.raises(NotAllowedError, match="make run"):
            who.acting(store).check_launch()
        (job,) = store.jobs.list()
        assert not who.acting(store).may_change(job)


def test_where_there_is_no_demo_it_is_said_how_to_build_one(tmp_path, monkeypatch):
    monkeypatch.setenv("NTK_UQ_DEMO", str(tmp_path / "missing"))
    app = open_page(None, VIEW)
    assert not app.exception
    assert "python -m ntk_uq demo build" in texts(app.error)
    assert not (tmp_path / "missing").exists()


def test_a_login_still_stands_before_it(demo, monkeypatch):
    monkeypatch.setenv("NTK_UQ_LOGIN", "header")
    monkeypatch.setenv("NTK_UQ_PROXIES", "10.0.0.5")
    monkeypatch.setenv("NTK_UQ_ADMINS", "ada@example.org")
    app = open_page(None, VIEW)
    assert "did not come through it" in texts(app.error)
    monkeypatch.setattr(who, "_of_proxy", lambda: Claims("header", "ada@example.org"))
    app = open_page(None, VIEW)
    assert "viewer" in texts(app.sidebar.caption)
    assert not app.warning
