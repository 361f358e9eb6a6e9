"""What a message quotes of a link leads nowhere, addresses that are only written out included."""

import urllib.parse

import pytest

pytestmark = pytest.mark.browser

WAIT = 90_000


def test_addresses_in_a_link_are_no_links_on_the_page(server, open_page):
    words = "http://evil.example/x www.evil.example me@evil.example [a](http://evil.example)"
    page = open_page(f"{server}/?{urllib.parse.urlencode({'v': words})}")
    message = page.get_by_test_id("stAlertContentError").first
    message.wait_for(timeout=WAIT)
    assert words in message.inner_text().replace("\u2060", "")
    assert page.locator("a[href*='evil.example']").count() == 0
