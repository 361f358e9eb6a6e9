"""The table of pages: all that belongs to a page is called as its line, and nobody repeats it."""

import ast
import inspect
from pathlib import Path

import pytest
from helpers.made import made
from helpers.pages_driver import APP, open_page, sources, texts
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import ntk_uq.views
from ntk_uq.base.errors import LinkError
from ntk_uq.base.fields import Spec
from ntk_uq.export.document import document_of
from ntk_uq.export.report import Report
from ntk_uq.ui import links, navigation, pages
from ntk_uq.ui.pages import PAGES, page_of
from ntk_uq.views import CurvesView, WidthView, page_name

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "ntk_uq" / "ui" / "pages" / "table.py"
NO_PAGES = {"__init__", "commands", "setup"}
"""Files of views/ that are no page's."""


def views_of(name):
    """The classes of views in a file of views/ that are defined there."""
    module = __import__(f"ntk_uq.views.{name}", fromlist=["_"])
    classes = [c for _, c in inspect.getmembers(module, inspect.isclass)]
    return [c for c in classes if issubclass(c, Spec) and c.__module__ == module.__name__]


def view_files():
    return {path.stem for path in Path(ntk_uq.views.__file__).parent.glob("*.py")} - NO_PAGES


def test_every_script_and_every_folder_has_its_line_and_every_line_has_them():
    assert {path.stem for path in (ROOT / "pages").glob("*.py")} == set(PAGES)
    folders = {path.parent.name for path in TABLE.parent.glob("*/__init__.py")}
    assert folders == set(PAGES)
    for page in PAGES.values():
        assert (ROOT / page.script).is_file()
        assert (TABLE.parent / page.name / "page.py").is_file()


def test_every_view_belongs_to_a_page_and_only_three_pages_have_none():
    assert set(PAGES) - view_files() == {"report", "start", "administration"}
    for name in view_files():
        (view,) = views_of(name)
        assert page_of(view()) is PAGES[name]
        assert page_name(view) == name


def test_titles_icons_and_names_are_each_of_one_page():
    for of in ("title", "icon", "script", "address"):
        assert len({getattr(page, of) for page in PAGES.values()}) == len(PAGES)


def test_a_script_only_runs_its_page():
    for page in PAGES.values():
        lines = (ROOT / page.script).read_text().splitlines()
        assert len(lines) <= 10
        assert f"from ntk_uq.ui.pages.{page.name}.page import page" in lines
        assert lines[-1] == "navigation.run(page)"


def test_no_other_file_repeats_what_the_table_says():
    said = {page.icon for page in PAGES.values()} | {page.script for page in PAGES.values()}
    said |= {f"Open in {page.title}" for page in PAGES.values()}
    paths = [*(ROOT / "ntk_uq").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "app.py"]
    for path in set(paths) - {TABLE}:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value not in said, f"{path}:{node.lineno}"
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.title":
                assert path == Path(navigation.__file__), f"{path}:{node.lineno}"


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_opened_by_its_address_below_its_title(store, name):
    app = open_page(name)
    assert not app.exception
    assert [e.value for e in app.title] == [PAGES[name].title]


def test_the_first_page_is_the_one_that_is_opened_without_a_name(store):
    assert open_page().title[0].value == pages.get("").title
    assert pages.get("").address == ""
    assert pages.get("").name == "scaling_curves"


def test_an_opening_has_all_from_the_table_and_words_of_its_own_where_they_are_given():
    view = WidthView(members=7)
    found = links.opening_of(view, "Not quite.")
    assert (found.page, found.label, found.icon, found.notice) == (
        "pages/width.py",
        "Open in Width",
        PAGES["width"].icon,
        "Not quite.",
    )
    assert WidthView.from_query(found.query) == view
    other = links.opening_of(view, label="Widths", icon=":material/star:")
    assert (other.label, other.icon) == ("Widths", ":material/star:")


def test_an_address_names_the_page_of_its_view():
    assert links.address_of(WidthView()).startswith("width?v=")
    assert links.address_of(CurvesView()).startswith("?v=")


@pytest.mark.parametrize("name", ["nosuch", "Width", "<b>", "x" * 10_000])
def test_a_page_that_is_not_there_is_told_with_those_that_are(name):
    with pytest.raises(
        LinkError, match=r"has no page '.*; it has scaling_curves, .*, start, .*\. "
    ):
        pages.get(name)


def test_a_view_of_no_page_is_told():
    class Elsewhere(Spec):
        """A view that stands in no file of views/."""

    with pytest.raises(LinkError, match="has no page"):
        page_of(Elsewhere())


def test_an_address_with_a_page_that_is_not_there_says_so_and_leads_to_the_first(
    store, monkeypatch
):
    monkeypatch.setattr(navigation, "asked", lambda: "no*such")
    app = AppTest.from_file(str(APP), default_timeout=60)
    app._page_hash = calc_hash("no*such")  # as a browser asks for it
    app.query_params["v"], app.query_params["depth"] = "9", "3"
    app.run()
    monkeypatch.setattr(navigation, "asked", lambda: "")  # only the first run is told the name
    for _ in range(2):
        assert not app.exception
        assert [e.value for e in app.title] == ["No such page"]
        assert r"This version has no page 'no\*such'" in sources(app.error)
        (link,) = [e.proto.label for e in app.get("page_link")]
        assert link == "Open Scaling curves"
        app.run()
    app.query_params.clear()
    app.switch_page("pages/scaling_curves.py").run()
    assert [e.value for e in app.title] == ["Scaling curves"]


@pytest.mark.parametrize("name", [*PAGES, "", "a/b"])
def test_names_that_streamlit_finds_or_takes_for_itself_are_left_to_it(monkeypatch, name):
    monkeypatch.setattr(navigation, "asked", lambda: name)
    assert navigation._unknown() == []


def test_a_saved_view_of_a_page_that_is_not_there_is_shown_with_a_word_on_it(store):
    document = document_of(made(), "https://example.org/nosuch?v=9")
    app = open_page("report")
    app.session_state["report"] = Report().with_view({**document, "page": "no*such"})
    app.run()
    assert not app.exception
    assert r"This version of the program has no page 'no\*such'" in sources(app.caption)
    app.session_state["report"] = Report().with_view(document)
    app.run()
    assert "This version of the program" not in texts(app.caption)
