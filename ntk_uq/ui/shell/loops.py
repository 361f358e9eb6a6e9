"""Event loops that open no files before they run, and that are woken once for many calls.

Streamlit 1.67 makes an event loop for every session (``AppSession``), for scripts that want one,
and keeps it with the session for two minutes after its browser has gone. Pages here never run it;
but an ordinary loop has three files open from its making on: one that waits, and two ends of a
socket to be woken by.
"""

import asyncio
import selectors
import sys
import threading
from collections.abc import Mapping
from typing import Any


class _Later(selectors.BaseSelector):
    """The system's selector, made when it is first asked for anything."""

    def __init__(self) -> None:
        self._made: selectors.BaseSelector | None = None

    def _selector(self) -> selectors.BaseSelector:
        if self._made is None:
            self._made = selectors.DefaultSelector()
        return self._made

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._selector().register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._selector().unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._selector().modify(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return self._selector().select(timeout)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._selector().get_map()

    def close(self) -> None:
        if self._made is not None:
            self._made.close()


class LateLoop(asyncio.SelectorEventLoop):
    """An event loop that opens its files when it is run, for who never runs it."""

    _ssock: Any
    _csock: Any

    def __init__(self) -> None:
        self._ssock = self._csock = None
        self._ready_to_run = False
        super().__init__(_Later())

    def run_forever(self) -> None:
        """Runs until it is stopped."""
        if not self._ready_to_run and not self.is_closed():
            self._ready_to_run = True
            super()._make_self_pipe()  # type: ignore[misc]
        super().run_forever()

    def _make_self_pipe(self) -> None:
        """In :meth:`run_forever`. Until then nobody is there to be woken."""

    def _close_self_pipe(self) -> None:
        if self._ready_to_run:
            super()._close_self_pipe()  # type: ignore[misc]


class _Policy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return LateLoop()


def use() -> None:
    """Has every new event loop of this process be such a one; the one that runs stays as it is."""
    if sys.platform != "win32":  # whose loops are of another kind
        asyncio.set_event_loop_policy(_Policy())


def wake_once(loop: Any) -> None:
    """Has a loop be woken once for all calls from other threads until it is awake.

    Pages make each part of themselves known to the loop by such a call. An ordinary loop is sent a
    byte for each, and whoever sends one hands the interpreter over to another thread.

    Args:
        loop: of any kind; one that is not woken by a byte stays as it is.
    """
    send, take = getattr(loop, "_write_to_self", None), getattr(loop, "_process_self_data", None)
    if send is None or take is None:
        return
    woken = threading.Event()

    def write_to_self() -> None:
        # The call stands in the loop's list by now. If a byte is on its way still, or was just
        # taken, the loop comes to its list after that.
        if not woken.is_set():
            woken.set()
            send()

    def process_self_data(data: bytes) -> None:
        woken.clear()
        take(data)

    loop._write_to_self, loop._process_self_data = write_to_self, process_self_data
