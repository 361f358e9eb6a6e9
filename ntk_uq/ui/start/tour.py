"""A tour of the page of scaling curves: six steps, each at a real control, which is outlined.

It is a card in a corner, beside the page and never over all of it: everything can be used
meanwhile. It begins from the start and ends by a button or Escape.
"""

from dataclasses import dataclass

import streamlit as st

from ntk_uq.figures import Style
from ntk_uq.ui import session

_AT = "tour_step"
_CARD = "tour"
_SEEN = "tour_seen"


@dataclass(frozen=True)
class Stop:
    """A stop of the tour.

    Attributes:
        target: key of the control or the part of the page that it is about.
        title: what that is.
        text: what one does with it, as Markdown.
        beside: whether it stands in the sidebar, which is closed on a phone.
    """

    target: str
    title: str
    text: str
    beside: bool = True


STEPS = (
    Stop(
        "curves_dataset",
        "Data set",
        "What the networks learn. Handwritten digits are there at once; *Data* has the others, and "
        "takes a file of your own.",
    ),
    Stop(
        "curves_vary",
        "A curve for each",
        "What differs from curve to curve: the depth, or anything else, such as the activation or "
        "the data set. Its values are below.",
    ),
    Stop(
        "curves_n_low",
        "Training sets",
        "The smallest $N_D$; beside and below it the largest, how many between them, and how many "
        "independent subsets are averaged. New points appear as they are computed.",
    ),
    Stop(
        "verdicts",
        "What the curves do",
        "One sentence a curve: how μ, σ and ε fall, whether ε levels off, and how much of it is "
        "only the finite test set.",
        beside=False,
    ),
    Stop(
        "charts",
        "The figures",
        "Hover over a point for its error; drag to zoom; click on the legend to hide a curve, in "
        "all three. Dashed: the networks' own part of ε; dotted: the floor of the test set.",
        beside=False,
    ),
    Stop(
        "take_home",
        "Take it home",
        "Figures, numbers, and the script that computes them again. The address of this page is "
        "the whole view: send it, and others see the same.",
        beside=False,
    ),
)


def offer() -> None:
    """The button that begins it."""
    st.button(
        "Show me around",
        key="tour_begin",
        icon=":material/tour:",
        on_click=_go,
        args=(0,),
        help="Six steps along the controls of this page; Escape ends it.",
    )


def running() -> bool:
    """Whether somebody is on the tour."""
    return _AT in st.session_state


def draw() -> None:
    """The card of the present step, and the outline of what it is about; nothing if no tour."""
    if not running():
        st.session_state.pop(_SEEN, None)
        return
    at = st.session_state[_AT]
    step = STEPS[at]
    with st.container(key=_CARD, gap="small"):
        st.markdown(f"<style>{_style(step)}</style>", unsafe_allow_html=True)
        where = " Where you see no sidebar, the arrow at the top left opens it." * step.beside
        st.markdown(f"**{at + 1} of {len(STEPS)}: {step.title}**")
        st.markdown(f"{step.text}{where}")
        with st.container(horizontal=True):
            if at:
                st.button("Back", key="tour_back", on_click=_go, args=(at - 1,))
            last = at == len(STEPS) - 1
            if not last:
                st.button("Next", key="tour_next", type="primary", on_click=_go, args=(at + 1,))
            st.button(
                "Done" if last else "End the tour",
                key="tour_end",
                type="primary" if last else "tertiary",
                shortcut="Escape",
                on_click=_end,
            )
    # Once a step: later runs of the page must not scroll away from what somebody looks at.
    if st.session_state.get(_SEEN) != at:
        st.session_state[_SEEN] = at
        st.html(f"<script>{_show(step)}</script>", unsafe_allow_javascript=True)


def _go(at: int) -> None:
    st.session_state[_AT] = at


def _end() -> None:
    st.session_state.pop(_AT, None)


def _style(step: Stop) -> str:
    style = Style(session.dark())
    color = style.color(0)
    return (
        f".st-key-{_CARD} {{ position: fixed; right: 16px; bottom: 16px; z-index: 1000; "
        f"width: min(340px, calc(100vw - 32px)); padding: 12px 16px; border-radius: 8px; "
        f"background: {style.ground}; border: 2px solid {color}; "
        "box-shadow: 0 4px 18px rgba(0, 0, 0, 0.3); } "
        f".st-key-{step.target} {{ outline: 3px solid {color}; outline-offset: 4px; "
        "border-radius: 4px; scroll-margin-top: 90px; } "
        # The last thing on the page has to get out from behind the card.
        "[data-testid='stMainBlockContainer'] { padding-bottom: 80vh; }"
    )


def _show(step: Stop) -> str:
    """Scrolls to what a step is about, and moves the keyboard to the card."""
    return (
        f"document.querySelector('.st-key-{step.target}')?.scrollIntoView({{block: 'start'}});"
        f"document.querySelector('.st-key-{_CARD} [data-testid=stBaseButton-primary]')"
        "?.focus({preventScroll: true});"
    )
