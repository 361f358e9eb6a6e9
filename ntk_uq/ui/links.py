"""The address bar holds the whole view: a link opens the same view anywhere."""

import math
import time
import urllib.parse
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ntk_uq.base.errors import LinkError
from ntk_uq.base.fields import Spec
from ntk_uq.ui import say, session, setups
from ntk_uq.ui.controls import adapting
from ntk_uq.ui.pages import page_of

View = TypeVar("View", bound=Spec)

_WRITTEN, _OPENED, _AGAIN = "written_link", "opened_at", "run_again"
_PAST, _SEEN, _HOW, _BEGUN = "past_links", "seen_controls", "view_came_by", "opening_begun"
_FILLED, _DRAWN = "controls_filled", "controls_drawn"
_BUTTONS = ("setup_undo", "setup_redo", "setup_reset", "setup_pin", "launch", "named_view_save")
"""Who presses one of them has opened no link."""

_GONE = object()  # in place of a control that is not there

_WAITS_AT_MOST = 60.0
"""Seconds that a page which runs by itself waits for its browser to have drawn what was opened."""

_REMEMBERED = 100
"""Addresses of this session that are known again."""


def set_controls(cls: type[View], fill: Callable[[View], None]) -> None:
    """Sets the controls to the view that is opened, where they do not hold the page's view already:
    at the first run, after the address was changed, and after another page.

    A link is opened as it is. Without one, the page has its own axes and the setup that was chosen
    on whatever page.

    No edit is lost to it. An edit that was sent before the browser had the newest address comes
    with an older one, which is then no link that somebody opens; and so does a look for results.
    And where a page runs again before its browser has drawn the controls, these are set to what
    they hold: the browser would know them from the last run alone, and leave them empty. But none
    is once the browser has told what it holds: whoever edits it just then would have that set back,
    and what was sent of it would be gone with the next edit, which is sent with what stands there.
    A browser that was connected before, to a server which was started again, say, brings along what
    its controls hold to a session that knows nothing: that goes before its address.

    Args:
        cls: the page's view. fill: sets every control, before they are drawn.
    """
    known = _WRITTEN in st.session_state
    by_itself = bool(st.session_state.get(_AGAIN))
    for name, value in _see_shown().items():
        st.session_state[name] = value
    if not by_itself:
        adapting.keep_edits(_comes_with)
    held, seen = _controls(), st.session_state.get(_SEEN, {})
    # Controls of other pages come and go.
    edited = any(name in seen and seen[name] != value for name, value in held.items())
    edited |= any(st.session_state.get(name) for name in _BUTTONS)
    # A page that was left for another one has to have them set again.
    there = bool(seen) and seen.keys() <= held.keys()
    opened = _opened_view(cls, edited, there)
    if opened is None:
        return
    if opened.how != setups.EDITED:
        st.session_state[_HOW] = opened.how
    filled = _filled(cls)
    if not (opened.already and filled):
        filled = _fill(cls, lambda: fill(opened.view), held)
        if not known and not held:
            _leave(filled)
    if opened.already:
        for name in filled.keys() & held.keys():
            values = filled[name]
            if values is not None:
                st.session_state[name] = held[name]
                # It may be there by now, and be edited before this comes to the browser.
                filled[name] = (held[name], held[name] if values[1] is _GONE else values[1])


@dataclass(frozen=True)
class _Opened(Generic[View]):
    """A view for the controls; ``already`` if they were set to it before, and hold what has been
    edited since."""

    view: View
    already: bool = False
    how: str = setups.EDITED


