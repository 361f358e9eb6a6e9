"""What a message quotes is a text: no picture from elsewhere, and no link to there."""

import ast
import re
from pathlib import Path

import pytest
from helpers.pages_driver import open_page, sources

from ntk_uq.ui import pages, say

_MESSAGES = {"error", "warning", "info", "success", "toast", "exception"}
HOSTILE = "![x](http://evil.example/x.png) [y](http://evil.example) <img src=x> www.evil.example"


def calls():
    for path in sorted(Path(say.__file__).parent.rglob("*.py")):
        if path.name == Path(say.__file__).name:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                of = node.func.value
                if isinstance(of, ast.Name) and of.id == "st" and node.func.attr in _MESSAGES:
                    yield path, node


def test_whatever_is_not_the_programs_own_is_said_by_one_function():
    found = list(calls())
    assert found
    for path, node in found:
        text = node.args[0]
        own = isinstance(text, ast.Constant) or (isinstance(text, ast.Name) and text.id.isupper())
        assert own, f"{path}:{node.lineno}: a message that quotes anything is said by ntk_uq.ui.say"


@pytest.mark.parametrize("name", pages.PAGES)
def test_a_link_of_a_strangers_is_quoted_as_it_is(store, name):
    for query in ({"dataset": HOSTILE}, {HOSTILE: "1"}, {"v": HOSTILE}, {"sigma_w": HOSTILE}):
        app = open_page(name, **{"v": "4"} | query)
        shown = sources((*app.error, *app.warning, *app.info, *app.caption, *app.markdown))
        assert not re.search(r"(?<!\\)\]\(http|(?<!\\)<img|www\.evil", shown), query
