"""The home page, without a browser."""

import base64
import re
import time
import xml.etree.ElementTree as ET
from concurrent.futures import Future
from urllib.parse import parse_qsl

import pytest
from helpers.made import made
from helpers.pages_driver import compute, open_page, texts

from ntk_uq.export.document import document_of
from ntk_uq.export.report import Report
from ntk_uq.jobs.asking import submit
from ntk_uq.people import SOMEBODY, Claims, Person, Role, Saving
from ntk_uq.specs import ArchitectureSpec, DataSpec, MapSpec, OptimizerSpec
from ntk_uq.store.named_views import NamedView
from ntk_uq.ui import pages, who
from ntk_uq.ui.pages.start import pictures
from ntk_uq.ui.start import presets
from ntk_uq.views import (
    CurvesView,
    DataView,
    EnsemblesView,
    PhaseMapView,
    RunsView,
    TrainingTimeView,
    WidthView,
)

ADA, BOB = Claims("idp", "1", "Ada"), Claims("idp", "2", "Bob [x](http://evil.example)")
VIEW = CurvesView(DataSpec(n_test=50), depths=(1,), n_low=10, n_high=40, n_points=2, draws=1)


@pytest.fixture
def few(monkeypatch):
    """A page with few presets: each of the others is looked for in the store."""
    few = tuple(p for p in presets.GALLERY if p.view.data.dataset == "digits")
    monkeypatch.setattr("ntk_uq.ui.pages.start.page.GALLERY", few)
    return few


def cards(app):
    """Of each card: its link's label, page and query."""
    return {
        e.proto.label: (e.proto.page, dict(parse_qsl(e.proto.query_string)))
        for e in app.get("page_link")
    }


