"""The start: what the quantities are, a picture, things to try; hidden by a click, and found again.

It opens by itself for a browser that comes without a link and has not hidden it before, which a
cookie remembers.
"""

import streamlit as st

from ntk_uq.figures import Style
from ntk_uq.ui import session
from ntk_uq.ui.start import presets, tour
from ntk_uq.ui.start.picture import image

_OPEN, _HIDDEN, _WRITE = "start_open", "ntk_uq_start=hidden", "start_cookie"
_YEAR = 365 * 24 * 3600  # seconds
_WORDS = r"""
Two networks that differ only in their random initial weights end with different test losses $L$.
**How much of the loss is luck?**

- $\mu=\mathrm{E}[L]$: the mean over initializations. $\sigma=\mathrm{std}[L]$: the spread, the luck
  itself. $\epsilon=\sigma/\mu$: the relative spread.
- **Floor**: what a finite test set adds to $\epsilon$. It falls as $1/\sqrt{N_T}$, whatever the
  network.
- **Population**, the networks' own part: what an endless test set would leave.

$$\epsilon^2=\epsilon_\text{floor}^2+\left(1-\tfrac{1}{N_T}\right)\epsilon_\text{population}^2$$

Where $\epsilon$ levels off, look which of the two it rests on: a plateau at the floor is the test
set's, and not the network's.
"""


def draw(page: str, first: bool) -> None:
    """The button in the sidebar, and the panel where it is open.

    Args:
        page: title of the page that is shown; the panel is open on one page at a time.
        first: whether it is the page that a newcomer comes to.
    """
    if first and _OPEN not in st.session_state:
        st.session_state[_OPEN] = page if _newcomer() else ""
    shown = st.session_state.get(_OPEN) == page
    if first:
        tour.draw()
    with st.sidebar, st.container(horizontal=True, key="start_again"):
        st.button(
            "Hide the start" if shown else "Start here",
            key="start_toggle",
            icon=":material/school:",
            type="tertiary",
            help="What μ, σ, ε, floor and population are, and things to try.",
            on_click=_set,
            args=("" if shown else page,),
        )
        box = st.popover(
            "Presets",
            icon=":material/bookmark:",
            type="tertiary",
            key="start_presets",
            on_change="rerun",
            help="The paper's three tasks, and views to try.",
        )
        if box.open:
            with box:
                _paper(page)
    if shown:
        _panel(page, first)
    if st.session_state.pop(_WRITE, False):
        _remember(shown)


def _panel(page: str, first: bool) -> None:
    with st.container(border=True, key="start_panel"):
        left, right = st.columns([3, 2])
        left.markdown(_WORDS)
        with right:
            st.html(image(Style(session.dark())))
        offered = presets.offered(presets.TRY)
        cards = st.columns(len(presets.TRY), border=True)
        for card, preset in zip(cards, offered, strict=False):
            with card:
                preset.draw(page, "start", _fold)
                st.caption(preset.about)
        with st.container(horizontal=True, vertical_alignment="center"):
            tasks = presets.offered(presets.AS_IN_THE_PAPER)
            if tasks:
                st.caption(_ABOUT_PAPER, width="content")
            for preset in tasks:
                preset.draw(page, "start", _fold)
            st.space("stretch")
            if first:
                tour.offer()
            st.button("Hide this", key="start_hide", on_click=_set, args=("",))


_ABOUT_PAPER = f"The tasks of the paper ({presets.PAPER}), at infinite width:"


def _paper(page: str) -> None:
    tasks = presets.offered(presets.AS_IN_THE_PAPER)
    if tasks:
        st.caption(f"{_ABOUT_PAPER} trained to convergence; sizes are ours, for two cores.")
    for preset in tasks:
        preset.draw(page, "presets")
        st.caption(preset.about)
    st.caption("To try:")
    for preset in presets.offered(presets.TRY):
        preset.draw(page, "presets")


def _newcomer() -> bool:
    """Whether the session begins without a link, in a browser that has not hidden the start."""
    name, value = _HIDDEN.split("=")
    return not st.query_params.to_dict() and st.context.cookies.get(name) != value


def _fold() -> None:
    """Closes the panel for now: what it has opened lies below it, out of sight."""
    st.session_state[_OPEN] = ""


def _set(page: str) -> None:
    st.session_state[_OPEN] = page
    st.session_state[_WRITE] = True


def _remember(shown: bool) -> None:
    """Has the browser remember it: a reload begins a new session."""
    age = 0 if shown else _YEAR
    cookie = f"{_HIDDEN}; path=/; max-age={age}; SameSite=Lax"
    st.html(f"<script>document.cookie = '{cookie}'</script>", unsafe_allow_javascript=True)
