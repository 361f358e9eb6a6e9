"""``ntk_uq runs``: what was computed, what is being computed, and what can be done with it."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

from ntk_uq.base import settings
from ntk_uq.base.errors import NtkUqError, PrivateDataError, SpecError
from ntk_uq.base.fields import parse_json
from ntk_uq.datasets import own
from ntk_uq.jobs import describe, kinds
from ntk_uq.jobs.engines import kept_words
from ntk_uq.jobs.words import own_titles
from ntk_uq.people import Acting, OwnData, hidden_owner, not_shown, shell_person
from ntk_uq.store import Job, JobState, JobTable, Store, open_store

_SHORT = 12
_FIRST = 50


def add_parsers(commands: Any) -> None:
    """Adds the command and its own commands to the command line."""
    parser = commands.add_parser(
        "runs", help="list, show, cancel, retry, label, tag and archive runs"
    )
    inner = parser.add_subparsers(metavar="ACTION", required=True)
    _add_list(inner)
    show = _add_action(inner, "show", _show, "everything about a run, and its log")
    show.add_argument("--json", action="store_true", help="print one JSON object")
    _add_action(inner, "cancel", _cancel, "stop a run; what is computed is kept")
    _add_action(inner, "retry", _retry, "compute what is missing of a run that did not finish")
    label = _add_action(inner, "label", _label, "name a run, for everybody to see")
    label.add_argument("text", metavar="TEXT", help="at most 60 characters; '' takes it away")
    tag = _add_action(inner, "tag", _tag, "give a run tags, by which it is found again")
    tag.add_argument("tags", nargs="+", metavar="TAG", help="of at most 24 characters")
    tag.add_argument("--remove", action="store_true", help="take these tags away")
    archive = _add_action(inner, "archive", _archive, "leave a run out of the list")
    archive.add_argument("--undo", action="store_true", help="take it into the list again")


def _add_list(inner: Any) -> None:
    listing = inner.add_parser(
        "list",
        help="the runs, the one asked for last first",
        description=f"The runs, the one asked for last first; {_FIRST} of them without --all.",
    )
    listing.add_argument(
        "--state",
        action="append",
        choices=[str(state) for state in JobState],
        metavar="STATE",
        help=f"only those in this state ({', '.join(JobState)}); may be given several times",
    )
    listing.add_argument(
        "--kind",
        action="append",
        metavar="KIND",
        help=f"only this kind ({', '.join(kinds.REGISTRY)}); may be given several times",
    )
    listing.add_argument(
        "--tag",
        action="append",
        default=[],
        metavar="TAG",
        help="only those with this tag; with several, only those that have all of them",
    )
    listing.add_argument(
        "--launched",
        action="store_true",
        help="only those that somebody launched, and not what pages asked for by themselves",
    )
    listing.add_argument(
        "--mine",
        action="store_true",
        help="only those that you have launched; everybody's where nobody is asked who they are",
    )
    listing.add_argument(
        "--text", default="", metavar="WORDS", help="only those with these words in them"
    )
    listing.add_argument(
        "--all", action="store_true", help="every run, the archived ones among them"
    )
    listing.add_argument("--json", action="store_true", help="print one JSON list")
    listing.set_defaults(run=_list)


def _add_action(inner: Any, name: str, act: Any, about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = inner.add_parser(name, help=about, description=about)
    parser.add_argument(
        "id", metavar="ID", help="of the run; its first characters, four or more, are enough"
    )
    parser.set_defaults(run=act)
    return parser


def _list(options: argparse.Namespace) -> None:
    store = open_store(settings.store_directory())
    with own_titles(partial(_title, OwnData(shell_person(store)))):
        _print_list(store, options)


def _title(data: OwnData, name: str) -> str | None:
    """What a data set is called: who has this command has the files."""
    try:
        return data.title(name) or own.look(name).title
    except NtkUqError:
        return None


def _print_list(store: Store, options: argparse.Namespace) -> None:
    table, me = store.jobs, shell_person(store)
    hidden = OwnData(me).hidden()
    filters: dict[str, Any] = {
        "states": [JobState(state) for state in options.state] if options.state else None,
        "text": options.text,
        "archived": None if options.all else False,
        "tags": options.tag,
        "ids": store.people.jobs_of(me.id) if options.mine and me.known else None,
        "hidden": hidden,
        **describe.chosen(_kinds(table, options.kind or ()), options.launched),
    }
    total = table.count(**filters)
    found = table.list(**filters, limit=total if options.all else _FIRST)
    jobs = [describe.shown_to(job, hidden) for job in found]
    if options.json:
        print(json.dumps([_json(job) for job in jobs], indent=2))
        return
    _warn_of_engines(table)
    for job in jobs:
        done = describe.amount(job)
        label = f"[{job.label}] " if job.label else ""
        label += "".join(f"#{tag} " for tag in job.tags)
        what = f"{label}{describe.words(job.kind, job.spec)}"
        kind = kinds.name_of(job.kind)
        print(f"{job.id[:_SHORT]}  {job.state:<11}  {done:>9}  {kind:<13}  {what}")
    if total > len(jobs):
        print(f"... and {total - len(jobs)} more; --all lists them")


def _warn_of_engines(table: JobTable) -> None:
    for words in dict.fromkeys(filter(None, map(kept_words, table.engines()))):
        print(f"ntk_uq: {words}", file=sys.stderr)


def _kinds(table: JobTable, names: Sequence[str]) -> Sequence[str]:
    """The kinds that are asked for.

    Raises:
        SpecError: for one that this program does not know and of which there is no run.
    """
    known = {*kinds.REGISTRY, *kinds.former_names(), *table.kinds()}
    for name in names:
        if name not in known:
            allowed = sorted({kinds.name_of(kind) for kind in known})
            raise SpecError(f"There is no kind {name!r:.80}; choose among {', '.join(allowed)}.")
    return names


def _show(options: argparse.Namespace) -> None:
    store = open_store(settings.store_directory())
    data, job = OwnData(shell_person(store)), store.jobs.find(options.id)
    owner = hidden_owner(job.spec, data.hidden())
    if owner is not None:
        raise PrivateDataError(not_shown(owner))
    with own_titles(partial(_title, data)):
        _print_job(store.jobs, job, options)


def _print_job(table: JobTable, job: Job, options: argparse.Namespace) -> None:
    lines = table.log(job.id)
    if options.json:
        data = _json(job) | {"log": [{"time": line.time, "text": line.text} for line in lines]}
        print(json.dumps(data, indent=2))
        return
    rows = {
        "id": job.id,
        "kind": kinds.name_of(job.kind),
        "what": describe.words(job.kind, job.spec),
        "label": job.label or "-",
        "tags": ", ".join(job.tags) or "-",
        "asked by": "somebody" if describe.launched(job) else "a page, to show it",
        "state": f"{job.state}, archived" if job.archived else str(job.state),
        "results": describe.amount(job).replace("/", " of "),
        "asked for": _moment(job.requested),
        "started": _moment(job.started),
        "finished": _moment(job.finished),
        "engine": job.engine or "-",
        "error": job.error or "-",
    }
    for name, text in rows.items():
        print(f"{name:>9}: {text}")
    print(f"{'spec':>9}: {job.spec}")
    for line in lines:
        print(f"{_moment(line.time)}  {line.text}")


def _cancel(options: argparse.Namespace) -> None:
    acting, job = _acting_on(options)
    if job.state.ended:
        print(f"{job.id[:_SHORT]} has ended already: {job.state}")
        return
    now = acting.stop(job.id)
    if now.state.ended:
        said = "cancelled"
    elif now.cancel_requested:
        said = "its engine is asked to stop"
    else:
        said = "others want it still, and it goes on; it is yours no more"
    print(f"{job.id[:_SHORT]}: {said}; what is computed is kept")


def _retry(options: argparse.Namespace) -> None:
    acting, job = _acting_on(options)
    job = acting.retry(job.id)
    print(f"{job.id[:_SHORT]}: {job.state}")
    if not _jobs().engines():
        print(
            "ntk_uq: no engine is running; start one with `python -m ntk_uq engine`.",
            file=sys.stderr,
        )


def _label(options: argparse.Namespace) -> None:
    acting, job = _acting_on(options)
    job = acting.set_label(job.id, options.text)
    print(f"{job.id[:_SHORT]}: {job.label or 'no label'}")


def _tag(options: argparse.Namespace) -> None:
    acting, job = _acting_on(options)
    wanted = [" ".join(text.split()) for text in options.tags]
    kept = [tag for tag in job.tags if tag not in wanted]
    job = acting.set_tags(job.id, kept if options.remove else [*kept, *wanted])
    print(f"{job.id[:_SHORT]}: {', '.join(job.tags) or 'no tags'}")


def _archive(options: argparse.Namespace) -> None:
    acting, job = _acting_on(options)
    job = acting.archive(job.id, not options.undo)
    print(f"{job.id[:_SHORT]}: {'archived' if job.archived else 'in the list again'}")


def _acting_on(options: argparse.Namespace) -> tuple[Acting, Job]:
    """Whoever runs the command, and the run that it names."""
    store = open_store(settings.store_directory())
    return Acting(store, shell_person(store)), store.jobs.find(options.id)


def _jobs() -> JobTable:
    return open_store(settings.store_directory()).jobs


def _json(job: Job) -> dict[str, Any]:
    try:
        spec = parse_json(job.spec)
    except SpecError:  # a damaged one must not hide all others
        spec = job.spec
    return asdict(job) | {
        "kind": kinds.name_of(job.kind),
        "state": str(job.state),
        "spec": spec,
        "words": describe.words(job.kind, job.spec),
        "age": time.time() - job.requested,
    }


def _moment(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")
