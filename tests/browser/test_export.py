"""Taking views home in a real Chromium: every format by its button, the report, and its HTML."""

import io
import json
import re
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pandas as pd
import pypdf
import pytest
from helpers.drawn import wait_until_drawn
from PIL import Image

from ntk_uq.base.fields import LINK_VERSION
from ntk_uq.export.document import read
from ntk_uq.export.report import open_report

pytestmark = pytest.mark.browser

WAIT = 120_000  # milliseconds: a second browser draws the figures

ONE_DEPTH = (
    "v=2&dataset=digits&n_test=100&seed=0&preparation=default&zca=none&target=default&depths=1"
    "&activation=relu&sigma_w=1.4142135623730951&sigma_b=0.0&posterior=trained&time=none&steps=none"
    "&eta=1.0&jitter=0.0&n_low=50&n_high=400&n_points=4&draws=2&fit_low=none&fit_high=none&parts=0"
    "&axis=log"
)


def taken_home(server, open_page, **options):
    page = open_page(f"{server}/?{ONE_DEPTH}", **options)
    wait_until_drawn(page, WAIT)
    assert "α = " in page.locator("table tbody").first.inner_text()
    page.get_by_text("Take it home: figures").click()
    page.get_by_role("button", name="Add to report").wait_for(timeout=WAIT)
    return page


def save(page, label):
    """Clicks a button; the file's name and content."""
    with page.expect_download(timeout=WAIT) as coming:
        page.get_by_role("button", name=label, exact=True).click()
    download = coming.value
    return download.suggested_filename, Path(download.path()).read_bytes()


def choose(page, label, option):
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def test_every_format_is_saved_and_opened_again(server, open_page):
    page = taken_home(server, open_page, color_scheme="dark")
    name, content = save(page, "CSV")
    table = pd.read_csv(io.BytesIO(content), comment="#")
    assert re.fullmatch(r"scaling-curves-[0-9a-f]{8}\.csv", name)
    assert list(table["n_train"]) == [50, 100, 200, 400]
    name, content = save(page, "Parquet")
    assert list(pd.read_parquet(io.BytesIO(content))["mu"]) == list(table["mu"])
    name, content = save(page, "JSON")
    document = read(content, "view")
    assert document["link"].startswith(f"{server}/?v={LINK_VERSION}&dataset=digits")
    assert [row["mu"] for row in document["rows"]] == list(table["mu"])
    name, content = save(page, "Specification")
    assert json.loads(content) == document["view"]

    name, content = save(page, "PDF")
    assert name.endswith("-mu.pdf")
    assert len(pypdf.PdfReader(io.BytesIO(content)).pages) == 1
    choose(page, "Format", "SVG")
    name, content = save(page, "SVG")
    assert name.endswith("-mu.svg")
    assert ET.fromstring(content).tag.endswith("svg")
    assert b"fill: rgb(255, 255, 255)" in content  # light for paper, though the page is dark
    choose(page, "Format", "PNG")
    choose(page, "Size", "Slide, 16:9")
    page.wait_for_timeout(2000)  # what the button makes follows with the page
    name, content = save(page, "PNG")
    assert Image.open(io.BytesIO(content)).size == (1920, 1080)
    assert page.get_by_text("could not be written").count() == 0

    name, content = save(page, "All of it")
    archive = zipfile.ZipFile(io.BytesIO(content))
    names = {n.partition("/")[2] for n in archive.namelist()}
    assert {"figures/mu.pdf", "figures/epsilon.svg", "table.csv", "view.html"} <= names


def test_a_figure_that_is_sent_alone_says_what_it_shows(server, open_page):
    page = open_page(f"{server}/?{ONE_DEPTH}", viewport={"width": 1440, "height": 1000})
    wait_until_drawn(page, WAIT)
    figure = page.locator(".js-plotly-plot").nth(2)
    figure.scroll_into_view_if_needed()
    figure.hover()
    with page.expect_download(timeout=WAIT) as coming:
        figure.locator("[data-title^='Save this figure']").click()
    name = coming.value.suggested_filename
    assert re.fullmatch(r"scaling-curves-[0-9a-f]{8}-relative-spread\.svg", name)
    root = ET.fromstring(Path(coming.value.path()).read_bytes())
    words = " ".join("".join(e.itertext()) for e in root.iter() if e.tag.endswith("text"))
    words = words.replace("\u00a0", " ")
    for part in ("Handwritten digits", "N_T = 100", "depth 1", "2 draws"):
        assert part in words
    assert "standard error" not in figure.inner_text(), "on the page nothing stands below it"
    assert float(root.get("height")) > figure.bounding_box()["height"]


def test_a_report_is_read_without_any_server(server, open_page, chromium, tmp_path):
    page = taken_home(server, open_page)
    page.get_by_role("button", name="Add to report").click()
    page.get_by_role("link", name="1 view in the report").click()
    page.get_by_role("textbox", name="Title of view 1").wait_for(timeout=WAIT)
    notes = page.get_by_role("textbox", name="Notes")
    notes.fill('<img src="http://evil.example/x" onerror="window.hacked = 1"></script>')
    notes.press("Control+Enter")
    page.wait_for_timeout(1000)
    _, saved = save(page, "JSON, to go on with")
    assert len(open_report(saved).items) == 1
    _, content = save(page, "HTML, to read and print")
    (tmp_path / "report.html").write_bytes(content)

    context = chromium.new_context(offline=True)
    asked, wrong = [], []
    other = context.new_page()
    other.on("request", lambda r: asked.append(r.url))
    other.on("pageerror", lambda e: wrong.append(str(e)))
    other.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    other.goto((tmp_path / "report.html").as_uri())
    other.wait_for_function("document.querySelectorAll('.js-plotly-plot .legendtext').length >= 3")
    assert other.locator(".js-plotly-plot").count() == 3
    assert other.locator(".js-plotly-plot .trace.scatter").count() >= 5
    outside = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert outside == []
    assert wrong == []
    assert other.evaluate("window.hacked") is None
    assert other.get_by_text("evil.example").count() == 1  # as words
    assert other.get_by_text("upload", exact=False).count() == 0
    printed = pypdf.PdfReader(io.BytesIO(other.pdf(format="A4")))
    words = "".join(p.extract_text() for p in printed.pages)
    assert "python -m ntk_uq curve" in words  # what is folded on the screen is there on paper
    assert 1 < len(printed.pages) < 12
    context.close()

    again = open_page(f"{server}/report")
    again.get_by_text("Nothing is in the report yet").wait_for(timeout=WAIT)
    again.locator("input[type=file]").set_input_files(
        {"name": "report.json", "mimeType": "application/json", "buffer": saved}
    )
    again.get_by_role("textbox", name="Title of view 1").wait_for(timeout=WAIT)
