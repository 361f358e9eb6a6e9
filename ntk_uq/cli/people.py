"""``ntk_uq people``: who has logged in, and what each may do."""

import argparse
import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ntk_uq.base import settings
from ntk_uq.people import Role, announce, check_admin, shell_person
from ntk_uq.store import Store, open_store


def add_parsers(commands: Any) -> None:
    """Adds the command and its own commands to the command line."""
    parser = commands.add_parser("people", help="who has logged in, and what each may do")
    inner = parser.add_subparsers(metavar="ACTION", required=True)
    listing = inner.add_parser("list", help="everybody who ever logged in, the last first")
    listing.add_argument("--json", action="store_true", help="print one JSON list")
    listing.set_defaults(run=_list)
    message = inner.add_parser(
        "message",
        help="say something to all who look at the pages",
        description="Shows a message above every page; '' takes it away, and nothing tells it.",
    )
    message.add_argument("text", nargs="?", metavar="TEXT", help="one line")
    message.set_defaults(run=_message)
    role = inner.add_parser("role", help="say what somebody may do")
    role.add_argument("id", metavar="ID", help="as the list tells it")
    role.add_argument("role", choices=[str(role) for role in Role], help="from now on")
    role.set_defaults(run=_role)


def _store() -> Store:
    return open_store(settings.store_directory())


def _list(options: argparse.Namespace) -> None:
    people = _store().people.all()
    if options.json:
        print(json.dumps([asdict(person) for person in people], indent=2, ensure_ascii=False))
        return
    for person in people:
        seen = datetime.fromtimestamp(person.seen).strftime("%Y-%m-%d %H:%M")
        print(f"{person.id}  {seen}  {person.role or 'as newcomers':<12}  {person.name}")
    if not people:
        print("Nobody has ever logged in.")


def _role(options: argparse.Namespace) -> None:
    store = _store()
    check_admin(shell_person(store))
    store.people.set_role(options.id, options.role)
    print(f"{options.id}: {options.role}")


def _message(options: argparse.Namespace) -> None:
    store = _store()
    if options.text is not None:
        announce(store, shell_person(store), options.text)
    said = store.notice.read()
    print(f"{said.author}: {said.text}" if said else "Nothing is said to all.")
