"""Where a job's result is shown: a link to the view that the job's kind names."""

from collections.abc import Callable
from typing import Any

from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.fields import Spec, parse_json
from ntk_uq.jobs import kinds
from ntk_uq.jobs.kinds.base import JobKind
from ntk_uq.store import Job
from ntk_uq.ui.links import Opening, opening_of


def opening(job: Job) -> Opening | None:
    """Where a job's result is shown; None where no page shows it, or its view cannot be made."""

    def shown(kind: JobKind[Any], spec: Spec) -> Opening | None:
        found = kind.opens(spec)
        return None if found is None else opening_of(found.view, found.notice)

    return _made(job, shown)


def beside(job: Job) -> Opening | None:
    """Where it is shown, too, on another page; None as with :func:`opening`."""

    def shown(kind: JobKind[Any], spec: Spec) -> Opening | None:
        view = kind.besides(spec)
        return None if view is None else opening_of(view)

    return _made(job, shown)


def _made(job: Job, shown: Callable[[JobKind[Any], Spec], Opening | None]) -> Opening | None:
    kind = kinds.find(job.kind)
    if kind is None:
        return None
    try:
        return shown(kind, kind.spec.from_json(parse_json(job.spec)))
    except NtkUqError:  # of another version of the program: the specification is on show anyway
        return None
