"""How much each may have of a shared server, what each has had, and what is left.

Limits are a person's own, else her role's, else there are none. Worker time is that of the last
:data:`DAYS` days; what a run with several owners takes is divided among them. Bytes of results are
those written by runs that the table of runs still has; they, and bytes of own data, are freed by
pruning and deleting alone.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum, auto
from typing import Any

from ntk_uq.base import login_settings
from ntk_uq.base.counting import duration, listed
from ntk_uq.base.errors import QuotaError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets.own.holders import everybodys
from ntk_uq.datasets.own.storage import path_of
from ntk_uq.people.person import Person, Role
from ntk_uq.store import SpentHour, Store

DAYS = 7
"""Days over which worker time is counted."""

_HOUR = 3600.0
_NAMELESS = "somebody"


class Quota(StrEnum):
    """What may be limited."""

    HOURS = auto()
    """Hours of workers within the last :data:`DAYS` days."""
    RUNNING = auto()
    """Launched runs that have not ended."""
    DATA = auto()
    """Bytes of own data."""
    RESULTS = auto()
    """Bytes of results."""

    @property
    def words(self) -> str:
        """What it is of, for people."""
        return _WORDS[self]

    def amount(self, number: float) -> str:
        """So much of it, for people."""
        if self is Quota.HOURS:
            return "0 h" if number <= 0 else duration(number * _HOUR)
        return f"{number:,.0f}" if self is Quota.RUNNING else format_bytes(number)


_WORDS = {
    Quota.HOURS: f"worker time in {DAYS} days",
    Quota.RUNNING: "runs at once",
    Quota.DATA: "own data",
    Quota.RESULTS: "results",
}


@dataclass(frozen=True)
class Allowance:
    """One quota of one person.

    Attributes:
        quota: which one.
        used: so far, in hours, runs or bytes.
        limit: how much there may be; None for no limit.
        room_at: when something of it is free again where nothing is left, in unix seconds, if
            nothing more is used; None where that is not a matter of time.
    """

    quota: Quota
    used: float
    limit: float | None = None
    room_at: float | None = None

    @property
    def left(self) -> float | None:
        """What may still be had; None for no limit."""
        return None if self.limit is None else max(0.0, self.limit - self.used)

    @property
    def words(self) -> str:
        """What is used and left, for people."""
        if self.left is None:
            return f"{self.of_all} used, no limit"
        if self.left == 0:
            return f"{self.of_all} used, nothing left; {self.again}"
        return f"{self.of_all} used, {self.quota.amount(self.left)} left"

    @property
    def of_all(self) -> str:
        """What is used of how much, for people."""
        limit = "" if self.limit is None else f"{self.quota.amount(self.limit)} of "
        return f"{self.quota.amount(self.used)} of {limit}{self.quota.words}"

    @property
    def again(self) -> str:
        """When there is room again, as a part of a sentence."""
        if self.room_at is not None:
            return f"room again {_moment(self.room_at)}"
        if not self.limit:
            return "an admin can give more"
        return _AGAIN[self.quota]


_AGAIN = {
    Quota.HOURS: "room again when less was used within these days",
    Quota.RUNNING: "room again as soon as one of them ends",
    Quota.DATA: "room again when own data are deleted",
    Quota.RESULTS: "room again when old runs and their results are pruned",
}


@dataclass(frozen=True)
class Account:
    """What one person may have, and has.

    Attributes:
        person: her id.
        name: for people.
        role: what she is; see :class:`~ntk_uq.people.Role`.
        allowances: one of each quota, in the order of :class:`Quota`.
    """

    person: str
    name: str
    role: str
    allowances: tuple[Allowance, ...]

    def of(self, quota: Quota) -> Allowance:
        """One of them."""
        return next(one for one in self.allowances if one.quota is quota)

    @property
    def limited(self) -> tuple[Allowance, ...]:
        """Those that have a limit."""
        return tuple(one for one in self.allowances if one.limit is not None)

    @property
    def waits(self) -> str:
        """Why her runs wait at the moment, for people; empty where they do not."""
        for quota in (Quota.HOURS, Quota.RESULTS):
            found = self.of(quota)
            if found.left == 0:
                return f"{self.name} has used {found.of_all}; {found.again}"
        return ""

    def to_json(self) -> dict[str, Any]:
        """As JSON: amounts in hours, runs and bytes."""
        quotas = {str(one.quota): {**asdict(one), "left": one.left} for one in self.allowances}
        for one in quotas.values():
            del one["quota"]
        return {"person": self.person, "name": self.name, "role": self.role, "quotas": quotas}


def accounts(store: Store) -> tuple[Account, ...]:
    """Quotas and usage of everybody who has logged in, owns a run or had worker time; by name.

    Raises:
        SpecError: if the setting of newcomers' role cannot be read.
        StoreError: if the store cannot be read.
    """
    names = {record.id: record.name for record in store.people.all()}
    had = _Had.of(store)
    known = [*names, *sorted(had.people - set(names))]
    roles = _roles(store)
    first = login_settings.first_role()
    found = [had.account(one, names.get(one, _NAMELESS), roles.get(one, first)) for one in known]
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.person)))


def account(store: Store, person: Person, but: str = "") -> Account:
    """Quotas and usage of one person, a run of the id ``but`` left out of those that have not
    ended. Raises StoreError if the store cannot be read."""
    return _Had.of(store, but).account(person.id, person.name, str(person.role))


def waiting(store: Store) -> dict[str, str]:
    """Those whose runs wait since they have used up what they may have, by id, and why in words.

    Raises:
        SpecError, StoreError: as :func:`accounts`.
    """
    if not store.quotas.limits():
        return {}
    return {one.person: one.waits for one in accounts(store) if one.waits}


def why_waiting(full: Mapping[str, str], owners: Collection[str]) -> str:
    """Why a run of these owners waits, of what :func:`waiting` gives; empty where one has room."""
    if not owners or not all(one in full for one in owners):
        return ""
    return f"Waits: {'. '.join(full[one] for one in owners)}."


def check_launch(store: Store, person: Person, job_id: str, seconds: float | None = None) -> None:
    """Refuses a launch for which there is no room.

    A run that takes more worker time than is left is not refused: it waits in the middle.

    Args:
        store: where quotas are kept.
        person: who launches.
        job_id: of the run.
        seconds: of one worker that it takes, as estimated; None where nobody can tell.

    Raises:
        QuotaError: if she has no worker time, no run or no room for results left.
        StoreError: if the store cannot be read.
    """
    found = account(store, person, but=job_id)
    asked = {
        Quota.HOURS: "some" if seconds is None else f"about {duration(seconds)}",
        Quota.RUNNING: "one more",
        Quota.RESULTS: "some",
    }
    _refuse([(found.of(quota), told) for quota, told in asked.items() if not _room(found, quota)])


def check_data(store: Store, person: Person, size: int) -> None:
    """Refuses own data of so many bytes for which there is no room.

    Raises:
        QuotaError: if there is not.
        StoreError: if the store cannot be read.
    """
    data = account(store, person).of(Quota.DATA)
    if data.left is not None and size > data.left:
        _refuse([(data, format_bytes(size))])


def _room(found: Account, quota: Quota) -> bool:
    return found.of(quota).left != 0


def _refuse(missing: list[tuple[Allowance, str]]) -> None:
    if missing:
        told = listed([f"{one.words} (asked for: {asked})" for one, asked in missing])
        raise QuotaError(f"There is no room for that in the quotas of this server: {told}.")


def data_bytes() -> dict[str, float]:
    """Bytes of own data of each person; those of a set that several keep are divided among them."""
    found: dict[str, float] = {}
    for name, holders in everybodys().items():
        keeping = {one.person for one in holders if one.kept and one.person}
        with suppress(OSError):
            size = path_of(name).stat().st_size
            for person in keeping:
                found[person] = found.get(person, 0.0) + size / len(keeping)
    return found


@dataclass(frozen=True)
class _Had:
    """What everybody may have and has had."""

    limits: Mapping[str, Mapping[str, float | None]]
    spent: Mapping[str, tuple[SpentHour, ...]]
    running: Mapping[str, int]
    data: Mapping[str, float]
    written: Mapping[str, float]
    now: float

    @classmethod
    def of(cls, store: Store, but: str = "") -> "_Had":
        table = store.quotas
        return cls(
            table.limits(),
            table.spent(DAYS),
            table.running(but),
            data_bytes(),
            table.written(),
            table.clock(),
        )

    @property
    def people(self) -> set[str]:
        return {*self.spent, *self.running, *self.data, *self.written}

    def account(self, person: str, name: str, role: str) -> Account:
        hours = self.spent.get(person, ())
        used = {
            Quota.HOURS: sum(one.seconds for one in hours) / _HOUR,
            Quota.RUNNING: float(self.running.get(person, 0)),
            Quota.DATA: self.data.get(person, 0.0),
            Quota.RESULTS: self.written.get(person, 0.0),
        }
        limits = {**self.limits.get(role, {}), **self.limits.get(person, {})}
        found = []
        for quota, amount in used.items():
            limit = limits.get(quota)
            at = None
            if quota is Quota.HOURS and limit is not None and amount >= limit:
                at = _room_at(hours, limit)
            found.append(Allowance(quota, amount, limit, at))
        return Account(person, name, role, tuple(found))


def _room_at(hours: tuple[SpentHour, ...], limit: float) -> float | None:
    """When less than the limit, in hours, has been spent within the days that count."""
    rest = sum(one.seconds for one in hours)
    for one in hours:
        rest -= one.seconds
        if rest < limit * _HOUR:
            return (one.hour + 1) * _HOUR + DAYS * 24 * _HOUR
    return None


def _roles(store: Store) -> dict[str, str]:
    """What an admin has given, else what each was when she last launched something."""
    given = {record.id: record.role for record in store.people.all() if record.role in list(Role)}
    return {**store.quotas.standings(), **given}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).strftime("on %Y-%m-%d at %H:%M")


def described(limits: Mapping[str, float | None]) -> str:
    """Limits as they were set, for people."""
    told = [
        f"{Quota(name).words} "
        + ("without limit" if amount is None else f"at most {Quota(name).amount(amount)}")
        for name, amount in limits.items()
        if name in list(Quota)
    ]
    return ", ".join(told) or "nothing"
