"""The pages in a browser: first paint, first chart, and a view whose points are all there."""

import statistics
from collections.abc import Iterator
from typing import Any

from benchmarks import browser
from benchmarks.plan import Plan
from benchmarks.processes import clean_environment, server
from benchmarks.report import Line, Report, Value, at_most
from benchmarks.timing import Timing

CHARTS = 3
CACHED = at_most(300, any_size=True)
FIRST_POINT = at_most(1000, any_size=True)


def run(plan: Plan) -> Iterator[Report]:
    """A server started for this, its default page opened, loaded again, and changed."""
    report = Report("page", "the default page in Chromium", "digits")
    try:
        with (
            browser.chromium() as chromium,
            clean_environment() as environment,
            server(environment) as (address, started),
        ):
            _measure(chromium, address, started, plan, report)
    except browser.Unavailable as reason:
        report.notes.append(f"left out: {reason}")
    yield report


def _measure(chromium: Any, address: str, started: float, plan: Plan, report: Report) -> None:
    def line(what: str, *seconds: float) -> None:
        report.lines.append(Line(what, "", Timing(seconds)))

    page = chromium.new_page(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    page.goto(address, wait_until="commit")
    first, drawn = browser.charts_drawn(page, 1), browser.charts_drawn(page, CHARTS)
    line("start of the server to its first answer", started)
    line("first visit: request to first contentful paint", browser.first_paint(page))
    line("first visit, points still to be computed: to the first chart with a curve", first)
    line("first visit: to three charts with curves", drawn)
    browser.wait_until_complete(page)
    paints, reloads = [], []
    for _ in range(plan.repetitions + 1):
        page.reload(wait_until="commit")
        reloads.append(browser.charts_drawn(page, CHARTS))
        paints.append(browser.first_paint(page))
        browser.wait_until_complete(page)
        page.wait_for_timeout(500)
    # The first one fills the browser's own caches.
    line("reload, all points cached: to first contentful paint", *paints[1:])
    line("reload, all points cached: to three charts with curves", *reloads[1:])
    changes = _changes(page, plan)
    line("fewer or more draws, all points cached: to the charts' last change", *changes)
    for what, values in (("reload", reloads[1:]), ("change of a control", changes)):
        milliseconds = 1e3 * statistics.median(values)
        report.values.append(Value(f"cached view, {what}", milliseconds, "ms", target=CACHED))
    points = _new_views(page, plan)
    line("another seed, engine warm: to the first point", *points)
    first_point = 1e3 * statistics.median(points)
    report.values.append(Value("first point of a new view", first_point, "ms", target=FIRST_POINT))
    report.notes.append("draws 3 -> 2 -> 3: every point of either view is in the store")


def _changes(page: Any, plan: Plan) -> list[float]:
    """Seconds of each change, after a first one there and back."""
    found = []
    for place in range(2 + plan.repetitions):
        found.append(browser.redrawn(page, "Draws", ("2", "3")[place % 2]))
        browser.wait_until_complete(page)
    return found[2:]


def _new_views(page: Any, plan: Plan) -> list[float]:
    """Seconds to the first point of each of some views that nobody has asked for before."""
    page.get_by_text("Seed", exact=False).first.click()  # an expander
    found = []
    for seed in range(1, 1 + plan.repetitions):
        page.wait_for_timeout(500)
        found.append(browser.first_point(page, "Seed", str(seed)))
        browser.wait_until_complete(page)
    return found
