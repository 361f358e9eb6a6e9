"""Saving, opening and deleting views on the pages."""

from helpers.pages_driver import open_page, texts

from ntk_uq.people import Claims
from ntk_uq.specs import DataSpec
from ntk_uq.store.named_views import NamedView
from ntk_uq.ui import who
from ntk_uq.ui.pages.scaling_curves.page import WHY
from ntk_uq.views import CurvesView, RunsView

VIEW = CurvesView(DataSpec(n_test=50), depths=(1,), n_low=10, n_high=40, n_points=2, draws=1)


def opened(page=None, view=VIEW):
    app = open_page(page, view)
    app.session_state["named_views"] = True
    return app.run()


def test_a_view_is_saved_opened_by_others_and_deleted(store):
    app = opened()
    app.text_input(key="named_view_name").set_value("one *depth*").run()
    app.button(key="named_view_save").click().run()
    assert not app.exception
    assert store.views.list() == (NamedView("one *depth*", "scaling_curves", VIEW.to_query()),)
    assert app.text_input(key="named_view_name").value == ""

    other = opened("runs", RunsView(everything=True))
    (link,) = [e for e in other.get("page_link") if "depth" in e.proto.label]
    assert link.proto.label == r"one \*depth\*"
    assert "n_test=50" in link.proto.query_string
    other.text_input(key="named_view_name").set_value("all runs").run()
    other.button(key="named_view_save").click().run()
    assert {v.page for v in store.views.list()} == {"scaling_curves", "runs"}
    other.button(key="named_view_delete_one *depth*").click().run()
    assert [v.name for v in store.views.list()] == ["all runs"]


def test_a_view_of_a_page_that_is_gone_and_a_name_that_cannot_be_are_told(store):
    store.views.save(NamedView("later", "holograms", {}))
    app = opened("report", None)
    assert "later: this version has no such page" in texts(app.caption)
    assert "named_view_name" not in {t.key for t in app.text_input}, "there is nothing to save"
    app = opened()
    app.button(key="named_view_save").click().run()
    assert "The name is empty" in texts(app.caption)


def test_of_a_group_each_saves_and_deletes_her_own(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    people = {name: Claims("idp", name, name) for name in ("Ada", "Bob", "Vic")}
    store.people.see(people["Vic"].id, "Vic")
    store.people.set_role(people["Vic"].id, "viewer")
    store.views.save(NamedView("older", "runs", RunsView().to_query()))

    def as_(name):
        monkeypatch.setattr(who, "_of_provider", lambda: people[name])
        return opened()

    def links(app):
        return {e.proto.label for e in app.get("page_link")} - {WHY}

    app = as_("Ada")
    app.text_input(key="named_view_name").set_value("hers").run()
    app.button(key="named_view_save").click().run()
    app.text_input(key="named_view_name").set_value("ours").run()
    app.toggle(key="named_view_shared_").set_value(True).run()
    app.button(key="named_view_save").click().run()
    assert not app.exception
    assert {(i.name, i.shared) for i in store.saved.list()} == {("hers", False), ("ours", True)}
    assert links(app) == {"hers", "ours", "older"}
    assert "by whom is not kept" not in texts(app.caption)

    app = as_("Bob")
    assert links(app) == {"ours", "older"}
    assert "by Ada" in texts(app.caption)
    assert not [b for b in app.button if b.label == "Delete"]
    app.text_input(key="named_view_name").set_value("ours").run()
    assert app.button(key="named_view_save").label == "Save", "one of his own"

    app = as_("Vic")
    assert links(app) == {"ours", "older"}
    assert "save nothing" in texts(app.caption)
    assert "named_view_save" not in {b.key for b in app.button}

    app = as_("Ada")
    app.button(key=f"named_view_delete_{people['Ada'].id}hers").click().run()
    assert [i.name for i in store.saved.list()] == ["ours"]
