"""How states and times of jobs are written."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from ntk_uq.store import Job, JobState


@dataclass(frozen=True)
class Look:
    """A state's sign in a table, its icon in a text, and its colours on light and dark ground."""

    sign: str
    icon: str
    light: str
    dark: str

    def colour(self, dark: bool) -> str:
        """Of the sign and the word, with a contrast of at least 4.5 to the ground."""
        return self.dark if dark else self.light


LOOKS = {
    JobState.RUNNING: Look("▶", ":material/play_circle:", "#0b63c5", "#6cb2ff"),
    JobState.QUEUED: Look("○", ":material/schedule:", "#5f6672", "#a9b1bd"),
    JobState.INTERRUPTED: Look("▲", ":material/warning:", "#9a5b00", "#ffbd45"),
    JobState.FAILED: Look("✕", ":material/error:", "#c02626", "#ff8080"),
    JobState.CANCELLED: Look("■", ":material/stop_circle:", "#5f6672", "#a9b1bd"),
    JobState.DONE: Look("✓", ":material/check_circle:", "#177233", "#5bd68a"),
}


def state_word(job: Job) -> str:
    """The state, and whether that is about to change."""
    stopping = job.state is JobState.RUNNING and job.cancel_requested
    return "stopping" if stopping else word(job.state)


def word(state: JobState) -> str:
    """A state as pages call it, whose button says "Stop"."""
    return "stopped" if state is JobState.CANCELLED else str(state)


def duration(job: Job, now: float) -> str:
    """How long a job has run, or ran the last time."""
    if job.started is None:
        return ""
    end = job.finished if job.finished is not None else now
    return seconds_in_words(end - job.started)


def seconds_in_words(seconds: float) -> str:
    """A time for people: ``seconds_in_words(75) == '1 min 15 s'``."""
    seconds = max(0.0, seconds)
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def moment(seconds: float | None) -> str:
    """A time of day where the browser is, from unix seconds; "–" for None."""
    if seconds is None:
        return "–"
    return datetime.fromtimestamp(seconds, _zone()).strftime("%Y-%m-%d %H:%M:%S")


def engine_name(job: Job) -> str:
    """Host and process of a job's engine; what makes its name unique is left out."""
    return "" if job.engine is None else job.engine.rpartition("-")[0] or job.engine


def _zone() -> ZoneInfo | None:
    try:
        return ZoneInfo(st.context.timezone or "")
    except (ZoneInfoNotFoundError, ValueError):
        return None


def utc(seconds: float) -> datetime:
    """The same as the browser's table wants it."""
    return datetime.fromtimestamp(seconds, UTC)
