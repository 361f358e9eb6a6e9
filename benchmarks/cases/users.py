"""Many users of one server: all draw the default view again at one moment."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from benchmarks import sessions
from benchmarks.plan import Plan
from benchmarks.processes import clean_environment, server
from benchmarks.report import Line, Report, Value, at_most
from benchmarks.timing import Timing
from ntk_uq.base import settings
from ntk_uq.results.curves import stored_curve
from ntk_uq.store import open_store
from ntk_uq.views import CurvesView

USERS = (1, 10, 25, 50)
TARGETS = {50: at_most(1.0)}
"""Seconds within which 95 of 100 redraws are whole."""

_LIMIT = 180.0


def run(plan: Plan) -> Iterator[Report]:
    """A server whose default view is all computed, and sessions without browsers."""
    report = Report("users", "the default view, every point stored, drawn again by all at once")
    with clean_environment() as environment, server(environment) as (address, _):
        _wait_until_computed(environment)
        for users in plan.size(USERS, USERS[:2]):
            first, again = asyncio.run(
                sessions.together(address, users, redraws=max(plan.repetitions, 2))
            )
            for what, seconds in (("first run", first), ("redraw", again)):
                report.lines.append(Line(what, f"{users} at once", Timing(tuple(seconds))))
            late = float(np.percentile(again, 95))
            what = f"95 % of redraws by {users} at once"
            report.values.append(Value(what, late, "s", target=TARGETS.get(users)))
    report.notes.append("whole when the server has sent all; nothing is drawn in a browser")
    yield report


def _wait_until_computed(environment: Mapping[str, str]) -> None:
    """Returns when the engine has every point of the default view; it asks for them itself.

    Raises:
        RuntimeError: if they do not come.
    """
    end = time.monotonic() + _LIMIT
    with open_store(Path(environment[settings.STORE])) as store:
        while time.monotonic() < end:
            curves = [stored_curve(store.results, spec) for spec in CurvesView().curves()]
            if all(curve.complete for curve in curves):
                return
            time.sleep(0.5)
    raise RuntimeError(f"the default view was not computed within {_LIMIT:.0f} seconds")
