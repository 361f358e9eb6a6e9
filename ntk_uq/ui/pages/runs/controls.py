"""The controls of the page of runs: widgets to view and back."""

from collections.abc import Sequence

import streamlit as st

from ntk_uq.base import login_settings
from ntk_uq.base.fields import about
from ntk_uq.jobs import kinds as job_kinds
from ntk_uq.store import JobState
from ntk_uq.ui.controls import widgets
from ntk_uq.ui.pages.runs.states import LOOKS, word
from ntk_uq.views import ORDERS, STATES, RunsView

_PAGE = "runs"
_WIDGETS = ("text", "archived", "order", "everything", "mine")
_ORDERS = {
    "newest": "asked for last",
    "oldest": "asked for first",
    "longest": "longest duration",
    "state": "state",
    "kind": "kind",
    "label": "label",
}


def fill(view: RunsView) -> None:
    """Sets every control to a view, before they are drawn."""
    widgets.fill(_PAGE, {name: getattr(view, name) for name in _WIDGETS})
    # A link of an earlier version may have a kind under the name that it had then.
    kinds = list(dict.fromkeys(map(job_kinds.name_of, view.kinds)))
    lists = {"states": list(view.states), "kinds": kinds, "tags": list(view.tags)}
    widgets.fill(_PAGE, lists)
    turn_to(view.page)
    select(view.selected)


def turn_to(page: int) -> None:
    """Sets the page of the list."""
    widgets.fill(_PAGE, {"shown_page": page})


def select(job_ids: Sequence[str]) -> None:
    """Sets which jobs are shown in detail."""
    widgets.fill(_PAGE, {"selected": tuple(job_ids)})


def draw(kinds: Sequence[str], tags: Sequence[str]) -> RunsView:
    """Draws the controls into the sidebar; the view that they hold.

    Args:
        kinds: of the jobs that there are; those that the program knows can be chosen anyway.
        tags: that jobs have.

    Raises:
        SpecError: if together they hold no view.
    """
    chosen = st.session_state.get(widgets.key(_PAGE, "kinds"), ())
    with st.sidebar:
        st.header("Which runs")
        text = st.text_input(
            "Search",
            key=widgets.key(_PAGE, "text"),
            max_chars=80,
            placeholder="mnist depth 2",
            help=about(RunsView, "text"),
            icon=":material/search:",
            on_change=turn_to,
            args=(1,),
        )
        mine = bool(st.session_state.get(widgets.key(_PAGE, "mine")))
        if login_settings.login():
            mine = st.toggle(
                "Mine alone",
                key=widgets.key(_PAGE, "mine"),
                help="Only the runs that you have launched; without it, everybody's.",
                on_change=turn_to,
                args=(1,),
            )
        everything = st.toggle(
            "Also what pages asked for",
            key=widgets.key(_PAGE, "everything"),
            help="Pages ask by themselves for the curves that they show. Without them, the runs "
            "that somebody launched, or gave a label or a tag.",
            on_change=turn_to,
            args=(1,),
        )
        chosen_tags = st.multiselect(
            "Tags",
            sorted({*tags, *st.session_state.get(widgets.key(_PAGE, "tags"), ())}),
            key=widgets.key(_PAGE, "tags"),
            placeholder="any",
            help=about(RunsView, "tags"),
            max_selections=8,
            on_change=turn_to,
            args=(1,),
        )
        states = st.multiselect(
            "State",
            STATES,
            format_func=lambda state: f"{LOOKS[JobState(state)].icon} {word(JobState(state))}",
            key=widgets.key(_PAGE, "states"),
            placeholder="any",
            help=about(RunsView, "states"),
            on_change=turn_to,
            args=(1,),
        )
        kinds = st.multiselect(
            "Kind",
            sorted({*job_kinds.REGISTRY, *map(job_kinds.name_of, kinds), *chosen}),
            key=widgets.key(_PAGE, "kinds"),
            placeholder="any",
            help=about(RunsView, "kinds"),
            on_change=turn_to,
            args=(1,),
        )
        order = st.selectbox(
            "Sorted by",
            ORDERS,
            format_func=lambda order: _ORDERS[order],
            key=widgets.key(_PAGE, "order"),
            help="Which run stands first: the newest, or the one that took longest, say.",
            on_change=turn_to,
            args=(1,),
        )
        archived = st.toggle(
            "Archived runs",
            key=widgets.key(_PAGE, "archived"),
            help=about(RunsView, "archived"),
            on_change=turn_to,
            args=(1,),
        )
    return RunsView(
        states=tuple(s for s in STATES if s in states),
        kinds=tuple(sorted(kinds)),
        text=text,
        tags=tuple(chosen_tags),
        everything=everything,
        archived=archived,
        mine=mine,
        order=order,
        page=st.session_state[widgets.key(_PAGE, "shown_page")],
        selected=st.session_state[widgets.key(_PAGE, "selected")],
    )
