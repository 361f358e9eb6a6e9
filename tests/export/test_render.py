"""Pictures by a browser: sizes and contents read by others; browsers that are absent or hang."""

import io
import os
import shutil
import stat
import sys
import threading
import time
import unicodedata
import xml.etree.ElementTree as ET

import numpy as np
import plotly.graph_objects as go
import psutil
import pypdf
import pytest
from helpers.made import computed, figure
from PIL import Image

from ntk_uq.base.errors import ExportError
from ntk_uq.export import render as rendering
from ntk_uq.export.render import render
from ntk_uq.export.sizes import SIZES, fit, picture_of
from ntk_uq.figures import Style, on_ground
from ntk_uq.figures.style import legend_below

MM = 72 / 25.4  # points


@pytest.mark.parametrize("dark", [False, True])
def test_a_figure_turns_into_its_counterpart_and_back(dark):
    drawn, wanted = figure(dark), figure(not dark)
    assert on_ground(drawn, not dark) == wanted
    assert on_ground(on_ground(drawn, not dark), dark) == drawn
    assert on_ground(drawn, dark) == drawn


def test_turning_a_figure_leaves_it_alone_and_its_data_too():
    drawn = figure(dark=True)
    drawn.data[0].text = ["#FAFAFA", "b"]
    before = drawn.to_dict()
    light = on_ground(drawn, dark=False)
    assert drawn.to_dict() == before
    assert list(light.data[0].text) == ["#FAFAFA", "b"]
    assert light.layout.xaxis.gridcolor == Style().grid


def test_heat_turns_as_a_whole():
    from ntk_uq.figures.pictures import HEAT

    drawn = figure(dark=True)
    drawn.update_layout(coloraxis={"colorscale": HEAT[True]})
    scale = on_ground(drawn, dark=False).layout.coloraxis.colorscale
    assert [list(stop) for stop in scale] == HEAT[False]


@pytest.mark.parametrize("size", SIZES)
def test_type_can_be_read_at_every_size(size):
    """The smallest type of a figure is that of its units: 12 pixels."""
    assert 12 * SIZES[size].scale * 0.75 >= 6  # points of a printed page


@pytest.mark.parametrize(("width", "rows"), [(340, 2), (900, 1)])
def test_a_legend_below_has_the_rows_that_it_needs(width, rows):
    drawn, fitted = figure(), fit(figure(), width)
    assert fitted.layout.width == width
    assert fitted.layout.height == pytest.approx(drawn.layout.height - 26 * (2 - rows), abs=1)
    assert fit(figure(), width, 480).layout.height == 480
    # The plot's own height stays, and the axis keeps its distance from the legend.
    assert fitted.layout.legend.y == pytest.approx(drawn.layout.legend.y, rel=0.01)


def test_without_the_package_it_is_said(monkeypatch):
    real = rendering.importlib.util.find_spec
    monkeypatch.setattr(
        rendering.importlib.util, "find_spec", lambda n: None if n == "kaleido" else real(n)
    )
    with pytest.raises(ExportError, match="kaleido is not installed"):
        render([picture_of(figure(), "svg", SIZES["column"])])


def test_without_a_browser_it_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "none"))
    with pytest.raises(ExportError, match="no Chrome or Chromium"):
        render([picture_of(figure(), "svg", SIZES["column"])])


