"""HTML that needs nothing else; titles and notes in it are words, whatever they hold."""

import io
import json
import re
import zipfile
from html.parser import HTMLParser

import pandas as pd
import pytest
from helpers.made import NASTY, VIEW, computed, made

from ntk_uq.base.errors import ExportError
from ntk_uq.export import Column, bundle
from ntk_uq.export.bundle import zip_of
from ntk_uq.export.document import document_of, read
from ntk_uq.export.html import MOST_ROWS, page_of
from ntk_uq.export.report import Report


class Seen(HTMLParser):
    """Tags, attributes and words of a page, as a parser sees them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words, self.scripts = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag == "script":
            self.scripts.append(dict(attrs))

    def handle_data(self, data):
        self.words.append(data)


def test_a_page_names_no_server_but_in_links():
    seen = Seen(page_of([document_of(made(), "http://server/?v=3", figures=True)]))
    outside = [
        a for a in seen.attributes if a[1] in ("src", "href", "action") and "data:" not in a[2]
    ]
    assert outside == [("a", "href", "http://server/?v=3")]
    assert "link" not in seen.tags
    policy = dict(a[1:] for a in seen.attributes if a[0] == "meta")["content"]
    assert "default-src 'none'" in policy or any(
        "default-src 'none'" in a[2] for a in seen.attributes
    )


def test_nasty_words_are_only_words():
    document = document_of(made(title=NASTY, words=NASTY), "http://server/", figures=True)
    document["figures"][0]["title"] = NASTY
    document["figures"][0]["figure"]["layout"]["title"] = {"text": NASTY}
    safe = page_of([document_of(made(), "http://server/", figures=True)])
    text = page_of([document], NASTY, NASTY, [NASTY], [NASTY])
    seen, plain = Seen(text), Seen(safe)
    assert len(seen.scripts) == len(plain.scripts)
    assert seen.tags.count("img") == 0
    assert not [a for a in seen.attributes if a[1].startswith("on")]
    assert "".join(seen.words).count(NASTY) >= 5


def test_a_link_is_one_only_to_a_server():
    document = document_of(made())
    document["link"] = "javascript:alert(1)"
    assert 'href="javascript' not in page_of([document])


def test_a_long_table_says_that_it_is_cut():
    columns = made().columns[1:2]
    many = made(columns=columns, rows=tuple({"n_train": n} for n in range(MOST_ROWS + 5)))
    assert f"The first {MOST_ROWS} of {MOST_ROWS + 5} rows" in page_of([document_of(many)])
    assert f"The first {MOST_ROWS} of" not in page_of([document_of(made())])


def test_rows_of_several_kinds_are_tables_of_their_own_columns():
    columns = tuple(Column(name, "", "") for name in ("part", "a", "b", "seed"))
    rows = tuple(
        {"part": part, "a": n if part == "x" else None, "b": None if part == "x" else n, "seed": 7}
        for part in ("x", "y")
        for n in (1, 2, 3)
    )
    seen = Seen(page_of([document_of(made(columns=columns, rows=rows))]))
    assert seen.tags.count("table") == 2
    assert seen.tags.count("th") == 2
    words = "".join(seen.words)
    assert "The same in all rows: part x, seed 7." in words
    assert "The same in all rows: part y, seed 7." in words


def test_a_report_has_its_views_in_order_with_one_plotly_and_one_bibliography():
    views = [document_of(computed()[0], figures=True), document_of(made(), figures=True)]
    report = Report("All of it", "First.\n\nSecond.")
    for view in views:
        report = report.with_view(view)
    text = report.changed(1, "Mine", "A note\nof two lines").to_html()
    assert text.count("plotly.js v") == 1
    assert text.count("data-figure=") == 5
    assert text.index("1. Scaling curves of Handwritten") < text.index("2. Mine")
    assert text.count("<h2>Sources</h2>") == 1
    words = "".join(Seen(text).words)
    assert words.count("Optical Recognition of Handwritten Digits, UCI Machine Learning") == 1
    assert "A note" in words
    assert f"python -m ntk_uq curve --n-test {VIEW.data.n_test}" in words
    assert re.search(r"@media print \{", text)


@pytest.fixture
def no_browser(monkeypatch):
    def refuse(pictures):
        raise ExportError("There is no browser.")

    monkeypatch.setattr(bundle, "render", refuse)


@pytest.mark.parametrize("exhibit", [made, lambda: computed()[0]], ids=["made", "computed"])
def test_all_of_it_is_a_zip_that_says_what_it_holds(exhibit, no_browser):
    exhibit = exhibit()
    archive = zipfile.ZipFile(io.BytesIO(zip_of(exhibit, "http://server/")))
    assert archive.testzip() is None
    files = {n.partition("/")[2]: archive.read(n) for n in archive.namelist()}
    assert {n.partition("/")[0] for n in archive.namelist()} == {exhibit.stem}
    readme = files["README.txt"].decode()
    for name in files:
        assert name in readme, name
    assert (
        "The figures are not here as PDF and SVG, only in view.html. There is no browser." in readme
    )
    table = pd.read_csv(io.BytesIO(files["table.csv"]))
    assert list(table) == list(pd.read_csv(io.BytesIO(files["columns.csv"]))["column"])
    assert len(table) == len(exhibit.rows)
    assert read(files["view.json"], "view") == document_of(exhibit, "http://server/")
    assert VIEW.from_json(json.loads(files["specification.json"])) == VIEW
    assert b"@misc{elsharkawy2025" in files["sources.bib"]
    assert files["view.html"].startswith(b"<!DOCTYPE html>")


def test_figures_are_in_the_zip_where_they_can_be_drawn(monkeypatch):
    monkeypatch.setattr(bundle, "render", lambda ps: [f"{p.format}".encode() for p in ps])
    archive = zipfile.ZipFile(io.BytesIO(zip_of(made())))
    found = {n.rpartition("/")[2] for n in archive.namelist() if "figures/" in n}
    assert found == {"mu.pdf", "mu.svg", "sigma.pdf", "sigma.svg"}


def test_without_figures_and_rows_there_is_a_zip_all_the_same():
    archive = zipfile.ZipFile(io.BytesIO(zip_of(made(plots=(), columns=(), rows=(), python=""))))
    names = {n.rpartition("/")[2] for n in archive.namelist()}
    assert "table.csv" not in names
    assert {"README.txt", "view.json", "view.html"} <= names
