"""Who somebody is, as the nginx of deploy/ says it that has asked for a password."""

import contextlib
import urllib.error
import urllib.parse
import urllib.request

import pytest
from helpers import nginx
from helpers.serving import free_port, serving
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(nginx.NGINX is None, reason="no nginx; on Debian: apt install nginx-light"),
]
PATH = "/lab/ntk"
WAIT = 60_000
PASSWORDS = {"ada@lab.example": "one", "bob": "two"}
SETTINGS = {
    "NTK_UQ_LOGIN": "header",
    "NTK_UQ_PROXIES": "127.0.0.1",
    "NTK_UQ_ADMINS": "ada@lab.example",
}


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    """The address at nginx, and the pages' own."""
    with serving(tmp_path_factory.mktemp("server"), SETTINGS, path=PATH) as address:
        ports = {"http": free_port(), "https": free_port()}
        web = urllib.parse.urlsplit(address).port
        folder = tmp_path_factory.mktemp("nginx")
        with nginx.running(folder, web=web, passwords=PASSWORDS, **ports):
            yield f"https://localhost:{ports['https']}{PATH}", address


def test_each_is_who_nginx_says_whatever_the_browser_says(behind, open_page):
    address, _ = behind
    for name, role in (("ada@lab.example", "admin"), ("bob", "member")):
        page = open_page(
            "about:blank",
            ignore_https_errors=True,
            http_credentials={"username": name, "password": PASSWORDS[name]},
            extra_http_headers={"X-Forwarded-User": "ada@lab.example"},
        )
        page.goto(f"{address}/runs")
        expect(page.get_by_text(f"{name}, {role}")).to_be_visible(timeout=WAIT)
        page.get_by_role("link", name="Data", exact=True).first.click()
        expect(page.get_by_role("heading", name="Data", exact=True).first).to_be_visible(
            timeout=WAIT
        )
        page.go_back()
        expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible(timeout=WAIT)
        page.reload()
        expect(page.get_by_text(f"{name}, {role}")).to_be_visible(timeout=WAIT)


def test_without_a_password_there_is_nothing_and_past_nginx_no_page(behind, open_page):
    address, pages = behind
    with contextlib.suppress(urllib.error.HTTPError):
        import ssl

        unchecked = ssl._create_unverified_context()
        urllib.request.urlopen(f"{address}/", context=unchecked, timeout=30)
        raise AssertionError("nginx let somebody in without a password")
    page = open_page(f"{pages}/runs")
    expect(page.get_by_text("did not come through it")).to_be_visible(timeout=WAIT)
