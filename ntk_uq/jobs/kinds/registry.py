"""The kinds of jobs, one file each, in one registry.

A file here declares its kind as ``KIND``; the file of the same name in ``ntk_uq/engine/kinds/``
computes it. docs/contributing/job-kind.md shows how one is added.
"""

from contextlib import ExitStack
from importlib import import_module
from typing import Any

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Spec
from ntk_uq.jobs.kinds.base import JobKind

FILES = (
    "calibration",
    "curve",
    "descent",
    "ensemble",
    "fetch",
    "foreseen",
    "inspection",
    "map",
    "spectrum",
    "training_time",
)
"""What the files are called: a line for each kind, and nothing else to be written for it here."""

REGISTRY: dict[str, JobKind[Any]] = {}
"""The kinds by name; :func:`register` adds to it."""

_FORMER: dict[str, str] = {}


def register(kind: JobKind[Any]) -> ExitStack:
    """Adds a kind of job, for as long as the process lasts or until it is taken out again.

    Args:
        kind: its declaration. An engine in this process computes it with the module
            ``ntk_uq.engine.kinds.NAME``, NAME being the kind's. Other processes, as the workers of
            a cluster, know the kinds of :data:`FILES`.

    Returns:
        what takes the kind out again when it is closed: ``with register(kind): ...``

    Raises:
        SpecError: if another kind has, or had, one of its names; or has its specification.
    """
    for name in (kind.name, *kind.former):
        if name in REGISTRY or name in _FORMER:
            raise SpecError(
                f"There is a kind of job {name} already; every kind needs names of its own."
            )
    for other in REGISTRY.values():
        if other.spec is kind.spec:
            raise SpecError(
                f"Jobs of kind {other.name} have the specification {kind.spec.__name__} already; "
                f"a job's id is its digest, so {kind.name} needs a class of its own."
            )
    REGISTRY[kind.name] = kind
    _FORMER.update(dict.fromkeys(kind.former, kind.name))
    undo = ExitStack()
    undo.callback(_remove, kind)
    return undo


def lowest_rank() -> int:
    """The rank of the kinds that give way to all others."""
    return min(kind.rank for kind in REGISTRY.values())


def find(name: str) -> JobKind[Any] | None:
    """The kind of that name, which may be a former one; None where this version knows none."""
    return REGISTRY.get(name_of(name))


def of(spec: Spec) -> JobKind[Any]:
    """The kind whose jobs compute what a specification says.

    Raises:
        SpecError: if there is none.
    """
    for kind in REGISTRY.values():
        if kind.spec is type(spec):
            return kind
    known = ", ".join(kind.spec.__name__ for kind in REGISTRY.values())
    raise SpecError(f"No kind of job computes a {type(spec).__name__}; there are jobs for {known}.")


def name_of(name: str) -> str:
    """What a kind is called now; of one that this version does not know, the name as it is."""
    return _FORMER.get(name, name)


def former_names() -> dict[str, str]:
    """What kinds were called before, and what they are called now."""
    return dict(_FORMER)


def _remove(kind: JobKind[Any]) -> None:
    del REGISTRY[kind.name]
    for name in kind.former:
        del _FORMER[name]


for _name in FILES:
    register(import_module(f"{__package__}.{_name}").KIND)
