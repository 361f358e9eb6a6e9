"""From what a login says of somebody to a person with a role."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from ntk_uq.base import login_settings
from ntk_uq.people.person import Person, Role
from ntk_uq.store import Store

_ID = 24
_LONGEST = 80


@dataclass(frozen=True)
class Claims:
    """What a login says of somebody.

    Attributes:
        issuer: who says so: an identity provider's address, "header" or "shell".
        subject: of that issuer, the same for good. Not the email: it may be given to another one,
            or be that of two accounts.
        name: for people; empty where there is none.
        email: empty where there is none, or where its owner has not shown that it is hers.
    """

    issuer: str
    subject: str
    name: str = ""
    email: str = ""

    @property
    def id(self) -> str:
        """What a person is known by in the store: nobody reads an address there."""
        return hashlib.sha256(f"{self.issuer}\n{self.subject}".encode()).hexdigest()[:_ID]

    @property
    def shown(self) -> str:
        """The name for people."""
        text = " ".join((self.name or self.email or self.subject).split())[:_LONGEST]
        return "".join(c for c in text if c.isprintable()) or "somebody without a name"


def person_of(store: Store, claims: Claims) -> Person:
    """The person of these claims, with her role. Raises as :func:`role_of`."""
    names = (claims.subject, claims.email.lower())
    return Person(claims.id, claims.shown, role_of(store, claims.id, names))


def role_of(store: Store, person: str, names: Collection[str]) -> Role:
    """What somebody may do.

    Whoever ``NTK_UQ_ADMINS`` names by email, or by subject, is an admin. The others have the role
    that an admin gave them, and at first that of ``NTK_UQ_ROLE``.

    Args:
        store: where roles are kept.
        person: her id.
        names: what she is called where admins are named; empty ones are nobody's.

    Raises:
        SpecError: if one of the two settings cannot be read.
        StoreError: if the store cannot be read.
    """
    if login_settings.admins().intersection(filter(None, names)):
        return Role.ADMIN
    given = store.people.role(person)
    return Role(given) if given in list(Role) else Role(login_settings.first_role())
