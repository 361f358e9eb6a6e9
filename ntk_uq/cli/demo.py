"""``ntk_uq demo build``: computes what a demo shows, into a store of its own."""

import argparse
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ntk_uq.base import settings
from ntk_uq.base.counting import counted, duration, listed
from ntk_uq.base.errors import NtkUqError, SpecError
from ntk_uq.base.fields import Spec
from ntk_uq.jobs import prepared
from ntk_uq.jobs.asking import submit
from ntk_uq.jobs.prepared import DemoPlan
from ntk_uq.results.speed import stored_speed
from ntk_uq.specs import CalibrationSpec, EnsembleSpec
from ntk_uq.store import JobState, Store

_TELL_SECONDS = 10.0  # between two lines on how far a view is
_OTHERS_SECONDS = 1.0  # between two looks at what another program computes


def add_parsers(commands: Any) -> None:
    """Adds the command and its own commands to the command line."""
    parser = commands.add_parser("demo", help="prepare results that are shown without computing")
    inner = parser.add_subparsers(metavar="ACTION", required=True)
    build = inner.add_parser(
        "build",
        help="compute what a demo shows",
        description="Computes the presets and the pages as they open into a store of its own, "
        "which `ntk-uq run --demo` shows and never changes. What is there is not computed again, "
        "so it may be stopped at any time and begun anew.",
    )
    build.add_argument(
        "--store",
        type=Path,
        metavar="FOLDER",
        help=f"where to; {settings.DEMO} or, by default, beside the usual store, with -demo "
        "behind its name",
    )
    size = build.add_mutually_exclusive_group()
    size.add_argument(
        "--small",
        action="store_true",
        help="what takes minutes on two cores (default)",
    )
    size.add_argument(
        "--full",
        action="store_true",
        help="with networks on all tasks of the paper, which takes hours",
    )
    build.set_defaults(run=_build)


def _build(options: argparse.Namespace) -> int:
    folder = (options.store or settings.demo_directory()).absolute()
    if settings.demo() is None and folder == settings.store_directory().absolute():
        raise SpecError(f"{folder} is the usual store; a demo needs one of its own (--store).")
    plan = prepared.plan(prepared.FULL if options.full else prepared.SMALL)
    with Store(folder) as store:
        complete = build(store, plan)
    if complete:
        named = "" if folder == settings.demo_directory().absolute() else f" {folder}"
        print(f"The demo is in {folder}. This shows it: python -m ntk_uq run --demo{named}")
    return 0 if complete else 1


def build(store: Store, plan: DemoPlan) -> bool:
    """Computes what is missing of a demo, view by view, and says on standard output how far it is.

    Args:
        store: the demo's own.
        plan: its views.

    Returns:
        whether all of it is there now.

    Raises:
        StoreError: if the store cannot be written.
        NtkUqError: as :func:`ntk_uq.jobs.prepared.missing`.
    """
    for label, reason in plan.left_out:
        _say(f"Left out: {label}. {reason}")
    prepared.name_views(store, plan.views)
    builder = _Builder(store)
    try:
        return builder.build(plan)
    finally:
        builder.close()


class _Builder:
    """An engine in this process, and what it has still to do."""

    def __init__(self, store: Store) -> None:
        # JAX is loaded with them: whoever only asks for the command's help need not wait.
        from ntk_uq.engine.engine import Engine
        from ntk_uq.engine.runners import InProcess

        self._store, self._engine = store, Engine(store, InProcess())
        self._began, self._told = time.monotonic(), time.monotonic()

    def close(self) -> None:
        """Gives back what is not finished, so that the next one need not wait for us."""
        self._store.jobs.stopped(self._engine.id)

    def build(self, plan: DemoPlan) -> bool:
        lacking = {one: prepared.missing(self._store, one.view) for one in plan.views}
        jobs = list(dict.fromkeys(spec for specs in lacking.values() for spec in specs))
        there = sum(not specs for specs in lacking.values())
        _say(f"{counted(len(plan.views), 'view')}, {there} of them there already.")
        if not jobs:
            return True
        if any(isinstance(spec, EnsembleSpec) for spec in jobs):
            self._measure()
        rest = self._seconds(jobs)
        _say(
            f"{counted(len(jobs), 'job')} to do, about {duration(rest)} on this machine. Ctrl-C "
            "stops; the same command goes on."
        )
        refused: list[str] = []
        done = there
        for one, specs in lacking.items():
            if not specs:
                continue
            began = time.monotonic()
            errors = self._compute(one.label, specs)
            refused += [f"{one.label}: {error}" for error in errors]
            done += not errors
            jobs = [spec for spec in jobs if spec not in specs]
            left = f", about {duration(self._seconds(jobs))} left" if jobs else ""
            took = duration(time.monotonic() - began)
            state = "not all of it could be computed" if errors else "is there"
            _say(f"{done} of {len(plan.views)}: {one.label} {state}, {took}{left}.")
        for line in refused:
            _say(line)
        _say(f"It took {duration(time.monotonic() - self._began)}.")
        return not refused

    def _measure(self) -> None:
        if stored_speed(self._store.results) is None:
            _say("Measuring how fast this machine trains networks.")
            self._compute("the measurement", [CalibrationSpec()])

    def _seconds(self, jobs: Iterable[Spec]) -> float:
        total = 0.0
        for spec in jobs:
            try:
                total += prepared.seconds(self._store, spec)
            except NtkUqError:
                continue  # whoever computes it says why it cannot be
        return total

    def _compute(self, label: str, specs: Sequence[Spec]) -> list[str]:
        """Computes jobs; why some of them could not be."""
        jobs = self._store.jobs
        # The last one asked for runs first.
        ids = [submit(jobs, spec, launched=True).id for spec in reversed(specs)]
        while True:
            self._engine.run_until_idle(lambda: self._tell(label, ids))
            found = jobs.get_many(ids).values()
            if all(job.state.ended for job in found):
                break
            time.sleep(_OTHERS_SECONDS)  # of an engine that has only just ended, or still runs
        errors = (job.error for job in found if job.state is JobState.FAILED)
        return list(dict.fromkeys(errors))

    def _tell(self, label: str, ids: Sequence[str]) -> None:
        now = time.monotonic()
        if now - self._told < _TELL_SECONDS:
            return
        self._told = now
        running = self._store.jobs.get_many(ids).values()
        words = [job.message for job in running if job.state is JobState.RUNNING and job.message]
        if words:
            _say(f"  {label}: {listed(words)}")


def _say(line: str) -> None:
    print(line, flush=True)


def check(folder: Path) -> None:
    """Looks whether a demo can be shown.

    Raises:
        SpecError: if it is not there, or not all of it; with what to do.
    """
    again = "Run `python -m ntk_uq demo build` first: it computes what is missing."
    try:
        with Store(folder, read_only=True) as store:
            views = prepared.views(store)
            lacking = [one.label for one in views if prepared.missing(store, one.view)]
    except NtkUqError as error:
        raise SpecError(f"The demo in {folder} cannot be shown: {error} {again}") from None
    if not views:
        raise SpecError(f"The store in {folder} holds no demo. {again}")
    if lacking:
        raise SpecError(
            f"The demo in {folder} is not complete: results of {listed(lacking)} are missing. "
            f"{again}"
        )
