"""Chunks in threads of the engine's own process: for what waits and does not compute."""

import contextlib
import queue
import threading
import time
from typing import Any

from ntk_uq.engine.chunks import Chunk, Stopped
from ntk_uq.engine.kinds import compute
from ntk_uq.engine.runners import Emitted, Ended, Event, Progressed, in_words

SLOTS = 4
"""Chunks at once; more downloads would only share the line."""

GRACE_SECONDS = 1.0
"""How long a stopped chunk may take to end before it is given up."""

_CLOSE_SECONDS = 3.0


class Here:
    """Runs each chunk in a thread of its own, beside the engine's main runner.

    A thread cannot be killed. One that is stopped ends at its next progress report; where that
    takes longer than :data:`GRACE_SECONDS` (a mirror that says nothing), the chunk counts as
    ended, and whatever its thread still says is dropped.
    """

    def __init__(self) -> None:
        self._queue: queue.Queue[Event] = queue.Queue()
        self._stops: dict[str, threading.Event] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._given_up: dict[str, float] = {}  # chunk id -> when

    def submit(
        self,
        chunk_id: str,
        chunk: Chunk,
        priority: int = 0,  # noqa: ARG002 (all run at once)
        *,
        quick: bool = False,  # noqa: ARG002 (never)
    ) -> None:
        stop = self._stops[chunk_id] = threading.Event()
        # A daemon: the engine must be able to end while a mirror is silent.
        thread = threading.Thread(target=self._run, args=(chunk_id, chunk, stop), daemon=True)
        self._threads[chunk_id] = thread
        thread.start()

    def stop(self, chunk_id: str) -> None:
        if chunk_id in self._stops:
            self._stops[chunk_id].set()
            self._given_up.setdefault(chunk_id, time.monotonic() + GRACE_SECONDS)

    def events(self, wait: float) -> list[Event]:
        waiting: list[Event] = []
        with contextlib.suppress(queue.Empty):
            waiting.append(self._queue.get(timeout=wait) if wait else self._queue.get_nowait())
            while True:
                waiting.append(self._queue.get_nowait())
        now = time.monotonic()
        waiting += [Ended(chunk_id) for chunk_id, when in self._given_up.items() if now > when]
        out = []
        for event in waiting:
            if event.chunk_id in self._stops:
                out.append(event)
                if isinstance(event, Ended):
                    self._forget(event.chunk_id)
        return out

    def slots(self) -> int:
        return SLOTS

    def quick_slots(self) -> int:
        return 0

    def describe(self) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        for stop in self._stops.values():
            stop.set()
        end = time.monotonic() + _CLOSE_SECONDS
        for thread in self._threads.values():
            thread.join(max(0.0, end - time.monotonic()))

    def _forget(self, chunk_id: str) -> None:
        del self._stops[chunk_id], self._threads[chunk_id]
        self._given_up.pop(chunk_id, None)

    def _run(self, chunk_id: str, chunk: Chunk, stop: threading.Event) -> None:
        def progress(message: str, done: int | None = None, total: int | None = None) -> None:
            if stop.is_set():
                raise Stopped
            self._queue.put(Progressed(chunk_id, message, done, total))

        error = ""
        try:
            for result in compute(chunk, progress):
                self._queue.put(Emitted(chunk_id, result))
                if stop.is_set():
                    break
        except Stopped:
            pass
        except Exception as failure:  # noqa: BLE001 (a job's failure must not end the engine)
            error = in_words(failure, chunk.kind)
        self._queue.put(Ended(chunk_id, error))
