"""The page "Report": views collected from the other pages, in an order, as one file."""

import urllib.parse

import streamlit as st

from ntk_uq.base.counting import counted
from ntk_uq.base.errors import ExportError
from ntk_uq.export.document import figure_of
from ntk_uq.export.report import LONGEST_TEXT, LONGEST_TITLE, Item, Report, open_report
from ntk_uq.figures import on_ground
from ntk_uq.ui import pages, panels, say, session
from ntk_uq.ui import report as reports
from ntk_uq.ui.pages.report import named
from ntk_uq.ui.place import place
from ntk_uq.ui.plain_text import plain

_UPLOAD, _REFUSED = "report_upload", "report_refused"
_LARGEST = 200  # megabytes


def page() -> None:
    """The whole page."""
    st.markdown(
        "Views that you added from the other pages, as they were then, with titles and notes of "
        "your own: one HTML file to read, print and send, which needs no server."
    )
    with place():
        named.arrive()
    report = reports.current()
    if report.items:
        report = _head(report)
        for at, item in enumerate(report.items):
            with st.container(border=True):
                report = _item(report, at, item)
        reports.keep(report)
        _downloads(report)
    else:
        st.info(
            "Nothing is in the report yet. Open a view, then *Take it home* below it, and there "
            "*Add to report*.",
            icon=pages.get("report").icon,
        )
    st.caption(plain(named.words(report)))
    named.panel(report)
    _open()


def _head(report: Report) -> Report:
    st.session_state.setdefault("report_title", report.title)
    st.session_state.setdefault("report_introduction", report.introduction)
    title = st.text_input(
        "Title",
        max_chars=LONGEST_TITLE,
        placeholder="Report",
        key="report_title",
        help="Above the report, and the name of its files.",
    )
    introduction = st.text_area(
        "Introduction",
        max_chars=LONGEST_TEXT,
        key="report_introduction",
        height=80,
        help="What the report is about, as plain text before the first view.",
    )
    return Report(title, introduction, report.items)


def _item(report: Report, place: int, item: Item) -> Report:
    """One view with its controls; gives back the report as they change it."""
    # What an item is called goes with it when others move: its key is when it was added, and which
    # of the equal ones it is.
    twins = [i for i in report.items[:place] if (i.added, i.view["link"]) == _identity(item)]
    key = f"{item.added}_{item.view['link']}_{len(twins)}"
    st.session_state.setdefault(f"title_{key}", item.title)
    st.session_state.setdefault(f"notes_{key}", item.notes)
    left, *buttons = st.columns([12, 1, 1, 1], vertical_alignment="bottom")
    title = left.text_input(
        f"Title of view {place + 1}",
        max_chars=LONGEST_TITLE,
        key=f"title_{key}",
        help="Above this view's figures in the report.",
    )
    last = len(report.items) - 1
    moves = (
        (":material/arrow_upward:", "Move up", place == 0, lambda: _move(place, -1)),
        (":material/arrow_downward:", "Move down", place == last, lambda: _move(place, 1)),
        (":material/delete:", "Take out", False, lambda: _remove(place)),
    )
    for column, (icon, words, off, act) in zip(buttons, moves, strict=True):
        column.button("", icon=icon, help=words, disabled=off, on_click=act, key=f"{words}_{key}")
    view = item.view
    st.caption(plain(view["caption"]))
    notes = st.text_area(
        "Notes",
        max_chars=LONGEST_TEXT,
        key=f"notes_{key}",
        height=80,
        help="What you want to say of this view, as plain text below its title.",
    )
    figures = view.get("figures", ())
    count = f"{counted(len(figures), 'figure')}, {counted(len(view['rows']), 'row')}"
    with st.container(horizontal=True, vertical_alignment="center"):
        added = item.added.replace("T", " ").removesuffix("+00:00")
        st.caption(plain(f"{count}; added {added} UTC."))
        if view["link"].startswith(("http://", "https://")):
            st.link_button(
                _live(view["link"]), view["link"], icon=":material/open_in_new:", key=f"live_{key}"
            )
    if not pages.known(view["page"]):
        st.caption(
            f"This version of the program has no page {plain(repr(view['page']))}: the view is "
            "shown as it was saved, and opens only where there is such a page."
        )
    if figures:
        box = st.expander("Figures", key=f"figures_{key}", on_change="rerun")
        if box.open:
            with box:
                panels.show(
                    [on_ground(figure_of(f["figure"]), session.dark()) for f in figures],
                    key=f"charts_{key}",
                    linked=False,
                )
    return report.changed(place, title, notes)


def _identity(item: Item) -> tuple[str, str]:
    return item.added, item.view["link"]


def _move(place: int, by: int) -> None:
    reports.keep(reports.current().moved(place, by))


def _remove(place: int) -> None:
    reports.keep(reports.current().without(place))


def _downloads(report: Report) -> None:
    with st.container(horizontal=True):
        st.download_button(
            "HTML, to read and print",
            lambda: report.to_html().encode(),
            "report.html",
            "text/html",
            key="report_html",
            icon=":material/download:",
            type="primary",
            on_click="ignore",
        )
        st.download_button(
            "JSON, to go on with",
            lambda: report.to_json().encode(),
            "report.json",
            "application/json",
            key="report_json",
            icon=":material/download:",
            on_click="ignore",
        )


def _open() -> None:
    """A saved report: its views come after those that are there."""
    count = st.session_state.get("report_opened", 0)
    st.file_uploader(
        "Open a saved report (its views come after those that are there)",
        ["json"],
        # Another widget once a file has been taken: the same one would be taken again.
        key=f"{_UPLOAD}_{count}",
        max_upload_size=_LARGEST,
        help="The JSON file of a report that was saved before: its views with numbers, figures "
        "and notes. Nothing is computed again.",
        on_change=_take,
        args=(count,),
    )
    refused = st.session_state.pop(_REFUSED, None)
    if refused:
        say.error(refused, icon=":material/error:")


def _take(count: int) -> None:
    file = st.session_state.get(f"{_UPLOAD}_{count}")
    if file is None:
        return
    st.session_state["report_opened"] = count + 1
    try:
        saved, mine = open_report(file.getvalue()), reports.current()
        title, introduction = mine.title or saved.title, mine.introduction or saved.introduction
        reports.keep(Report(title, introduction, mine.items).with_items(saved.items))
        st.session_state["report_title"] = title
        st.session_state["report_introduction"] = introduction
    except ExportError as error:
        st.session_state[_REFUSED] = str(error)


def _live(link: str) -> str:
    """What the link to a view is called: a report of others may lead to their server."""
    there, here = (urllib.parse.urlsplit(url).netloc for url in (link, st.context.url or ""))
    return "Live view" if there == here or not here else f"Live view on {plain(there)}"
