"""What runs on a Dask worker: warming up, the body of a task, asking the engine for data.

Everything small goes to the engine as an event of its topic; its answers come as calls of
:func:`deliver`. So a worker needs a connection to its scheduler and none to the engine.
"""

import functools
import json
import logging
import math
import queue
import threading
import time
import uuid
from collections.abc import Callable

import distributed
from distributed.diagnostics.plugin import WorkerPlugin

from ntk_uq.base import process, settings
from ntk_uq.base.errors import DataError, DeviceLostError, EngineError
from ntk_uq.base.stopping import looking
from ntk_uq.base.version import VERSION
from ntk_uq.engine import device
from ntk_uq.engine.bundle import Bundle
from ntk_uq.engine.chunks import Chunk, Stopped
from ntk_uq.engine.data_cache import place
from ntk_uq.engine.kinds import compute
from ntk_uq.engine.runners import in_words

log = logging.getLogger(__name__)

STARTED, RESULT, PROGRESS, WANTED, LOST = "started", "result", "progress", "wanted", "lost"
"""First entries of events; the second is the chunk's id."""

STREAMED_BYTES = 2**16
"""Results up to this size stream as events. The scheduler keeps the last thousand events of a topic
(``distributed.admin.low-level-log-length``), so larger ones travel with the end of their task."""

READY = "ntk_uq-"
"""With the version behind it, the name of a Dask resource that a worker has once it is warm. Tasks
ask for it, so that no worker gets any that cannot import the package, or has another version."""

USUAL, QUICK = "usual", "quick"
"""Resources of the embedded cluster's workers: those for all chunks but quick ones, and the one for
these."""

NICE = 5
"""How far the former step back where cores are short: pages and quick chunks take a moment, and
shall not wait for what takes hours. (On a machine that does nothing else, it costs nothing.)"""

STATE = "ntk_uq"
"""What a worker says of its device with every heartbeat, among Dask's own metrics."""

_PROGRESS_SECONDS = 0.25
_ASK_AGAIN_SECONDS = 30.0
_IDLE_SECONDS = 1.0
_SILENT_SECONDS = 300.0
_LEAVE_SECONDS = 60.0

_boxes: dict[str, queue.SimpleQueue[tuple[bytes, str]]] = {}  # request -> where its answer goes

Values = tuple[str, bytes, int]
"""Key, value and units of a result."""


class WarmUp(WorkerPlugin):
    """Prepares each worker before its first chunk: imports take longer than a small curve."""

    name = "ntk_uq-warm-up"

    async def setup(self, worker: distributed.Worker) -> None:
        from ntk_uq import datasets
        from ntk_uq.specs import DataSpec
        from ntk_uq.theory.kernels import keep_compiled

        process.reuse_memory()
        worker.metrics[STATE] = lambda worker: device.state(busy=bool(worker.state.executing_count))
        keep_compiled(str(settings.cache_directory()))
        datasets.get(DataSpec().dataset).load()  # the default view's; brings scikit-learn with it
        if USUAL in worker.state.total_resources:
            process.step_back(NICE)
        ready = READY + VERSION
        # Saying it twice, as for two engines, would make the scheduler forget what is in use.
        if ready not in worker.state.total_resources:
            await worker.set_resources(**{ready: worker.state.nthreads})
        self._closing = threading.Event()
        threading.Thread(target=self._ahead, args=(worker,), daemon=True).start()

    async def teardown(self, worker: distributed.Worker) -> None:  # noqa: ARG002
        self._closing.set()

    def _ahead(self, worker: distributed.Worker) -> None:
        """On an accelerator, compiles what somebody is likely to ask for while nobody does."""
        from ntk_uq import datasets
        from ntk_uq.specs import DataSpec
        from ntk_uq.theory.card.ahead import compile_ahead
        from ntk_uq.theory.device import accelerator_memory

        def idle() -> bool:
            while worker.state.executing_count and not self._closing.is_set():
                self._closing.wait(_IDLE_SECONDS)
            return not self._closing.wait(_IDLE_SECONDS)

        memory = accelerator_memory()
        if memory is None:
            return
        try:
            for words in compile_ahead(datasets.get(DataSpec().dataset), memory, idle):
                log.info("compiled ahead: %s", words)
        except Exception as error:  # noqa: BLE001 (nobody has asked for it)
            log.warning("nothing more is compiled ahead: %s", error)


def _seldom() -> Callable[[], bool]:
    """What says whether it is time again: once in so many seconds, from the first call on."""
    last = -math.inf

    def due() -> bool:
        nonlocal last
        now = time.monotonic()
        if now - last < _PROGRESS_SECONDS:
            return False
        last = now
        return True

    return due


