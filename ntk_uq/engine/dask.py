"""Chunks on Dask: a cluster of this machine's own, or an existing one by address."""

import contextlib
import logging
import os
import queue
import time
from dataclasses import dataclass
from typing import Any

import dask
import distributed
from distributed.diagnostics.plugin import WorkerPlugin

from ntk_uq import settings
from ntk_uq.engine.chunks import Chunk, Result, Stopped
from ntk_uq.engine.kinds import compute, get
from ntk_uq.engine.runners import Emitted, Ended, Event, Progressed, in_words
from ntk_uq.errors import EngineError, NtkUqError

log = logging.getLogger(__name__)
# Dask tells every connection; a user wants to read what went wrong.
logging.getLogger("distributed").setLevel(logging.WARNING)

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_AHEAD = 1  # chunks waiting at the scheduler, so that no worker idles between two

STREAMED_BYTES = 2**16
"""Results up to this size stream as events. The scheduler keeps the last thousand events of a topic
(``distributed.admin.low-level-log-length``), so larger ones travel with the end of their task."""

_PROGRESS_SECONDS = 0.25
_MOST_TRIES = 4  # of a chunk that waited on workers which other chunks killed


@dataclass
class _Sent:
    """A chunk that is with the scheduler; ``started`` once a worker has begun with it."""

    chunk: Chunk
    priority: int
    tries: int = 0
    started: bool = False
    stopped: bool = False
    future: distributed.Future | None = None


class DaskRunner:
    """Runs chunks as Dask tasks; small results stream back as events while a task runs on."""

    def __init__(self) -> None:
        """Starts the embedded cluster, or connects to ``NTK_UQ_SCHEDULER``.

        Raises:
            EngineError: if the scheduler does not answer.
        """
        self._queue: queue.Queue[Event] = queue.Queue()
        self._sent: dict[str, _Sent] = {}
        self._closing = False
        self._topic = f"ntk_uq-{os.getpid()}-{os.urandom(4).hex()}"
        self._cluster = None
        address = settings.scheduler()
        try:
            if address is None:
                self._cluster = _embedded_cluster()
            self._client = distributed.Client(self._cluster or address, set_as_default=False)
        except NtkUqError:
            raise  # a setting, which says so itself
        except (OSError, TimeoutError, ValueError) as error:
            where = f"the Dask scheduler at {address}" if address else "the embedded cluster"
            raise EngineError(
                f"{where} cannot be reached: {error}. Check {settings.SCHEDULER}."
            ) from None
        self._client.register_plugin(_WarmUp(str(settings.cache_directory())))
        self._client.subscribe_topic(self._topic, self._on_event)

    def submit(self, chunk_id: str, chunk: Chunk, priority: int = 0) -> None:
        self._sent[chunk_id] = _Sent(chunk, priority)
        self._send(chunk_id)

    def stop(self, chunk_id: str) -> None:
        if chunk_id not in self._sent:
            return
        # Not future.cancel(): that reports the end at once while the body runs on. The task
        # looks at the flag before its first result and after each.
        self._sent[chunk_id].stopped = True
        self._flag(chunk_id).set()

    def events(self, wait: float) -> list[Event]:
        out: list[Event] = []
        with contextlib.suppress(queue.Empty):
            out.append(self._queue.get(timeout=wait) if wait else self._queue.get_nowait())
            while True:
                out.append(self._queue.get_nowait())
        for event in out:
            if isinstance(event, Ended) and self._sent.pop(event.chunk_id).stopped:
                self._flag(event.chunk_id).clear()
        return out

    def slots(self) -> int:
        return self._workers() + _AHEAD

    def describe(self) -> dict[str, Any]:
        where = "embedded Dask cluster" if self._cluster else f"Dask at {settings.scheduler()}"
        return {"runner": where, "workers": self._workers()}

    def close(self) -> None:
        self._closing = True
        for chunk_id in list(self._sent):
            with contextlib.suppress(Exception):
                self.stop(chunk_id)
        with contextlib.suppress(Exception):
            self._client.close(timeout=5)
        if self._cluster is not None:
            self._cluster.close(timeout=10)

    def _workers(self) -> int:
        # No "workers" while the scheduler is out of reach.
        return max(1, len(self._client.scheduler_info(n_workers=-1).get("workers", ())))

    def _flag(self, chunk_id: str) -> distributed.Event:
        return distributed.Event(f"stop-{chunk_id}", client=self._client)

    def _send(self, chunk_id: str) -> None:
        sent = self._sent[chunk_id]
        sent.future = self._client.submit(
            _run,
            sent.chunk.to_json(),
            chunk_id,
            self._topic,
            key=f"{chunk_id}-{sent.tries}",
            pure=False,
            priority=sent.priority,
        )
        sent.tries += 1
        sent.future.add_done_callback(lambda done: self._on_done(chunk_id, sent, done))

    def _on_event(self, event: tuple[float, Any]) -> None:
        what, chunk_id, *values = event[1]
        if what == _RESULT:
            self._queue.put(Emitted(chunk_id, Result(*values)))
        elif what == _PROGRESS:
            self._queue.put(Progressed(chunk_id, *values))
        elif chunk_id in self._sent:
            self._sent[chunk_id].started = True

    def _on_done(self, chunk_id: str, sent: _Sent, future: distributed.Future) -> None:
        # Whatever happens here, the chunk has to end, or its job never would.
        try:
            if _blamed_for_another(sent, future) and not self._closing:
                self._send(chunk_id)
                return
            error = self._fetch_end(chunk_id, sent.chunk.kind, future)
        except Exception as failure:  # noqa: BLE001
            error = in_words(failure, sent.chunk.kind)
        self._queue.put(Ended(chunk_id, error))

    def _fetch_end(self, chunk_id: str, kind: str, future: distributed.Future) -> str:
        """Takes in what came with the end of a task; returns why it failed or nothing."""
        if future.status == "finished":
            error, results = future.result()
            for values in results:
                self._queue.put(Emitted(chunk_id, Result(*values)))
            return str(error)
        if future.status == "error":
            cause = future.exception()
            return _killed(cause, kind) if _is_killed(cause) else in_words(cause, kind)
        if self._closing:
            return ""
        return (
            "The Dask scheduler has lost a part of this job, most likely because it was started "
            "again. What was computed is kept; ask for the rest again."
        )