def _opened_view(
    cls: type[View], edited: bool = False, there: bool = False
) -> _Opened[View] | None:
    """The view that controls are to be set to; None where they hold the page's view.

    A link that cannot be read ends the page with what is wrong with it and a way out.

    Args:
        edited: whether a control holds another value than at the end of the last run.
        there: whether all controls are still there that were so at the end of the last run.
    """
    query, by_itself = st.query_params.to_dict(), st.session_state.pop(_AGAIN, False)
    kept = setups.kept(cls)
    restored = setups.opened_here(cls)
    past = st.session_state.setdefault(_PAST, deque(maxlen=_REMEMBERED))
    if restored is not None:
        st.session_state[_OPENED] = time.monotonic()
        return _Opened(restored, how=setups.RESTORED)
    gone = _gone(cls)
    if gone:
        st.session_state[_OPENED] = time.monotonic()
    # However long ago it was opened: on a busy machine a browser may take any time to draw it.
    unshown = any(_filled(cls).values())
    held = _Opened(kept, already=not gone) if (gone or unshown) and kept else None
    if (cls.__name__, query) == st.session_state.get(_WRITTEN):
        return held
    same_page = st.session_state.get(_WRITTEN, ("",))[0] == cls.__name__
    # What comes with an address of before, and with what the controls hold, was sent no link: its
    # browser had not had the newest address yet. It may have sent no edit either, but be connected
    # anew, or tell of itself. Whoever goes back says so, and a link comes without the controls.
    # And an address without anything is that of a browser which has not had any yet: the page is as
    # it was left, and setting it to that would only set back what is being edited.
    sent = edited or by_itself or _comes_with(_controls())
    older = sent and not went_back() and (cls.__name__, query) in past
    if same_page and (older or (not query and there and kept is not None)):
        return held
    # Where pages follow each other quickly, a browser writes what one of them has sent behind the
    # other's name: that is no link to this page, either.
    if any(address == query for _, address in past) and (cls.__name__, query) not in past:
        query = {}
    past.append((cls.__name__, query))
    st.session_state[_OPENED] = time.monotonic()
    # An edit may break off the run that opens a view, before the page has kept it.
    begun = st.session_state.get(_BEGUN) == (cls.__name__, query) and not gone
    st.session_state[_BEGUN] = (cls.__name__, query)
    if not query:
        return _Opened(setups.arriving(cls), begun, setups.ARRIVAL)
    try:
        return _Opened(cls.from_query(query), begun, setups.LINK)
    except LinkError as error:
        say.error(error, icon=":material/link_off:")
        st.button("Open the default view", on_click=_forget, args=(cls,), type="primary")
        st.stop()


def went_back() -> bool:
    """Whether this run is for an address that the browser's back and forth have opened."""
    return bool(getattr(get_script_run_ctx(), "is_history_navigation", False))


def _comes_with(controls: Iterable[str]) -> set[str]:
    """Those controls of which the browser has sent what they hold, as it does for whatever happens
    on a page; a link to another view comes without. To be asked before they are drawn.

    From within Streamlit 1.67; another release may not tell, and then nothing is known.
    """
    state = getattr(getattr(get_script_run_ctx(), "session_state", None), "_state", None)
    sent = tuple(getattr(state, "_new_widget_state", ()))
    return {name for name in controls if any(widget.endswith(f"-{name}") for widget in sent)}


def _waits() -> bool:
    """Whether the browser has not told yet that it has drawn the controls as the page has set them,
    and may still do so."""
    if time.monotonic() - st.session_state.get(_OPENED, -math.inf) > _WAITS_AT_MOST:
        return False
    _, filled = st.session_state.get(_FILLED, ("", {}))
    drawn = st.session_state.get(_DRAWN, set())
    return any(values is not None for name, values in filled.items() if name in drawn)


_Filled = dict[str, tuple[Any, Any] | None]
"""Of each control that was set, to what, and what it held before; None once the browser has told
that it is drawn."""


def _filled(cls: type[Spec]) -> _Filled:
    """What was set of this page's controls when it was opened; nothing on another page."""
    name, filled = st.session_state.get(_FILLED, ("", {}))
    return filled if name == cls.__name__ else {}


def _gone(cls: type[Spec]) -> bool:
    """Whether the page's controls, or some of them, hold nothing any more.

    Whoever has left the page, and is back before another one has drawn itself, finds the address as
    it was, but not the controls: they are dropped as soon as another page begins.
    """
    name, _ = st.session_state.get(_FILLED, ("", {}))
    return name != cls.__name__ or not st.session_state.get(_DRAWN, set()) <= _controls().keys()


def _fill(cls: type[Spec], fill: Callable[[], None], held: Mapping[str, Any]) -> _Filled:
    """Sets the controls, and remembers which these are."""
    known = st.session_state.setdefault(session.CONTROLS, {})
    others = dict(known)
    known.clear()
    fill()
    filled: _Filled = {name: (st.session_state[name], held.get(name, _GONE)) for name in known}
    known |= others
    st.session_state[_FILLED], st.session_state[_DRAWN] = (cls.__name__, filled), set(filled)
    return filled


def _leave(filled: _Filled) -> None:
    """Leaves to the browser which of the controls it has drawn already, and tells what they hold.

    From within Streamlit 1.67: what a session held before is there to be read, and gives way to
    what comes from the browser. Another release sets all of them.
    """
    state = getattr(getattr(get_script_run_ctx(), "session_state", None), "_state", None)
    before = getattr(state, "_old_state", None)
    if before is None:
        return
    for name in _comes_with(filled):
        value = st.session_state[name]
        del st.session_state[name]
        before[name] = value
        filled[name] = None


