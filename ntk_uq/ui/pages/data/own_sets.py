"""The data sets that somebody has uploaded who has logged in: their names, who sees them, deleting.

Where nobody logs in there is no such list: who has a link has the data set.
"""

from collections.abc import Callable

import streamlit as st

from ntk_uq.base import login_settings
from ntk_uq.base.errors import NtkUqError
from ntk_uq.datasets.own import LONGEST_TITLE, Sharing
from ntk_uq.people import Role, whose
from ntk_uq.ui import own, say
from ntk_uq.ui.plain_text import plain

_SHARINGS = {
    Sharing.PRIVATE: "private",
    Sharing.LINK: "by link",
    Sharing.GROUP: "for the group",
}
_HELP = (
    "Private: you and admins alone. By link: whoever has its name in a link. For the group: "
    "everybody here, and it is listed to them. What is computed from it is shown to the same "
    "people."
)
_ERROR, _DELETING = "own_sets_error", "own_sets_deleting"
_WIDTHS = [5, 3, 1, 2]


def choose_sharing(key: str) -> Sharing:
    """A box for who sees a data set; private unless something else is chosen."""
    chosen = st.selectbox(
        "Who sees it",
        [str(sharing) for sharing in Sharing],
        format_func=lambda s: _SHARINGS[Sharing(s)],
        key=key,
        required=True,
        help=_HELP,
    )
    return Sharing(chosen)


def table(show: Callable[[str], None]) -> None:
    """A row for each data set that whoever looks may rename, share and delete; nothing without any.

    Args:
        show: called with the name when somebody wants to see a data set.
    """
    error = st.session_state.pop(_ERROR, None)
    if error is not None:
        say.error(error)
    data = own.data()
    found = data.hers() if login_settings.login() else {}
    if not found:
        return
    st.markdown("### Yours" if data.person.role is not Role.ADMIN else "### Everybody's")
    for name, of in found.items():
        mine = next((one for one in of if one.person == data.person.id), of[0])
        with st.container(border=True, key=f"own_set_{name}"):
            _row(name, mine.title, mine.sharing, whose(of), show)


def _row(name: str, title: str, sharing: Sharing, owner: str, show: Callable[[str], None]) -> None:
    called, shared, shown, deleted = st.columns(_WIDTHS, vertical_alignment="bottom")
    # Somebody else's change is another box: this session's text must not undo it.
    key = f"own_title_{name}_{title}"
    called.text_input(
        "Name",
        title,
        key=key,
        max_chars=LONGEST_TITLE,
        help="What it is called to whom it is shown; Enter saves it. Its link stays the same.",
        on_change=lambda: _do(lambda: own.data().rename(name, st.session_state[key])),
    )
    called.caption(f"{plain(owner)}, `{name[:12]}`")
    choice = f"own_sharing_{name}_{sharing}"
    shared.selectbox(
        "Who sees it",
        tuple(Sharing),
        tuple(Sharing).index(sharing),
        format_func=lambda s: _SHARINGS[s],
        key=choice,
        help=_HELP,
        on_change=lambda: _do(lambda: own.data().share(name, st.session_state[choice])),
    )
    shown.button("Show", key=f"own_show_{name}", on_click=_show, args=(name, show))
    with deleted.container(horizontal=True):
        _delete(name)


def _show(name: str, show: Callable[[str], None]) -> None:
    own.remember(name)
    show(name)


def _delete(name: str) -> None:
    if st.session_state.get(_DELETING) != name:
        st.button(
            "Delete",
            key=f"own_delete_{name}",
            icon=":material/delete:",
            help="Removes the data from this server. What was computed from them stays.",
            on_click=lambda: st.session_state.update({_DELETING: name}),
        )
        return
    st.button("Delete for good", key=f"own_delete_{name}_yes", on_click=lambda: _deleted(name))
    st.button("Keep", key=f"own_delete_{name}_no", on_click=lambda: st.session_state.pop(_DELETING))


def _deleted(name: str) -> None:
    st.session_state.pop(_DELETING, None)
    _do(lambda: own.data().delete(name))
    own.forget(name)


def _do(act: Callable[[], None]) -> None:
    """What is refused, or fails, is told above the list: it is done before the page is drawn."""
    try:
        act()
    except NtkUqError as error:
        st.session_state[_ERROR] = str(error)
