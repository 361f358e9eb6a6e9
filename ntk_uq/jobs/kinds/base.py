"""What a kind of job is: one declaration, which the web's process may load."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Spec
from ntk_uq.costs.theory import TheoryCost
from ntk_uq.results.keys import OneRecord
from ntk_uq.store import ResultsCache

AnySpec = TypeVar("AnySpec", bound=Spec)

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Shown:
    """What shows a job's result.

    Attributes:
        view: which view, and with it on which page.
        notice: in what the view differs from the job, in words; empty where it does not.
    """

    view: Spec
    notice: str = ""


def counted(unit: str) -> Callable[[int, int], str]:
    """Words for how far a job is, such as ``12 of 72 points``."""
    return lambda done, total: f"{done} of {total} {unit}" if total else f"{done} {unit}"


def at_once(before: str = "not begun", after: str = "computed") -> Callable[[int, int], str]:
    """Words for how far a job is that has one result: there is no number worth telling."""
    return lambda done, total: after if done else before  # noqa: ARG005 (one interface for all)


_RESULTS = counted("results")


@dataclass(frozen=True)
class JobKind(Generic[AnySpec]):
    """One kind of job: all that is to be known of it but how it is computed.

    That is in the file of the same name in ``ntk_uq/engine/kinds/``, which only engines load.

    Attributes:
        name: what a job's ``kind`` says, and what the two files of the kind are called.
        spec: the class of its specifications; no other kind has it, since a job's id is its
            specification's digest.
        words: what a job computes, for people.
        rank: the priority of its jobs. What somebody waits for before anything else goes first,
            and theory, which takes seconds (0), before training, which takes minutes (-20).
        total: how many results a job has, before anybody has planned it; 0 where that is not known.
        progress: (done, total) -> how far a job is, for people.
        former: names that it had in earlier versions. Jobs and links with them keep working.
        check: raises NtkUqError, in words, where it is no use to ask for a job.
        record: the record that a job's result is, where it is one.
        stored: (results, specification) -> what is there of a job's result; not needed where there
            is ``record``. None where the result is not in the store.
        opens: the view that shows a job's result; None where no page does.
        besides: a view of another page that shows the same result otherwise; None where none does.
            Raises SpecError where that page cannot show it.
        here: whether it runs in the engine's own process, beside what its workers do: for what
            waits and does not compute, or has to be done on the engine's machine.
        smaller: what to choose smaller where the memory does not suffice.
        launched: whether only people ask for it, by a button or a command, and no page by itself.
        cost: (specification, what :meth:`result` gives) -> what is still to be computed, for kinds
            that pages ask for by themselves: above the settings' limit they show it with a button
            instead. Raises NtkUqError where it cannot be computed. None where nobody can tell.
        keys: what the keys of its results begin with, where there is no ``record``; results of one
            beginning may be those of several kinds.
        amount: writes a number of its results, with a unit where they are not simply counted.
    """

    name: str
    spec: type[AnySpec]
    words: Callable[[AnySpec], str]
    rank: int = 0
    total: Callable[[AnySpec], int] = lambda spec: 0  # noqa: ARG005
    progress: Callable[[int, int], str] = _RESULTS
    former: tuple[str, ...] = ()
    check: Callable[[AnySpec], object] = lambda spec: None  # noqa: ARG005
    record: OneRecord[AnySpec, Any] | None = None
    stored: Callable[[ResultsCache, AnySpec], Any] | None = None
    opens: Callable[[AnySpec], Shown | None] = lambda spec: None  # noqa: ARG005
    besides: Callable[[AnySpec], Spec | None] = lambda spec: None  # noqa: ARG005
    here: bool = False
    smaller: str = "N_D or N_T"
    launched: bool = False
    amount: Callable[[int], str] = str
    cost: Callable[[AnySpec, Any], TheoryCost] | None = None
    keys: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in (self.name, *self.former):
            if not _NAME.fullmatch(name):
                raise SpecError(
                    f"A kind of job is called {name!r}; its name must be that of its file: small "
                    "letters, digits and _, a letter first."
                )
        if self.record is not None and self.stored is not None:
            raise SpecError(
                f"Jobs of kind {self.name} have both record and stored; give one of them: a record "
                "is read back by itself."
            )

    @property
    def beginnings(self) -> tuple[str, ...]:
        """What the keys of its results begin with, before the first slash."""
        return self.keys if self.record is None else (self.record.name,)

    def result(self, results: ResultsCache, spec: AnySpec) -> Any:
        """What the store has of a job's result; None where there is nothing to be had from it.

        Raises:
            NtkUqError: where what is stored cannot be looked up: data that are missing, say.
        """
        if self.record is not None:
            return self.record.stored(results, spec)
        return None if self.stored is None else self.stored(results, spec)
