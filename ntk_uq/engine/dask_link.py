"""The connection to a Dask scheduler, which may come late, go, and come back."""

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import dask
import distributed
import psutil
from distributed.security import Security

from ntk_uq.base import cards, process, settings
from ntk_uq.base.errors import EngineError, NtkUqError
from ntk_uq.base.version import VERSION
from ntk_uq.engine.dask_worker import QUICK, READY, STATE, USUAL, WarmUp, version

log = logging.getLogger(__name__)
# Dask tells every connection; a user wants to read what went wrong.
logging.getLogger("distributed").setLevel(logging.WARNING)
# Its client logs a traceback when it is closed while it tries to reconnect, which is our doing.
logging.getLogger("distributed.client").addFilter(
    lambda record: not (record.exc_info and record.exc_info[0] is asyncio.CancelledError)
)

RETRY_SECONDS = 3.0
_LOOK_SECONDS = 0.5
_CONNECT_SECONDS = 5.0
_ANSWER_SECONDS = 30.0
_GONE_SECONDS = 0.02
_MOST_NAMED = 3
_OF_OURS = (FileNotFoundError, PermissionError)  # a certificate
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Change:
    """What is different from the last look.

    Attributes:
        anew: whether there is another client than before, or none: what was with it is lost.
        joined: addresses of ready workers that were not there before.
        left: addresses of workers that were ready and are not any more.
    """

    anew: bool = False
    joined: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()


