"""The recipe in docs/contributing/page.md, done word for word: files, and one line of one table."""

import importlib
import io
import re
import shutil
import sys
import types
import urllib.parse
from pathlib import Path

import pandas as pd
import pytest
from helpers import pages_driver
from helpers.pages_driver import open_page

import ntk_uq.ui.pages
import ntk_uq.views
from ntk_uq.export.document import read
from ntk_uq.jobs.asking import submit
from ntk_uq.specs import InspectionSpec
from ntk_uq.ui import export, links, pages
from ntk_uq.ui.pages.runs import details
from ntk_uq.views import RunsView

ROOT = Path(__file__).resolve().parents[2]
RECIPE = (ROOT / "docs" / "contributing" / "page.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`(\S+\.py)`\n\n```python\n(.*?)^```", RECIPE, re.M | re.S))
(LINE,) = re.findall(r"^```python\n(Page\(.*\),)\n```", RECIPE, re.M)
TESTS = "tests/ui/pages/grid/test_page.py"


@pytest.fixture
def added(tmp_path, monkeypatch):
    """The page's files in a copy of the app, found by the package as if they were in it."""
    shutil.copy(ROOT / "app.py", tmp_path)
    shutil.copytree(ROOT / "pages", tmp_path / "pages")
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for package, folder in ((ntk_uq.views, "views"), (ntk_uq.ui.pages, "ui/pages")):
        there = str(tmp_path / "ntk_uq" / folder)
        monkeypatch.setattr(package, "__path__", [*package.__path__, there])
    before = set(sys.modules)
    monkeypatch.setattr(pages_driver, "APP", tmp_path / "app.py")
    page = eval(LINE.rstrip(","), {"Page": pages.Page})
    monkeypatch.setitem(pages.PAGES, page.name, page)
    importlib.invalidate_caches()
    yield page
    for name in set(sys.modules) - before:
        if re.search(r"\.grid(\.|$)", name):
            del sys.modules[name]
    for package in (ntk_uq.views, ntk_uq.ui.pages):
        vars(package).pop("grid", None)


@pytest.fixture
def view(added):
    return importlib.import_module("ntk_uq.views.grid").GridView(20, 160, 4)


def test_the_table_is_the_only_file_that_is_there_and_changes():
    assert [name for name in FILES if (ROOT / name).exists()] == []
    assert FILES.keys() == {
        "ntk_uq/views/grid.py",
        *(f"ntk_uq/ui/pages/grid/{n}.py" for n in ("__init__", "controls", "exhibit", "page")),
        "pages/grid.py",
        TESTS,
    }
    # The line is said to go to one file, and no other block says to change one.
    assert RECIPE.count("```python") == len(FILES) + 1
    assert re.findall(r"^In `(\S+)`, in `PAGES`", RECIPE, re.M) == ["ntk_uq/ui/pages/table.py"]
    assert (ROOT / "ntk_uq/ui/pages/table.py").is_file()


def test_the_recipes_own_test_passes(added, store):
    module = types.ModuleType("recipe")
    exec(compile(FILES[TESTS], TESTS, "exec"), vars(module))
    tests = [test for name, test in vars(module).items() if name.startswith("test_")]
    assert len(tests) == 2
    for test in tests:
        test(store)


def test_the_navigation_shows_it_and_every_other_page_is_as_it_was(added, store, monkeypatch):
    import streamlit as st

    shown, real = [], st.navigation
    monkeypatch.setattr(st, "navigation", lambda found: shown.append(found) or real(found))
    app = open_page("runs")
    assert not app.exception
    assert [(p.title, p.icon) for p in shown[-1]] == [
        (p.title, p.icon) for p in pages.PAGES.values()
    ]
    assert shown[-1][-1].title == "Grid"
    assert shown[-1][-1].url_path == "grid"


def test_its_link_comes_back_from_the_address_bar(view, store):
    app = open_page("grid", view)
    assert pages_driver.view_in(app, type(view)) == view
    name, _, query = links.address_of(view).partition("?")
    assert name == "grid"
    items = dict(item.split("=") for item in query.split("&"))
    assert type(view).from_query(items) == view


def test_it_is_taken_home_and_put_into_a_report(view, store, monkeypatch):
    made = {}
    monkeypatch.setattr(export, "_download", lambda label, make, *more: made.update({label: make}))
    app = open_page("grid", view)
    app.session_state["take_home"] = True
    app.run()
    assert not app.exception
    document = read(made["JSON"](), "view")
    assert (document["page"], document["link"].partition("?")[0]) == ("grid", "grid")
    assert type(view).from_json(document["view"]) == view
    table = pd.read_csv(io.BytesIO(made["CSV"]()), comment="#")
    assert list(table["n_train"]) == [20, 40, 80, 160]
    assert made["Specification"]().startswith(b"{")
    printed = io.StringIO()
    exec(document["python"], {"print": lambda *what: print(*what, file=printed)})
    assert printed.getvalue() == "(20, 40, 80, 160)\n"
    app.button(key="export_add").click().run()
    assert "1 view in the report" in [e.proto.label for e in app.get("page_link")]
    app.query_params.clear()
    app.switch_page("pages/report.py").run()
    assert document["title"] in [t.value for t in app.text_input]
    assert "This version of the program" not in pages_driver.texts(app.caption)


def test_a_run_opens_it(view, store, monkeypatch):
    job = submit(store.jobs, InspectionSpec("digits"))
    monkeypatch.setattr(details, "opening", lambda job: links.opening_of(view))
    app = open_page("runs", RunsView(selected=(job.id,)))
    assert not app.exception
    (link,) = [e.proto for e in app.get("page_link") if e.proto.label == "Open in Grid"]
    items = dict(urllib.parse.parse_qsl(link.query_string))
    other = open_page(link.page, None, **items)
    assert other.title[0].value == "Grid"
    assert pages_driver.view_in(other, type(view)) == view


def test_after_it_nothing_of_it_is_left():
    assert "grid" not in pages.PAGES
    assert not [name for name in sys.modules if re.search(r"^ntk_uq\..*\.grid(\.|$)", name)]
    with pytest.raises(ImportError):
        importlib.import_module("ntk_uq.ui.pages.grid.page")
