"""The panel below every page, and the page that collects views, without a browser."""

import io
import json

import pandas as pd
import pytest
from helpers.drawn import figures
from helpers.pages_driver import compute, open_page, sources, texts

from ntk_uq.base.errors import ExportError
from ntk_uq.export.document import read
from ntk_uq.export.report import open_report
from ntk_uq.specs import DataSpec
from ntk_uq.ui import export
from ntk_uq.views import CurvesView, DataView, EnsemblesView, RunsView

SMALL = CurvesView(
    data=DataSpec(n_test=50), depths=(1, 2), n_low=20, n_high=160, n_points=4, draws=2
)
OPENED = {
    None: SMALL,
    "ensembles": EnsemblesView(DataSpec(n_test=20), widths=(8,), n_train=(10,), members=3),
    "data": DataView(DataSpec(), sample=50),
    "runs": RunsView(everything=True),
}


@pytest.fixture
def files(monkeypatch):
    """What the buttons of the panel would make, by their labels."""
    made, real = {}, export._download

    def note(label, make, name, on_click=None):
        made[label] = make
        real(label, make, name, on_click)

    monkeypatch.setattr(export, "_download", note)
    return made


def opened(page, view, **items):
    app = open_page(page, view, **items)
    app.session_state["take_home"] = True
    return app.run()


def to_page(app, page, view=None):
    """Another page of the same session, by its link in the navigation or one to a view."""
    app.query_params.clear()
    app.switch_page(f"pages/{page}.py")
    for name, text in ({} if view is None else view.to_query()).items():
        app.query_params[name] = text
    return app.run()


def to_report(app):
    return to_page(app, "report")


@pytest.mark.parametrize("page", OPENED)
def test_every_page_can_be_taken_home(store, files, page):
    open_page(None if page == "runs" else page, SMALL if page == "runs" else OPENED[page])
    if page != "ensembles":  # the networks are not trained before somebody says so
        compute(store)
    app = opened(page, OPENED[page])
    assert not app.exception
    document = read(files["JSON"](), "view")
    assert document["page"] == (page or "")
    # Some controls choose what the link left open (the ensemble in detail).
    assert {*type(OPENED[page])().to_json()} == {*document["view"]}
    if document["rows"]:
        table = pd.read_csv(io.BytesIO(files["CSV"]()), comment="#")
        assert len(table) == len(document["rows"])
        assert list(table) == [c["name"] for c in document["columns"]]
    assert bool(document["rows"]) == (page != "ensembles")
    codes = [c.value for c in app.code]
    assert any("python -m ntk_uq" in code for code in codes)
    app.button(key="export_add").click().run()
    report = to_report(app)
    assert not report.exception
    assert [t.value for t in report.text_input if t.label == "Title of view 1"] == [
        document["title"]
    ]


def test_nothing_is_made_before_the_panel_is_opened(store, monkeypatch):
    monkeypatch.setattr(export, "_content", lambda exhibit: 1 / 0)
    app = open_page(None, SMALL)
    assert not app.exception
    assert "Take it home: figures, numbers, code, references" in [e.label for e in app.expander]
    assert not app.download_button


def test_the_numbers_are_those_of_the_page_with_the_view_in_every_row(store, files):
    view = CurvesView(**{**vars(SMALL), "n_points": 8, "fit_low": 40.0, "fit_high": 160.0})
    open_page(None, view)
    compute(store)
    opened(None, view)
    from ntk_uq.results.curves import stored_curve

    curves = [stored_curve(store.results, spec) for spec in view.curves()]
    data = json.loads(files["JSON"]())
    assert CurvesView.from_json(data["view"]) == view
    for curve, got in zip(curves, data["details"]["curves"], strict=True):
        assert got["fits"] == curve.fits(40.0, 160.0).to_json()
        assert got["fits"]["mu"]["window"][0] >= 40
    table = pd.read_csv(io.BytesIO(files["CSV"]()), comment="#")
    points = table[table["part"] == "point"]
    assert list(points["mu"]) == [p.mu for c in curves for p in c.points]
    same = table[["dataset", "n_test", "activation"]].drop_duplicates().to_numpy().tolist()
    assert same == [["digits", 50, "relu"]]


