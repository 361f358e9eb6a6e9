"""What a job computes, in words; in what two of them differ; and which of them somebody means."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.fields import Spec, parse_json
from ntk_uq.jobs import field_words, kinds
from ntk_uq.people import hidden_owner
from ntk_uq.store import Job

LONG_SECONDS = 60.0
"""Of a shorter run nobody is told that it has ended: nobody goes away from it."""

PRIVATE = "private"
"""What the kind of a job is called that is not shown; its specification is what is said of it."""

_MOST_FIELDS = 8


def words(kind: str, spec: str) -> str:
    """What a job computes, such as "MNIST, depth 2, relu, N_D 125 to 4000, 3 draws, N_T 1000".

    Of a kind, or a specification, that this program does not know: the fields of its JSON.

    Args:
        kind: the job's kind, as this version or an earlier one calls it.
        spec: its specification, JSON text.
    """
    if kind == PRIVATE:
        return spec
    known = kinds.find(kind)
    try:
        data = parse_json(spec)
        if known is not None:
            return known.words(known.spec.from_json(data))
    except NtkUqError:
        data = _loaded(spec)
    fields = [f"{name} {shown(value)}" for name, value in flat(data).items()]
    more = ", …" if len(fields) > _MOST_FIELDS else ""
    return ", ".join(fields[:_MOST_FIELDS]) + more or kind


def words_of(spec: Spec) -> str:
    """What a job of a specification computes.

    Raises:
        SpecError: if no kind of job computes it.
    """
    return kinds.of(spec).words(spec)


def shown_to(job: Job, hidden: Mapping[str, str]) -> Job:
    """A job as somebody sees it who may not see some data sets: of one on them, its id, its state,
    and whose they are.

    Args:
        job: the job.
        hidden: names of the data sets, with whose they are: :meth:`ntk_uq.people.OwnData.hidden`.
    """
    owner = hidden_owner(job.spec, hidden)
    if owner is None:
        return job
    return Job(
        id=job.id,
        kind=PRIVATE,
        spec=f"a private data set of {owner}",
        state=job.state,
        done=0,
        total=0,
        message="",
        error="",
        submitted=0.0,
        requested=0.0,
        started=None,
        finished=None,
        heartbeat=None,
        engine=None,
        priority=0,
        cancel_requested=job.cancel_requested,
        submissions=0,
        archived=job.archived,
    )


def amount(job: Job) -> str:
    """How many of a job's results are there, such as ``12/72`` or ``1.2 MiB/11.1 MiB``; "-" where
    nobody knows yet how many there will be."""
    kind = kinds.find(job.kind)
    words = str if kind is None else kind.amount
    return f"{words(job.done)}/{words(job.total)}" if job.total else "-"


def launched(job: Job) -> bool:
    """Whether somebody asked for a job, and not a page by itself."""
    kind = kinds.find(job.kind)
    return job.launched or (kind is not None and kind.launched)


def long_seconds(job: Job) -> float | None:
    """How long a job took that has ended, in seconds, where people are told of its end: somebody
    launched it, and it took :data:`LONG_SECONDS` or more; None for others."""
    if job.started is None or job.finished is None or not launched(job):
        return None
    seconds = job.finished - job.started
    return seconds if seconds >= LONG_SECONDS else None


def chosen(names: Collection[str], only_launched: bool = False) -> dict[str, Any]:
    """What the job table needs to list jobs of some kinds, for its ``list`` and ``count``.

    Args:
        names: of the kinds, as this version or an earlier one calls them; none is all.
        only_launched: only jobs that somebody asked for, and no page by itself.
    """
    mine = [kind.name for kind in kinds.REGISTRY.values() if kind.launched]
    return {
        "launched": mine if only_launched else None,
        "kinds": [kinds.name_of(name) for name in names] or None,
        "former_kinds": kinds.former_names(),
        "words": _searched,
    }


def _searched(kind: str, spec: str) -> str:
    """What a search of a job looks in: what it computes, and all names of its kind, so that what
    somebody looked for in an earlier version is still found."""
    known = kinds.find(kind)
    names = () if known is None else (known.name, *known.former)
    return " ".join((*names, words(kind, spec)))


@dataclass(frozen=True)
class Difference:
    """A field that two specifications do not share, as people call it, and both values in words."""

    name: str
    left: str
    right: str


def differences(left: str, right: str) -> tuple[Difference, ...]:
    """The fields in which two specifications (JSON texts) differ; "–" where one has none."""
    ours, theirs = flat(_loaded(left)), flat(_loaded(right))
    names = dict.fromkeys((*ours, *theirs))
    pairs = ((name, *(_of(fields, name) for fields in (ours, theirs))) for name in names)
    return tuple(
        Difference(field_words.name(name), one, other) for name, one, other in pairs if one != other
    )


def flat(data: Any) -> dict[str, Any]:
    """The plain fields of nested JSON objects by name; ``outer.name`` where two share a name."""
    leaves = _leaves(data, ())
    names = Counter(path[-1] for path, _ in leaves if path)
    return {
        (path[-1] if path and names[path[-1]] == 1 else ".".join(path) or "value"): value
        for path, value in leaves
    }


def _leaves(data: Any, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    if not isinstance(data, Mapping):
        return [(path, data)]
    return [leaf for name, value in data.items() for leaf in _leaves(value, (*path, str(name)))]


def _of(fields: Mapping[str, Any], name: str) -> str:
    return shown(fields[name]) if name in fields else "–"


def shown(value: Any) -> str:
    """A value of a specification for people."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        texts = [shown(item) for item in value]
        return ", ".join(texts) if len(texts) <= 12 else f"{', '.join(texts[:11])}, … {texts[-1]}"
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)


def _loaded(spec: str) -> Any:
    """What the JSON holds; the text itself where it is none: this is only shown."""
    try:
        return parse_json(spec)
    except NtkUqError:
        return spec
