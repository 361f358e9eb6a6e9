"""What a kind of job is to the engine: its declaration, and what computes it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Spec
from ntk_uq.base.records import Record
from ntk_uq.engine.chunks import Chunk, Plan, Progress, Result
from ntk_uq.jobs.kinds.base import JobKind
from ntk_uq.store import ResultsCache, json_bytes

AnySpec = TypeVar("AnySpec", bound=Spec)


class Computing(Protocol):
    """What the file of a kind holds: two functions."""

    def plan(self, spec: Any, results: ResultsCache) -> Plan:
        """The chunks of a job that are still to be computed.

        Quick, since the engine waits for it.

        Args:
            spec: the job's specification, of the class that the kind declares.
            results: what has been computed already.

        Raises:
            NtkUqError: in words, where the job cannot be computed.
        """

    def compute(self, payload: Any, progress: Progress) -> Iterator[Result]:
        """The results of one chunk, each as soon as it is ready.

        Args:
            payload: the chunk's.
            progress: to be told now and then if results are seconds apart.

        Raises:
            Stopped: out of ``progress``.
            NtkUqError: in words, where the chunk cannot be computed.
        """


@dataclass(frozen=True)
class Kind:
    """One kind of job, as the engine uses it.

    Attributes:
        name: what a chunk's ``kind`` says.
        plan: as :meth:`Computing.plan`, of a specification as JSON's own types.
        compute: as :meth:`Computing.compute`.
        words: (done, total) -> how far a job is, for people.
        here: whether chunks run in the engine's own process, beside what its runner does.
        smaller: what to choose smaller where the memory does not suffice.
    """

    name: str
    plan: Callable[[Any, ResultsCache], Plan]
    compute: Callable[[Any, Progress], Iterator[Result]]
    words: Callable[[int, int], str]
    here: bool = False
    smaller: str = "N_D or N_T"


def put_together(kind: JobKind[Any], computing: Computing) -> Kind:
    """A kind from its declaration and what computes it."""

    def plan(data: Any, results: ResultsCache) -> Plan:
        return computing.plan(_read(kind.spec, data), results)

    return Kind(kind.name, plan, computing.compute, kind.progress, kind.here, kind.smaller)


def one_record(
    kind: JobKind[AnySpec],
    memory: Callable[[AnySpec], int],
    evaluate: Callable[[AnySpec, Progress], tuple[str, Record]],
) -> tuple[Callable[[AnySpec, ResultsCache], Plan], Callable[[Any, Progress], Iterator[Result]]]:
    """``plan`` and ``compute`` of a kind whose jobs are one chunk, and one record in the store.

    Args:
        kind: the declaration; it has a ``record``.
        memory: raises NtkUqError, in words, where it cannot be computed; gives the bytes that it is
            estimated to take, or 0 where nobody has estimated.
        evaluate: (specification, progress) -> the fingerprint of the data, and the record.
    """
    record = kind.record
    if record is None:
        raise SpecError(f"Jobs of kind {kind.name} declare no record; give them one.")

    def plan(spec: AnySpec, results: ResultsCache) -> Plan:
        if record.stored(results, spec) is not None:
            return Plan((), 1, 1)
        needed = memory(spec)
        seconds = math.inf if kind.cost is None else kind.cost(spec, None).chunk
        return Plan((Chunk(kind.name, spec.to_json(), needed, seconds),), 0, 1)

    def compute(payload: Any, progress: Progress) -> Iterator[Result]:
        spec = kind.spec.from_json(payload)
        fingerprint, found = evaluate(spec, progress)
        yield Result(record.key(spec, fingerprint), json_bytes(found.to_json()))

    return plan, compute


def _read(cls: type[AnySpec], data: Any) -> AnySpec:
    """The specification of a job, which another version of the program may have written.

    Raises:
        SpecError: if this version cannot read it.
    """
    try:
        return cls.from_json(data)
    except SpecError as error:
        raise SpecError(
            f"This job's specification cannot be read: {error} Another version of the program may "
            "have written it; ask for it again."
        ) from None