def _see_shown() -> dict[str, Any]:
    """Learns from what the browser has sent which controls it has drawn since they were set.

    Returns:
        What was edited of those that stood there before they were set: that may have come to the
        browser after the edit.
    """
    overtaken: dict[str, Any] = {}
    if st.session_state.get(_AGAIN):
        return overtaken  # the page runs by itself, with what stands there from before
    _, filled = st.session_state.get(_FILLED, ("", {}))
    for name in _comes_with([name for name, values in filled.items() if values is not None]):
        value, (new, before) = st.session_state.get(name, _GONE), filled[name]
        # Anything but what it held before was set, or edited since.
        if value == new or value != before:
            filled[name] = None
            if value != new and _GONE not in (value, before):
                overtaken[name] = value
    return overtaken


def _controls() -> dict[str, Any]:
    """What the controls hold, by their keys in the session."""
    names = st.session_state.get(session.CONTROLS, ())
    found = ((name, st.session_state.get(name, _GONE)) for name in names)
    return {name: value for name, value in found if value is not _GONE}


def again() -> NoReturn:
    """Runs the page again for what was asked for, its view being as it is."""
    # Who presses a button has the controls before it, too.
    st.session_state[_OPENED] = -math.inf
    _see_shown()
    st.session_state[_AGAIN] = True
    st.rerun()


def follow(every: float | None) -> None:
    """Runs the page again for what has come by itself, its view being as it is.

    Not before the browser has drawn what was opened, when it would have to set controls that
    somebody may be editing: what has come stands there all the same, and a timer comes back.

    Args:
        every: seconds after which the timer comes back; None where there is none.
    """
    _see_shown()
    if every is not None and _waits():
        return
    st.session_state[_AGAIN] = True
    st.rerun()


def keep(view: Spec) -> None:
    """Writes the view into the address bar."""
    query = view.to_query()
    st.session_state.pop(_BEGUN, None)
    setups.keep(view, st.session_state.pop(_HOW, setups.EDITED))
    # With the page's class: another page drops the controls of this one.
    st.session_state[_WRITTEN] = (type(view).__name__, query)
    st.session_state.setdefault(_PAST, deque(maxlen=_REMEMBERED)).append(st.session_state[_WRITTEN])
    see_controls()
    # Who went back and forth quickly may have got an address since that was sent for another page.
    if went_back() or st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def see_controls() -> None:
    """Remembers what the controls hold: what differs from it in the next run was edited since. Also
    where they hold no view, or whoever goes back from there would seem to have edited it."""
    st.session_state[_SEEN] = held = _controls()
    # From within Streamlit 1.67: of those, the ones that this run has drawn are there in the next.
    drawn = getattr(getattr(get_script_run_ctx(), "shared", None), "widget_user_keys_this_run", ())
    st.session_state[_DRAWN] = {name for name in held if name in drawn}


def address_of(view: Spec) -> str:
    """Where a view can be opened, in full; relative where the server's own address is not known."""
    page, query = page_of(view).address, urllib.parse.urlencode(view.to_query())
    here = urllib.parse.urlsplit(st.context.url or "")
    if here.scheme not in ("http", "https"):
        return f"{page}?{query}"
    # The page that is open is the last part of the path; a proxy may have put others before it.
    base = here.path.rpartition("/")[0]
    return urllib.parse.urlunsplit((here.scheme, here.netloc, f"{base}/{page}", query, ""))


@dataclass(frozen=True)
class Opening:
    """A link to a view on the page that shows it.

    Attributes:
        page: the page's script.
        label: of the link.
        icon: of the link.
        query: its items.
        notice: in what the view differs from what it was made for; empty where it does not.
    """

    page: str
    label: str
    icon: str
    query: Mapping[str, str]
    notice: str = ""

    def draw(self) -> None:
        """Draws the link, without the notice."""
        st.page_link(self.page, label=self.label, icon=self.icon, query_params=dict(self.query))


def opening_of(view: Spec, notice: str = "", *, label: str = "", icon: str = "") -> Opening:
    """The link to a view, all from the table of pages.

    Args:
        view: what is opened; the page follows from it.
        notice: in what the view differs from what it was made for.
        label: of the link; without one, it says which page it opens.
        icon: of the link; without one, the page's.
    """
    page = page_of(view)
    return Opening(
        page.script, label or f"Open in {page.title}", icon or page.icon, view.to_query(), notice
    )


def _forget(cls: type[Spec]) -> None:
    setups.forget(cls)
    st.query_params.clear()
