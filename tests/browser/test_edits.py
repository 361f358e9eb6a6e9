"""Edits of a page's controls in a hurry, in a real Chromium: none is lost."""

import random

import pytest
from helpers.edits import PAGES, sequence

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("name", PAGES)
def test_no_edit_is_lost(server, open_page, name):
    for seed in range(2):
        page = open_page("about:blank")
        edits, lost = sequence(page, f"{server}/{name}", random.Random(f"{name} {seed}"))
        assert edits
        assert not lost, (edits, page.url)
        page.context.close()
