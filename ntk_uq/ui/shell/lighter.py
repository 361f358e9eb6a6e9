"""Streamlit's own work for each run of a page, without what it does over and over.

A run registers some thirty controls and sends a hundred messages. Streamlit 1.67 puts the whole
state of the session together for each control, to look up one value in it; goes through all of its
settings six times for each run, to send the same theme; and hands each message to the server's loop
by a call of its own. Here are stand-ins that give the same with less. With
another release, which may do otherwise, all stays as it is.
"""

import asyncio
import functools
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit
from streamlit import config
from streamlit.runtime import app_session
from streamlit.runtime.state import safe_session_state

_RELEASE = "1.67."
_WANTED = "_ntk_uq_wanted"
_call_soon: Callable[[Any, Callable[[], None]], None] = (
    app_session.AppSession._call_soon_on_event_loop
)


def use() -> bool:
    """Puts the stand-ins in place; whether this is the release that they are made for."""
    if not streamlit.__version__.startswith(_RELEASE):
        return False
    state: Any = safe_session_state.SafeSessionState
    state.filtered_state = property(AskedState)
    session: Any = app_session.AppSession
    session._call_soon_on_event_loop = call_soon
    settings: Any = config
    settings.get_options_for_section = options_of
    return True


class AskedState(Mapping[str, Any]):
    """The state of a session as its pages see it, each value looked up when it is asked for.

    Args:
        safe: the session's.
    """

    def __init__(self, safe: Any) -> None:
        self._safe = safe

    def _whole(self) -> dict[str, Any]:
        with self._safe._lock:
            whole: dict[str, Any] = self._safe._state.filtered_state
            return whole

    def __getitem__(self, key: str) -> Any:
        if key.startswith("$$"):  # Streamlit's own names, which pages do not see
            return self._whole()[key]
        with self._safe._lock:
            return self._safe._state[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._whole())

    def __len__(self) -> int:
        return len(self._whole())

    def __str__(self) -> str:
        return str(self._whole())


def options_of(section: str) -> dict[str, Any]:
    """Streamlit's settings of a section, by their names in it."""
    with config._config_lock:
        options = config.get_config_options()
        return {options[key].name: options[key].value for key in _keys(section, len(options))}


@functools.cache
def _keys(section: str, count: int) -> tuple[str, ...]:  # noqa: ARG001 (others come with it)
    options = config.get_config_options()
    return tuple(key for key, option in options.items() if option.section == section)


def call_soon(session: Any, callback: Callable[[], None]) -> None:
    """Has the server's loop call what a session's run wants: in its order, and all of it when the
    loop comes to it.

    Args:
        session: an ``AppSession``.
        callback: what is to be called.
    """
    wanted: _Wanted = session.__dict__.setdefault(_WANTED, _Wanted())
    wanted.calls.append(callback)
    # Looked at after that: either it is still to come, or comes once more.
    if not wanted.comes:
        wanted.comes = True
        _call_soon(session, lambda: _call_all(session, wanted))


@dataclass
class _Wanted:
    """What the loop is to call for a session, and whether it will come."""

    calls: deque[Callable[[], None]] = field(default_factory=deque)
    comes: bool = False


def _call_all(session: Any, wanted: _Wanted) -> None:
    wanted.comes = False
    while wanted.calls:
        # As the loop itself does: of one that fails it tells, and goes on.
        asyncio.Handle(wanted.calls.popleft(), (), session._event_loop)._run()
