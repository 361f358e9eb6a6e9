"""The whole program behind a real Chromium: engine and pages on a free port."""

import re
import shutil

import pytest
from helpers.serving import CHROMIUM_FLAGS, serving


@pytest.fixture(scope="module")
def server(request, tmp_path_factory):
    """The program's address; a module may name further environment variables in ``SETTINGS``."""
    settings = getattr(request.module, "SETTINGS", {})
    with serving(tmp_path_factory.mktemp("server"), settings) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api")
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium; on Debian: apt install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """Opens an address in a browser context of its own, and notes what leaves the machine."""
    contexts, foreign = [], []

    def note(request):
        if not re.match(r"(https?|wss?)://(localhost|127\.0\.0\.1)[:/]|data:|blob:", request.url):
            foreign.append(request.url)

    def open_address(address, **options):
        # Playwright's own looks into a page are scripts of a kind that pages do not allow.
        usual = {"viewport": {"width": 1440, "height": 900}, "bypass_csp": True}
        context = chromium.new_context(**(usual | options))
        contexts.append(context)
        page = context.new_page()
        page.on("request", note)
        page.goto(address)
        return page

    yield open_address
    for context in contexts:
        context.close()
    assert foreign == [], "the page asked other servers"
