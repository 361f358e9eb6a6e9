"""What admins alone do."""

import math
from collections.abc import Callable, Mapping

from ntk_uq.base.errors import NotAllowedError, SpecError
from ntk_uq.base.settings import parse_bytes
from ntk_uq.people import quotas
from ntk_uq.people.person import Person, Role
from ntk_uq.people.quotas import Quota
from ntk_uq.store import Store


def check_admin(person: Person) -> None:
    """Raises NotAllowedError for whoever is no admin."""
    if person.role is not Role.ADMIN:
        raise NotAllowedError(
            f"{person.name} is a {person.role}; only admins of this server see and do this."
        )


def announce(store: Store, person: Person, text: str) -> None:
    """Says something to all who look at the pages, instead of what was said before; nothing where
    the text is empty.

    Raises:
        NotAllowedError: for whoever is no admin.
        SpecError, StoreError: as :meth:`ntk_uq.store.NoticeBoard.write`.
    """
    check_admin(person)
    store.notice.write(text, person.name)


def give_role(store: Store, by: Person, person: str, role: Role) -> None:
    """Says what somebody may do from now on.

    Raises:
        NotAllowedError: for whoever is no admin.
        StoreError: if nobody of this id was ever here.
    """
    check_admin(by)
    store.people.set_role(person, role)


def set_quotas(
    store: Store,
    by: Person,
    who: str,
    texts: Mapping[Quota, str],
    named: Callable[[Quota], str] = lambda quota: quota.words,
) -> None:
    """Says how much somebody, or whoever has a role, may have.

    Args:
        store: the store. by: who says so.
        who: the id of somebody who was ever here, or a role.
        texts: of each quota a number or a size, ``none`` for no limit, or ``default`` to take back
            what was set: a person has her role's then, and a role none.
        named: how what is refused names a quota.

    Raises:
        NotAllowedError: for whoever is no admin.
        SpecError: if a text or ``who`` is nothing of the kind; nothing is set then.
    """
    check_admin(by)
    amounts = {quota: _amount(named(quota), quota, text) for quota, text in texts.items()}
    if who not in {*Role, *(one.person for one in quotas.accounts(store))}:
        raise SpecError(
            f"{who!r:.60} is neither a role ({', '.join(Role)}) nor the id of anybody who was ever "
            "here; `ntk-uq people list` tells them."
        )
    for quota, text in texts.items():
        if text == DEFAULT:
            store.quotas.forget_limit(who, quota)
        else:
            store.quotas.set_limit(who, quota, amounts[quota])


NONE, DEFAULT = "none", "default"


def _amount(name: str, quota: Quota, text: str) -> float | None:
    if text in (NONE, DEFAULT):
        return None
    if quota in (Quota.DATA, Quota.RESULTS):
        return parse_bytes(text, name)
    try:
        amount = float(text)
    except ValueError:
        amount = math.nan
    if not 0 <= amount < math.inf or (quota is Quota.RUNNING and amount != math.floor(amount)):
        kind = "a whole number" if quota is Quota.RUNNING else "a number"
        raise SpecError(
            f"{name} is {text!r:.60}; write {kind} from 0 on, {NONE} for no limit, or {DEFAULT} "
            "to take back what was set."
        )
    return amount
