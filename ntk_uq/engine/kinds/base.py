"""What a kind of job is to the engine."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Spec
from ntk_uq.base.records import Record
from ntk_uq.engine.chunks import Chunk, Plan, Progress, Result
from ntk_uq.store import ResultsCache, json_bytes

AnySpec = TypeVar("AnySpec", bound=Spec)


@dataclass(frozen=True)
class Kind:
    """One kind of job.

    Attributes:
        name: what a job's ``kind`` says.
        plan: (specification as JSON's own types, results) -> the chunks that are still to be
            computed. Quick, since the engine waits for it. Raises NtkUqError, in words, where the
            job cannot be computed.
        compute: (a chunk's payload, progress) -> its results, each as soon as it is ready.
            Reports progress now and then if results are seconds apart.
        words: (done, total) -> how far a job is, for people.
        here: whether chunks run in the engine's own process, beside what its runner does: for
            what waits and does not compute, or has to be done on the engine's machine.
        smaller: what to choose smaller where the memory does not suffice.
    """

    name: str
    plan: Callable[[Any, ResultsCache], Plan]
    compute: Callable[[Any, Progress], Iterator[Result]]
    words: Callable[[int, int], str]
    here: bool = False
    smaller: str = "n_train or n_test"


def counted(unit: str) -> Callable[[int, int], str]:
    """Words such as ``12 of 72 points``."""
    return lambda done, total: f"{done} of {total} {unit}" if total else f"{done} {unit}"


def read_spec(cls: type[AnySpec], data: Any) -> AnySpec:
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


def at_once(
    name: str,
    cls: type[AnySpec],
    stored: Callable[[ResultsCache, AnySpec], Record | None],
    check: Callable[[AnySpec], int],
    evaluate: Callable[[AnySpec, Progress], tuple[str, Record]],
    words: tuple[str, str] = ("not begun", "computed"),
    smaller: str = "n_train or n_test",
) -> Kind:
    """A kind whose jobs are one chunk, and one record in the store.

    Args:
        name: of the kind.
        cls: the class of its specifications.
        stored: the record that is there already, or None.
        check: raises NtkUqError, in words, where it cannot be computed; gives the bytes that it is
            estimated to take, or 0.
        evaluate: (specification, progress) -> where the record belongs, and the record.
        words: how far a job is, before and after.
        smaller: as in :class:`Kind`.
    """

    def plan(spec: Any, results: ResultsCache) -> Plan:
        wanted = read_spec(cls, spec)
        if stored(results, wanted) is not None:
            return Plan((), 1, 1)
        return Plan((Chunk(name, wanted.to_json(), check(wanted)),), 0, 1)

    def compute(payload: Any, progress: Progress) -> Iterator[Result]:
        key, record = evaluate(cls.from_json(payload), progress)
        yield Result(key, json_bytes(record.to_json()))

    def told(done: int, total: int) -> str:  # noqa: ARG001
        return words[bool(done)]

    return Kind(name=name, plan=plan, compute=compute, words=told, smaller=smaller)
