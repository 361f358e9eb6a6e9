"""The engine's loop: claim jobs, hand their chunks to a runner, keep what comes back."""

import contextlib
import logging
import math
import os
import socket
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

from ntk_uq.base import settings
from ntk_uq.base.errors import SpecError, StoreDamagedError, StoreError
from ntk_uq.base.fields import parse_json
from ntk_uq.base.version import VERSION
from ntk_uq.engine import kinds, webhook
from ntk_uq.engine.held import Held, Written
from ntk_uq.engine.here import Here
from ntk_uq.engine.run import ChunkPlace, Run
from ntk_uq.engine.runners import Emitted, Event, Progressed, Runner, in_words
from ntk_uq.engine.turns import TurnTaking
from ntk_uq.jobs.asking import QUICK_RANK
from ntk_uq.store import Job, JobState, Store, TurnOrder

log = logging.getLogger(__name__)

BEAT_SECONDS = 3.0
_POLL_SECONDS = 0.05
_STORE_PAUSE_SECONDS = 2.0
_REPORT_SECONDS = 0.25  # between two writes of one job's progress
_LOOK_SECONDS = 1.0  # between two looks for jobs that nobody shows any more


class Engine:
    """Computes the jobs of a store with a runner, and what has to be done here beside it.

    Jobs of higher priority go first. Fair between those of one priority: a job that nobody has
    started yet goes first, the newest of them before the others, then the job that has had the
    fewest chunks so far. Chunks that are out hold back only jobs of their own priority and below,
    so that a short job need not wait until long ones have left the runner's queue.

    Where jobs have owners, :class:`~ntk_uq.engine.turns.TurnTaking` comes before all that:
    people take turns, and jobs of those who have used up what they may have wait.

    Where the runner has a place for chunks of a moment, those of jobs from the priority
    :data:`~ntk_uq.jobs.asking.QUICK_RANK` on go there, and nothing else does.
    """

    def __init__(self, store: Store, runner: Runner) -> None:
        self.id = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._store, self._runner, self._here = store, runner, Here()
        self._runs: dict[str, Run] = {}
        self._owners: dict[str, str] = {}  # chunk id -> job id
        self._places: dict[str, ChunkPlace] = {}  # chunk id -> where it is out
        self._looked = -math.inf  # when for jobs that nobody looks at any more
        self._claimed: deque[Job] = deque()  # not begun yet
        self._held = Held(store.results)
        self._turns = TurnTaking(store)
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
        with contextlib.suppress(StoreError):
            self._turns.look(self._runs)
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
            self._turns.look(self._runs)
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
                self._let_wait(run)
            else:
                self._end(run)
        return bool(runs)  # where the last one has ended, there is room for the next

    def _events(self) -> list[Event]:
        """What happened; waits a little where something runs, at one of the two places."""
        here = bool(self._out(ChunkPlace.HERE))
        there = len(self._places) > len(self._out(ChunkPlace.HERE))
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

    def _drop(self, run: Run) -> None:
        run.cancelled = True
        self._stop_chunks(run)

    def _stop_chunks(self, run: Run) -> None:
        run.pending.clear()
        for chunk_id in run.out:
            self._runner_of(run).stop(chunk_id)

    def _runner_of(self, run: Run) -> Runner:
        return self._here if run.kind.here else self._runner

    def _place(self, run: Run) -> ChunkPlace:
        """Where the run's next chunk goes."""
        if run.kind.here:
            return ChunkPlace.HERE
        quick = run.quick and self._runner.quick_slots() > 0
        return ChunkPlace.QUICK if quick else ChunkPlace.MAIN

    def _slots(self, place: ChunkPlace) -> int:
        if place is ChunkPlace.QUICK:
            return self._runner.quick_slots()
        return (self._here if place is ChunkPlace.HERE else self._runner).slots()

    def _out(self, place: ChunkPlace) -> list[int]:
        """Priorities of the chunks that are out at a place; highest first."""
        jobs = (self._owners[chunk_id] for chunk_id, at in self._places.items() if at is place)
        return sorted((self._priority(self._runs[job_id]) for job_id in jobs), reverse=True)

    def _priority(self, run: Run) -> int:
        return self._turns.priority(run.job.id, run.job.priority)

    def _rank(self, run: Run) -> tuple[int, ...]:
        """The run whose rank is smallest gets the next free place."""
        return (*self._turns.rank(run.job.id, run.job.priority), run.handed)

    def _waiting(self) -> list[Run]:
        """Runs with a chunk for the next free place, of those that need not wait for room."""
        runs = self._runs.values()
        return [run for run in runs if run.pending and not self._turns.why_waiting(run.job.id)]

    def _let_wait(self, run: Run) -> None:
        """Gives a job back whose owners have used up what they may have, once nothing of it is
        out; whoever has room for it then takes it up again."""
        why = self._turns.why_waiting(run.job.id)
        if not why or run.out or not run.pending or self._held.of(run.job.id):
            return
        run.message, run.unsaid, run.said = why, True, -math.inf
        self._report(run)
        self._store.jobs.release(run.job.id, self.id, why)
        del self._runs[run.job.id]

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
            ready = [run for run in self._waiting() if self._has_room(run)]
            if ready:
                self._submit(min(ready, key=self._rank))
            elif not claimed:
                return

    def _has_room(self, run: Run) -> bool:
        place = self._place(run)
        others = [p for p in self._out(place) if p >= self._priority(run)]
        return len(others) < self._slots(place)

    def _claim(self) -> list[Job]:
        """A further job that would get a place now; one that could only wait is left to other
        engines, and none is taken on while results wait to be written."""
        if self._held.error is not None:
            return []
        jobs, main = self._store.jobs, self._least_priority(ChunkPlace.MAIN)
        usual = self._order(ChunkPlace.MAIN)
        if not self._runner.quick_slots():
            return jobs.claim(self.id, least_priority=main, order=usual)
        # Quick jobs whether or not all else is full; and those do not keep the others away.
        least = max(QUICK_RANK, self._least_priority(ChunkPlace.QUICK) or QUICK_RANK)
        claimed = jobs.claim(self.id, least_priority=least, order=self._order(ChunkPlace.QUICK))
        return claimed or jobs.claim(
            self.id, least_priority=main, below_priority=QUICK_RANK, order=usual
        )

    def _order(self, place: ChunkPlace) -> TurnOrder:
        """Who is next, before those who wait at a place already."""
        waiting = [run.job for run in self._waiting() if self._place(run) is place]
        return self._turns.order((job.id, job.priority) for job in waiting)

    def _least_priority(self, place: ChunkPlace) -> int | None:
        """The lowest priority at which a further job would get a place now; None if any would."""
        out, slots = self._out(place), self._slots(place)
        bounds = [self._priority(run) for run in self._waiting() if self._place(run) is place]
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
        run = Run(job, kind, deque(todo.chunks), todo.done, todo.total, message)
        self._runs[job.id] = run
        self._turns.look(self._runs, anew=True)
        n = len(todo.chunks)
        self._note(run, f"{n} chunk{'s' * (n != 1)} to do; so far: {message}.")
        self._report(run)

    def _submit(self, run: Run) -> None:
        chunk_id = f"{run.job.id[:16]}-{uuid.uuid4().hex[:12]}"
        run.out.add(chunk_id)
        run.handed += 1
        place = self._place(run)
        self._owners[chunk_id], self._places[chunk_id] = run.job.id, place
        self._turns.out(chunk_id, run.job.id, counted=place is not ChunkPlace.HERE)
        quick = {"quick": True} if place is ChunkPlace.QUICK else {}
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
            self._turns.ended(event.chunk_id, run.job.id, event.seconds)
            if event.error:
                # The other chunks go on: what they compute is good, and a retry needs less.
                run.failed(event.error)
                self._note(run, f"A chunk failed: {event.error}")

    def _note(self, run: Run, text: str) -> None:
        """A line in the job's log; a store that fails has to be told of elsewhere, too."""
        try:
            self._store.jobs.note(run.job.id, text)
        except StoreError as error:
            log.error("no line in the log of %s: %s", run.job.id, error)

    def _keep(self, run: Run, event: Emitted) -> None:
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
                run.written += len(one.result.value)
                run.message, run.unsaid = run.kind.words(run.done, run.total), True

    def _report(self, run: Run) -> None:
        """Writes how far a job is, not too often."""
        now = time.monotonic()
        if not run.unsaid or now - run.said < _REPORT_SECONDS:
            return
        run.said = now
        held = self._store.jobs.progress(
            run.job.id, self.id, run.done, run.total, run.message, written=run.written
        )
        run.unsaid, run.written = False, 0
        if not held:
            # Another engine has taken the job over while this one was silent.
            self._drop(run)

    def _end(self, run: Run) -> None:
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
