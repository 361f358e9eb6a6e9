"""What all that shows saved views and reports has in common: whose they are, and changing them."""

from collections.abc import Callable

import streamlit as st

from ntk_uq.base.errors import NtkUqError
from ntk_uq.people import Saving
from ntk_uq.store import SavedItem, SavedKind, Store
from ntk_uq.ui import pages, say, who
from ntk_uq.ui.links import Opening
from ntk_uq.ui.plain_text import plain

_TOLD = "saved_told"


def saving(store: Store) -> Saving:
    """What is saved, in the hands of whoever looks at the page. Raises as ``who.person``."""
    return Saving(store, who.person(store))


def tell() -> None:
    """Says what the last change was refused for, once."""
    told = st.session_state.pop(_TOLD, "")
    if told:
        say.error(told, icon=":material/error:")


def changing(change: Callable[..., object], *args: object) -> None:
    """A button's change: what it is refused for, the next :func:`tell` says."""
    try:
        change(*args)
    except NtkUqError as error:
        st.session_state[_TOLD] = str(error)


def opening(item: SavedItem) -> Opening | None:
    """The link to it; None where this version has no such page."""
    if not pages.known(item.page):
        return None
    page = pages.get(item.page)
    return Opening(page.script, plain(item.name), page.icon, item.query)


def whose(hands: Saving, item: SavedItem, owners: dict[str, str]) -> str:
    """Whose it is and who sees it, as a text; empty where nobody is asked who they are."""
    if not hands.person.known:
        return ""
    if not item.owner:
        return "nobody's: everybody sees it"
    if hands.mine(item):
        return "shared with the group" if item.shared else "only you see it"
    return f"by {owners.get(item.owner, 'somebody')}"


def shared_choice(hands: Saving, key: str, there: SavedItem | None) -> bool:
    """Whether what is saved is shared; asked where it has an owner, and as it is where it is there.

    Args:
        hands: of whoever saves.
        key: of the control.
        there: what is overwritten; None for something new.
    """
    if not hands.person.known:
        return True
    return st.toggle(
        "Share with the group",
        value=there is not None and there.shared,
        # Another control for another name: each has its own state.
        key=f"{key}_{'' if there is None else there.id}",
        help="Whoever may open these pages sees it then; only you and admins change it.",
    )


def changes(hands: Saving, item: SavedItem, key: str) -> None:
    """A button that opens what its owner may do with it: rename, share, delete; else nothing."""
    if not hands.may_change(item):
        return
    box = st.popover(
        "Change",
        icon=":material/more_horiz:",
        type="tertiary",
        key=f"{key}_{item.id}",
        on_change="rerun",
        help=f"Rename, share or delete “{plain(item.name)}”.",
    )
    if not box.open:
        return
    name_key = f"{key}_name_{item.id}"
    with box:
        st.text_input("New name", item.name, key=name_key)
        st.button(
            "Rename",
            key=f"{key}_rename_{item.id}",
            icon=":material/edit:",
            on_click=lambda: changing(hands.rename, item, st.session_state[name_key]),
        )
        if item.owner and hands.person.known:
            st.button(
                "Keep it to yourself" if item.shared else "Share with the group",
                key=f"{key}_share_{item.id}",
                icon=":material/lock:" if item.shared else ":material/group:",
                on_click=changing,
                args=(hands.share, item, not item.shared),
            )
        what = "report" if item.kind is SavedKind.REPORT else "view"
        seen = "for all who use this server" if item.shared else "for good"
        st.button(
            f"Delete this {what}",
            key=f"{key}_delete_{item.id}",
            icon=":material/delete:",
            help=f"Deletes it {seen}; results stay.",
            on_click=changing,
            args=(hands.remove, item),
        )
