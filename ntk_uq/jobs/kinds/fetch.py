"""Jobs that fetch what is missing of a public data set, where the engine runs.

A job counts bytes. Its message says which file is on its way, and its error what each mirror did.
Nothing goes to the store: whether the files are there is seen from the files.
"""

from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets import fetching
from ntk_uq.jobs.kinds.base import JobKind, Shown
from ntk_uq.jobs.words import title
from ntk_uq.specs import DataSpec, FetchSpec
from ntk_uq.views import DataView


def _progress(done: int, total: int) -> str:
    return f"{format_bytes(done)} of {format_bytes(total)}" if total else format_bytes(done)


KIND = JobKind(
    name="fetch",
    spec=FetchSpec,
    words=lambda spec: f"Files of {title(spec.name)}",
    rank=30,
    total=lambda spec: fetching.get(spec.name).size or 0,
    progress=_progress,
    check=lambda spec: fetching.get(spec.name),
    opens=lambda spec: Shown(DataView(DataSpec(spec.name))),
    here=True,
    launched=True,
    amount=format_bytes,
)
