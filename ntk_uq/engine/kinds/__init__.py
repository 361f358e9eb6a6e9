"""What computes each kind of job that is declared in ``ntk_uq/jobs/kinds/``: a file of its name."""

import logging
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from ntk_uq.base import device_errors
from ntk_uq.base.errors import EngineError
from ntk_uq.engine.chunks import Chunk, Plan, Progress, Result
from ntk_uq.engine.kinds.base import Kind, put_together
from ntk_uq.jobs import kinds as declared
from ntk_uq.jobs.kinds.base import JobKind
from ntk_uq.store import ResultsCache

log = logging.getLogger(__name__)


def get(name: str) -> Kind:
    """The kind of that name, which may be one that an earlier version of the program gave it.

    Raises:
        EngineError: if there is none, or nothing computes it.
    """
    name = declared.name_of(name)
    if name in REGISTRY:
        return REGISTRY[name]
    kind = declared.find(name)
    if kind is not None:  # declared later, at run time
        return _load(kind)
    raise EngineError(
        f"This engine does not know jobs of kind {name!r}, only {', '.join(REGISTRY)}; is it "
        "older than the pages? Start it again after an update."
    )


def plan(kind: str, spec: Any, results: ResultsCache) -> Plan:
    """What a job still needs.

    Args:
        kind: name of its kind.
        spec: its specification, JSON's own types.
        results: what has been computed already.

    Raises:
        NtkUqError: where the job cannot be computed: unknown kind, a specification of another
            version, data missing, too large for the memory.
    """
    return get(kind).plan(spec, results)


def compute(chunk: Chunk, progress: Progress) -> Iterator[Result]:
    """The chunk's results, each as soon as it is ready.

    Raises:
        Stopped: out of ``progress``.
        NtkUqError: as the kind does.
        MemoryLimitError: if an accelerator's memory was full.
        DeviceLostError: if an accelerator failed.
    """
    kind = get(chunk.kind)
    try:
        yield from kind.compute(chunk.payload, progress)
    except Exception as error:
        known = device_errors.told(error, kind.smaller)
        if known is None:
            raise
        log.warning("an accelerator failed a job of kind %s: %s", kind.name, error)
        raise known from error


def _load(kind: JobKind[Any]) -> Kind:
    """A declared kind with the module that computes it.

    Raises:
        EngineError: if there is no such module.
    """
    module = f"{__name__}.{kind.name}"
    try:
        computing: Any = import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise EngineError(
            f"Jobs of kind {kind.name} are declared, but nothing computes them: there is no "
            f"module {module} with plan and compute."
        ) from None
    return put_together(kind, computing)


REGISTRY: dict[str, Kind] = {name: _load(kind) for name, kind in declared.REGISTRY.items()}
"""The kinds that were declared when the engine was loaded."""

__all__ = ["REGISTRY", "Kind", "compute", "get", "plan"]
