"""The start for newcomers in a real Chromium: hidden for good, found again; it opens views."""

import pytest

from ntk_uq.ui.start.tour import STEPS

pytestmark = pytest.mark.browser

WAIT = 90_000
WORDS = "How much of the loss is luck?"


def test_the_start_is_hidden_across_visits_found_again_and_opens_a_view(server, open_page):
    page = open_page(server)
    page.get_by_text(WORDS).wait_for(timeout=WAIT)
    picture = page.get_by_alt_text("The networks' own part of epsilon falls", exact=False)
    assert picture.evaluate("image => image.naturalWidth") > 300
    page.get_by_role("button", name="Hide this").click()
    again = page.get_by_role("button", name="Start here")
    again.wait_for(timeout=WAIT)
    page.wait_for_function("document.cookie.includes('ntk_uq_start=hidden')", timeout=WAIT)

    page.goto(server)
    again.wait_for(timeout=WAIT)
    assert page.get_by_text(WORDS).count() == 0
    again.click()
    page.get_by_text(WORDS).wait_for(timeout=WAIT)
    page.get_by_role("button", name="Is the plateau the network's?").click()
    page.wait_for_function("location.search.includes('n_test=50')", timeout=WAIT)
    # The address comes at once, controls with the page.
    page.wait_for_function(
        "document.querySelector('input[aria-label^=\"N_T\"]').value === '50'", timeout=WAIT
    )
    page.get_by_text(WORDS).wait_for(state="detached", timeout=WAIT)  # the answer is in sight


_OUTLINED = """target => {
  const found = document.querySelector(`.st-key-${target}`)
  const box = found?.getBoundingClientRect()
  return !!box && getComputedStyle(found).outlineStyle === 'solid'
    && box.bottom > 0 && box.top < innerHeight
}"""


def test_the_tour_shows_real_controls_and_needs_no_mouse(server, open_page):
    page = open_page(server)
    page.get_by_role("button", name="Show me around").press("Enter", timeout=WAIT)
    for at, step in enumerate(STEPS, 1):
        page.locator(".st-key-tour").get_by_text(f"{at} of {len(STEPS)}").wait_for(timeout=WAIT)
        page.wait_for_function(_OUTLINED, arg=step.target, timeout=WAIT)
        if at < len(STEPS):
            page.wait_for_function("document.activeElement.innerText === 'Next'", timeout=WAIT)
            page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.locator(".st-key-tour").wait_for(state="detached", timeout=WAIT)
