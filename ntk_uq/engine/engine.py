"""The engine's loop: claim jobs, hand their chunks to a runner, keep what comes back."""

import enum
import logging
import math
import os
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ntk_uq.base import settings
from ntk_uq.base.errors import SpecError, StoreDamagedError, StoreError
from ntk_uq.base.fields import parse_json
from ntk_uq.base.version import VERSION
from ntk_uq.engine import kinds, webhook
from ntk_uq.engine.chunks import Chunk
from ntk_uq.engine.held import Held, Written
from ntk_uq.engine.here import Here
from ntk_uq.engine.kinds import Kind
from ntk_uq.engine.runners import Emitted, Event, Progressed, Runner, in_words
from ntk_uq.jobs.asking import QUICK_RANK, QUICK_SECONDS
from ntk_uq.store import Job, JobState, Store

log = logging.getLogger(__name__)

BEAT_SECONDS = 3.0
_POLL_SECONDS = 0.05
_STORE_PAUSE_SECONDS = 2.0
_REPORT_SECONDS = 0.25  # between two writes of one job's progress
_MOST_REASONS = 3
_LOOK_SECONDS = 1.0  # between two looks for jobs that nobody shows any more


QUICK_BYTES = 2**30
"""Memory that a chunk may be told to take in the place that is kept for chunks of a moment."""


class _Place(enum.Enum):
    """Where a chunk runs: in the engine's own process, or with its runner."""

    HERE = enum.auto()
    QUICK = enum.auto()
    MAIN = enum.auto()


@dataclass
class _Run:
    """A job that this engine has: what is still to be handed out, and what is out."""

    job: Job
    kind: Kind
    pending: deque[Chunk]
    done: int
    total: int
    message: str
    out: set[str] = field(default_factory=set)
    handed: int = 0
    errors: list[str] = field(default_factory=list)
    cancelled: bool = False
    unsaid: bool = True
    said: float = -math.inf

    @property
    def rank(self) -> tuple[int, int]:
        """The run whose rank is smallest gets the next free place."""
        return (-self.job.priority, self.handed)

    @property
    def quick(self) -> bool:
        """Whether its next chunk may have the place that is kept for chunks of a moment."""
        if not self.pending or self.job.priority < QUICK_RANK:
            return False
        chunk = self.pending[0]
        return chunk.seconds <= QUICK_SECONDS and chunk.memory <= QUICK_BYTES

    @property
    def error(self) -> str:
        """Why the job failed: the first few reasons, each once, a line each."""
        reasons = self.errors[:_MOST_REASONS]
        more = len(self.errors) - len(reasons)
        if more:
            reasons.append(f"And {more} other reason{'s' if more > 1 else ''}.")
        return "\n".join(reasons)

    def failed(self, reason: str) -> None:
        if reason not in self.errors:
            self.errors.append(reason)


