"""One setup for all pages in a real Chromium: history, undoing, the clipboard."""

import urllib.parse

import pytest

from ntk_uq.specs import DataSpec
from ntk_uq.views import CurvesView

pytestmark = pytest.mark.browser

WAIT = 90_000  # milliseconds
QUIET = CurvesView(DataSpec(n_test=50), (1,), n_low=10, n_high=40, n_points=2, draws=1)
"""A view that is there at once: while points come, Streamlit's browser code may push a page late,
and what was ahead in the history is gone."""


def sigma(page):
    return page.get_by_role("spinbutton", name="σ_w, weights")


def wait_for(page, value, path="/"):
    """Returns when the control and the address have a sigma_w, on a page that is drawn and to which
    nothing comes any more."""
    page.wait_for_function(
        "([value, path, title]) => location.pathname === path && "
        "location.search.includes(`sigma_w=${value}&`) && "
        "document.querySelector('h1')?.innerText === title && "
        "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning' && "
        "document.querySelector('input[aria-label^=\"σ_w\"]')?.value === value && "
        "(found => (path !== '/' || found.length) && found.every(([, a, b]) => a === b))"
        "([...document.body.innerText.matchAll(/(\\d+) of (\\d+) points computed/g)])",
        arg=[value, path, "Ensembles" if path == "/ensembles" else "Scaling curves"],
        timeout=WAIT,
    )


def test_back_and_forth_by_the_browser_and_by_buttons_on_every_page(server, open_page):
    page = open_page(f"{server}/?{urllib.parse.urlencode(QUIET.to_query())}")
    sigma(page).wait_for(timeout=WAIT)
    for value in ("1.2", "1.7"):
        sigma(page).fill(value)
        sigma(page).press("Enter")
        wait_for(page, value)
    page.go_back()
    wait_for(page, "1.2")
    redo = page.get_by_role("button", name="Redo")
    redo.focus()
    redo.press("Enter")
    wait_for(page, "1.7")
    page.get_by_role("link", name="Ensembles").first.click()
    wait_for(page, "1.7", "/ensembles")
    page.go_back()  # one press, whatever the address went through
    wait_for(page, "1.7")
    page.go_forward()
    wait_for(page, "1.7", "/ensembles")
    page.get_by_role("button", name="Undo").click()
    wait_for(page, "1.2", "/ensembles")
    page.get_by_role("link", name="Scaling curves").first.click()
    wait_for(page, "1.2")


def test_whoever_goes_back_and_forth_in_a_hurry_ends_on_a_whole_page(server, open_page):
    page = open_page(server)
    sigma(page).wait_for(timeout=WAIT)
    sigma(page).fill("1.7")
    sigma(page).press("Enter")
    wait_for(page, "1.7")
    page.get_by_role("link", name="Ensembles").first.click()
    wait_for(page, "1.7", "/ensembles")
    for pause in (0, 50, 150, 300, 50, 0):
        page.evaluate("history.back()")
        page.wait_for_timeout(pause)
        page.evaluate("history.forward()")
    # Streamlit's own late pages may have written themselves into the history: any page, but whole.
    page.wait_for_function(
        "titles => document.querySelector('h1')?.innerText === titles[location.pathname] && "
        "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning' && "
        "document.querySelector('input[aria-label^=\"σ_w\"]')?.value === '1.7'",
        arg={"/": "Scaling curves", "/ensembles": "Ensembles"},
        timeout=WAIT,
    )
    page.get_by_role("link", name="Scaling curves").first.click()
    wait_for(page, "1.7")


def test_the_link_is_copied(server, open_page):
    page = open_page(server, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click(timeout=WAIT)
    page.get_by_text("Copied").wait_for(timeout=WAIT)
    assert page.evaluate("navigator.clipboard.readText()") == page.url
