"""Saving the present view under a name, and opening and deleting what was saved."""

import streamlit as st

from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.fields import Spec
from ntk_uq.datasets import own
from ntk_uq.people import Saving
from ntk_uq.store import SavedItem, SavedKind
from ntk_uq.store.named_views import NAME
from ntk_uq.ui import pages, saved, say, session
from ntk_uq.ui.plain_text import plain
from ntk_uq.views.setup import choices

_NAME, _TOLD = "named_view_name", "named_view_told"


def panel(view: Spec | None) -> None:
    """A button with the panel below it; ``view`` is what can be saved, None where nothing can."""
    box = st.popover(
        "Named views",
        key="named_views",
        icon=":material/bookmarks:",
        type="tertiary",
        help="Save this view under a name, or open one that was saved.",
        on_change="rerun",
    )
    if not box.open:
        return
    with box:
        try:
            store = session.store()
            hands = saved.saving(store)
            if view is not None and not store.read_only:
                _save(hands, view)
            _list(hands, store.read_only)
        except NtkUqError as error:
            say.error(error, icon=":material/error:")


def _save(hands: Saving, view: Spec) -> None:
    if not hands.may_save():
        st.caption("Viewers open what others share, and save nothing.")
        return
    st.text_input(
        "Name of this view",
        key=_NAME,
        max_chars=NAME.longest,
        placeholder="MNIST, three depths",
    )
    there = hands.replaced(SavedKind.VIEW, st.session_state.get(_NAME, ""))
    if own.is_own(str(choices(view).get("dataset", ""))):
        st.caption("These are data of your own: who opens the view has them, too.")
    shared = saved.shared_choice(hands, "named_view_shared", there)
    if there is not None and not hands.mine(there):
        st.caption(f"There is one of that name, {plain(_whose(hands, there))}.")
    st.button(
        "Save" if there is None else "Replace",
        key="named_view_save",
        icon=":material/bookmark_add:",
        on_click=_keep,
        args=(hands, view, shared),
    )
    told = st.session_state.pop(_TOLD, "")
    if told:
        st.caption(plain(told))


def _keep(hands: Saving, view: Spec, shared: bool) -> None:
    try:
        page = pages.page_of(view).name
        hands.save_view(st.session_state[_NAME], page, view.to_query(), shared)
    except NtkUqError as error:
        st.session_state[_TOLD] = str(error)
    else:
        st.session_state[_NAME] = ""


def _list(hands: Saving, read_only: bool) -> None:
    views = [item for item in hands.visible() if item.kind is SavedKind.VIEW]
    if not views and not read_only:
        st.caption("Nothing has been saved on this server yet.")
    elif not hands.person.known and not read_only:
        st.caption("Saved on this server, for all who use it; by whom is not kept.")
    for item in views:
        with st.container(horizontal=True, vertical_alignment="center"):
            link = saved.opening(item)
            if link is not None:
                link.draw()
            else:
                st.caption(f"{plain(item.name)}: this version has no such page.")
            if hands.person.known:
                st.caption(plain(_whose(hands, item)))
            if read_only or not hands.may_change(item):
                continue
            seen = "for all who use this server" if item.shared else "for good"
            st.button(
                "Delete",
                key=f"named_view_delete_{item.owner}{item.name}",
                icon=":material/delete:",
                type="tertiary",
                help=f"Deletes “{plain(item.name)}” {seen}.",
                on_click=_delete,
                args=(hands, item),
            )


def _whose(hands: Saving, item: SavedItem) -> str:
    return saved.whose(hands, item, hands.owners())


def _delete(hands: Saving, item: SavedItem) -> None:
    try:
        hands.remove(item)
    except NtkUqError as error:
        st.session_state[_TOLD] = str(error)
