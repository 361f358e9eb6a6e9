"""What somebody may do with users' own data sets: see, list, upload, rename, share, delete."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ntk_uq.base import login_settings
from ntk_uq.base.counting import listed
from ntk_uq.base.errors import NotAllowedError, PrivateDataError
from ntk_uq.datasets.own import holders as records
from ntk_uq.datasets.own.holders import BEFORE, Holder, Holders, Sharing
from ntk_uq.datasets.own.reading import Brought
from ntk_uq.datasets.own.storage import names_kept
from ntk_uq.people.person import Person, Role


class OwnData:
    """Users' own data sets in the hands of one person.

    Where nobody is asked who they are, everybody sees all, as whoever has a name in a link does.
    """

    def __init__(self, person: Person) -> None:
        self.person = person

    def check_upload(self) -> None:
        """Raises NotAllowedError where this person uploads nothing."""
        if self.person.role is Role.VIEWER:
            raise NotAllowedError(
                f"{self.person.name} may look at everything here, and upload nothing. An admin of "
                "this server can make a viewer a member."
            )

    def hidden(self) -> dict[str, str]:
        """Data sets that are not shown to this person, by name, with whose they are in words."""
        if not login_settings.login() or self.person.role is Role.ADMIN:
            return {}
        found = records.everybodys().items()
        return {name: whose(of) for name, of in found if not self._sees(of)}

    def title(self, name: str) -> str | None:
        """What a data set is called for this person; None for as its file was.

        Raises:
            PrivateDataError: where it is not shown to her.
            SpecError: if the name is not one of an own data set.
        """
        of = records.holders(name)
        if not login_settings.login() or not of:
            return None
        if not self._sees(of):
            raise PrivateDataError(not_shown(whose(of)))
        return next((one.title for one in self._first(of) if one.title), None)

    def check(self, name: str) -> None:
        """Raises PrivateDataError where the data set ``name`` is not shown to this person."""
        self.title(name)

    def offered(self) -> tuple[str, ...]:
        """Names of the data sets that are listed to this person: hers, and those for the group."""
        if not self.person.known:
            return ()
        return tuple(
            name
            for name, of in records.everybodys().items()
            if any(one.kept and (self._is(one) or one.sharing is Sharing.GROUP) for one in of)
        )

    def hers(self) -> dict[str, Holders]:
        """Data sets that this person may rename, share and delete, with all whose they are: her
        own; an admin's are all."""
        if not self.person.known:
            return {}
        return {
            name: of
            for name, of in records.everybodys().items()
            if any(one.kept and one.person and self._may(one) for one in of)
        }

    def bring(self, name: str, title: str, sharing: Sharing, was_there: bool) -> None:
        """Makes this person an owner of data that were just kept.

        Args:
            name: of the data set.
            title: what she calls it.
            sharing: who else sees it.
            was_there: whether it was kept here before: if nobody owned it then, whoever has its
                link sees it as before.

        Raises:
            NotAllowedError, DataError: where she may not, or it cannot be written.
        """
        self.check_upload()
        if not self.person.known:
            return
        mine = records.new(self.person.id, self.person.name, sharing, title)

        def brought(of: Holders) -> Holders:
            others = of or ((BEFORE,) if was_there else ())
            return (*(one for one in others if not self._is(one)), mine)

        records.change(name, brought)

    def rename(self, name: str, title: str) -> None:
        """Calls a data set something else. Raises as :meth:`delete`, and DataError for no title."""
        wanted = records.titled(title)
        self._change(name, lambda one: replace(one, title=wanted))

    def share(self, name: str, sharing: Sharing) -> None:
        """Says who else sees a data set. Raises as :meth:`delete`."""
        self._change(name, lambda one: replace(one, sharing=sharing))

    def delete(self, name: str) -> None:
        """Removes a data set, unless others have uploaded it, too; results of it stay, and stay as
        private as they were.

        Raises:
            NotAllowedError: unless it is hers, or she is an admin.
            DataError: if it cannot be written.
        """
        self._change(name, lambda one: replace(one, kept=False))

    def _change(self, name: str, to: Callable[[Holder], Holder]) -> None:
        def changed(of: Holders) -> Holders:
            # An owner speaks for herself; an admin who is none, for all.
            mine = [one for one in of if self._is(one)] or [one for one in of if self._may(one)]
            if not mine:
                raise NotAllowedError(
                    f"This data set is {whose(of) if of else BEFORE.name}'s: only its owner and "
                    "admins rename, share and delete it."
                )
            return tuple(to(one) if one in mine else one for one in of)

        records.change(name, changed)

    def _sees(self, of: Holders) -> bool:
        return any(self._may(one) or one.sharing is not Sharing.PRIVATE for one in of) or not of

    def _first(self, of: Holders) -> Holders:
        """Those whose word counts for this person, her own first."""
        mine = tuple(one for one in of if self._is(one))
        return mine + tuple(one for one in of if one.sharing is not Sharing.PRIVATE) + of

    def _is(self, one: Holder) -> bool:
        return self.person.known and one.person == self.person.id

    def _may(self, one: Holder) -> bool:
        return self.person.role is Role.ADMIN or self._is(one)


def hidden_owner(spec: str, hidden: Mapping[str, str]) -> str | None:
    """Whose a data set is that a run's specification names and that is not shown; None where it
    names none.

    Args:
        spec: JSON text.
        hidden: from :meth:`OwnData.hidden`.
    """
    return next((owner for name, owner in hidden.items() if name in spec), None)


def not_shown(owner: str) -> str:
    """Why what is computed from a private data set of ``owner`` is not shown."""
    return (
        f"This is on a private data set: only {owner} and admins see it and what is computed from "
        "it. Ask them to share it."
    )


def bring_for(
    acting: OwnData, sharing: Sharing, title: str, keep: Callable[[], Brought]
) -> Brought:
    """Keeps data as somebody's, where people are told apart.

    Args:
        acting: own data sets in her hands.
        sharing: who else sees the data.
        title: what they are called: the name of their file.
        keep: keeps them.

    Raises:
        NotAllowedError: where she uploads nothing; nothing is kept then.
        DataError: where they cannot be kept, or ``keep`` refuses them.
    """
    acting.check_upload()
    before = names_kept() if acting.person.known else frozenset()
    brought = keep()
    acting.bring(brought.name, title, sharing, brought.name in before)
    return brought


def whose(of: Holders) -> str:
    """The names of those whose a data set is."""
    names = list(dict.fromkeys(one.name for one in of if one.person))
    return listed(names or [one.name for one in of][:1] or [BEFORE.name])
