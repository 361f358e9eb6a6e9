"""Ensembles in a real Chromium: launched, left, come back to, shared, stopped."""

import re

import pytest
from helpers.drawn import wait_until_drawn

pytestmark = pytest.mark.browser

WAIT = 90_000

SMALL = (
    "v=2&dataset=digits&n_test=100&seed={seed}&preparation=default&zca=none&target=default&depth=2"
    "&activation=relu&sigma_w=1.4142135623730951&sigma_b=0.0&optimizer=gd&steps={steps}&eta=1.0"
    "&momentum=none&batch_size=none&widths=64%2C128&n_train=50%2C100&members={members}"
    "&shown_width=none&shown_n_train=none&axis=log"
)


def launch(page):
    page.locator("[data-testid=stBaseButton-primary]").click()
    page.get_by_text(re.compile(r"\d+ of \d+ networks trained")).wait_for(timeout=WAIT)


def test_an_ensemble_is_one_job_for_all_who_look_at_it(server, open_page):
    address = f"{server}/ensembles?{SMALL.format(seed=1, steps=1500, members=40)}"
    first = open_page(address)
    first.get_by_text("160 networks").first.wait_for(timeout=WAIT)
    assert "FLOP" in first.get_by_text("To do").first.inner_text()
    launch(first)

    first.reload()  # in the middle of it
    first.get_by_text(re.compile(r"\d+ of 160 networks trained")).wait_for(timeout=WAIT)
    second = open_page(address)
    second.get_by_text(re.compile(r"\d+ of 160 networks trained")).wait_for(timeout=WAIT)
    runs = open_page(f"{server}/runs")
    runs.get_by_text("ensemble").first.wait_for(state="attached", timeout=WAIT)

    for page in (first, second):
        page.get_by_text("All 160 networks are trained").wait_for(timeout=2 * WAIT)
        wait_until_drawn(page, WAIT, plots=5)
    names = first.locator(".js-plotly-plot").first.locator(".legendtext").all_text_contents()
    assert names == ["infinite width", "width 64", "width 128", "bars: 68% intervals"]


def test_a_training_is_stopped_and_keeps_what_it_has(server, open_page):
    page = open_page(f"{server}/ensembles?{SMALL.format(seed=2, steps=20000, members=60)}")
    page.get_by_text("240 networks").first.wait_for(timeout=WAIT)
    launch(page)
    page.get_by_text(re.compile(r"^([1-9]|\d\d+) of 240 networks trained")).wait_for(
        timeout=2 * WAIT
    )
    page.locator(".st-key-stop_training button:visible").click()
    page.get_by_text("What is trained is kept").wait_for(timeout=WAIT)
    page.get_by_role("button", name="Train what is missing").wait_for(timeout=WAIT)
