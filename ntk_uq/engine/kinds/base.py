"""What a kind of job is to the engine."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from ntk_uq.engine.chunks import Plan, Progress, Result
from ntk_uq.errors import SpecError
from ntk_uq.fields import Spec
from ntk_uq.store import ResultsCache

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
