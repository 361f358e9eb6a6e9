"""Asking for jobs. Whoever asks loads nothing that computes."""

import json
from contextlib import suppress
from typing import Any

from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.fields import Spec
from ntk_uq.costs.theory import TheoryCost
from ntk_uq.jobs import kinds
from ntk_uq.people import Acting
from ntk_uq.store import Job, JobTable

QUICK_SECONDS = 2.0
"""What a chunk may be told to take for the place that engines keep for such chunks alone."""

QUICK_RANK = 5
"""Priority from which on a job's brief chunks have that place. It is added for what a page asks for
by itself in brief chunks, and one more where the whole job is brief: that goes before all others.
What is launched in many chunks, however brief, has to leave the place free."""


def submit(
    jobs: JobTable,
    spec: Spec,
    priority: int = 0,
    *,
    launched: bool = False,
    passing: bool = False,
    seconds: float | None = None,
    by: Acting | None = None,
) -> Job:
    """Asks the engines of a store for a job; asking twice is one job.

    What it computes is found by the kind's :meth:`~ntk_uq.jobs.kinds.base.JobKind.result`.

    Args:
        jobs: the store's job table.
        spec: what to compute: it says which kind of job, and its digest is the job's id.
        priority: added to the kind's own rank.
        launched: whether a person asks for it, and not a page by itself.
        passing: whether it is wanted only for as long as somebody looks at it: of a page that asks
            by itself.
        seconds: of one worker that it was told to take, where the kind cannot tell.
        by: who asks for it, and owns it if it is launched; None where nobody in particular does.

    Raises:
        NotAllowedError: if it is launched by somebody who may launch nothing.
        QuotaError: if it is launched by somebody who has no room for it.
        SpecError: if no kind of job computes such a specification, or the kind refuses it.
        StoreError: as :meth:`~ntk_uq.store.JobTable.submit`.
    """
    kind = kinds.of(spec)
    kind.check(spec)
    cost, quick = cost_of(spec), 0
    if cost is not None and cost.seconds <= QUICK_SECONDS:
        quick = QUICK_RANK + 1
    elif cost is not None and passing and cost.chunk <= QUICK_SECONDS:
        quick = QUICK_RANK
    launched = launched or (kind.launched and not passing)
    if launched and by is not None:
        by.check_launch(spec.digest(), seconds if cost is None else cost.seconds)
    job = jobs.submit(
        spec.digest(),
        kind.name,
        json.dumps(spec.to_json(), sort_keys=True),
        total=kind.total(spec),
        priority=kind.rank + priority + quick,
        former_kinds=kind.former,
        launched=launched,
        passing=passing,
    )
    if launched and by is not None:
        by.launched(job.id)
    return job


def cost_of(spec: Spec, found: Any = None) -> TheoryCost | None:
    """What is still to be computed of a job; None where nobody can tell, or it cannot be computed.

    Args:
        spec: what it computes.
        found: what there is of it; None for nothing.
    """
    kind = kinds.of(spec)
    if kind.cost is not None:
        with suppress(NtkUqError):  # whoever plans it says so
            return kind.cost(spec, found)
    return None
