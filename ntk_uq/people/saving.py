"""What somebody saves under names, and sees and changes of what others have saved."""

import hashlib

from ntk_uq.base.errors import NotAllowedError, SpecError
from ntk_uq.people.person import Person, Role
from ntk_uq.store import Items, SavedItem, SavedKind, Store
from ntk_uq.store.named_views import NAME, NamedView

_NOBODYS = "unowned-"
"""How ids begin of views that nobody owns, which the store knows by their names."""


class Saving:
    """The saved views and reports of a store in the hands of one person.

    Whoever has said who she is owns what she saves, and shows it to herself alone or to all. Where
    nobody is asked who they are, nobody owns anything, and everybody may do everything. Every
    method raises StoreError, in words, where the store cannot be read, or written.
    """

    def __init__(self, store: Store, person: Person) -> None:
        self._store, self.person = store, person

    def visible(self) -> Items:
        """Her own, what others share, and what nobody owns, by name."""
        return tuple(item for item in self._all() if self._sees(item))

    def everything(self) -> Items:
        """What everybody saved, also for themselves alone. Raises NotAllowedError for all but
        admins."""
        if self.person.role is not Role.ADMIN:
            raise NotAllowedError(
                f"{self.person.name} is a {self.person.role}; only admins see what others have "
                "saved for themselves."
            )
        return self._all()

    def find(self, item_id: str) -> SavedItem:
        """What has that id.

        Raises:
            SpecError: if there is none, or it is somebody else's alone; which, is not told.
        """
        admin = self.person.role is Role.ADMIN
        for item in self._all() if admin else self.visible():
            if item.id == item_id:
                return item
        raise SpecError(
            "Nothing of this link is saved here any more, or its owner keeps it for herself: ask "
            "her to share it."
        )

    def mine(self, item: SavedItem) -> bool:
        """Whether it is hers; where nobody is known, whether it is nobody's."""
        return item.owner == self.person.id

    def may_save(self) -> bool:
        """Whether this person may save anything."""
        return self.person.role is not Role.VIEWER

    def may_change(self, item: SavedItem) -> bool:
        """Whether this person may overwrite, rename, share and delete it."""
        own = self.person.known and self.mine(item) and self.may_save()
        return own or self.person.role is Role.ADMIN

    def replaced(self, kind: SavedKind, name: str) -> SavedItem | None:
        """What would be overwritten by saving under a name: her own; of an admin who has none of
        that name, another one that she sees. None where it is new."""
        named = [
            item
            for item in self.visible()
            if (item.kind, item.name) == (kind, name.strip()) and self.may_change(item)
        ]
        return min(named, key=lambda item: not self.mine(item), default=None)

    def save_view(
        self, name: str, page: str, query: dict[str, str], shared: bool = True
    ) -> SavedItem:
        """Saves a view; the one of :meth:`replaced` is overwritten, and stays its owner's.

        Args:
            name: for people.
            page: of the page that shows it, as in the address.
            query: the items of its link.
            shared: whether all see it; what nobody owns, everybody does.

        Raises:
            NotAllowedError: of a viewer.
            SpecError: as :meth:`ntk_uq.store.Saved.save`.
        """
        owner = self._owner(SavedKind.VIEW, name)
        if not owner:
            view = NamedView(name.strip(), page, query)
            self._store.views.save(view)
            return _of_file(view)
        return self._store.saved.save(
            SavedItem(SavedKind.VIEW, name, page, query, "", owner, shared)
        )

    def save_report(
        self, name: str, content: bytes, about: str = "", shared: bool = True
    ) -> SavedItem:
        """Saves a report, as :meth:`save_view`; ``content`` is its file, ``about`` a sentence."""
        owner = self._owner(SavedKind.REPORT, name)
        item = SavedItem(SavedKind.REPORT, name, "report", {}, about, owner, shared or not owner)
        return self._store.saved.save(item, content)

    def content(self, item: SavedItem) -> bytes:
        """The file of a report that she sees."""
        return self._store.saved.report(self.find(item.id).id)

    def rename(self, item: SavedItem, name: str) -> None:
        """Gives it another name. Raises NotAllowedError where it is not hers, and SpecError where
        there is one of that name."""
        self._check_change(item)
        if not item.id.startswith(_NOBODYS):
            self._store.saved.rename(item.id, name)
            return
        name = NAME.check("The name", name.strip())
        if name == item.name:
            return
        if any(view.name == name for view in self._store.views.list()):
            raise SpecError(f"There is a view {name!r} already; take another name.")
        self._store.views.save(NamedView(name, item.page, item.query))
        self._store.views.delete(item.name)

    def share(self, item: SavedItem, shared: bool) -> None:
        """Shows it to all, or to its owner alone. Raises NotAllowedError where it is not hers, and
        SpecError where nobody owns it."""
        self._check_change(item)
        if not item.owner:
            raise SpecError("Nobody owns it, so everybody sees it; save it under your own name.")
        self._store.saved.share(item.id, shared)

    def remove(self, item: SavedItem) -> None:
        """Deletes it. Raises NotAllowedError where it is not hers."""
        self._check_change(item)
        if item.id.startswith(_NOBODYS):
            self._store.views.delete(item.name)
        else:
            self._store.saved.remove(item.id)

    def owners(self) -> dict[str, str]:
        """Names of people by their ids, for what they own."""
        if not self.person.known:
            return {}
        return {person.id: person.name for person in self._store.people.all()}

    def _all(self) -> Items:
        files = (_of_file(view) for view in self._store.views.list())
        return tuple(
            sorted((*files, *self._store.saved.list()), key=lambda item: item.name.casefold())
        )

    def _sees(self, item: SavedItem) -> bool:
        return item.shared or self.mine(item)

    def _owner(self, kind: SavedKind, name: str) -> str:
        """Whose it is when this person saves it now."""
        if not self.may_save():
            raise NotAllowedError(
                f"{self.person.name} may look at everything here, and save nothing. An admin of "
                "this server can make a viewer a member."
            )
        there = self.replaced(kind, name)
        return self.person.id if there is None else there.owner

    def _check_change(self, item: SavedItem) -> None:
        if not self.may_change(item):
            raise NotAllowedError(
                f"“{item.name}” is not {self.person.name}'s: only its owner and admins overwrite, "
                "rename, share and delete it."
            )


def _of_file(view: NamedView) -> SavedItem:
    digest = hashlib.sha256(view.name.encode()).hexdigest()[:24]
    page, query = view.page, dict(view.query)
    return SavedItem(SavedKind.VIEW, view.name, page, query, id=f"{_NOBODYS}{digest}")
