"""``ntk_uq people``: who has logged in, and what each may do."""

import argparse
import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ntk_uq.base import settings
from ntk_uq.base.errors import SpecError
from ntk_uq.people import Role, announce, give_role, quotas, set_quotas, shell_person
from ntk_uq.people.quotas import Quota
from ntk_uq.store import Store, open_store

_QUOTAS = (
    (Quota.HOURS, "H", f"hours of workers in any {quotas.DAYS} days"),
    (Quota.RUNNING, "N", "launched runs at once"),
    (Quota.DATA, "SIZE", "own data, such as 2GiB"),
    (Quota.RESULTS, "SIZE", "results"),
)


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
    quota = inner.add_parser("quota", help="show or say how much somebody, or a role, may have")
    quota.add_argument(
        "who", nargs="?", metavar="WHO", help="an id as the list tells it, or a role; none for all"
    )
    for name, metavar, told in _QUOTAS:
        quota.add_argument(
            f"--{name}", metavar=metavar, help=f"{told}; none for no limit, default to set nothing"
        )
    quota.set_defaults(run=_quota)
    usage = inner.add_parser("usage", help="what each has used of her quotas, and what is left")
    usage.add_argument("--json", action="store_true", help="print one JSON list")
    usage.set_defaults(run=_usage)


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
    give_role(store, shell_person(store), options.id, Role(options.role))
    print(f"{options.id}: {options.role}")


def _quota(options: argparse.Namespace) -> None:
    wanted = {quota: getattr(options, quota) for quota, _, _ in _QUOTAS}
    wanted = {quota: text for quota, text in wanted.items() if text is not None}
    if not wanted:
        _show_quotas(_store(), options.who)
        return
    if options.who is None:
        raise SpecError("Whose? Give an id as `ntk-uq people list` tells it, or a role.")
    store = _store()
    set_quotas(store, shell_person(store), options.who, wanted, "--{}".format)
    _show_quotas(store, options.who)


def _show_quotas(store: Store, who: str | None) -> None:
    limits = store.quotas.limits()
    for one in sorted(limits) if who is None else [who]:
        print(f"{one}: {quotas.described(limits.get(one, {}))}")
    if who is None and not limits:
        print("Nobody has any quota.")


def _usage(options: argparse.Namespace) -> None:
    found = quotas.accounts(_store())
    if options.json:
        records = [one.to_json() for one in found]
        print(json.dumps(records, indent=2, ensure_ascii=False))
        return
    for one in found:
        print(f"{one.name} ({one.role}, {one.person})")
        for allowance in one.allowances:
            print(f"  {allowance.words}")
    if not found:
        print("Nobody has ever logged in.")


def _message(options: argparse.Namespace) -> None:
    store = _store()
    if options.text is not None:
        announce(store, shell_person(store), options.text)
    said = store.notice.read()
    print(f"{said.author}: {said.text}" if said else "Nothing is said to all.")
