"""``ntk_uq views``: views and reports that were saved under names."""

import argparse
import json
import urllib.parse
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ntk_uq.base.errors import SpecError
from ntk_uq.cli.shared import existing_store
from ntk_uq.people import Role, Saving, shell_person
from ntk_uq.store import Items, SavedItem, SavedKind, Store


def add_parsers(commands: Any) -> None:
    """Adds the command and its own commands to the command line."""
    parser = commands.add_parser("views", help="views and reports that were saved under names")
    inner = parser.add_subparsers(metavar="ACTION", required=True)
    listing = inner.add_parser(
        "list",
        help="all that you see, by name",
        description="Your own, what others share, and what nobody owns; of admins, everybody's.",
    )
    listing.add_argument("--json", action="store_true", help="print one JSON list")
    listing.set_defaults(run=_list)
    for name, about, run in (
        ("show", "where one opens; with --json all of it, a report with its views", _show),
        ("remove", "delete one; its results stay", _remove),
    ):
        action = inner.add_parser(name, help=about)
        action.add_argument("which", metavar="ID|NAME", help="as the list tells it")
        action.add_argument("--json", action="store_true", help="print one JSON object")
        action.set_defaults(run=run)


def _list(options: argparse.Namespace) -> None:
    with existing_store() as store:
        hands = _hands(store)
        items, owners = _seen(hands), hands.owners()
    if options.json:
        print(json.dumps([asdict(item) for item in items], indent=2, ensure_ascii=False))
        return
    for item in items:
        who = owners.get(item.owner, "somebody") if item.owner else "nobody's"
        seen = "shared" if item.shared else "private"
        print(f"{item.id:<34}  {_when(item):<16}  {seen:<7}  {who}  {item.page}  {item.name}")
    if not items:
        print("Nothing is saved under a name.")


def _show(options: argparse.Namespace) -> None:
    with existing_store() as store:
        hands = _hands(store)
        item = _find(hands, options.which)
        content = hands.content(item) if item.kind is SavedKind.REPORT else b"null"
    link = f"{item.page}?{urllib.parse.urlencode(dict(item.query))}"
    if options.json:
        told = {**asdict(item), "link": link, "report": json.loads(content)}
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return
    print(f"{item.kind} {item.name}")
    print(f"opens at {link}")
    if item.about:
        print(item.about)


def _remove(options: argparse.Namespace) -> None:
    with existing_store() as store:
        hands = _hands(store)
        item = _find(hands, options.which)
        hands.remove(item)
    if options.json:
        print(json.dumps({"removed": asdict(item)}, indent=2, ensure_ascii=False))
        return
    print(f"removed the {item.kind} {item.name}")


def _hands(store: Store) -> Saving:
    return Saving(store, shell_person(store))


def _seen(hands: Saving) -> Items:
    return hands.everything() if hands.person.role is Role.ADMIN else hands.visible()


def _find(hands: Saving, which: str) -> SavedItem:
    """The one of that id, or the only one of that name; raises SpecError for none or several."""
    items = _seen(hands)
    found = [item for item in items if item.id == which] or [i for i in items if i.name == which]
    if not found:
        raise SpecError(
            f"Nothing that you see is saved as {which!r:.80}; `ntk-uq views list` tells what is."
        )
    if len(found) > 1:
        ids = ", ".join(item.id for item in found)
        raise SpecError(f"{len(found)} are called {which!r}; give the id of one: {ids}.")
    return found[0]


def _when(item: SavedItem) -> str:
    """When it was saved; views that nobody owns do not say."""
    if not item.saved:
        return "–"
    return datetime.fromtimestamp(item.saved).strftime("%Y-%m-%d %H:%M")
