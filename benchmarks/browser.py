"""A real browser in front of the pages, and what is measured inside it."""

import contextlib
import shutil
from collections.abc import Iterator
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
WAIT = 180_000
"""Milliseconds: the first curves are computed meanwhile."""

_FIRST_PAINT = """() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"""

_CHARTS = """count => {
  if (document.getElementById('ntk-uq-veil')) return false;  // nothing is seen yet
  const charts = [...document.querySelectorAll('.js-plotly-plot')];
  const drawn = charts.filter(c => c.querySelector('.scatterlayer .trace'));
  return drawn.length >= count && performance.now();
}"""
"""Milliseconds since the page was asked for, once so many charts with curves are seen."""

_COMPLETE = """() => {
  const body = document.querySelector('table tbody');
  return body !== null && !body.innerText.includes('…');
}"""
"""Whether the table of exponents is there and nothing in it is still to come."""

_WATCH = """quiet => { window.redrawn = new Promise((resolve, reject) => {
  let start = null, last = null;
  addEventListener('keydown', () => start = performance.now(), {capture: true, once: true});
  const observer = new MutationObserver(changes => {
    if (start === null) return;
    if (changes.some(c => c.target.closest?.('.js-plotly-plot'))) last = performance.now();
  });
  observer.observe(document.body, {subtree: true, childList: true, attributes: true});
  const watched = performance.now();
  const look = setInterval(() => {
    const now = performance.now();
    if (last !== null && now - last > quiet) { done(); resolve(last - start); }
    else if (now - watched > 60000) { done(); reject(new Error('no chart was drawn again')); }
  }, 20);
  function done() { clearInterval(look); observer.disconnect(); }
}) }"""
"""Takes the time of the next key, and of the last change inside a chart before all is quiet."""


_FIRST_POINT = """() => { window.first = new Promise((resolve, reject) => {
  let start = null, asked = false;
  addEventListener('keydown', () => start = performance.now(), {capture: true, once: true});
  const watched = performance.now();
  const look = () => {
    const [, done, all] = document.body.innerText.match(/(\\d+) of (\\d+) points computed/) ?? [];
    asked ||= start !== null && done !== all;
    const drawn = document.querySelector('.js-plotly-plot .scatterlayer .point');
    if (asked && done > 0 && drawn) resolve(performance.now() - start);
    else if (performance.now() - watched > 60000) reject(new Error('no point came'));
    else requestAnimationFrame(look);
  };
  look();
}) }"""
"""Takes the time of the next key, and of the first point of a view that is not complete."""


class Unavailable(Exception):
    """There is no browser, or nothing to drive it with; says what to install."""


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """A browser without a window.

    Raises:
        Unavailable: if there is none.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise Unavailable(f"Playwright cannot be loaded: {error}") from None
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        raise Unavailable("there is no Chromium; on Debian: apt install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def charts_drawn(page: Any, count: int) -> float:
    """Seconds from the request of the page until ``count`` charts show curves."""
    handle = page.wait_for_function(_CHARTS, arg=count, timeout=WAIT, polling="raf")
    return handle.json_value() / 1e3


def first_paint(page: Any) -> float:
    """Seconds from the request of the page to its first contentful paint."""
    return page.wait_for_function(_FIRST_PAINT).json_value() / 1e3


def wait_until_complete(page: Any) -> None:
    """Returns when every point of the view is there."""
    page.wait_for_function(_COMPLETE, timeout=WAIT)


def redrawn(page: Any, label: str, value: str, quiet: float = 1000) -> float:
    """Seconds from Enter in a field to the last change of a chart that follows from it.

    Args:
        page: the page. label: of a field for a number. value: what is typed into it.
        quiet: milliseconds without a change after which there will be none.
    """
    page.get_by_role("spinbutton", name=label).fill(value)
    page.evaluate(_WATCH, quiet)
    page.keyboard.press("Enter")
    return page.evaluate("() => window.redrawn") / 1e3


def first_point(page: Any, label: str, value: str) -> float:
    """Seconds from Enter in a field to the first point, drawn, of a view of which none was there.

    Args:
        page: the page. label: of a field for a number. value: what is typed into it.
    """
    page.get_by_role("spinbutton", name=label).fill(value)
    page.evaluate(_FIRST_POINT)
    page.keyboard.press("Enter")
    return page.evaluate("() => window.first") / 1e3
