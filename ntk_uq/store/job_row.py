"""A row of the job table: a job, or what damage has made of one.

SQLite takes any value into any column, and a changed bit in a text is a sound page to it.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ntk_uq.store.records import Job, JobState

STATES = frozenset(JobState)
_TEXTS = ("id", "kind", "spec", "message", "error", "label")
_NUMBERS = ("done", "total", "submitted", "requested", "priority", "submissions")
_MAYBE_NUMBERS = ("started", "finished", "heartbeat")
_SWITCHES = ("cancel_requested", "archived", "launched", "passing", "withdrawn")
_NAMES = tuple(field.name for field in fields(Job))


def is_job(values: Mapping[str, Any]) -> bool:
    """Whether a row is a job; columns that an older file has not are none that could be wrong."""

    def all_of(names: tuple[str, ...], *kinds: type) -> bool:
        return all(isinstance(values[name], kinds) for name in names if name in values)

    return (
        all_of(_TEXTS, str)
        and all_of(_NUMBERS, int, float)
        and all_of(_MAYBE_NUMBERS, int, float, type(None))
        and all_of(("engine",), str, type(None))
        and all_of(_SWITCHES, int)
        and isinstance(values["state"], str)
        and values["state"] in STATES
        and ("tags" not in values or _are_tags(values["tags"]))
    )


def job_of(values: Mapping[str, Any]) -> Job:
    """The job that a row is; :func:`is_job` has to say that it is one."""
    known = {name: values[name] for name in _NAMES}
    known["state"] = JobState(values["state"])
    known |= {name: bool(values[name]) for name in _SWITCHES}
    return Job(**{**known, "tags": tuple(json.loads(values["tags"]))})


def _are_tags(text: Any) -> bool:
    try:
        tags = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return False
    return isinstance(text, str) and isinstance(tags, list) and all(type(t) is str for t in tags)