def drawn(app):
    """The pictures of cards, and the words where there is none."""
    bodies = [e.proto.body for e in app.get("html")]
    found = [re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', body) for body in bodies]
    words = [re.search(r"dashed[^>]*>([^<]+)</div>", body) for body in bodies]
    svgs = [base64.b64decode(f[1]).decode() for f in found if f]
    return svgs, [w[1] for w in words if w]


def later():
    """A time that is far enough for any picture."""
    return time.monotonic() + 600


def login(monkeypatch, claims):
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    monkeypatch.setattr(who, "_of_provider", lambda: claims)


def test_it_stands_in_the_navigation_and_another_page_opens_by_itself():
    assert pages.get("").name == "scaling_curves"
    assert pages.get("start").address == "start"


def test_presets_are_those_of_the_paper_at_depths_1_to_4_and_of_the_other_pages():
    views = [preset.view for preset in presets.GALLERY]
    deep = [v for v in views if isinstance(v, CurvesView) and v.depths == (1, 2, 3, 4)]
    assert {(v.data.dataset, v.training.posterior) for v in deep} == {
        (name, kind)
        for name in ("mnist", "cifar10", "calorimeter")
        for kind in ("trained", "bayes")
    }
    shown = {pages.page_of(view).name for view in views}
    assert {"width", "phase_map", "training_time"} < shown
    assert len({preset.label for preset in presets.GALLERY}) == len(presets.GALLERY)


def test_a_card_of_what_is_not_computed_says_so_and_shows_it_once_it_is(store, few):
    store.views.save(NamedView("mine", "scaling_curves", VIEW.to_query()))
    app = open_page("start")
    assert not app.exception
    assert drawn(app) == ([], [pictures.NOT_YET] * (len(few) + 1))
    assert cards(app)["mine"] == ("", VIEW.to_query())
    for spec in VIEW.curves():
        submit(store.jobs, spec)
    compute(store)
    (svg,), words = drawn(app.run())
    assert words == [pictures.NOT_YET] * len(few)
    points = list(ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}circle"))
    assert len(points) == 2
    # Made once for all.
    made_once = pictures.of_view(store, VIEW, False, 0.0)
    assert made_once is pictures.of_view(store, VIEW, False, 0.0)
    assert made_once.svg == svg


def test_every_kind_of_view_has_a_picture_of_its_results(store):
    data = DataSpec("digits", n_test=20)
    spots = MapSpec(data, x="sigma_w", x_values=(1.0, 2.0), y="depth", y_values=(1, 2), n_train=10)
    views = (
        EnsemblesView(data, ArchitectureSpec(1), OptimizerSpec(steps=5), (8,), (10, 20), 2),
        WidthView(data, (1,), widths=(8, 16), n_train=(10,), members=2),
        PhaseMapView(spots),
        TrainingTimeView(data, n_train=20, n_times=8, draws=1),
        DataView(data, sample=10),
    )
    for view in views:
        assert pictures.of_view(store, view, False, later()).words == pictures.NOT_YET, view
    app_jobs = (views[0].ensembles(), *views[1].ensembles(), spots, *views[3].training_times())
    for spec in (*app_jobs, pictures.spectrum_of(views[4], pictures.datasets.get("digits"))):
        submit(store.jobs, spec)
    compute(store)
    for view in views:
        found = pictures.of_view(store, view, True, later())
        assert found.svg, view
        assert found != pictures.of_view(store, view, False, later()), "another ground"
    assert pictures.of_view(store, RunsView(), False, 0.0).words == pictures.NO_FIGURE


def test_what_takes_long_is_drawn_beside_the_page(store, few, monkeypatch):
    store.results.put("something", b"else")
    endless: Future = Future()
    monkeypatch.setattr(pictures._THREADS, "submit", lambda *_: endless)
    monkeypatch.setattr("ntk_uq.ui.pages.start.page._PATIENCE", 0.0)
    pictures._MADE.clear()
    app = open_page("start")
    assert drawn(app) == ([], [pictures.DRAWING] * len(few))
    assert app.session_state["start_page_every"]
    endless.set_result(pictures.CardPicture("<svg/>"))
    assert drawn(app.run()) == (["<svg/>"] * len(few), [])
    assert app.session_state["start_page_every"] is None
    pictures._MADE.clear()


def test_data_that_come_and_a_report_that_is_gone_are_not_remembered(store, monkeypatch):
    view = CurvesView(DataSpec("mnist", n_test=50))
    assert pictures.of_view(store, view, False, later()).words == pictures.NOT_YET
    store.results.put("something", b"else")
    assert pictures.of_view(store, view, False, later()).words == pictures.NO_FILES
    monkeypatch.setattr(pictures, "_of_results", lambda *_: pictures.CardPicture("<svg/>"))
    assert pictures.of_view(store, view, False, later()).svg == "<svg/>"
    hand = Saving(store, SOMEBODY)
    item = hand.save_report("gone", b"no JSON", "1 view")
    assert pictures.of_report(store, item, False, later()).words == pictures.GONE


def test_a_report_is_a_card_with_its_first_figure(store, few):
    report = Report().with_view(document_of(made(), "https://example.org/", figures=True))
    item = Saving(store, SOMEBODY).save_report("our *report*", report.to_json().encode(), "1 view")
    app = open_page("start")
    (svg,), _ = drawn(app)
    assert "polyline" in svg
    assert cards(app)[r"our \*report\*"] == ("report", {"id": item.id})
    assert "Report: 1 view; saved" in texts(app.caption)


def test_without_a_login_what_was_saved_is_everybodys(store, few):
    store.views.save(NamedView("mine", "runs", RunsView().to_query()))
    store.views.save(NamedView("later", "holograms", {}))
    app = open_page("start")
    headings = [m.value for m in app.markdown if m.value.startswith("##")]
    assert headings == ["## Presets", "## Saved on this server"]
    assert "later: this version has no such page" in texts(app.markdown)
    (item,) = [i for i in Saving(store, SOMEBODY).visible() if i.name == "mine"]
    app.session_state[f"change_{item.id}"] = True
    app.run()
    assert f"change_share_{item.id}" not in {b.key for b in app.button}
    app.text_input(key=f"change_name_{item.id}").set_value("later").run()
    app.button(key=f"change_rename_{item.id}").click().run()
    assert "There is a view 'later' already" in texts(app.error)
    app.text_input(key=f"change_name_{item.id}").set_value("now").run()
    app.button(key=f"change_rename_{item.id}").click().run()
    assert {v.name for v in store.views.list()} == {"later", "now"}


def test_with_a_login_each_has_her_own_and_the_groups(store, few, monkeypatch):
    bob = Saving(store, Person(BOB.id, BOB.name, Role.MEMBER))
    store.people.see(BOB.id, BOB.name)
    bob.save_view("his", "width", WidthView().to_query(), shared=False)
    ours = bob.save_view("ours", "width", WidthView().to_query(), shared=True)
    store.views.save(NamedView("older", "runs", RunsView().to_query()))
    login(monkeypatch, ADA)
    mine = Saving(store, Person(ADA.id, "Ada", Role.MEMBER)).save_view(
        "hers", "width", WidthView(members=7).to_query(), shared=False
    )
    app = open_page("start")
    assert {"hers", "ours", "older"} <= set(cards(app))
    assert "his" not in cards(app)
    told = texts(app.caption)
    assert "only you see it" in told
    assert "by Bob [x](http://evil.example)" in told
    assert "nobody's: everybody sees it" in told
    popovers = {e.proto.popover.label for e in app.get("popover")} if app.get("popover") else set()
    assert popovers <= {"Change", "Presets", "Named views"}
    app.session_state[f"change_{mine.id}"] = app.session_state[f"change_{ours.id}"] = True
    app.run()
    assert f"change_delete_{ours.id}" not in {b.key for b in app.button}
    app.button(key=f"change_share_{mine.id}").click().run()
    assert store.saved.get(mine.id).shared
    login(monkeypatch, BOB)
    assert "hers" in cards(open_page("start"))
    login(monkeypatch, ADA)
    app.button(key=f"change_delete_{mine.id}").click().run()
    assert store.saved.get(mine.id) is None
    assert "hers" not in cards(app)
