"""Taking a view home: a panel below every page. Nothing is made before somebody asks for it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from ntk_uq.base.counting import counted
from ntk_uq.base.errors import ExportError
from ntk_uq.export import Exhibit
from ntk_uq.export import render as rendering
from ntk_uq.export.bibliography import bibtex
from ntk_uq.export.bundle import zip_of
from ntk_uq.export.document import document_of, json_of
from ntk_uq.export.html import page_of
from ntk_uq.export.sizes import SIZES, picture_of
from ntk_uq.export.table import csv_of, parquet_of
from ntk_uq.ui import pages, say, setup_words
from ntk_uq.ui import report as reports
from ntk_uq.ui.links import address_of, follow

_LABELS = {"html": "HTML, interactive", "pdf": "PDF", "svg": "SVG", "png": "PNG"}
_MODEBAR = (
    "Meanwhile the camera above each figure saves it as SVG, with the page's ground, and the "
    "format HTML has it interactive, on light ground."
)
_WATCH_SECONDS = 1.0
_SETUP = "export_setup"


@dataclass
class Drawing:
    """A picture that is being drawn after a click: another thread draws it, the page tells of it.

    Which of the two hears of the click first is not known, so both are counted.

    Attributes:
        asked: clicks that the page has heard of.
        done: pictures that were drawn, or could not be.
        since: when the page last heard of a click, by the monotonic clock.
        error: why the last one could not be drawn.
    """

    asked: int = 0
    done: int = 0
    since: float = 0.0
    error: str = ""

    @property
    def busy(self) -> bool:
        """Whether one is being drawn; for no longer than that can take."""
        late = time.monotonic() - self.since > 2 * rendering.SECONDS + 10
        return self.asked > self.done and not late

    def begin(self) -> None:
        """Hears of a click."""
        if not self.busy:
            self.asked = min(self.asked, self.done)  # one may have been lost on the way
        self.asked, self.since = self.asked + 1, time.monotonic()

    def run(self, make: Callable[[], bytes]) -> bytes:
        """What ``make`` gives; whatever happens, the page learns of it."""
        try:
            content = make()
        except ExportError as error:
            self.error = str(error)
            raise
        else:
            self.error = ""
            return content
        finally:
            self.done += 1


def panel(exhibit: Exhibit | Callable[[], Exhibit]) -> None:
    """An expander with all that can be taken home of a view.

    Args:
        exhibit: the view, or what makes it, called once somebody opens the panel.
    """
    box = st.expander(
        "Take it home: figures, numbers, code, references",
        icon=":material/download:",
        key="take_home",
        on_change="rerun",
    )
    if not box.open:
        return
    with box:
        _content(exhibit() if callable(exhibit) else exhibit)


def _content(exhibit: Exhibit) -> None:
    address = address_of(exhibit.view)
    if exhibit.plots:
        _figures(exhibit, address)
    _numbers(exhibit, address)
    _again(exhibit)
    _collect(exhibit, address)


def _figures(exhibit: Exhibit, address: str) -> None:
    st.markdown("## Figures")
    missing = rendering.missing()
    formats = ["html"] if missing else list(_LABELS)
    drawing: Drawing = st.session_state.setdefault("export_drawing", Drawing())
    columns = st.columns([4, 3, 3, 2, 2, 2], vertical_alignment="bottom")
    titles = {plot.name: plot.title for plot in exhibit.plots}
    name = columns[0].selectbox(
        "Figure",
        list(titles),
        format_func=lambda key: titles[key],
        key="export_figure",
        help="Which of the page's figures is written to a file.",
    )
    kind = columns[1].selectbox(
        "Format",
        formats,
        index=0 if missing else formats.index("pdf"),
        format_func=lambda key: _LABELS[key],
        key="export_format",
        help="PDF and SVG stay sharp at any size; PNG for slides; HTML can be zoomed.",
    )
    still = kind != "html"
    size = columns[2].selectbox(
        "Size",
        list(SIZES),
        format_func=lambda key: SIZES[key].title,
        key="export_size",
        disabled=not still,
        help="Type and lines fit the size. HTML has one of its own.",
    )
    dark = columns[3].toggle(
        "Dark",
        key="export_dark",
        disabled=not still,
        help="For slides with a dark background; paper wants the light one.",
    )
    columns[4].toggle(
        "Caption",
        value=True,
        key=_SETUP,
        disabled=not still,
        help="What was computed, in small type below the figure, so that it can be sent alone. "
        "In a paper the caption says it.",
    )
    plot = next((p for p in exhibit.plots if p.name == name), exhibit.plots[0])

    def html() -> bytes:
        document = document_of(exhibit, address, figures=True)
        document["figures"] = [f for f in document["figures"] if f["name"] == plot.name]
        return page_of([document]).encode()

    def picture() -> bytes:
        drawn = picture_of(plot.figure, kind, SIZES[size], dark, _caption(exhibit))
        return drawing.run(lambda: rendering.render([drawn])[0])

    with columns[5]:
        # With the format in its label: a click before the page has followed a choice is seen.
        name = f"{exhibit.stem}-{plot.name}.{kind}"
        if still:
            _download(kind.upper(), picture, name, drawing.begin)
        else:
            _download("HTML", html, name)
    if missing:
        say.info(
            f"PDF, SVG and PNG cannot be written here. {missing} {_MODEBAR}",
            icon=":material/image_not_supported:",
        )
    # A timer only while something is drawn; the page is drawn once more when that is over.
    st.fragment(_watch, run_every=_WATCH_SECONDS if drawing.busy else None)(drawing, drawing.busy)


def _caption(exhibit: Exhibit) -> str:
    """What stands below a figure: what was computed, unless somebody wants it bare."""
    return setup_words.caption(exhibit.view) if st.session_state.get(_SETUP, True) else ""


def _watch(drawing: Drawing, was_busy: bool) -> None:
    """Tells that a figure is being drawn, or why it could not be."""
    if was_busy and not drawing.busy:
        follow(_WATCH_SECONDS)
    if drawing.busy:
        st.caption(":material/hourglass_top: The figure is being drawn…")
    elif drawing.error:
        say.warning(
            f"The figure could not be written. {drawing.error} {_MODEBAR}",
            icon=":material/image_not_supported:",
        )


def _numbers(exhibit: Exhibit, address: str) -> None:
    st.markdown("## Numbers")
    count = len(exhibit.rows)
    what = "every plotted point" if exhibit.plots else "what is listed above"
    st.caption(
        f"{counted(count, 'row')}: {what}, with units, findings and "
        'provenance. CSV has them as comments: `pandas.read_csv(path, comment="#")`. All of it '
        "is a ZIP file with figures, numbers, code and references."
    )
    stem = exhibit.stem
    size, caption = st.session_state.get("export_size", "column"), _caption(exhibit)
    with st.container(horizontal=True):
        if count:
            _download("CSV", lambda: csv_of(exhibit, address).encode(), f"{stem}.csv")
            _download("Parquet", lambda: parquet_of(exhibit, address), f"{stem}.parquet")
        _download("JSON", lambda: json_of(document_of(exhibit, address)).encode(), f"{stem}.json")
        _download(
            "Specification",
            lambda: json_of(exhibit.view.to_json()).encode(),
            f"{stem}-specification.json",
        )
        _download("All of it", lambda: zip_of(exhibit, address, size, caption), f"{stem}.zip")


def _again(exhibit: Exhibit) -> None:
    texts = {
        "Python": (exhibit.python, "python"),
        "Command line": ("\n".join(exhibit.shell), "bash"),
        "BibTeX": (bibtex(exhibit.sources), "bibtex"),
    }
    there = {name: text for name, text in texts.items() if text[0]}
    if not there:
        return
    st.markdown("## The same numbers again, and what they rest on")
    for tab, (text, language) in zip(st.tabs(list(there)), there.values(), strict=True):
        tab.code(text, language=language, wrap_lines=True, height=_height(text))


def _height(text: str) -> Any:
    return 260 if text.count("\n") > 10 else "content"


def _collect(exhibit: Exhibit, address: str) -> None:
    left, right = st.columns([2, 5], vertical_alignment="center")
    left.button(
        "Add to report",
        key="export_add",
        icon=":material/add_notes:",
        on_click=_add,
        args=(exhibit, address),
        help="As it is now: later points and networks are not in it.",
    )
    count = len(reports.current().items)
    if count:
        page = pages.get("report")
        words = f"{counted(count, 'view')} in the report"
        right.page_link(page.script, label=words, icon=page.icon)
    reports.tell()


def _add(exhibit: Exhibit, address: str) -> None:
    reports.add(document_of(exhibit, address, figures=True))


def _download(
    label: str,
    make: Callable[[], bytes],
    name: str,
    on_click: Callable[[], None] | None = None,
) -> None:
    """A button whose file is made when somebody clicks it, in a thread beside the page."""
    st.download_button(
        label,
        make,
        name,
        _MIME[name.rpartition(".")[2]],
        key=f"export_download_{label}_{name}",
        icon=":material/download:",
        on_click=on_click or "ignore",
    )


_MIME = {
    **rendering.FORMATS,
    "html": "text/html",
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}
