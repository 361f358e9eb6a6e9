"""Chunks on Dask: a cluster of this machine's own, or an existing one by address."""

import contextlib
import json
import logging
import os
import queue
from typing import Any

import dask
import distributed
from distributed.diagnostics.plugin import WorkerPlugin

from ntk_uq import settings
from ntk_uq.engine.chunks import Chunk, compute
from ntk_uq.engine.runners import Emitted, Ended, Event, in_words
from ntk_uq.errors import EngineError, NtkUqError

log = logging.getLogger(__name__)
# Dask tells every connection; a user wants to read what went wrong.
logging.getLogger("distributed").setLevel(logging.WARNING)

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_AHEAD = 1  # chunks waiting at the scheduler, so that no worker idles between two


class DaskRunner:
    """Runs chunks as Dask tasks; results stream back as events while a task runs on."""

    def __init__(self) -> None:
        """Starts the embedded cluster, or connects to ``NTK_UQ_SCHEDULER``.

        Raises:
            EngineError: if the scheduler does not answer.
        """
        self._queue: queue.Queue[Event] = queue.Queue()
        self._futures: dict[str, distributed.Future] = {}
        self._stopped: set[str] = set()
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

    def submit(self, chunk_id: str, chunk: Chunk) -> None:
        future = self._client.submit(
            _run, chunk.to_json(), chunk_id, self._topic, key=chunk_id, pure=False
        )
        self._futures[chunk_id] = future
        future.add_done_callback(lambda done: self._on_done(chunk_id, done))

    def stop(self, chunk_id: str) -> None:
        if chunk_id not in self._futures:
            return
        # Not future.cancel(): that reports the end at once while the body runs on. The task
        # looks at the flag before its first result and after each.
        self._stopped.add(chunk_id)
        self._flag(chunk_id).set()

    def events(self, wait: float) -> list[Event]:
        out: list[Event] = []
        with contextlib.suppress(queue.Empty):
            out.append(self._queue.get(timeout=wait))
            while True:
                out.append(self._queue.get_nowait())
        for event in out:
            if isinstance(event, Ended):
                del self._futures[event.chunk_id]
                if event.chunk_id in self._stopped:
                    self._stopped.discard(event.chunk_id)
                    self._flag(event.chunk_id).clear()
        return out

    def slots(self) -> int:
        return self._workers() + _AHEAD

    def describe(self) -> dict[str, Any]:
        where = "embedded Dask cluster" if self._cluster else f"Dask at {settings.scheduler()}"
        return {"runner": where, "workers": self._workers()}

    def close(self) -> None:
        for chunk_id in list(self._futures):
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

    def _on_event(self, event: tuple[float, str]) -> None:
        chunk_id, key, record = json.loads(event[1])
        self._queue.put(Emitted(chunk_id, key, record))

    def _on_done(self, chunk_id: str, future: distributed.Future) -> None:
        error = ""
        if future.status == "error":
            cause = future.exception()
            killed = isinstance(cause, distributed.scheduler.KilledWorker)
            error = _killed(cause) if killed else in_words(cause)
        elif future.status == "finished":
            error = future.result()
        self._queue.put(Ended(chunk_id, error))


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


def _run(chunk_text: str, chunk_id: str, topic: str) -> str:
    """The body of a task: streams results, returns why it failed or an empty string."""
    worker = distributed.get_worker()
    stop = distributed.Event(f"stop-{chunk_id}", client=distributed.get_client())
    try:
        if stop.is_set():
            return ""
        for key, record in compute(Chunk.from_json(chunk_text)):
            worker.log_event(topic, json.dumps([chunk_id, key, record], allow_nan=False))
            if stop.is_set():
                break
    except Exception as error:  # noqa: BLE001 (a failure is a value; Dask would only log it)
        return in_words(error)
    return ""


def _killed(error: BaseException) -> str:
    return (
        "The worker was killed each time it tried, most likely for lack of memory. Choose a "
        f"smaller n_train or n_test, or lower {settings.MEMORY} so that such requests are "
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
