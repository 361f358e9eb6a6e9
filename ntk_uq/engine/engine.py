"""The engine's loop: claim jobs, hand their chunks to a runner, keep what comes back."""

import logging
import os
import socket
import threading
import uuid
from collections import deque
from dataclasses import dataclass, field

from ntk_uq import settings
from ntk_uq.engine.chunks import Chunk, plan
from ntk_uq.engine.runners import Emitted, Ended, Event, Runner
from ntk_uq.errors import NtkUqError, StoreError
from ntk_uq.fields import parse_json
from ntk_uq.store import Job, JobState, Store
from ntk_uq.version import VERSION

log = logging.getLogger(__name__)

BEAT_SECONDS = 3.0
_POLL_SECONDS = 0.05
_STORE_PAUSE_SECONDS = 2.0


@dataclass
class _Run:
    """A job that this engine has: what is still to be handed out, and what is out."""

    job: Job
    pending: deque[Chunk]
    done: int
    total: int
    out: set[str] = field(default_factory=set)
    handed: int = 0
    error: str = ""
    cancelled: bool = False


class Engine:
    """Computes the jobs of a store with a runner.

    Fair between jobs: whenever there is room, a job that nobody has started yet goes first, the
    newest of them before the others, then the job that has had the fewest chunks so far.
    """

    def __init__(self, store: Store, runner: Runner) -> None:
        self.id = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._store, self._runner = store, runner
        self._runs: dict[str, _Run] = {}
        self._owners: dict[str, str] = {}  # chunk id -> job id

    def serve(self, stop: threading.Event) -> None:
        """Works until ``stop`` is set, then gives unfinished jobs back."""
        beating = threading.Thread(target=self._beat_until, args=(stop,), daemon=True)
        beating.start()
        try:
            while not stop.is_set():
                try:
                    self.step()
                except StoreError as error:
                    # A full disk or a locked database passes; the jobs and we wait for that.
                    log.error("the store cannot be used: %s", error)
                    stop.wait(_STORE_PAUSE_SECONDS)
        finally:
            self._runner.close()
            try:
                self._store.jobs.stopped(self.id)
            except StoreError as error:
                log.error("jobs could not be given back: %s", error)

    def run_until_idle(self) -> None:
        """Works in this thread until no job is left that could be claimed."""
        self.beat()
        while self.step():
            pass

    def beat(self) -> None:
        """Says that this engine is alive."""
        info = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "version": VERSION,
            "memory_limit": settings.memory_limit(),
            **self._runner.describe(),
        }
        self._store.jobs.beat(self.id, info)

    def step(self) -> bool:
        """One round; returns whether there is, or may be, more to do."""
        self._stop_unwanted()
        self._hand_out()
        for event in self._runner.events(_POLL_SECONDS):
            self._take(event)
        self._end_finished()
        return bool(self._runs)

    def _beat_until(self, stop: threading.Event) -> None:
        # A thread of its own: a long write must not make the engine look dead.
        while True:
            try:
                self.beat()
            except Exception as error:  # noqa: BLE001 (whatever it was, the next one may go through)
                log.error("no heartbeat: %s", error)
            if stop.wait(BEAT_SECONDS):
                return

    def _stop_unwanted(self) -> None:
        if not self._runs:
            return
        for job_id in self._store.jobs.cancel_requested(self._runs):
            self._drop(self._runs[job_id])

    def _drop(self, run: _Run) -> None:
        run.cancelled = True
        self._stop_chunks(run)

    def _stop_chunks(self, run: _Run) -> None:
        run.pending.clear()
        for chunk_id in run.out:
            self._runner.stop(chunk_id)

    def _hand_out(self) -> None:
        while len(self._owners) < self._runner.slots():
            claimed = self._store.jobs.claim(self.id)
            if claimed:
                self._begin(claimed[0])
                continue
            waiting = [run for run in self._runs.values() if run.pending]
            if not waiting:
                return
            run = min(waiting, key=lambda run: run.handed)
            self._submit(run)

    def _begin(self, job: Job) -> None:
        try:
            todo = plan(job.kind, parse_json(job.spec), self._store.results)
        except StoreError:
            raise
        except NtkUqError as error:
            self._store.jobs.finish(job.id, self.id, JobState.FAILED, str(error))
            return
        run = _Run(job, deque(todo.chunks), todo.done, todo.total)
        self._runs[job.id] = run
        self._report(run)
        if run.pending:
            self._submit(run)

    def _submit(self, run: _Run) -> None:
        chunk_id = f"{run.job.id[:16]}-{uuid.uuid4().hex[:12]}"
        run.out.add(chunk_id)
        run.handed += 1
        self._owners[chunk_id] = run.job.id
        self._runner.submit(chunk_id, run.pending.popleft())

    def _take(self, event: Event) -> None:
        job_id = self._owners.get(event.chunk_id)
        if job_id is None:
            return
        run = self._runs[job_id]
        if isinstance(event, Emitted):
            self._keep(run, event)
        else:
            del self._owners[event.chunk_id]
            run.out.discard(event.chunk_id)
            if isinstance(event, Ended) and event.error and not run.error:
                # The other chunks go on: what they compute is good, and a retry needs less.
                run.error = event.error

    def _keep(self, run: _Run, event: Emitted) -> None:
        try:
            self._store.results.put_json(event.key, event.record)
        except StoreError as error:
            run.error = str(error)
            self._stop_chunks(run)
            return
        run.done += 1
        self._report(run)

    def _report(self, run: _Run) -> None:
        message = f"{run.done} of {run.total} points"
        if not self._store.jobs.progress(run.job.id, self.id, run.done, run.total, message):
            # Another engine has taken the job over while this one was silent.
            self._drop(run)

    def _end_finished(self) -> None:
        for job_id, run in list(self._runs.items()):
            if run.pending or run.out:
                continue
            state = JobState.DONE
            if run.cancelled:
                state = JobState.CANCELLED
            elif run.error:
                state = JobState.FAILED
            self._store.jobs.finish(job_id, self.id, state, run.error)
            del self._runs[job_id]
