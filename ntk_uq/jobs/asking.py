"""Asking for jobs. Whoever asks loads nothing that computes."""

import json

from ntk_uq.base.fields import Spec
from ntk_uq.jobs import kinds
from ntk_uq.store import Job, JobTable


def submit(jobs: JobTable, spec: Spec, priority: int = 0, *, launched: bool = False) -> Job:
    """Asks the engines of a store for a job; asking twice is one job.

    What it computes is found by the kind's :meth:`~ntk_uq.jobs.kinds.base.JobKind.result`.

    Args:
        jobs: the store's job table.
        spec: what to compute: it says which kind of job, and its digest is the job's id.
        priority: added to the kind's own rank.
        launched: whether a person asks for it, and not a page by itself.

    Raises:
        SpecError: if no kind of job computes such a specification, or the kind refuses it.
        StoreError: as :meth:`~ntk_uq.store.JobTable.submit`.
    """
    kind = kinds.of(spec)
    kind.check(spec)
    return jobs.submit(
        spec.digest(),
        kind.name,
        json.dumps(spec.to_json(), sort_keys=True),
        total=kind.total(spec),
        priority=kind.rank + priority,
        former_kinds=kind.former,
        launched=launched or kind.launched,
    )
