"""No text of a figure is a link, wherever it comes from."""

import json

import plotly.graph_objects as go
import pytest
from helpers.made import made

from ntk_uq.export import Plot
from ntk_uq.export.document import document_of, json_of, read
from ntk_uq.figures.no_links import linkless_json

LINKS = ('<a href="http://evil.example">x</a>', "<A\thref='http://evil.example'>", "a <a> b")


@pytest.mark.parametrize("link", LINKS)
def test_a_link_in_a_name_is_what_it_is_written_as(link):
    figure = go.Figure(go.Scatter(x=[1], y=[2], name=link)).update_layout(title=f"<b>{link}</b>")
    written = json.loads(linkless_json(figure))
    for text in (written["data"][0]["name"], written["layout"]["title"]["text"]):
        assert "<a" not in text.lower()
        assert link.lower().replace("<a", "&lt;a").replace("</a", "&lt;/a") in text.lower()
    assert written["layout"]["title"]["text"].startswith("<b>")
    assert written["data"][0]["x"] == [1]


def test_a_figure_without_one_is_written_as_it_is():
    figure = go.Figure(go.Scatter(x=[1], y=[2], name="<b>abc</b> <i>a < b</i>"))
    assert json.loads(linkless_json(figure)) == json.loads(figure.to_json())


@pytest.mark.parametrize("link", LINKS)
def test_others_views_have_none(link):
    saved = document_of(made(plots=(Plot("mu", "Mean", go.Figure()),)), "http://a", figures=True)
    saved["figures"][0]["figure"]["layout"]["title"] = {"text": link}
    opened = read(json_of(saved), "view")["figures"][0]["figure"]
    assert "<a" not in opened["layout"]["title"]["text"].lower()
