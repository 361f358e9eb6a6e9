"""Where a job's result is shown: a link to the view that the job's kind names."""

from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.fields import parse_json
from ntk_uq.jobs import kinds
from ntk_uq.store import Job
from ntk_uq.ui.links import Opening, opening_of


def opening(job: Job) -> Opening | None:
    """Where a job's result is shown; None where no page shows it, or its view cannot be made."""
    kind = kinds.find(job.kind)
    if kind is None:
        return None
    try:
        shown = kind.opens(kind.spec.from_json(parse_json(job.spec)))
        return None if shown is None else opening_of(shown.view, shown.notice)
    except NtkUqError:  # of another version of the program: the specification is on show anyway
        return None
