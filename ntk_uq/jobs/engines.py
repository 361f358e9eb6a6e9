"""Engines and what they compute on, in words."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ntk_uq.base.counting import counted
from ntk_uq.base.settings import format_bytes
from ntk_uq.store import EngineRecord, JobState, JobTable


def describe_engine(engine: EngineRecord) -> str:
    """Where an engine runs, with how many workers."""
    info = engine.info
    if starts(engine):
        return f"an engine that is starting on {info.get('host', 'some machine')}"
    count = int(info.get("workers", 0))
    workers = counted(count, "worker")
    return f"{info.get('runner', 'an engine')} on {info.get('host', 'some machine')}, {workers}"


_UNWRITABLE = {
    "full": "the disk is full",
    "refused": "the store cannot be written",
}


def starts(engine: EngineRecord) -> bool:
    """Whether an engine is only coming up: it takes no jobs yet."""
    return bool(engine.info.get("starting"))


def cannot_write(engine: EngineRecord) -> str:
    """Why an engine that is alive cannot write to the store, in a few words; empty if it can."""
    return _UNWRITABLE.get(str(engine.info.get("unwritable", "")), "")


def describe_device(state: Mapping[str, Any], now: bool = True) -> str:
    """A worker's device, with its memory; ``now`` also with what is in use at the moment."""
    device = str(state.get("device", "unknown device"))
    parts = ["the processor" if device == "cpu: cpu" else device]
    memory, used, load = (state.get(name) for name in ("memory", "used", "load"))
    if now:
        parts.append("busy" if state.get("busy") else "idle")
    if memory and used is not None and now:
        parts.append(f"{format_bytes(used)} of {format_bytes(memory)} in use")
    elif memory:
        parts.append(format_bytes(memory))
    if load is not None and now:
        parts.append(f"load {load:.0f} %")
    return ", ".join(parts)


def devices(engine: EngineRecord) -> list[Mapping[str, Any]]:
    """What its workers compute on; none of an engine that says nothing of it."""
    return list(engine.info.get("devices") or [])


def troubles(engine: EngineRecord) -> list[str]:
    """What keeps an engine from computing, from computing as fast as it could, or from keeping what
    it computes; each once."""
    said = [
        kept_words(engine),
        engine.info.get("trouble"),
        *(state.get("trouble") for state in devices(engine)),
    ]
    return list(dict.fromkeys(words for words in said if words))


def kept_words(engine: EngineRecord) -> str:
    """The same in sentences, with what becomes of what it computes and what to do."""
    reason = cannot_write(engine)
    if not reason:
        return ""
    full = engine.info["unwritable"] == "full"
    what = "Make room there." if full else "Give it the right to write there."
    return (
        f"The engine runs but cannot write: {reason}. What it computes waits in its memory and is "
        f"written as soon as that is possible, so do not end it. {what}"
    )


def computes_on(engine: EngineRecord) -> str:
    """The devices of an engine's workers, equal ones counted; empty where it says nothing."""
    on = Counter(describe_device(state, now=False) for state in devices(engine))
    return "; ".join(f"{count} x {words}" if count > 1 else words for words, count in on.items())


@dataclass(frozen=True)
class Pulse:
    """What the engines do at the moment.

    Attributes:
        on: the devices that are computed on, in words; empty where no engine is alive.
        running: how many runs are being computed.
        waiting: how many wait for that.
        trouble: why an engine that is alive cannot write, in a few words; empty if all can.
        starting: whether one is coming up.
    """

    on: str
    running: int
    waiting: int
    trouble: str = ""
    starting: bool = False

    @property
    def changes(self) -> bool:
        """Whether it may change by itself."""
        return self.running + self.waiting > 0 or bool(self.trouble) or self.starting

    def words(self) -> str:
        """One line: device, busy or idle, and the queue."""
        queue = f"{self.waiting} waiting" if self.waiting else ""
        if not self.on:
            none = "The engine is starting" if self.starting else "No engine is running"
            return ", ".join(filter(None, (none, queue)))
        if self.trouble:
            return ", ".join(
                filter(None, (f"The engine runs but cannot write: {self.trouble}", queue))
            )
        runs = f"busy with {counted(self.running, 'run')}"
        return ", ".join(filter(None, (self.on, runs if self.running else "idle", queue)))


def pulse(jobs: JobTable) -> Pulse:
    """What the engines of a store do at the moment."""
    engines = jobs.engines()
    return Pulse(
        "; ".join(computes_on(e) or describe_engine(e) for e in engines if not starts(e)),
        jobs.count((JobState.RUNNING,)),
        jobs.count((JobState.QUEUED, JobState.INTERRUPTED)),
        next(filter(None, map(cannot_write, engines)), ""),
        any(map(starts, engines)),
    )
