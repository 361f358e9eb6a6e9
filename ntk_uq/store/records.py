"""What the job table returns."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any


class JobState(StrEnum):
    """Where a job is.

    INTERRUPTED is never written: it is how a running job reads whose engine has gone silent while
    no other is alive. Where one is, such a job reads as QUEUED: it waits for a place there.
    """

    QUEUED = auto()
    RUNNING = auto()
    DONE = auto()
    FAILED = auto()
    CANCELLED = auto()
    INTERRUPTED = auto()

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to such a job unless it is submitted again."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True)
class Job:
    """A job as it stood when it was read. Times are unix seconds.

    Attributes:
        id: digest of the spec.
        kind: which function of the engine runs it.
        spec: what to compute, JSON text.
        state: see :class:`JobState`.
        done: results that are there.
        total: results in all; 0 while unknown.
        message: what the engine is doing, for the user.
        error: why it failed, for the user; empty otherwise.
        submitted: when it was first asked for, since it last ended.
        requested: when it was last asked for.
        started: when an engine last took it.
        finished: when it ended.
        heartbeat: when its engine last showed that it was alive.
        engine: who runs it, or ran it to its end.
        priority: higher runs first.
        cancel_requested: whether its engine has been, or was, asked to stop.
        submissions: how often it was asked for since it last ended.
        label: what somebody calls it, for everybody to see.
        archived: whether it is left out of lists.
        launched: whether somebody asked for it by a button or a command; otherwise a page asked for
            it by itself, to have something to show.
        tags: words by which it is found again, in alphabetical order.
        passing: whether a page asked for it by itself, and only for as long as somebody looks.
        withdrawn: whether it was cancelled since nobody looked any more.
    """

    id: str
    kind: str
    spec: str
    state: JobState
    done: int
    total: int
    message: str
    error: str
    submitted: float
    requested: float
    started: float | None
    finished: float | None
    heartbeat: float | None
    engine: str | None
    priority: int
    cancel_requested: bool
    submissions: int
    label: str = ""
    archived: bool = False
    launched: bool = False
    tags: tuple[str, ...] = ()
    passing: bool = False
    withdrawn: bool = False

    @property
    def abandoned(self) -> bool:
        """Whether its engine has gone silent over it."""
        # Nobody has a job that was queued by hand.
        queued = self.state is JobState.QUEUED and self.engine is not None
        return queued or self.state is JobState.INTERRUPTED


@dataclass(frozen=True)
class Queue:
    """How many jobs there are in each state, and since when they wait.

    Attributes:
        counts: of every state, in the order of :class:`JobState`; 0 where there is none.
        oldest: unix seconds at which the job was asked for that waits longest; None where none
            waits.
    """

    counts: Mapping[JobState, int]
    oldest: float | None


@dataclass(frozen=True)
class LogLine:
    """Something that happened to a job: when, in unix seconds, and what."""

    time: float
    text: str


@dataclass(frozen=True)
class EngineRecord:
    """An engine that is alive: what it said of itself, since when, and when last."""

    id: str
    info: Mapping[str, Any]
    started: float
    heartbeat: float