class Link:
    """A Dask client while there is a scheduler, and which workers can be used.

    A thread looks every half second. Where the scheduler of an address is gone or is another one,
    it makes a new client: subscriptions, plugins and tasks belong to a scheduler and go with it.

    Attributes:
        client: the client, or None while the scheduler does not answer.
        ready: addresses of the workers that can take chunks, without the one for quick chunks.
        on_cards: whether this machine's workers compute on cards.
        has_quick: whether there is one for quick chunks: in the embedded cluster.
        trouble: why nothing can be computed now, in words; empty if something can.
        refused: workers that cannot take chunks, and why.
        devices: what the ready workers compute on, as :func:`ntk_uq.engine.device.state` tells it.
    """

    def __init__(self, topic: str, on_event: Callable[[Any], None]) -> None:
        """Starts the embedded cluster, or connects to ``NTK_UQ_SCHEDULER`` if it is there.

        Raises:
            SpecError: if the setting is no address.
            EngineError: if the embedded cluster does not start.
        """
        self.client: distributed.Client | None = None
        self.has_quick, self.on_cards = False, bool(cards.used())
        self.ready: frozenset[str] = frozenset()
        self.trouble = ""
        self.refused: dict[str, str] = {}
        self.devices: list[dict[str, Any]] = []
        self.address = settings.scheduler()
        self._topic, self._on_event = topic, on_event
        self._cluster = None
        self._scheduler_id = ""
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._lost = False
        self._next_try = 0.0
        self._thread: threading.Thread | None = None
        try:
            if self.address is None:
                self._cluster, self.has_quick = embedded_cluster(), True
            self._connect()
        except NtkUqError:
            raise  # a setting, which says so itself
        except Exception as error:  # noqa: BLE001 (whatever it is, it is told)
            if self.address is None:
                raise EngineError(f"The embedded cluster does not start: {error}.") from None
            self._out_of_reach(error)  # it may be started later than its engine

    @property
    def where(self) -> str:
        """What it is connected to, in words."""
        return f"Dask at {self.address}" if self.address else "embedded Dask cluster"

    def watch(self, changed: Callable[[Change], None]) -> None:
        """Starts to look; ``changed`` is called in the thread that does."""
        self._thread = threading.Thread(target=self._watch, args=(changed,), daemon=True)
        self._thread.start()

    def suspect(self) -> None:
        """Has the connection looked at now; somebody found it broken."""
        self._lost = True
        self._wake.set()

    def restarts(self, worker: str) -> bool:
        """Whether a worker that is ended is started again."""
        if self._cluster is not None:
            return True
        if self.client is None:
            return False
        return bool(_identity(self.client)["workers"].get(worker, {}).get("nanny"))

    def restart(self, worker: str) -> None:
        """Ends a worker, whatever it does; its nanny starts it again. Returns once the scheduler
        knows that it has gone."""
        cluster = self._cluster
        if cluster is None:
            assert self.client is not None
            self.client.restart_workers([worker], timeout=_ANSWER_SECONDS, raise_for_error=False)
            return
        nannies = (nanny for nanny in cluster.workers.values() if nanny.worker_address == worker)
        nanny = next(nannies, None)
        if nanny is not None and nanny.pid is not None:
            # Not asked to close: it would wait for its thread, which is in a routine of LAPACK.
            psutil.Process(nanny.pid).kill()
        end = time.monotonic() + _CONNECT_SECONDS
        scheduler: Any = cluster.scheduler
        while worker in scheduler.workers and time.monotonic() < end:
            time.sleep(_GONE_SECONDS)

    def close(self) -> None:
        """Ends the connection, and the cluster if it is the embedded one."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(_CONNECT_SECONDS)
        if self.client is not None:
            with contextlib.suppress(Exception):
                self.client.close(timeout=5)
        if self._cluster is not None:
            self._cluster.close(timeout=10)

    def _watch(self, changed: Callable[[Change], None]) -> None:
        while not self._closing.is_set():
            try:
                change = self._look()
                if change != Change() and not self._closing.is_set():
                    changed(change)
            except Exception as error:  # or nobody would look any more
                log.error("looking after the Dask scheduler failed", exc_info=error)
            self._wake.wait(_LOOK_SECONDS)
            self._wake.clear()

    def _look(self) -> Change:
        """One look; what changed since the last one."""
        before = self.ready
        if self.client is None:
            if time.monotonic() < self._next_try:
                return Change()
            try:
                self._connect()
            except Exception as error:  # noqa: BLE001 (one that ends just now gives any)
                self._out_of_reach(error)
                return Change()
            log.info("connected to the Dask scheduler at %s", self.address)
            return Change(anew=True, joined=self.ready)
        if not self._count():
            self._drop()
            self._out_of_reach(None)
            self._next_try = 0.0
            return Change(anew=True)
        return Change(joined=self.ready - before, left=before - self.ready)

    def _connect(self) -> None:
        client = distributed.Client(
            self._cluster or self.address, timeout=_CONNECT_SECONDS, set_as_default=False
        )
        try:
            client.subscribe_topic(self._topic, self._on_event)
            if self._cluster is not None:
                client.register_plugin(WarmUp())
            else:
                client.run_on_scheduler(version)
                # Waits for the slowest worker, and one that lacks the package is an error.
                threading.Thread(target=self._warm, args=(client,), daemon=True).start()
            self._lost = False
            self._scheduler_id = _identity(client)["id"]
        except BaseException:
            with contextlib.suppress(Exception):
                client.close(timeout=2)
            raise
        self.client = client
        self._count()

    def _warm(self, client: distributed.Client) -> None:
        try:
            client.register_plugin(WarmUp())
        except Exception as error:  # noqa: BLE001 (whatever a worker lacks; others are fine)
            if client is self.client and not self._lost and not self._closing.is_set():
                log.warning(
                    "a worker of %s cannot be used, most likely since its Python lacks ntk_uq or "
                    "what it needs: %s: %s",
                    self.address,
                    type(error).__name__,
                    error,
                )

    def _count(self) -> bool:
        """Looks at the workers; False if the connection is broken, or to another scheduler."""
        client, embedded = self.client, self._cluster is not None
        if client is None or (self._lost and not embedded):
            return False
        try:
            info = _identity(client)
        except Exception:  # noqa: BLE001 (many kinds, by what was under way when it broke)
            # The embedded scheduler lives in this process and is only busy.
            return embedded
        if info["id"] != self._scheduler_id:
            return False
        workers: Mapping[str, Any] = info["workers"]
        refused = {} if embedded else {a: why for a, w in workers.items() if (why := _unfit(w))}
        for address in refused.keys() - self.refused.keys():
            log.info("worker %s of %s %s", address, self.address, refused[address])
        quick = {a for a, w in workers.items() if embedded and lane(True) in w["resources"]}
        self.ready, self.refused = frozenset(workers) - refused.keys() - quick, refused
        told = (workers[a].get("metrics", {}).get(STATE) for a in sorted(self.ready))
        self.devices = [state for state in told if state]
        self.trouble = "" if self.ready else self._waiting()
        return True

    def _waiting(self) -> str:
        if self.address is None:
            return "waiting for a worker to start"
        named = [f"{a} {why}" for a, why in list(self.refused.items())[:_MOST_NAMED]]
        return "; ".join([f"waiting for a worker at {self.address}", *named])

    def _drop(self) -> None:
        client, self.client, self.ready, self.devices = self.client, None, frozenset(), []
        if client is not None:
            with contextlib.suppress(Exception):
                client.close(timeout=2)

    def _out_of_reach(self, error: Exception | None) -> None:
        """Notes why there is no connection, and when to try again."""
        what = "does not answer"
        if isinstance(error, _OF_OURS) or not isinstance(error, OSError | TimeoutError | None):
            what = f"cannot be used ({type(error).__name__}: {error})"
        if isinstance(error, ImportError):
            what = f"cannot import ntk_uq ({error}); start it in the environment of its workers"
        trouble = f"the Dask scheduler at {self.address} {what}; trying again every few seconds"
        if trouble != self.trouble:
            log.warning("%s", trouble, exc_info=error if log.isEnabledFor(logging.DEBUG) else None)
        self.trouble, self.refused = trouble, {}
        self._next_try = time.monotonic() + RETRY_SECONDS


def _identity(client: distributed.Client) -> Mapping[str, Any]:
    assert client.scheduler is not None
    return client.sync(client.scheduler.identity, n_workers=-1, callback_timeout=_ANSWER_SECONDS)


def _unfit(worker: Mapping[str, Any]) -> str:
    """Why a worker of an existing cluster cannot take chunks; empty if it can."""
    versions = [name.removeprefix(READY) for name in worker["resources"] if name.startswith(READY)]
    if VERSION in versions:
        return ""
    if versions:
        return f"has ntk_uq {', '.join(versions)}, this engine {VERSION}"
    return "is not ready: it is starting, or its Python lacks ntk_uq or what it needs"


def lane(quick: bool) -> str:
    """What a worker of the embedded cluster has one of, and a task asks for: the resource of those
    for quick chunks, or of all others."""
    return QUICK if quick else USUAL


def embedded_cluster() -> distributed.SpecCluster:
    """A cluster of this machine's own, which ends with this process.

    Raises:
        SpecError: if a setting is wrong.
    """
    workers = settings.workers()
    threads = max(1, (os.cpu_count() or 1) // workers)
    dask.config.set(
        {
            # Dask's default is one BLAS thread a worker; here a worker has its share of the cores.
            "distributed.nanny.pre-spawn-environ": {
                **dict.fromkeys(_THREAD_VARIABLES, threads),
                **process.BLAS_ENVIRONMENT,
            },
            # Arrays of a chunk cannot be spilled; a worker either has the memory or is replaced.
            "distributed.worker.memory.target": False,
            "distributed.worker.memory.spill": False,
            "distributed.worker.memory.pause": False,
            "distributed.scheduler.allowed-failures": 1,
            # What scheduler and workers tell of themselves in browsers is nobody's on this machine.
            "distributed.scheduler.http.routes": [],
            "distributed.worker.http.routes": [],
        }
    )
    here = "127.0.0.1"
    # Another account of this machine reaches these ports, too, and could run code here: what keeps
    # it out are certificates that this process makes, and hands to its own workers alone.
    safe: dict[str, Any] = {"protocol": "tls", "security": Security.temporary()}
    options = {
        "host": here,
        **safe,
        "nthreads": 1,
        # The estimate decides what is started; this limit catches only what it missed.
        "memory_limit": int(1.25 * settings.memory_limit()),
        "local_directory": str(settings.cache_directory() / "dask"),
        "silence_logs": logging.ERROR,
    }
    usual = {
        place: {**options, "env": share, "resources": {lane(False): 1}}
        # One by one, since each has a card of its own where there are any.
        for place, share in enumerate(cards.shares(workers))
    }
    # On a processor, also where there are cards: what takes a moment there needs none of a card's
    # memory, which is shared out already.
    few = {"JAX_PLATFORMS": "cpu", settings.KERNEL_CACHE: str(settings.kernel_cache() // 4)}
    quick = {"quick": {**options, "env": few, "resources": {lane(True): 1}}}
    return distributed.SpecCluster(
        scheduler={
            "cls": distributed.Scheduler,
            "options": {
                "host": here,
                "dashboard": False,
                "dashboard_address": f"{here}:0",
                **safe,
            },
        },
        workers={
            place: {"cls": distributed.Nanny, "options": told}
            for place, told in (usual | quick).items()
        },
        security=safe["security"],
        silence_logs=logging.ERROR,
    )