@pytest.mark.parametrize("page", [None, "ensembles", "data"])
def test_without_a_browser_the_panel_says_so_and_offers_html(store, files, monkeypatch, page):
    monkeypatch.setenv("BROWSER_PATH", "/nowhere/chromium")
    open_page(page, OPENED[page])
    if page != "ensembles":
        compute(store)
    app = opened(page, OPENED[page])
    assert not app.exception
    assert "There is no Chrome or Chromium on this server" in texts(app.info)
    assert "the camera above each figure saves it as SVG" in texts(app.info)
    assert app.selectbox(key="export_format").options == ["HTML, interactive"]
    assert files["HTML"]().startswith(b"<!DOCTYPE html>")


def test_without_kaleido_the_panel_says_so(store, files, monkeypatch):
    real = export.rendering.importlib.util.find_spec
    monkeypatch.setattr(
        export.rendering.importlib.util, "find_spec", lambda n: None if n == "kaleido" else real(n)
    )
    app = opened(None, SMALL)
    assert "The package kaleido is not installed" in texts(app.info)


def test_a_figure_that_cannot_be_drawn_is_told_and_the_page_lives_on(store, files, monkeypatch):
    monkeypatch.setattr(export.rendering, "missing", lambda: "")

    def hang(pictures):
        assert drawing.busy
        raise ExportError("The browser that draws figures did not answer within 90 seconds.")

    monkeypatch.setattr(export.rendering, "render", hang)
    app = opened(None, SMALL)
    drawing = app.session_state["export_drawing"]
    drawing.begin()
    with pytest.raises(ExportError):
        files["PDF"]()
    assert not drawing.busy
    app.run()
    assert not app.exception
    assert "did not answer within 90 seconds" in texts(app.warning)
    assert "the camera above each figure" in texts(app.warning)
    monkeypatch.setattr(export.rendering, "render", lambda pictures: [b"%PDF"])
    assert files["PDF"]() == b"%PDF"
    app.run()
    assert not app.warning or "did not answer" not in texts(app.warning)


def test_the_chosen_figure_format_and_size_are_drawn(store, files, monkeypatch):
    monkeypatch.setattr(export.rendering, "missing", lambda: "")
    asked = []
    monkeypatch.setattr(export.rendering, "render", lambda ps: asked.extend(ps) or [b"x"])
    app = opened(None, SMALL)
    app.selectbox(key="export_figure").set_value("epsilon")
    app.selectbox(key="export_format").set_value("png")
    app.selectbox(key="export_size").set_value("slide").run()
    app.toggle(key="export_dark").set_value(True).run()
    files["PNG"]()
    (picture,) = asked
    assert (picture.format, picture.width * picture.scale) == ("png", pytest.approx(1920))
    assert picture.figure.layout.title.text == "Relative spread ε = σ / μ"
    assert picture.figure.layout.paper_bgcolor == "#0E1117"


def test_an_empty_report_is_a_sentence(store):
    app = open_page("report")
    assert not app.exception
    assert "Nothing is in the report yet" in texts(app.info)
    assert "lost when you reload" in texts(app.caption)
    assert not app.download_button


def collected(store):
    """A report with two views, of which the second is that of runs."""
    open_page(None, SMALL)
    compute(store)
    app = opened(None, SMALL)
    app.button(key="export_add").click().run()
    assert "1 view in the report" in [e.proto.label for e in app.get("page_link")]
    to_page(app, "runs", RunsView(everything=True))
    app.session_state["take_home"] = True
    app.run()
    app.button(key="export_add").click().run()
    return to_report(app)


def titles(app):
    return [t.value for t in app.text_input if t.label.startswith("Title of view")]