def run(
    chunk_text: str, bundle_text: str, chunk_id: str, topic: str
) -> tuple[str, list[Values], float]:
    """The body of a task: streams small results; returns why it failed, the large ones, and how
    long it took in seconds.

    Args:
        chunk_text: the chunk as JSON.
        bundle_text: the data that it needs as JSON; empty for what is in the data directory.
        chunk_id: what its events and its stop flag are known by.
        topic: where the engine listens.
    """
    began = time.monotonic()
    error, large = _run(chunk_text, bundle_text, chunk_id, topic)
    return error, large, time.monotonic() - began


def _run(chunk_text: str, bundle_text: str, chunk_id: str, topic: str) -> tuple[str, list[Values]]:
    chunk = Chunk.from_json(chunk_text)
    worker = distributed.get_worker()
    stop = distributed.Event(f"stop-{chunk_id}", client=distributed.get_client())
    to_look, to_tell = _seldom(), _seldom()

    def tell(*values: object) -> None:
        worker.log_event(topic, [*values])

    def look() -> None:
        if to_look() and _is_set(stop):
            raise Stopped

    def progress(message: str, done: int | None = None, total: int | None = None) -> None:
        if not to_tell():
            return
        if _is_set(stop):
            raise Stopped
        tell(PROGRESS, chunk_id, message, done, total)

    large: list[Values] = []
    given_up = False
    tell(STARTED, chunk_id, worker.address)
    try:
        if _is_set(stop):
            return "", large
        folder = None
        if bundle_text:
            bundle = Bundle.from_json(json.loads(bundle_text))

            def want(*wanted: object) -> None:
                tell(WANTED, chunk_id, *wanted, worker.address)

            def ask(sha256: str, offset: int, size: int) -> bytes:
                return _ask(want, (sha256, offset, size), lambda: _is_set(stop))

            folder = place(bundle, ask, progress)
            tell(PROGRESS, chunk_id, "", None, None)
        with settings.data_from(folder), looking(look):
            for result in compute(chunk, progress):
                values = (result.key, result.value, result.units)
                if len(result.value) > STREAMED_BYTES:
                    large.append(values)
                else:
                    tell(RESULT, chunk_id, *values)
                if _is_set(stop):
                    break
    except Stopped:
        given_up = True
    except DeviceLostError as error:
        tell(LOST, chunk_id, str(error))
        _leave(worker)
        return str(error), large
    except Exception as error:  # noqa: BLE001 (a failure is a value; Dask would only log it)
        return in_words(error, chunk.kind), large
    if given_up:
        process.give_back_memory()  # of half a factorization, which nobody comes back to
    return "", large


def _leave(worker: distributed.Worker) -> None:
    """Ends the worker as if it had died with its device, which no process can use that has seen it
    fail. Its nanny, if it has one, starts it anew; its chunk goes to whoever is there first.

    Does not return unless it fails to end.
    """
    log.warning("the accelerator failed; this worker ends")
    leave = functools.partial(worker.close, nanny=False, executor_wait=False, reason="device lost")
    worker.loop.add_callback(leave)
    time.sleep(_LEAVE_SECONDS)  # a daemon, which ends with its process


def version() -> str:
    """The version of the program where this is called: on a scheduler, which unpacks tasks."""
    return VERSION


def deliver(request: str, content: bytes, error: str) -> None:
    """Brings the engine's answer to a request; the engine has this called on the worker.

    Args:
        request: its number; one that nobody waits for any more is dropped.
        content: the bytes asked for.
        error: why there are none, or empty.
    """
    box = _boxes.get(request)
    if box is not None:
        box.put((content, error))


def _ask(
    tell: Callable[..., None], wanted: tuple[str, int, int], stopped: Callable[[], bool]
) -> bytes:
    """Asks the engine for a piece of a file and waits for it.

    Raises:
        Stopped: if the chunk is to end.
        DataError: if there is no answer for minutes, or the answer is that it cannot be had.
    """
    request = uuid.uuid4().hex
    box = _boxes[request] = queue.SimpleQueue()
    asked, waited = -_ASK_AGAIN_SECONDS, 0.0
    start = time.monotonic()
    try:
        while waited < _SILENT_SECONDS:
            if waited - asked >= _ASK_AGAIN_SECONDS:
                asked = waited
                tell(request, *wanted)
            try:
                content, error = box.get(timeout=1.0)
            except queue.Empty:
                if stopped():
                    raise Stopped from None
                waited = time.monotonic() - start
                continue
            if error:
                raise DataError(error)
            return content
    finally:
        del _boxes[request]
    raise DataError(
        f"The engine sent no data to a worker for {_SILENT_SECONDS:.0f} seconds; ask again."
    )


def _is_set(flag: distributed.Event) -> bool:
    """Whether a flag is set.

    Raises:
        EngineError: if nobody can be asked, as when the engine ends while a task runs.
    """
    try:
        return bool(flag.is_set())
    except Exception as error:  # noqa: BLE001 (an AttributeError where the scheduler is gone)
        raise EngineError(f"The worker has lost its Dask scheduler ({error}).") from None
