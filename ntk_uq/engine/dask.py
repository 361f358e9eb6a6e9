"""Chunks on Dask: a cluster of this machine's own, or an existing one by address."""

import contextlib
import json
import logging
import os
import queue
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any

import distributed

from ntk_uq.base.errors import DataError
from ntk_uq.base.version import VERSION
from ntk_uq.engine import dask_worker
from ntk_uq.engine.bundle import names
from ntk_uq.engine.chunks import Chunk, Result
from ntk_uq.engine.dask_link import Change, Link, lane
from ntk_uq.engine.dask_sent import LostError, Sent, blamed_for_another, is_killed, killed
from ntk_uq.engine.dask_worker import READY, STREAMED_BYTES
from ntk_uq.engine.data_server import DataServer
from ntk_uq.engine.runners import Emitted, Ended, Event, Progressed, in_words

log = logging.getLogger(__name__)

_AHEAD = 1  # chunks waiting at the scheduler, so that no worker idles between two
_MOST_DEATHS = 3  # of workers of an existing cluster over one chunk, beside what Dask counts
_AGAIN = "an accelerator failed; trying again on another worker, or on one started anew"
_SENDERS = 2  # threads that send pieces of data
_FORGET_SECONDS = 30.0  # after which a flag is cleared at which nobody looks any more

GRACE_SECONDS = 5.0
"""How long a stopped chunk may go on, in a routine of LAPACK say, before its worker is ended."""


