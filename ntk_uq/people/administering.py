"""What admins alone do."""

from ntk_uq.base.errors import NotAllowedError
from ntk_uq.people.person import Person, Role
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