class _WarmUp(WorkerPlugin):
    """Prepares each worker before its first chunk: imports take longer than a small curve."""

    name = "ntk_uq-warm-up"

    def __init__(self, cache: str) -> None:
        self.cache = cache

    def setup(self, worker: distributed.Worker) -> None:  # noqa: ARG002
        from ntk_uq import datasets
        from ntk_uq.specs import DataSpec
        from ntk_uq.theory.kernels import keep_compiled

        keep_compiled(self.cache)
        datasets.get(DataSpec().dataset).load()  # the default view's; brings scikit-learn with it


_STARTED, _RESULT, _PROGRESS = "started", "result", "progress"


def _is_killed(error: BaseException | None) -> bool:
    return isinstance(error, distributed.scheduler.KilledWorker)


def _blamed_for_another(sent: _Sent, future: distributed.Future) -> bool:
    """Whether a chunk only waited on workers that died; Dask suspects it all the same."""
    if sent.started or sent.tries >= _MOST_TRIES or future.status != "error":
        return False
    return _is_killed(future.exception())


def _run(chunk_text: str, chunk_id: str, topic: str) -> tuple[str, list[tuple[str, bytes, int]]]:
    """The body of a task: streams small results; returns why it failed, and the large ones."""
    chunk = Chunk.from_json(chunk_text)
    worker = distributed.get_worker()
    stop = distributed.Event(f"stop-{chunk_id}", client=distributed.get_client())
    told = 0.0

    def progress(message: str, done: int | None = None, total: int | None = None) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told < _PROGRESS_SECONDS:
            return
        told = now
        if _is_set(stop):
            raise Stopped
        worker.log_event(topic, [_PROGRESS, chunk_id, message, done, total])

    large: list[tuple[str, bytes, int]] = []
    worker.log_event(topic, [_STARTED, chunk_id])
    try:
        if _is_set(stop):
            return "", large
        for result in compute(chunk, progress):
            values = (result.key, result.value, result.units)
            if len(result.value) > STREAMED_BYTES:
                large.append(values)
            else:
                worker.log_event(topic, [_RESULT, chunk_id, *values])
            if _is_set(stop):
                break
    except Stopped:
        pass
    except Exception as error:  # noqa: BLE001 (a failure is a value; Dask would only log it)
        return in_words(error, chunk.kind), large
    return "", large


def _is_set(flag: distributed.Event) -> bool:
    """Whether a flag is set.

    Raises:
        EngineError: if nobody can be asked, as when the engine ends while a task runs.
    """
    try:
        return bool(flag.is_set())
    except Exception as error:  # noqa: BLE001 (an AttributeError where the scheduler is gone)
        raise EngineError(f"The worker has lost its Dask scheduler ({error}).") from None


def _killed(error: BaseException, kind: str) -> str:
    return (
        "The worker was killed each time it tried, most likely for lack of memory. Choose a "
        f"smaller {get(kind).smaller}, or lower {settings.MEMORY} so that such requests are "
        f"refused. ({error})"
    )


def _embedded_cluster() -> distributed.LocalCluster:
    workers = settings.workers()
    threads = max(1, (os.cpu_count() or 1) // workers)
    dask.config.set(
        {
            # Dask's default is one BLAS thread a worker; here a worker has its share of the cores.
            "distributed.nanny.pre-spawn-environ": {
                "MALLOC_TRIM_THRESHOLD_": 65536,
                **dict.fromkeys(_THREAD_VARIABLES, threads),
                **settings.BLAS_ENVIRONMENT,
            },
            # Arrays of a chunk cannot be spilled; a worker either has the memory or is replaced.
            "distributed.worker.memory.target": False,
            "distributed.worker.memory.spill": False,
            "distributed.worker.memory.pause": False,
            "distributed.scheduler.allowed-failures": 1,
        }
    )
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        # The estimate decides what is started; this limit catches only what it missed.
        memory_limit=int(1.25 * settings.memory_limit()),
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        scheduler_kwargs={"dashboard": False},
        local_directory=str(settings.cache_directory() / "dask"),
        silence_logs=logging.ERROR,
    )
