"""Whose page is drawn next, where many are to be drawn at one moment.

The interpreter does one thing at a time. Where it goes about from page to page, all of fifty are
there at the end, and later for the going about; where it takes one after the other, half of them
are there at half of that time.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class PageTurns:
    """Turns for runs of pages: who comes first begins first.

    A run that takes long holds nobody back for longer than a moment: it then goes on beside others,
    and no longer counts.
    """

    def __init__(self, at_once: int = 1, moment: float = 0.2) -> None:
        """Nobody's turn yet.

        Args:
            at_once: how many runs there are that have just begun.
            moment: seconds for which a run counts as one that has just begun.
        """
        self._at_once, self._moment = at_once, moment
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._begun: dict[threading.Event, float] = {}

    @contextmanager
    def one(self) -> Iterator[None]:
        """Waits until it is this run's turn, and hands it on after the block."""
        mine = threading.Event()
        with self._lock:
            self._waiting.append(mine)
            self._let_in()
        # Nobody tells that a moment is over: whoever waits looks.
        while not mine.wait(self._moment):
            with self._lock:
                self._let_in()
        try:
            yield
        finally:
            with self._lock:
                self._begun.pop(mine, None)
                self._let_in()

    def _let_in(self) -> None:
        now = time.monotonic()
        for one in [one for one, begun in self._begun.items() if now - begun > self._moment]:
            del self._begun[one]
        while self._waiting and len(self._begun) < self._at_once:
            first = self._waiting.popleft()
            self._begun[first] = now
            first.set()
