"""Streamlit's own work for each run of a page, without what it does over and over.

A run registers some thirty controls and sends a hundred messages. Streamlit 1.67 puts the whole
state of the session together for each control, to look up one value in it; goes through all of its
settings six times for each run, to send the same theme; and hands each message to the server's loop
by a call of its own, has it sent by another, and looks for others' requests after each. Whenever
the loop wakes, and whenever it looks, the interpreter goes from one thread to another and back:
that took a fifth of the time. Here are stand-ins that give the same with less. With another
release, which may do otherwise, all stays as it is.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session, runtime
from streamlit.runtime.state import safe_session_state

_RELEASE = "1.67."
_WANTED = "_ntk_uq_wanted"
_GATHERED = 0.005
"""Seconds for which what a run wants of the loop is gathered; half of what Streamlit gathers
messages for before it sends them."""

# What the release has; another one may have none of it.
_put_theme: Any = getattr(app_session, "_populate_theme_msg", None)
_call_soon: Any = getattr(app_session.AppSession, "_call_soon_on_event_loop", None)
_flush: Any = getattr(app_session.AppSession, "flush_browser_queue", None)
_request_rerun: Any = getattr(app_session.AppSession, "request_rerun", None)
_tell_of_message: Any = getattr(runtime.Runtime, "_enqueued_some_message", None)
_send: Any = getattr(runtime.Runtime, "_send_message", None)


def use() -> bool:
    """Puts the stand-ins in place; whether this is the release that they are made for."""
    if not streamlit.__version__.startswith(_RELEASE):
        return False
    state: Any = safe_session_state.SafeSessionState
    state.filtered_state = property(AskedState)
    session: Any = app_session.AppSession
    session._call_soon_on_event_loop = call_soon
    session.request_rerun = request_rerun
    session.flush_browser_queue = flushed
    session_module: Any = app_session
    session_module._populate_theme_msg = put_theme
    config.on_config_parsed(_themes.clear, force_connect=True)
    server: Any = runtime.Runtime
    server._enqueued_some_message = tell_of_message
    server._send_message = send
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


def put_theme(theme: Any, section: str = "theme") -> None:
    """Puts the settings of a section into a message; they are read once, and again where files of
    settings have changed.

    Args:
        theme: a ``CustomThemeConfig``, a part of the message.
        section: of the settings.
    """
    made = _themes.get(section)
    if made is None:
        made = CustomThemeConfig()
        _put_theme(made.light, section)
        _themes[section] = made
    if made.HasField("light"):
        theme.SetInParent()  # also where all of it is as it would be without
        theme.MergeFrom(made.light)


_themes: dict[str, Any] = {}


def tell_of_message(server: Any) -> None:
    """Has the server's loop send what a session has for its browser; from within the loop by no
    call of its own.

    Args:
        server: the ``Runtime``.
    """
    objects = server._get_async_objs()
    if asyncio._get_running_loop() is objects.eventloop:
        objects.need_send_data.set()
    else:
        _tell_of_message(server)


def flushed(session: Any) -> list[Any]:
    """What waits for a session's browser, as one thing to be sent; nothing where nothing waits.

    Args:
        session: an ``AppSession``.
    """
    waiting = _flush(session)
    return [Together(tuple(waiting))] if waiting else []


@dataclass(frozen=True)
class Together:
    """Messages that are sent one after the other, without a look round after each."""

    messages: tuple[Any, ...]


def send(server: Any, session: Any, message: Any) -> None:
    """Hands a message, or all of some, to the connection of a session's browser.

    Args:
        server: the ``Runtime``.
        session: an ``ActiveSessionInfo``.
        message: a ``ForwardMsg``, or what :func:`flushed` made of many.
    """
    for one in message.messages if isinstance(message, Together) else (message,):
        _send(server, session, one)


def call_soon(session: Any, callback: Callable[[], None]) -> None:
    """Has the server's loop call what a session's run wants: in its order, and all of a moment at
    once.

    Args:
        session: an ``AppSession``.
        callback: what is to be called.
    """
    wanted: _Wanted = session.__dict__.setdefault(_WANTED, _Wanted())
    wanted.calls.append(callback)
    # Looked at after that: either it is still to come, or comes once more.
    if not wanted.comes:
        wanted.comes = True
        loop = session._event_loop
        _call_soon(session, lambda: loop.call_later(_GATHERED, _call_all, session, wanted))


def request_rerun(session: Any, client_state: Any) -> None:
    """Asks for a run, once all is done that the run before has wanted until now: whatever comes of
    it later is thrown away, be it that it has ended.

    Args:
        session: an ``AppSession``.
        client_state: what the browser has told, or None.
    """
    if asyncio._get_running_loop() is session._event_loop:  # a changed file asks from elsewhere
        _call_all(session, session.__dict__.setdefault(_WANTED, _Wanted()))
    _request_rerun(session, client_state)


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