class DaskRunner:
    """Runs chunks as Dask tasks; small results stream back as events while a task runs on.

    With an existing cluster each chunk says which data it needs, and workers that have others, or
    none, get them from here. Chunks wait here while there is no scheduler or no worker; those that
    a scheduler took along when it ended are sent to the next one.

    The embedded cluster has a worker for quick chunks alone, so that these never wait for others.

    A chunk that is told to stop looks at a flag now and then. One that has not ended some seconds
    later is ended with its worker; what else was with that worker is sent again, and nothing counts
    it as a failure of theirs.
    """

    def __init__(self) -> None:
        """Starts the embedded cluster, or connects to ``NTK_UQ_SCHEDULER``.

        A scheduler that does not answer is waited for: :meth:`describe` says so, and each chunk.

        Raises:
            SpecError: if a setting is wrong.
            EngineError: if the embedded cluster does not start.
        """
        self._queue: queue.Queue[Event] = queue.Queue()
        self._sent: dict[str, Sent] = {}
        self._lock = threading.RLock()
        self._closing = False
        self._topic = f"ntk_uq-{os.getpid()}-{os.urandom(4).hex()}"
        self._data = DataServer()
        self._asked: set[str] = set()  # requests for data that are being answered
        self._flags: dict[str, float] = {}  # chunk id -> when it was told to stop
        self._preparing = ThreadPoolExecutor(1)
        self._sending = ThreadPoolExecutor(_SENDERS)
        self._link = Link(self._topic, self._on_event)
        self._link.watch(self._on_change)

    @property
    def _client(self) -> distributed.Client:
        assert self._link.client is not None
        return self._link.client

    def submit(
        self, chunk_id: str, chunk: Chunk, priority: int = 0, *, quick: bool = False
    ) -> None:
        # A card is faster even for these, as long as it has nothing else to do.
        cards_idle = self._link.on_cards and all(sent.brief for sent in self._sent.values())
        self._sent[chunk_id] = Sent(chunk, priority, quick, quick and not cards_idle)
        self._prepare(chunk_id)

    def stop(self, chunk_id: str) -> None:
        sent = self._sent.get(chunk_id)
        if sent is None or sent.stopped is not None:
            return
        sent.stopped = time.monotonic()
        if sent.future is not None:
            # Not only future.cancel(): that reports the end at once while the body, which may begin
            # in this moment, runs on. The task looks at the flag at its beginning and then often.
            self._flags[chunk_id] = sent.stopped
            self._set_flag(chunk_id, True)
        if not sent.worker or not self._link.ready:
            # It runs nowhere, and nobody might ever say that it has ended.
            self._recall(sent)
            self._end(chunk_id)

    def events(self, wait: float) -> list[Event]:
        found: list[Event] = []
        with contextlib.suppress(queue.Empty):
            found.append(self._queue.get(timeout=wait) if wait else self._queue.get_nowait())
            while True:
                found.append(self._queue.get_nowait())
        out = [event for event in found if self._concerns(event)]
        self._end_overdue()
        self._clear_flags()
        return out + self._waiting()

    def slots(self) -> int:
        return max(1, len(self._link.ready)) + _AHEAD

    def quick_slots(self) -> int:
        return 1 + _AHEAD if self._link.has_quick else 0

    def describe(self) -> dict[str, Any]:
        link = self._link
        about = {"runner": link.where, "workers": len(link.ready), "devices": link.devices}
        if link.trouble:
            about["trouble"] = link.trouble
        if link.refused:
            about["refused"] = dict(link.refused)
        return about

    def close(self) -> None:
        self._closing = True
        for chunk_id in list(self._sent):
            with contextlib.suppress(Exception):
                self.stop(chunk_id)
        for pool in (self._preparing, self._sending):
            pool.shutdown(wait=False, cancel_futures=True)
        self._link.close()

    # What comes back

    def _concerns(self, event: Event) -> bool:
        """Whether the engine is to see an event: not of a chunk that is over, nothing twice."""
        sent = self._sent.get(event.chunk_id)
        if sent is None:
            return False
        if isinstance(event, Emitted):
            if event.result.key in sent.keys:
                return False
            sent.keys.add(event.result.key)
        elif isinstance(event, Ended):
            del self._sent[event.chunk_id]
        return True

    def _end_overdue(self) -> None:
        """Ends the workers of chunks that go on although they were told to stop."""
        now = time.monotonic()
        for chunk_id, sent in list(self._sent.items()):
            overdue = sent.stopped is not None and now - sent.stopped > GRACE_SECONDS
            if overdue and not sent.ended and not sent.leaving:
                sent.leaving = True
                # Not here: the engine has other jobs to see to.
                ending = threading.Thread(target=self._end_worker, args=(chunk_id, sent))
                ending.daemon = True
                ending.start()

    def _end_worker(self, chunk_id: str, sent: Sent) -> None:
        worker, others = sent.worker, []
        try:
            if sent.future is None or sent.future.status != "pending" or not worker:
                return
            if not self._link.restarts(worker):
                return  # nobody would start it again; the chunk ends when it looks at its flag
            for name, other in list(self._sent.items()):
                waits = other.future is not None and other.future.status == "pending"
                alike = other is not sent and other.quick == sent.quick
                if alike and waits and other.worker in ("", worker):
                    others.append(name)
                    self._recall(other)
            self._recall(sent)
            log.info("a chunk of kind %s goes on; ending its worker", sent.chunk.kind)
            self._link.restart(worker)
            self._end(chunk_id)
        except Exception as error:  # or its job would never end
            log.error("a worker could not be ended", exc_info=error)
            self._end(chunk_id)
        finally:
            for name in others:
                self._send(name)

    def _clear_flags(self) -> None:
        old = time.monotonic() - _FORGET_SECONDS
        for chunk_id in [c for c, when in self._flags.items() if when < old]:
            if chunk_id not in self._sent:
                del self._flags[chunk_id]
                self._set_flag(chunk_id, False)

    def _waiting(self) -> list[Event]:
        """Tells the chunks' jobs once why nothing is computed, and once that it is over."""
        trouble = self._link.trouble
        out: list[Event] = []
        for chunk_id, sent in self._sent.items():
            if sent.told != trouble and not sent.quick:
                sent.told = trouble
                out.append(Progressed(chunk_id, trouble))
        return out

    def _on_event(self, event: tuple[float, Any]) -> None:
        # In Dask's own thread, which must not wait for anything.
        what, chunk_id, *values = event[1]
        if what == dask_worker.RESULT:
            self._queue.put(Emitted(chunk_id, Result(*values)))
        elif what == dask_worker.PROGRESS:
            self._queue.put(Progressed(chunk_id, *values))
        elif what == dask_worker.WANTED:
            with contextlib.suppress(RuntimeError):  # closing
                self._sending.submit(self._answer, *values)
        elif (sent := self._sent.get(chunk_id)) is None:
            pass
        elif what == dask_worker.LOST:
            (sent.lost,) = values
            self._queue.put(Progressed(chunk_id, _AGAIN))
        else:
            sent.begin(*values)

    def _on_done(self, chunk_id: str, sent: Sent, future: distributed.Future) -> None:
        if sent.future is not future or self._closing:
            return
        # Whatever happens here, the chunk has to end, or its job never would.
        try:
            if future.status not in ("finished", "error"):
                raise LostError
            if blamed_for_another(sent, future):
                sent.blamed += 1
                self._recall(sent)
                self._send(chunk_id)
                return
            error = self._fetch_end(chunk_id, sent, future)
        except (LostError, OSError, TimeoutError, CancelledError):
            if self._link.address is not None:
                self._link.suspect()  # sent again when that has been looked at
                return
            error = "The Dask scheduler has lost a part of this job. Ask for the rest again."
        except Exception as failure:  # noqa: BLE001
            error = in_words(failure, sent.chunk.kind)
        self._end(chunk_id, error)

    def _end(self, chunk_id: str, error: str = "") -> None:
        """Says that a chunk is over."""
        seconds = 0.0
        if (sent := self._sent.get(chunk_id)) is not None:
            sent.ended, seconds = True, sent.leave()
        self._queue.put(Ended(chunk_id, error, seconds))

    def _fetch_end(self, chunk_id: str, sent: Sent, future: distributed.Future) -> str:
        """Takes in what came with the end of a task; returns why it failed or nothing."""
        if future.status == "finished":
            error, results, seconds = future.result()
            sent.leave(seconds)
            for values in results:
                self._queue.put(Emitted(chunk_id, Result(*values)))
            return str(error)
        cause = future.exception()
        return killed(cause, sent) if is_killed(cause) else in_words(cause, sent.chunk.kind)

    # What goes out

    def _prepare(self, chunk_id: str) -> None:
        """Sends a chunk once it is known which data it needs."""
        if self._link.address is None:
            self._sent[chunk_id].bundle = ""  # the cluster's workers share this machine's files
            self._send(chunk_id)
        else:
            # Not here: checksums of gigabytes take a while.
            self._preparing.submit(self._offer, chunk_id)

    def _offer(self, chunk_id: str) -> None:
        sent = self._sent.get(chunk_id)
        if sent is None:
            return
        try:
            bundle = self._data.offer(names(sent.chunk.payload))
            sent.bundle = json.dumps(bundle.to_json()) if bundle else ""
            self._send(chunk_id)
        except Exception as error:  # noqa: BLE001 (a job's failure must not end the engine)
            self._end(chunk_id, in_words(error, sent.chunk.kind))

    def _send(self, chunk_id: str) -> None:
        """Sends a chunk, if it is not with the scheduler already and if somebody can take it."""
        with self._lock:
            sent, client = self._sent.get(chunk_id), self._link.client
            if sent is None or sent.future is not None or sent.bundle is None:
                return
            if sent.stopped is not None or sent.ended:
                return
            if client is None or (self._link.address and not self._link.ready):
                return  # later; a task whose resource nobody has is never looked at again
            resources = {READY + VERSION if self._link.address else lane(sent.quick): 1}
            try:
                future = client.submit(
                    dask_worker.run,
                    sent.chunk.to_json(),
                    sent.bundle,
                    chunk_id,
                    self._topic,
                    key=f"{chunk_id}-{sent.tries}",
                    pure=False,
                    priority=sent.priority,
                    resources=resources,
                )
            except Exception:
                if self._link.address is None:
                    raise
                self._link.suspect()  # closed in this moment; sent again after that
                return
            sent.tries += 1
            sent.future = future
        future.add_done_callback(lambda done: self._on_done(chunk_id, sent, done))

    def _recall(self, sent: Sent) -> None:
        """Takes a chunk back from the scheduler, which may be gone; a body runs on unheard."""
        with self._lock:
            future, sent.future = sent.future, None
            sent.leave()
        if future is not None and future.status == "pending":
            with contextlib.suppress(Exception):
                future.cancel()

    def _on_change(self, change: Change) -> None:
        """The scheduler or its workers are not what they were; in the link's thread."""
        if self._link.address is None:
            return  # the embedded scheduler stays, and its tasks ask for no resource
        for chunk_id, sent in list(self._sent.items()):
            if sent.ended:
                continue
            if change.anew:
                self._recall(sent)
            elif sent.future is not None and sent.future.status == "pending":
                if sent.worker in change.left:
                    sent.deaths += 1
                    sent.leave()
                if change.joined and not sent.worker:
                    # It waits at the scheduler, which does not look at it again for a worker that
                    # is warm only now.
                    self._recall(sent)
            if sent.stopped is not None and (sent.future is None or not self._link.ready):
                self._recall(sent)
                self._end(chunk_id)
            elif sent.deaths >= _MOST_DEATHS:
                error = RuntimeError(f"{sent.deaths} workers were lost")
                self._recall(sent)
                self._end(chunk_id, killed(error, sent))
            elif change.joined and sent.future is None:
                self._prepare(chunk_id)  # and not only sent: the files may have changed since

    def _answer(self, request: str, sha256: str, offset: int, size: int, worker: str) -> None:
        """Sends a piece of a file to the worker that asked for it, or says why not."""
        with self._lock:
            if request in self._asked:
                return  # a worker that is in doubt asks again
            self._asked.add(request)
        try:
            content, error = b"", ""
            try:
                content = self._data.piece(sha256, offset, size)
            except DataError as failure:
                error = str(failure)
            self._client.run(dask_worker.deliver, request, content, error, workers=[worker])
        except Exception as failure:  # noqa: BLE001 (the worker asks again, if it still can)
            log.info("a piece of data did not reach worker %s: %s", worker, failure)
        finally:
            with self._lock:
                self._asked.discard(request)

    def _set_flag(self, chunk_id: str, stop: bool) -> None:
        """Sets or clears the flag at which a task looks."""
        if self._closing:
            self._try_flag(chunk_id, stop)
        else:
            # Not here: a scheduler that has just gone is waited for.
            self._sending.submit(self._try_flag, chunk_id, stop)

    def _try_flag(self, chunk_id: str, stop: bool) -> None:
        try:
            flag = distributed.Event(f"stop-{chunk_id}", client=self._client)
            flag.set() if stop else flag.clear()
        except Exception:  # noqa: BLE001 (gone with its scheduler; so is the task)
            self._link.suspect()


__all__ = ["STREAMED_BYTES", "DaskRunner"]
