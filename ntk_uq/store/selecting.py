"""Which jobs a list has, and in which order: conditions of the table's statements."""

import json
import re
from collections.abc import Callable, Collection
from enum import StrEnum, auto
from functools import lru_cache
from typing import Any

# abs: after the clock was set back, heartbeats of dead engines lie in the future.
SILENT = "abs(:now - heartbeat) > :timeout"
# An engine whose row cannot be written may still say that it is there.
DEAD = f"({SILENT} AND NOT present(id))"
ABANDONED = f"(state = 'running' AND {SILENT} AND NOT present(engine))"
# Whoever is alive takes over what others have left, as soon as it has a place.
TAKER = f"EXISTS (SELECT 1 FROM engines WHERE NOT {DEAD})"
STOPPING = "(cancel_requested AND NOT queue_again)"

# The state as every reader sees it. Of an engine that died while it was told to stop, nothing is
# left to wait for; what another one will take over waits for a place like any other.
STATE = (
    f"CASE WHEN NOT {ABANDONED} THEN state WHEN {STOPPING} THEN 'cancelled'"
    f" WHEN {TAKER} THEN 'queued' ELSE 'interrupted' END"
)
# A kind by the name that it has now, where :former holds what it was called before.
KIND = "coalesce((SELECT value FROM json_each(:former) WHERE key = kind), kind)"
HIDDEN = "EXISTS (SELECT 1 FROM json_each(:hidden) AS name WHERE instr(jobs.spec, name.value))"
AMONG_IDS = "id IN (SELECT value FROM json_each(:ids))"

Words = Callable[[str, str], str]
"""What a job computes, in words, from its kind and its specification's JSON."""


class JobOrder(StrEnum):
    """How jobs are listed; those that are equal in it, the one asked for last first."""

    NEWEST = auto()
    OLDEST = auto()
    LONGEST = auto()
    STATE = auto()
    KIND = auto()
    LABEL = auto()


_ORDERS = {
    JobOrder.NEWEST: "turn DESC",
    JobOrder.OLDEST: "turn",
    JobOrder.LONGEST: "coalesce(finished, :now) - coalesce(started, finished, :now) DESC",
    # What goes on first, then what went wrong.
    JobOrder.STATE: (
        f"instr('running queued interrupted failed cancelled done', {STATE}), turn DESC"
    ),
    JobOrder.KIND: f"{KIND}, turn DESC",
    # Jobs without a label last.
    JobOrder.LABEL: "label = '', label COLLATE NOCASE, turn DESC",
}


def marked(tags: Collection[str], launched: Collection[str] | None, values: dict[str, Any]) -> str:
    """The rest of the condition; its values are added to the others."""
    found = ""
    if tags:
        values["tags"] = json.dumps([*tags])
        found += (
            " AND NOT EXISTS (SELECT 1 FROM json_each(:tags) AS wanted WHERE wanted.value NOT IN"
            " (SELECT value FROM json_each(jobs.tags)))"
        )
    if launched is not None:
        values["launched"] = json.dumps([*launched])
        found += (
            f" AND (launched OR label <> '' OR tags <> '[]' OR {KIND} IN"
            " (SELECT value FROM json_each(:launched)))"
        )
    return found


def told(
    ids: Collection[str] | None, hidden: Collection[str], by_what: bool, values: dict[str, Any]
) -> str:
    """The condition for jobs among some, of which some are hidden."""
    found = ""
    if ids is not None:
        values["ids"] = json.dumps([*ids])
        found += f" AND {AMONG_IDS}"
    if hidden:
        values["hidden"] = json.dumps([*hidden])
        found += f" AND NOT {HIDDEN}" if by_what else ""
    return found


def ordered(order: JobOrder, hidden: Collection[str]) -> str:
    if hidden and order in (JobOrder.LONGEST, JobOrder.KIND, JobOrder.LABEL):
        return f"{HIDDEN}, {_ORDERS[order]}"
    return _ORDERS[order]


def matcher(terms: list[str], words: Words | None) -> Callable[[str, str, str, str, str], bool]:
    patterns = [
        # "depth 2" is not in "depth 20".
        re.compile(re.escape(term) + (r"(?![\w.])" if term[-1].isdigit() else ""))
        for term in terms
    ]

    def matches(job_id: str, kind: str, spec: str, label: str, tags: str) -> bool:
        said = spec if words is None else _said(words, kind, spec)
        found = f"{label} {kind} {said} {' '.join(json.loads(tags))}".casefold()
        return all(
            job_id.startswith(term) or pattern.search(found)
            for term, pattern in zip(terms, patterns, strict=True)
        )

    return matches


def terms_of(text: str) -> list[str]:
    """The words to look for; a number belongs to the word before it: "depth 2" is one."""
    terms: list[str] = []
    for word in text.casefold().split():
        if terms and word[0].isdigit():
            terms[-1] += f" {word}"
        else:
            terms.append(word)
    return terms


@lru_cache(maxsize=4096)
def _said(words: Words, kind: str, spec: str) -> str:
    """Specifications do not change: each is put into words once."""
    return words(kind, spec)
