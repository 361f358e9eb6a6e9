"""What the page of runs takes home: the table of jobs as it is listed."""

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime

from ntk_uq.base.counting import plural
from ntk_uq.base.version import VERSION
from ntk_uq.export import Column, Exhibit
from ntk_uq.export.exhibit import Value
from ntk_uq.jobs import describe, kinds
from ntk_uq.store import Job, JobState
from ntk_uq.ui.pages import page_of
from ntk_uq.views import RunsView

_COLUMNS = (
    Column("id", "", "digest of the specification"),
    Column("kind", "", "what kind of job it is"),
    Column("state", "", ", ".join(JobState)),
    Column("label", "", "what somebody calls it"),
    Column("tags", "", "words by which it is found again"),
    Column("launched", "", "whether somebody launched it, and not a page by itself"),
    Column("what", "", "what it computes"),
    Column("done", "results", "results that are there"),
    Column("total", "results", "results in all; 0 while that is not known"),
    Column("asked_for", "", "when, in UTC"),
    Column("started", "", "when, in UTC"),
    Column("finished", "", "when, in UTC"),
    Column("duration", "s", "from its start to its end, or until now"),
    Column("engine", "", "who runs it, or ran it"),
    Column("error", "", "why it failed"),
    Column("archived", "", "whether it is left out of the list"),
    Column("spec", "", "the specification, JSON"),
)


def exhibit(view: RunsView, jobs: Sequence[Job], total: int, now: float) -> Exhibit:
    """The jobs on the view's page of the list.

    Args:
        view: what the page shows.
        jobs: the jobs on it, in their order.
        total: how many there are with the view's filters.
        now: unix seconds.
    """
    shown = f"{len(jobs)} of {total}" if len(jobs) < total else f"{total}"
    moment = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    return Exhibit(
        page=page_of(view).address,
        title=page_of(view).title,
        caption=f"{shown} {plural(total, 'run')}, as of {moment}.",
        view=view,
        plots=(),
        columns=_COLUMNS,
        rows=tuple(_row(job, now) for job in jobs),
        provenance={"versions": {"ntk_uq": VERSION}, "read": moment},
        shell=(_shell(view),),
    )


def _row(job: Job, now: float) -> dict[str, Value]:
    names = ("id", "label", "done", "total", "engine", "error", "archived", "spec")
    end = job.finished if job.finished is not None else now
    return {
        **{name: getattr(job, name) for name in names},
        "tags": ", ".join(job.tags),
        "launched": describe.launched(job),
        "kind": kinds.name_of(job.kind),
        "state": str(job.state),
        "what": describe.words(job.kind, job.spec),
        "asked_for": None if job.kind == describe.PRIVATE else _utc(job.requested),
        "started": _utc(job.started),
        "finished": _utc(job.finished),
        "duration": None if job.started is None else max(0.0, end - job.started),
    }


def _utc(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _shell(view: RunsView) -> str:
    """The command that lists such runs: the newest first, and no page of them but the first."""
    words = ["python", "-m", "ntk_uq", "runs", "list", "--json"]
    for state in view.states:
        words += ["--state", state]
    for kind in view.kinds:
        words += ["--kind", kind]
    words += ["--text", view.text] if view.text else []
    for tag in view.tags:
        words += ["--tag", tag]
    words += [] if view.everything else ["--launched"]
    words += ["--mine"] if view.mine else []
    words += ["--all"] if view.archived else []
    return shlex.join(words)