class Engine:
    """Computes the jobs of a store with a runner, and what has to be done here beside it.

    Jobs of higher priority go first. Fair between those of one priority: a job that nobody has
    started yet goes first, the newest of them before the others, then the job that has had the
    fewest chunks so far. Chunks that are out hold back only jobs of their own priority and below,
    so that a short job need not wait until long ones have left the runner's queue.

    Where the runner has a place for chunks of a moment, those of jobs from the priority
    :data:`~ntk_uq.jobs.asking.QUICK_RANK` on go there, and nothing else does.
    """

    def __init__(self, store: Store, runner: Runner) -> None:
        self.id = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._store, self._runner, self._here = store, runner, Here()
        self._runs: dict[str, _Run] = {}
        self._owners: dict[str, str] = {}  # chunk id -> job id
        self._places: dict[str, _Place] = {}  # chunk id -> where it is out
        self._looked = -math.inf  # when for jobs that nobody looks at any more
        self._claimed: deque[Job] = deque()  # not begun yet
        self._held = Held(store.results)
        self._said = ""  # the last trouble with the store that the log has

    def serve(self, stop: threading.Event) -> None:
        """Works until ``stop`` is set, then gives unfinished jobs back."""
        beating = threading.Thread(target=self._beat_until, args=(stop,), daemon=True)
        beating.start()
        try:
            while not stop.is_set():
                try:
                    self._withdraw()
                    busy = self.step()
                    waits = self._held.error is not None
                    if not waits:
                        self._say("")
                    if not busy or (waits and not self._owners):
                        stop.wait(_POLL_SECONDS)
                except StoreError as error:
                    # A full disk, a locked database or a store that was moved away passes; the
                    # jobs and we wait for that.
                    self._say(f"the store cannot be used: {error}")
                    stop.wait(_STORE_PAUSE_SECONDS)
        finally:
            self._here.close()
            self._runner.close()
            self._give_back()

    def _say(self, trouble: str) -> None:
        """Writes into the log what is wrong with the store, and that it is over; each once."""
        if trouble and trouble != self._said:
            log.error(trouble)
        elif self._said and not trouble:
            log.warning("the store can be used again")
        self._said = trouble

    def _give_back(self) -> None:
        """At the end: writes what waits, if that is possible by now, and gives jobs back."""
        try:
            self._held.write(now=True)
        except StoreError as error:
            log.error("%s", error)
        self._held.give_up()
        try:
            self._store.jobs.stopped(self.id)
        except StoreError as error:
            log.error("jobs could not be given back: %s", error)

    def run_until_idle(self, after: Callable[[], object] = lambda: None) -> None:
        """Works in this thread until no job is left that could be claimed; calls ``after`` after
        each round.

        Raises:
            StoreError: where the store cannot be used. What was computed is kept in memory, and
                written by the next call.
        """
        self.beat()
        self._count(self._held.write(now=True))
        while self.step():
            if self._held.error is not None:
                raise self._held.error
            after()

    def beat(self) -> None:
        """Says that this engine is alive."""
        info = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "version": VERSION,
            "memory_limit": settings.memory_limit(),
            **self._runner.describe(),
        }
        self._store.jobs.beat(self.id, info, self._held.error)

    def step(self) -> bool:
        """One round; returns whether there is, or may be, more to do."""
        trouble = None
        try:
            self._count(self._held.write())
            self._stop_unwanted()
            self._hand_out()
        except StoreError as error:
            trouble = error  # after this round: what is being computed goes on meanwhile
        for event in self._events():
            self._take(event)
        if trouble is not None:
            raise trouble
        runs = list(self._runs.values())
        for run in runs:
            if run.pending or run.out or self._held.of(run.job.id):
                self._report(run)
            else:
                self._end(run)
        return bool(runs)  # where the last one has ended, there is room for the next

    def _events(self) -> list[Event]:
        """What happened; waits a little where something runs, at one of the two places."""
        here = bool(self._out(_Place.HERE))
        there = len(self._places) > len(self._out(_Place.HERE))
        events = self._runner.events(_POLL_SECONDS if there else 0)
        return events + self._here.events(_POLL_SECONDS if here and not there else 0)

    def _beat_until(self, stop: threading.Event) -> None:
        # A thread of its own: a long write must not make the engine look dead.
        said = ""
        while True:
            try:
                self.beat()
                said = ""
            except Exception as error:  # noqa: BLE001 (whatever it was, the next one may go through)
                if str(error) != said:
                    log.error("no heartbeat: %s", error)
                said = str(error)
            if stop.wait(BEAT_SECONDS):
                return

    def _withdraw(self) -> None:
        """Cancels what pages asked for by themselves that nobody shows any more."""
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        for job_id in self._store.watchers.forsaken():
            if self._store.jobs.withdraw(job_id):
                log.info("%s is withdrawn: nobody looks at it any more", job_id)

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
            self._runner_of(run).stop(chunk_id)

    def _runner_of(self, run: _Run) -> Runner:
        return self._here if run.kind.here else self._runner

    def _place(self, run: _Run) -> _Place:
        """Where the run's next chunk goes."""
        if run.kind.here:
            return _Place.HERE
        quick = run.quick and self._runner.quick_slots() > 0
        return _Place.QUICK if quick else _Place.MAIN

    def _slots(self, place: _Place) -> int:
        if place is _Place.QUICK:
            return self._runner.quick_slots()
        return (self._here if place is _Place.HERE else self._runner).slots()

    def _out(self, place: _Place) -> list[int]:
        """Priorities of the chunks that are out at a place; highest first."""
        jobs = (self._owners[chunk_id] for chunk_id, at in self._places.items() if at is place)
        return sorted((self._runs[job_id].job.priority for job_id in jobs), reverse=True)

    def _hand_out(self) -> None:
        while True:
            if self._held.full:
                return
            claimed = self._claim()
            self._claimed.extend(claimed)
            while self._claimed:
                self._begin(self._claimed[0])
                # Only now: where the store fails on the way, the job is begun again later.
                self._claimed.popleft()
            ready = [run for run in self._runs.values() if run.pending and self._has_room(run)]
            if ready:
                self._submit(min(ready, key=lambda run: run.rank))
            elif not claimed:
                return

    def _has_room(self, run: _Run) -> bool:
        place = self._place(run)
        others = [p for p in self._out(place) if p >= run.job.priority]
        return len(others) < self._slots(place)

    def _claim(self) -> list[Job]:
        """A further job that would get a place now; one that could only wait is left to other
        engines, and none is taken on while results wait to be written."""
        if self._held.error is not None:
            return []
        jobs, main = self._store.jobs, self._least_priority(_Place.MAIN)
        if not self._runner.quick_slots():
            return jobs.claim(self.id, least_priority=main)
        # Quick jobs whether or not all else is full; and those do not keep the others away.
        least = max(QUICK_RANK, self._least_priority(_Place.QUICK) or QUICK_RANK)
        claimed = jobs.claim(self.id, least_priority=least)
        return claimed or jobs.claim(self.id, least_priority=main, below_priority=QUICK_RANK)

    def _least_priority(self, place: _Place) -> int | None:
        """The lowest priority at which a further job would get a place now; None if any would."""
        out, slots = self._out(place), self._slots(place)
        waiting = (run for run in self._runs.values() if run.pending)
        bounds = [run.job.priority for run in waiting if self._place(run) is place]
        if len(out) >= slots:
            bounds.append(out[slots - 1] + 1)
        return max(bounds, default=None)

    def _begin(self, job: Job) -> None:
        try:
            kind = kinds.get(job.kind)
            todo = kind.plan(_specification(job), self._store.results)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 (or a job that breaks the engine does so for ever)
            self._store.jobs.finish(job.id, self.id, JobState.FAILED, in_words(error, job.kind))
            return
        message = kind.words(todo.done, todo.total)
        run = _Run(job, kind, deque(todo.chunks), todo.done, todo.total, message)
        self._runs[job.id] = run
        n = len(todo.chunks)
        self._note(run, f"{n} chunk{'s' * (n != 1)} to do; so far: {message}.")
        self._report(run)

    def _submit(self, run: _Run) -> None:
        chunk_id = f"{run.job.id[:16]}-{uuid.uuid4().hex[:12]}"
        run.out.add(chunk_id)
        run.handed += 1
        place = self._place(run)
        self._owners[chunk_id], self._places[chunk_id] = run.job.id, place
        quick = {"quick": True} if place is _Place.QUICK else {}
        chunk = run.pending.popleft()
        self._runner_of(run).submit(chunk_id, chunk, run.job.priority, **quick)

    def _take(self, event: Event) -> None:
        job_id = self._owners.get(event.chunk_id)
        if job_id is None:
            return
        run = self._runs[job_id]
        if isinstance(event, Emitted):
            self._keep(run, event)
        elif isinstance(event, Progressed):
            run.done = run.done if event.done is None else event.done
            run.total = run.total if event.total is None else event.total
            run.message = event.message or run.kind.words(run.done, run.total)
            run.unsaid = True
        else:
            del self._owners[event.chunk_id], self._places[event.chunk_id]
            run.out.discard(event.chunk_id)
            if event.error:
                # The other chunks go on: what they compute is good, and a retry needs less.
                run.failed(event.error)
                self._note(run, f"A chunk failed: {event.error}")

    def _note(self, run: _Run, text: str) -> None:
        """A line in the job's log; a store that fails has to be told of elsewhere, too."""
        try:
            self._store.jobs.note(run.job.id, text)
        except StoreError as error:
            log.error("no line in the log of %s: %s", run.job.id, error)

    def _keep(self, run: _Run, event: Emitted) -> None:
        try:
            self._count(self._held.put(run.job.id, event.result))
        except StoreDamagedError as error:
            run.failed(str(error))
            self._stop_chunks(run)

    def _count(self, written: list[Written]) -> None:
        """Counts results that are in the store now; those of jobs that this engine has."""
        for one in written:
            run = self._runs.get(one.job_id)
            if run is not None:
                run.done += one.result.units
                run.message, run.unsaid = run.kind.words(run.done, run.total), True

    def _report(self, run: _Run) -> None:
        """Writes how far a job is, not too often."""
        now = time.monotonic()
        if not run.unsaid or now - run.said < _REPORT_SECONDS:
            return
        run.said = now
        held = self._store.jobs.progress(run.job.id, self.id, run.done, run.total, run.message)
        run.unsaid = False
        if not held:
            # Another engine has taken the job over while this one was silent.
            self._drop(run)

    def _end(self, run: _Run) -> None:
        run.said = -math.inf
        self._report(run)
        state = JobState.DONE
        if run.cancelled:
            state = JobState.CANCELLED
        elif run.errors:
            state = JobState.FAILED
        held = self._store.jobs.finish(run.job.id, self.id, state, run.error)
        del self._runs[run.job.id]
        if held:
            self._tell(run.job.id)

    def _tell(self, job_id: str) -> None:
        """Tells the address in the settings, if any, that a job has ended."""
        try:
            job = self._store.jobs.get(job_id)
        except StoreError as error:
            log.error("nobody is told that %s has ended: %s", job_id, error)
            return
        if job is not None and job.state.ended:
            webhook.tell(job)


def _specification(job: Job) -> Any:
    try:
        return parse_json(job.spec)
    except SpecError as error:
        raise SpecError(
            f"The specification of this run is damaged ({error}) It begins with {job.spec[:40]!r}; "
            "a JSON object is expected. Ask for the run anew from its page or command, and archive "
            "this one."
        ) from None
