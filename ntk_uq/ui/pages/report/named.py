"""Reports under names: opening the one that the address names, and saving the present one."""

from dataclasses import dataclass

import streamlit as st

from ntk_uq.base.counting import counted
from ntk_uq.base.errors import NtkUqError
from ntk_uq.export.report import Report, open_report
from ntk_uq.people import Saving
from ntk_uq.store import SavedItem, SavedKind
from ntk_uq.store.named_views import NAME
from ntk_uq.ui import report as reports
from ntk_uq.ui import saved, say, session
from ntk_uq.ui.place import place
from ntk_uq.ui.plain_text import plain

_ID = "id"
_OPENED, _NAME, _TOLD = "report_saved_as", "report_name", "report_name_told"


@dataclass(frozen=True)
class _SavedAs:
    """The saved report that the session has opened, or saved.

    Attributes:
        id, name, saved: as of :class:`~ntk_uq.store.SavedItem`.
        report: as it was then.
    """

    id: str
    name: str
    saved: float
    report: Report


def arrive() -> None:
    """Opens the report that the address names, before the page is drawn; where that would lose
    another one, it is asked about. What is wrong with the address is said, and the page goes on."""
    wanted = st.query_params.get(_ID, "")
    opened = _opened()
    if not wanted:
        return
    try:
        hands = saved.saving(session.store())
        item = hands.find(wanted)
        if opened is not None and (opened.id, opened.saved) == (item.id, item.saved):
            return
        if _nothing_to_lose():
            _open(hands, item)
            return
    except NtkUqError as error:
        say.error(error, icon=":material/link_off:")
        return
    mine = counted(len(reports.current().items), "view")
    if opened is not None and opened.id == item.id:
        say.warning(
            f"“{item.name}” was saved anew since you opened it, and you have changed it, too."
        )
    else:
        say.warning(
            f"This tab has a report of {mine} that is not saved, in whose place “{item.name}” "
            "would be opened."
        )
    with st.container(horizontal=True):
        st.button("Open it instead", key="report_open_instead", on_click=_take, args=(hands, item))
        st.button("Keep mine", key="report_keep", on_click=st.query_params.clear)


def panel(report: Report) -> None:
    """Saving the report under a name, and those that were saved."""
    with place():
        told = st.session_state.pop(_TOLD, "")
        if told:
            say.error(told, icon=":material/error:")
        saved.tell()
    try:
        hands = saved.saving(session.store())
        if report.items:
            _save(hands, report)
        _list(hands)
    except NtkUqError as error:
        say.error(error, icon=":material/error:")


def words(report: Report) -> str:
    """Where the report lives, as a text."""
    opened = _opened()
    if opened is None:
        return (
            "The report lives in this browser tab: it stays when you change pages, and is lost "
            "when you reload or close the tab. Save it under a name, or as JSON, to go on another "
            "time."
        )
    if report == opened.report:
        return f"Saved as “{opened.name}”; the address of this page opens it anywhere."
    return f"Changed since it was saved as “{opened.name}”: save it again to keep that."


def _opened() -> _SavedAs | None:
    found: _SavedAs | None = st.session_state.get(_OPENED)
    return found


def _nothing_to_lose() -> bool:
    mine, opened = reports.current(), _opened()
    return not mine.items or (opened is not None and mine == opened.report)


def _open(hands: Saving, item: SavedItem) -> None:
    """Puts a saved report in the place of the present one."""
    report = open_report(hands.content(item))
    reports.keep(report)
    for key in [str(key) for key in st.session_state]:
        # Controls of the same views, as they were before, would hold what was written there.
        if key.startswith(("title_", "notes_")):
            del st.session_state[key]
    st.session_state["report_title"] = report.title
    st.session_state["report_introduction"] = report.introduction
    st.session_state[_NAME] = item.name
    st.session_state[_OPENED] = _SavedAs(item.id, item.name, item.saved, report)


def _take(hands: Saving, item: SavedItem) -> None:
    try:
        _open(hands, item)
    except NtkUqError as error:
        st.session_state[_TOLD] = str(error)


def _save(hands: Saving, report: Report) -> None:
    if not hands.may_save():
        st.caption("Viewers open what others share, and save nothing; take it home as a file.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="report_saving"):
        st.text_input(
            "Name to save it under",
            key=_NAME,
            max_chars=NAME.longest,
            placeholder="Width, June",
            help="On this server, with its figures and notes; its link is in the address then.",
        )
        there = hands.replaced(SavedKind.REPORT, st.session_state.get(_NAME, ""))
        shared = saved.shared_choice(hands, "report_shared", there)
        st.button(
            "Save" if there is None else "Replace",
            key="report_save",
            icon=":material/bookmark_add:",
            on_click=_keep,
            args=(hands, report, shared),
        )


def _keep(hands: Saving, report: Report, shared: bool) -> None:
    try:
        name, about = st.session_state[_NAME], counted(len(report.items), "view")
        item = hands.save_report(name, report.to_json().encode(), about, shared)
    except NtkUqError as error:
        st.session_state[_TOLD] = str(error)
        return
    st.session_state[_OPENED] = _SavedAs(item.id, item.name, item.saved, report)
    st.query_params[_ID] = item.id


def _list(hands: Saving) -> None:
    items = [item for item in hands.visible() if item.kind is SavedKind.REPORT]
    if not items:
        return
    owners, box = hands.owners(), st.expander("Saved reports", icon=":material/bookmarks:")
    with box:
        for item in items:
            with st.container(horizontal=True, vertical_alignment="center"):
                # A link from a page to itself would leave the browser with the old address.
                st.button(
                    plain(item.name),
                    key=f"report_open_{item.id}",
                    type="tertiary",
                    icon=":material/folder_open:",
                    on_click=st.query_params.from_dict,
                    args=(item.query,),
                )
                whose = saved.whose(hands, item, owners)
                st.caption(plain(", ".join(filter(None, (item.about, whose)))))
                saved.changes(hands, item, "report_change")