def test_views_are_put_into_an_order_named_noted_and_taken_out(store):
    app = collected(store)
    assert titles(app) == ["Scaling curves of Handwritten digits, 8 × 8", "Runs"]
    first = next(t for t in app.text_input if t.label == "Title of view 1")
    first.set_value("My curves").run()
    next(t for t in app.text_area if t.label == "Notes").set_value("Look at **this**").run()
    app.text_input(key="report_title").set_value("All").run()
    next(b for b in app.button if b.help == "Move down").click().run()
    assert titles(app) == ["Runs", "My curves"]
    assert [t.value for t in app.text_area if t.label == "Notes"] == ["", "Look at **this**"]
    # It is all there after another page.
    to_page(app, "data")
    app = to_report(app)
    assert titles(app) == ["Runs", "My curves"]
    assert app.text_input(key="report_title").value == "All"
    html = app.session_state["report"].to_html()
    assert html.index("1. Runs") < html.index("2. My curves")
    assert "Look at **this**" in html
    next(b for b in app.button if b.help == "Take out").click().run()
    assert titles(app) == ["My curves"]


def test_a_saved_report_is_opened_again_with_all_that_was_in_it(store):
    app = collected(store)
    next(t for t in app.text_area if t.label == "Notes").set_value("A note").run()
    app.text_input(key="report_title").set_value("Saved").run()
    report = app.session_state["report"]
    content = report.to_json().encode()
    assert open_report(content) == report
    other = open_page("report")
    other.file_uploader(key="report_upload_0").set_value(
        ("report.json", content, "application/json")
    ).run()
    assert not other.exception
    assert other.session_state["report"] == report
    assert titles(other) == titles(app)
    assert other.text_input(key="report_title").value == "Saved"
    other.run()
    assert len(titles(other)) == 2
    # Figures are drawn from the file, on the page's own ground.
    key = f"figures_{report.items[0].added}_{report.items[0].view['link']}_0"
    other.session_state[key] = True
    other.run()
    assert not other.exception
    assert len(figures(other)) == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"{", "no JSON"), (b'{"format": "x"}', "no report"), (b"\xff", "no JSON")],
)
def test_a_file_that_is_no_report_is_told(store, content, words):
    app = open_page("report")
    app.file_uploader(key="report_upload_0").set_value(
        ("a.json", content, "application/json")
    ).run()
    assert not app.exception
    assert words in texts(app.error)
    assert "Nothing is in the report yet" in texts(app.info)


def test_names_of_others_are_words_on_the_page_and_in_the_report(store):
    nasty = "<script>alert(1)</script> ![x](http://evil/x.png) $x$"
    app = collected(store)
    report = app.session_state["report"]
    view = {**report.items[0].view, "caption": nasty, "title": nasty}
    app.session_state["report"] = report.with_view(view)
    app.run()
    assert not app.exception
    assert "![x](http" not in sources(app.caption)
    assert "<script>alert" not in app.session_state["report"].to_html()


def test_a_drawing_that_goes_on_is_told(store, files, monkeypatch):
    monkeypatch.setattr(export.rendering, "missing", lambda: "")
    app = opened(None, SMALL)
    app.session_state["export_drawing"].begin()
    app.run()
    assert "The figure is being drawn" in texts(app.caption)


def test_a_click_counts_once_whoever_hears_of_it_first(monkeypatch):
    drawing = export.Drawing()
    assert drawing.run(lambda: b"x") == b"x"  # the thread was faster
    drawing.begin()
    assert not drawing.busy
    drawing.begin()
    assert drawing.busy
    monkeypatch.setattr(export.rendering, "SECONDS", -6.0)  # it never came back
    assert not drawing.busy
    monkeypatch.undo()
    drawing.run(lambda: b"x")
    drawing.begin()
    assert drawing.busy


def test_the_same_view_twice_is_two_views(store):
    app = opened(None, SMALL)
    app.button(key="export_add").click().run()
    app.button(key="export_add").click().run()
    app = to_report(app)
    assert not app.exception
    assert not app.warning
    assert len(titles(app)) == 2
    next(t for t in app.text_input if t.label == "Title of view 2").set_value("Twin").run()
    assert not app.exception
    assert titles(app)[1] == "Twin"
