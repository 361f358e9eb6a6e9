"""Reports that are saved under a name."""

from contextlib import contextmanager

import pytest
from helpers.made import made
from helpers.pages_driver import open_page, texts

from ntk_uq.base.errors import StoreFullError
from ntk_uq.export.document import document_of
from ntk_uq.export.report import Report
from ntk_uq.people import SOMEBODY, Claims, Saving
from ntk_uq.store.database import Database
from ntk_uq.ui import who

ADA, BOB = Claims("idp", "1", "Ada"), Claims("idp", "2", "Bob")


def report(title="Some curves"):
    view = document_of(made(title), "https://example.org/?v=9", figures=True)
    return Report("All", "Before.", ()).with_view(view)


def with_report(*titles, app=None):
    app = app or open_page("report")
    for title in titles:
        app.session_state["report"] = report(title)
    app.session_state["report_title"], app.session_state["report_introduction"] = "All", "Before."
    return app.run()


def saved_as(app, name):
    app.text_input(key="report_name").set_value(name).run()
    app.button(key="report_save").click().run()
    assert not app.exception
    return app


def shown(app):
    return [t.value for t in app.text_input if t.label.startswith("Title of view")]


def login(monkeypatch, claims, role="member"):
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    monkeypatch.setenv("NTK_UQ_ROLE", role)
    monkeypatch.setattr(who, "_of_provider", lambda: claims)


def test_it_survives_the_tab_and_is_opened_by_its_link(store):
    app = with_report("Some curves")
    assert "lives in this browser tab" in texts(app.caption)
    saved_as(app, "ours *1*")
    (item,) = store.saved.list()
    assert (item.name, item.about, item.owner) == ("ours *1*", "1 view", "")
    assert app.query_params["id"] in (item.id, [item.id])
    assert "Saved as “ours *1*”" in texts(app.caption)

    other = open_page("report", id=item.id)
    assert not other.exception
    assert other.session_state["report"] == app.session_state["report"]
    assert other.text_input(key="report_title").value == "All"
    assert other.text_area(key="report_introduction").value == "Before."
    assert "Saved as “ours *1*”" in texts(other.caption)
    # What is changed stays until it is saved, and then it is the same report.
    other.text_input(key="report_title").set_value("Other").run()
    assert other.session_state["report"].title == "Other"
    assert "Changed since it was saved" in texts(other.caption)
    assert other.button(key="report_save").label == "Replace"
    other.button(key="report_save").click().run()
    assert [i.id for i in store.saved.list()] == [item.id]
    # And who has the older one open, unchanged, gets it.
    assert app.run().text_input(key="report_title").value == "Other"


def test_another_report_in_the_tab_is_lost_to_it_only_if_that_is_wanted(store):
    item = Saving(store, SOMEBODY).save_report("ours", report().to_json().encode(), "1 view")
    app = with_report("Mine")
    app.query_params["id"] = item.id
    app.run()
    assert shown(app) == ["Mine"]
    assert "in whose place “ours” would be opened" in texts(app.warning)
    app.button(key="report_keep").click().run()
    assert shown(app) == ["Mine"]
    assert not app.warning
    app.button(key=f"report_open_{item.id}").click().run()
    assert shown(app) == ["Mine"]
    app.button(key="report_open_instead").click().run()
    assert shown(app) == ["Some curves"]
    assert not app.warning


def test_a_link_to_nothing_is_told_and_the_page_goes_on(store):
    app = open_page("report", id="report-none")
    assert "Nothing of this link is saved here any more" in texts(app.error)
    assert "Nothing is in the report yet" in texts(app.info)
    broken = Saving(store, SOMEBODY).save_report("broken", b"[", "1 view")
    app = open_page("report", id=broken.id)
    assert "no JSON" in texts(app.error)
    assert not app.exception


def test_of_a_group_each_sees_what_is_shared_and_a_viewer_saves_nothing(store, monkeypatch):
    login(monkeypatch, ADA)
    app = saved_as(with_report("Hers"), "hers")
    (item,) = store.saved.list()
    assert (item.owner, item.shared) == (ADA.id, False)
    login(monkeypatch, BOB)
    assert "its owner keeps it" in texts(open_page("report", id=item.id).error)
    login(monkeypatch, ADA)
    app.toggle(key=f"report_shared_{item.id}").set_value(True).run()
    app.button(key="report_save").click().run()
    assert store.saved.get(item.id).shared
    login(monkeypatch, BOB)
    app = open_page("report", id=item.id)
    assert shown(app) == ["Hers"]
    assert app.button(key="report_save").label == "Save", "under that name, one of his own"
    app.button(key="report_save").click().run()
    assert sorted(i.owner for i in store.saved.list()) == sorted((ADA.id, BOB.id))
    vic = Claims("idp", "3", "Vic")
    login(monkeypatch, vic, "viewer")
    app = open_page("report", id=item.id)
    assert shown(app) == ["Hers"]
    assert "report_save" not in {b.key for b in app.button}
    assert "save nothing" in texts(app.caption)


def test_where_nothing_can_be_written_it_is_said_and_reading_goes_on(store, monkeypatch):
    item = Saving(store, SOMEBODY).save_report("a", report().to_json().encode(), "1 view")

    @contextmanager
    def write(self):
        raise StoreFullError("the disk is full")
        yield

    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", write)
        app = open_page("report", id=item.id)
        app.button(key="report_save").click().run()
        assert not app.exception
        assert "the disk is full" in texts(app.error)
        assert shown(app) == ["Some curves"]
        app.run()
        assert not app.error
    assert list(store.saved.directory.iterdir()) == [store.saved.directory / f"{item.id}.json"]


@pytest.mark.parametrize("name", ["", "x\ny"])
def test_a_name_that_cannot_be_is_told(store, name):
    app = saved_as(with_report("Some curves"), name)
    assert "The name" in texts(app.error)
    assert not store.saved.list()