def false_browser(tmp_path, monkeypatch, script):
    path = tmp_path / "chromium"
    path.write_text(f"#!{sys.executable}\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("BROWSER_PATH", str(path))
    return path


@pytest.mark.parametrize(
    ("lines", "rows"),
    [([1, 1], 1), ([2, 1], 1.77), ([2, 2, 1, 1], 2.77), ([2, 1, 2, 1], 3.54), ([3], 2.54)],
)
def test_a_legend_has_room_for_every_line_of_its_entries(lines, rows):
    figure = go.Figure()
    for count in lines:
        figure.add_scatter(x=[1], y=[1], name="<br>".join("x" * count))
    figure.update_layout(legend_below(len(lines), 330, sum(lines) - len(lines)))
    fitted = fit(figure, 900.0)  # two columns
    axis = -fitted.layout.legend.y * 330
    assert fitted.layout.margin.b - axis == pytest.approx(26 * rows, rel=0.01)


@pytest.mark.parametrize("legend", [True, False])
@pytest.mark.parametrize("height", [None, 480.0])
def test_a_caption_stands_below_all_else_and_within_the_edges(legend, height):
    figure = go.Figure()
    figure.add_scatter(x=[1], y=[1], name="x")
    if legend:
        figure.update_layout(legend_below(1, 330))
    else:
        figure.update_layout(height=450, margin={"l": 60, "r": 20, "t": 50, "b": 60})
    without, fitted = fit(figure, 500.0, height), fit(figure, 500.0, height, "word " * 40)
    (note,) = fitted.layout.annotations
    lines = note.text.count("<br>") + 1
    more = fitted.layout.margin.b - without.layout.margin.b
    assert lines > 1
    assert more >= lines * note.font.size * 1.3
    if height is None:
        assert fitted.layout.height == pytest.approx(without.layout.height + more)
    else:
        assert fitted.layout.height == height
    plot = fitted.layout.height - fitted.layout.margin.t - fitted.layout.margin.b
    edge = -note.y * plot
    assert 0 < fitted.layout.margin.b - edge < 16  # between the lower edge and what is above
    width = 500.0 - fitted.layout.margin.l - fitted.layout.margin.r
    assert fitted.layout.margin.l + note.x * width >= 12
    assert not without.layout.annotations


def test_a_browser_that_hangs_is_ended_in_time(tmp_path, monkeypatch):
    monkeypatch.setattr(rendering, "SECONDS", 4.0)
    path = false_browser(tmp_path, monkeypatch, "import time\ntime.sleep(600)")
    begin = time.monotonic()
    with pytest.raises(ExportError, match=r"did not answer within 4 seconds"):
        render([picture_of(figure(), "svg", SIZES["column"])])
    assert time.monotonic() - begin < 20
    left = [p for p in psutil.process_iter(["cmdline"]) if str(path) in (p.info["cmdline"] or [])]
    _, alive = psutil.wait_procs(left, 20)  # killed, and on a busy machine not gone at once
    assert not alive


def test_a_browser_that_fails_is_told_with_its_last_words(tmp_path, monkeypatch):
    monkeypatch.setattr(rendering, "SECONDS", 20.0)
    false_browser(tmp_path, monkeypatch, "import sys\nsys.exit('no screen')")
    with pytest.raises(ExportError, match=r"failed: |did not answer"):
        render([picture_of(figure(), "svg", SIZES["column"])])


def test_only_one_draws_at_a_time_and_nobody_waits_for_ever(monkeypatch):
    monkeypatch.setattr(rendering, "SECONDS", 0.2)
    monkeypatch.setattr(rendering, "missing", lambda: "")
    with rendering._one_at_a_time, pytest.raises(ExportError, match="one at a time"):
        render([picture_of(figure(), "svg", SIZES["column"])])


needs_browser = pytest.mark.skipif(
    shutil.which("chromium") is None, reason="no chromium; on Debian: apt install chromium"
)


CAPTION = "Handwritten digits <8 × 8> · inputs on a sphere · erf, depths 1, 3, σ_w = √2 · N_T = 100"


@pytest.fixture(scope="module")
def files():
    """A real figure in every format and size, drawn by one browser in another thread than ours,
    as the web process does."""
    exhibit, _ = computed()
    drawn = next(p.figure for p in exhibit.plots if p.name == "epsilon")
    wanted = [(kind, size) for size in SIZES for kind in ("svg", "pdf", "png")]
    pictures = [picture_of(drawn, kind, SIZES[size], caption=CAPTION) for kind, size in wanted]
    pictures.append(picture_of(drawn, "png", SIZES["slide"], dark=True, caption=CAPTION))
    out = []
    thread = threading.Thread(target=lambda: out.extend(render(pictures)))
    thread.start()
    thread.join()
    return dict(zip([*wanted, ("png", "dark")], out, strict=True))


@pytest.mark.browser
@needs_browser
@pytest.mark.parametrize("size", SIZES)
def test_a_pdf_is_one_page_of_its_size_with_its_words(files, size):
    reader = pypdf.PdfReader(io.BytesIO(files["pdf", size]))
    (page,) = reader.pages
    assert float(page.mediabox.width) == pytest.approx(SIZES[size].width * MM, abs=1)
    if SIZES[size].height:
        assert float(page.mediabox.height) == pytest.approx(SIZES[size].height * MM, abs=1)
    words = unicodedata.normalize("NFKC", page.extract_text())  # ligatures
    for part in ("Relative spread", "depth 1", "depth 3", "floor of the test set", "training"):
        assert part in words
    for word in CAPTION.split():
        assert word in words


@pytest.mark.browser
@needs_browser
@pytest.mark.parametrize("size", SIZES)
def test_an_svg_has_every_trace_and_its_size(files, size):
    root = ET.fromstring(files["svg", size])
    assert root.tag.endswith("svg")
    assert float(root.get("width")) == pytest.approx(SIZES[size].width * 96 / 25.4, abs=1)
    classes = [e.get("class") or "" for e in root.iter()]
    assert sum("trace scatter" in c for c in classes) >= 6  # points and two parts of two depths
    words = " ".join("".join(e.itertext()) for e in root.iter() if e.tag.endswith("text"))
    assert "Relative spread ε = σ / μ" in words
    assert "depth 3" in words


@pytest.mark.browser
@needs_browser
@pytest.mark.parametrize("size", SIZES)
def test_a_png_has_the_pixels_that_its_size_asks_for(files, size):
    picture = Image.open(io.BytesIO(files["png", size]))
    assert picture.width == pytest.approx(SIZES[size].width / 25.4 * SIZES[size].dpi, abs=2)
    pixels = np.asarray(picture.convert("RGB"))
    assert tuple(pixels[2, 2]) == (255, 255, 255)
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 50
    ground = np.asarray(Image.open(io.BytesIO(files["png", "dark"])).convert("RGB"))[2, 2]
    assert tuple(ground) == (0x0E, 0x11, 0x17)


@pytest.mark.browser
@needs_browser
def test_nothing_of_the_browser_is_left(files):
    assert files
    ours = psutil.Process(os.getpid()).children(recursive=True)
    assert not [p for p in ours if "chrom" in p.name()]
