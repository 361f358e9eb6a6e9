"""Saving the present view under a name, and opening and deleting what was saved."""

import streamlit as st

from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.fields import Spec
from ntk_uq.datasets import own
from ntk_uq.store import Store
from ntk_uq.store.named_views import NAME, NamedView
from ntk_uq.ui import pages, say, session
from ntk_uq.ui.links import Opening
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
            if view is not None and not store.read_only:
                _save(store, view)
            _list(store)
        except NtkUqError as error:
            say.error(error, icon=":material/error:")


def _save(store: Store, view: Spec) -> None:
    st.text_input(
        "Name of this view",
        key=_NAME,
        max_chars=NAME.longest,
        placeholder="MNIST, three depths",
    )
    name = st.session_state.get(_NAME, "").strip()
    there = any(saved.name == name for saved in store.views.list())
    if own.is_own(str(choices(view).get("dataset", ""))):
        st.caption("These are data of your own: who opens the view has them, too.")
    st.button(
        "Replace" if there else "Save",
        key="named_view_save",
        icon=":material/bookmark_add:",
        on_click=_keep,
        args=(store, view),
    )
    told = st.session_state.pop(_TOLD, "")
    if told:
        st.caption(plain(told))


def _keep(store: Store, view: Spec) -> None:
    try:
        saved = NamedView(st.session_state[_NAME], pages.page_of(view).name, view.to_query())
        store.views.save(saved)
    except NtkUqError as error:
        st.session_state[_TOLD] = str(error)
    else:
        st.session_state[_NAME] = ""


def _list(store: Store) -> None:
    saved = store.views.list()
    if not store.read_only:
        st.caption(
            "Saved on this server, for all who use it; by whom is not kept."
            if saved
            else "Nothing has been saved on this server yet."
        )
    for view in saved:
        with st.container(horizontal=True, vertical_alignment="center"):
            if pages.known(view.page):
                page = pages.get(view.page)
                Opening(page.script, plain(view.name), page.icon, view.query).draw()
            else:
                st.caption(f"{plain(view.name)}: this version has no such page.")
            if store.read_only:
                continue
            st.button(
                "Delete",
                key=f"named_view_delete_{view.name}",
                icon=":material/delete:",
                type="tertiary",
                help=f"Deletes “{plain(view.name)}” for all who use this server.",
                on_click=_delete,
                args=(store, view.name),
            )


def _delete(store: Store, name: str) -> None:
    try:
        store.views.delete(name)
    except NtkUqError as error:
        st.session_state[_TOLD] = str(error)
