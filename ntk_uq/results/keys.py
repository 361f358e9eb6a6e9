"""Where the store keeps a record that follows from a specification and the data."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from ntk_uq import datasets
from ntk_uq.base.fields import Spec, digest_of
from ntk_uq.base.records import Record
from ntk_uq.store import ResultsCache

AnySpec = TypeVar("AnySpec", bound=Spec)
AnyRecord = TypeVar("AnyRecord", bound=Record)


def record_key(name: str, version: int, spec: Any, fingerprint: str, **which: Any) -> str:
    """One key for all specifications that mean the same, of what the data files hold now.

    Args:
        name: of the kind of record; the key begins with it.
        version: of its numbers.
        spec: a specification that has ``data``.
        fingerprint: of the data.
        which: what else tells the record from others of the same specification.

    Raises:
        SpecError: for an unknown data set, or one that cannot be prepared as asked.
    """
    data = datasets.canonical(datasets.get(spec.data.dataset), spec.data)
    identity = replace(spec, data=data).identity()
    return f"{name}/{digest_of({name: version, 'data': fingerprint, 'spec': identity, **which})}"


def _key(name: str, version: int, spec: Any, fingerprint: str) -> str:
    return record_key(name, version, spec, fingerprint)


@dataclass(frozen=True)
class OneRecord(Generic[AnySpec, AnyRecord]):
    """A result that is one record of a specification and the data: what it is, and where.

    Attributes:
        name: the stored key begins with it.
        version: part of the key: raised when the numbers change.
        cls: the class of the record.
        fits: (record, specification, fingerprint of the data) -> whether it holds what was asked
            for: the store may hold anything.
        keyed: (name, version, specification, fingerprint of the data) -> the stored key: one for
            all specifications that mean the same.
        dataset: the name of the data set that a specification is about.
    """

    name: str
    version: int
    cls: type[AnyRecord]
    fits: Callable[[AnyRecord, AnySpec, str], bool] = lambda *_: True
    keyed: Callable[[str, int, AnySpec, str], str] = _key
    dataset: Callable[[AnySpec], str] = lambda spec: str(spec.data.dataset)  # type: ignore[attr-defined]

    def key(self, spec: AnySpec, fingerprint: str) -> str:
        """Where the store keeps it.

        Args:
            spec: what was asked for.
            fingerprint: of the data.

        Raises:
            SpecError: for an unknown data set, or one that cannot be prepared as asked.
        """
        return self.keyed(self.name, self.version, spec, fingerprint)

    def stored(self, results: ResultsCache, spec: AnySpec) -> AnyRecord | None:
        """The record on the data set as its files are now, or None if the store has none.

        Raises:
            SpecError: for an unknown data set, or one that cannot be prepared as asked.
            MissingDataError: if its files are not there.
        """
        fingerprint = datasets.get(self.dataset(spec)).fingerprint()
        record = results.get_record(self.key(spec, fingerprint), self.cls)
        return record if record is not None and self.fits(record, spec, fingerprint) else None
