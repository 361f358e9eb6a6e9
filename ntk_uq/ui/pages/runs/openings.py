"""Where a job's result is shown: a link to the page that the job's kind names."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.fields import parse_json
from ntk_uq.jobs import kinds
from ntk_uq.store import Job


@dataclass(frozen=True)
class Link:
    """A link to a page that shows a job's result.

    Attributes:
        page: its script.
        label: of the link.
        icon: the page's.
        query: the items of the link.
        notice: in what the view differs from the job; empty where it does not.
    """

    page: str
    label: str
    icon: str
    query: Mapping[str, str]
    notice: str = ""


def opening(job: Job) -> Link | None:
    """Where a job's result is shown; None where no page shows it, or its view cannot be made."""
    kind = kinds.find(job.kind)
    if kind is None:
        return None
    try:
        found = kind.opens(kind.spec.from_json(parse_json(job.spec)))
    except NtkUqError:  # of another version of the program: the specification is on show anyway
        return None
    page = None if found is None else _page(found.page)
    if found is None or page is None:
        return None
    label = f"Open in {page.title}"
    return Link(page.script, label, page.icon, found.view.to_query(), found.notice)


class _Page(NamedTuple):
    script: str
    title: str
    icon: str


def _page(name: str) -> _Page | None:
    """The page of that name; None where there is none."""
    return _PAGES.get(name)


_PAGES = {
    "data": _Page("pages/data.py", "Data", ":material/database:"),
    "ensembles": _Page("pages/ensembles.py", "Ensembles", ":material/hub:"),
    "phase_map": _Page("pages/phase_map.py", "Phase map", ":material/grid_on:"),
    "scaling_curves": _Page(
        "pages/scaling_curves.py", "Scaling curves", ":material/trending_down:"
    ),
    "training_time": _Page("pages/training_time.py", "Training time", ":material/timer:"),
}
