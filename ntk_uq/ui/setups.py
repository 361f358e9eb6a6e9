"""The current setup of this browser session, and every state that it went through.

A state is the setup with the views that the pages were left with. Each change of a view is a new
one, so that undoing it brings back both.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import streamlit as st

from ntk_uq import datasets
from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.fields import Spec
from ntk_uq.ui import setup_words
from ntk_uq.views.setup import Setup, choices, fitted, places

View = TypeVar("View", bound=Spec)

_NOW, _PAST, _FUTURE = "setup_now", "setup_past", "setup_future"
_OPEN, _NOTES, _LAST = "setup_open", "setup_notes", "setup_kept_last"
_LONGEST = 100

EDITED, LINK, ARRIVAL, RESTORED = "edited", "link", "arrival", "restored"
"""How a page came to its view: its controls, an address, navigation, or undoing and the like."""


@dataclass(frozen=True)
class PagesState:
    """What all pages show.

    Attributes:
        setup: what was chosen.
        views: what each page was left with, by the name of its class.
        page: the class whose view was changed last.
    """

    setup: Setup = field(default_factory=Setup)
    views: Mapping[str, Any] = field(default_factory=dict)
    page: str = ""

    def with_view(self, view: Spec) -> "PagesState":
        """The same with another view of a page."""
        return replace(self, views={**self.views, type(view).__name__: view})


def now() -> PagesState:
    """The state as it is."""
    return st.session_state.setdefault(_NOW, PagesState())


def kept(cls: type[View]) -> View | None:
    """What a page was left with; None where it has not been opened."""
    view: View | None = now().views.get(cls.__name__)
    return view


def arriving(cls: type[View]) -> View:
    """The view of a page that is opened without a link: its own axes, and the current setup.

    What it cannot take is told by :func:`notes`.
    """
    before = kept(cls) or cls()
    view, found = now().setup.put(before)
    dataset = _dataset(view)
    if dataset is not None and dataset != _dataset(before):
        with contextlib.suppress(NtkUqError):
            view, fewer = fitted(view, *datasets.get(dataset).sizes())
            found = (*found, *fewer)
    st.session_state[_NOTES] = (cls.__name__, found)
    return view


def _dataset(view: Any) -> str | None:
    data = getattr(getattr(view, "map", view), "data", None)
    return None if data is None else data.dataset


def notes(cls: type[Spec]) -> tuple[str, ...]:
    """What of the setup a page could not take when it was opened, until it is changed."""
    of, found = st.session_state.get(_NOTES, ("", ()))
    return found if of == cls.__name__ else ()


def begin_run() -> None:
    """Before a page is drawn."""
    st.session_state[_LAST] = None


def kept_last() -> Spec | None:
    """The view that the page has kept in this run; None where it has none."""
    view: Spec | None = st.session_state.get(_LAST)
    return view


def keep(view: Spec, how: str = EDITED) -> None:
    """The page's view as it is now, and how it came to it; what was changed is the setup's."""
    st.session_state[_LAST] = view
    before, name = now(), type(view).__name__
    held = before.views.get(name)
    setup = before.setup
    if how == LINK:
        setup = setup.taking(view)
    elif how == EDITED and held is not None:
        setup = setup.changed(held, view)
    after = replace(before.with_view(view), setup=setup)
    if how in (EDITED, LINK) and held is not None and held != view:
        st.session_state.pop(_NOTES, None)
        if how == LINK and (_again(_PAST, _FUTURE, view) or _again(_FUTURE, _PAST, view)):
            return
        if places(view):  # of a list of runs, nobody wants every word back that was searched for
            _push(before)
            after = replace(after, page=name)
    st.session_state[_NOW] = after


def _push(state: PagesState) -> None:
    _stack(_PAST).append(state)
    del _stack(_PAST)[:-_LONGEST]
    _stack(_FUTURE).clear()


def _stack(name: str) -> list[PagesState]:
    found: list[PagesState] = st.session_state.setdefault(name, [])
    return found


def _again(away: str, onto: str, view: Spec) -> bool:
    """Steps to the next state of a stack if that is what was opened: the browser's back does so."""
    states = _stack(away)
    if not states or states[-1].views.get(type(view).__name__) != view:
        return False
    _stack(onto).append(now())
    st.session_state[_NOW] = states.pop()
    return True


def last_change() -> str:
    """What can be taken back, in words; "" for nothing."""
    past = _stack(_PAST)
    return _difference(past[-1], now(), now().page) if past else ""


def next_change() -> str:
    """What was taken back and can be made again, in words; "" for nothing."""
    future = _stack(_FUTURE)
    return _difference(now(), future[-1], future[-1].page) if future else ""


def _difference(before: PagesState, after: PagesState, page: str) -> str:
    old, new = before.views.get(page), after.views.get(page)
    found = "" if old is None or new is None else setup_words.difference(old, new)
    return found or "the last change"


def change(view: View) -> View:
    """Has the next run of a view's page open it, as a change that can be taken back; where it has
    another setup than the page had, that is the other pages' too, as that of a link is."""
    here = now()
    _push(here)
    held = here.views.get(type(view).__name__)
    setup = here.setup
    if held is None or choices(held) != choices(view):
        setup = setup.taking(view)
    st.session_state[_NOW] = replace(here.with_view(view), setup=setup, page=type(view).__name__)
    return open_next(view)


def undo(cls: type[Spec]) -> Spec:
    """Takes the last change back; the view that is to be opened.

    Args:
        cls: the view of the page that is open. It stays open where the change can be seen on it.
    """
    return _step(_PAST, _FUTURE, cls)


def redo(cls: type[Spec]) -> Spec:
    """Makes the last change again that was taken back, as :func:`undo`."""
    return _step(_FUTURE, _PAST, cls)


def _step(away: str, onto: str, cls: type[Spec]) -> Spec:
    here, there = now(), _stack(away).pop()
    _stack(onto).append(here)
    name, page = cls.__name__, here.page if away == _PAST else there.page
    shown, _ = there.setup.put(there.views.get(name) or cls())
    seen = shown != here.views.get(name) and places(shown)
    if not seen and page in there.views:
        shown = there.views[page]
    st.session_state[_NOW] = there.with_view(shown)
    return open_next(shown)


def again(cls: type[View]) -> View:
    """What a page shows, which it opens once more."""
    return open_next(kept(cls) or cls())


def open_next(view: View) -> View:
    """Has the next run of a view's page open it."""
    st.session_state[_OPEN] = view
    return view


def reset(cls: type[View]) -> None:
    """Every page's setup is the default again, and all of the page that is open."""
    here = now()
    views = {name: Setup().taking(type(view)()).put(view)[0] for name, view in here.views.items()}
    _push(here)
    st.session_state[_NOW] = PagesState(Setup(), {**views, cls.__name__: cls()}, cls.__name__)
    open_next(cls())


def opened_here(cls: type[View]) -> View | None:
    """What undoing and the like has a page opened with, once."""
    view = st.session_state.get(_OPEN)
    if not isinstance(view, cls):
        return None
    del st.session_state[_OPEN]
    return view


def forget(cls: type[Spec]) -> None:
    """A page is opened as at first, with the defaults of all that it shows."""
    here = now()
    views = {name: view for name, view in here.views.items() if name != cls.__name__}
    st.session_state[_NOW] = replace(here, setup=Setup(), views=views)
