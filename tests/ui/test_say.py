"""What a message quotes is a text: no picture from elsewhere, and no link to there."""

import ast
import re
from pathlib import Path

import pytest
from helpers.pages_driver import open_page, sources

from ntk_uq.ui import pages, say
from ntk_uq.ui.plain_text import JOINER, plain

_MESSAGES = {"error", "warning", "info", "success", "toast", "exception"}
HOSTILE = "![x](http://evil.example/x.png) [y](http://evil.example) <img src=x> www.evil.example"


def nodes():
    for path in sorted(Path(say.__file__).parent.rglob("*.py")):
        if path.name != Path(say.__file__).name:
            for node in ast.walk(ast.parse(path.read_text())):
                yield path, node


def of(node, name):
    """Whether it is an attribute of a module or an object of that name."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id == name)
    )


def test_whatever_is_not_the_programs_own_is_said_by_one_function():
    called, named, passed = [], [], []
    for path, node in nodes():
        told = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if told and node.func.attr in _MESSAGES and not of(node.func, "say"):
            called.append((path, node))
        if of(node, "st") and node.attr in _MESSAGES:
            named.append(node)
    assert called
    for path, node in called:
        text = node.args[0]
        own = isinstance(text, ast.Constant) or (isinstance(text, ast.Name) and text.id.isupper())
        assert own, f"{path}:{node.lineno}: a message that quotes anything is said by ntk_uq.ui.say"
        passed.append(node.func)
    # Nor is one of Streamlit's functions handed on under another name.
    assert len(named) == sum(of(function, "st") for function in passed)


@pytest.mark.parametrize("name", pages.PAGES)
def test_a_link_of_a_strangers_is_quoted_as_it_is(store, name):
    for query in ({"dataset": HOSTILE}, {HOSTILE: "1"}, {"v": HOSTILE}, {"sigma_w": HOSTILE}):
        app = open_page(name, **{"v": "4"} | query)
        shown = sources((*app.error, *app.warning, *app.info, *app.caption, *app.markdown))
        assert not re.search(r"(?<!\\)\]\(http|(?<!\\)<img|www\.evil", shown), query


@pytest.mark.parametrize("address", ["http://a.example/x", "HTTPS://a.example", "www.a.example"])
@pytest.mark.parametrize("before", ["", "see ", "(", "https://b.example/?to="])
def test_no_address_stands_behind_what_makes_a_link_of_it(before, address):
    """Markdown makes one at the beginning of a text, behind a blank and behind punctuation."""
    said = plain(f"{before}{address}")
    begin = re.search(r"https?\\:|www\\\.", said.removeprefix(plain(before)), re.IGNORECASE).start()
    assert said.removeprefix(plain(before))[:begin].endswith(JOINER)
    assert plain("a me@b.example").startswith(f"a {JOINER}me")
