"""A page while it loads, in a real Chromium: it comes whole, and asks nothing in vain."""

import pytest

from ntk_uq.ui import pages

pytestmark = pytest.mark.browser

WAIT = 90_000  # milliseconds
MOST = 0.05  # layout shift that nobody notices
LATEST = 6000  # milliseconds after which the veil is lifted whatever comes
_SHIFTS = """window.shifts = []
new PerformanceObserver(list => window.shifts.push(...list.getEntries()))
  .observe({ type: "layout-shift", buffered: true })"""
_SUM = "shifts.filter(shift => !shift.hadRecentInput).reduce((sum, shift) => sum + shift.value, 0)"
_LIFTED = "!document.getElementById('ntk-uq-veil')"


def lifted(page):
    """Returns once the page is seen."""
    page.wait_for_function(f"document.readyState === 'complete' && {_LIFTED}", timeout=WAIT)


@pytest.mark.parametrize("name", pages.PAGES)
def test_what_is_seen_stands_still_and_nothing_is_asked_in_vain(server, open_page, name):
    page = open_page("about:blank")
    page.add_init_script(_SHIFTS)
    failed = []
    page.on("response", lambda answer: answer.status >= 400 and failed.append(answer.url))
    address = f"{server}/{pages.PAGES[name].address}"
    page.goto(address)
    lifted(page)
    for _ in range(5):
        page.reload()
        page.wait_for_function(_LIFTED, timeout=WAIT)
        in_time = page.evaluate("performance.now()") < LATEST
        page.get_by_role("heading", level=1).first.wait_for(timeout=WAIT)
        if in_time:  # and not since the machine has so much else to do that waiting has an end
            break
    assert in_time
    assert page.evaluate(_SUM) < MOST
    assert failed == []


def test_the_veil_is_lifted_where_there_is_an_error_to_be_read(server, open_page):
    page = open_page("about:blank")
    page.route("**/_stcore/health", lambda route: route.abort())
    page.route_web_socket("**/_stcore/stream", lambda socket: socket.close())
    page.goto(server)
    page.get_by_role("dialog").wait_for(timeout=WAIT)
    assert page.evaluate(_LIFTED)


def test_the_connection_is_made_at_once_and_what_pages_are_made_of_loaded_meanwhile(
    server, open_page
):
    page, connected = open_page("about:blank"), []
    page.route("**/_stcore/host-config", lambda route: None)  # an answer that is not waited for
    page.route_web_socket("**/_stcore/stream", lambda socket: connected.append(socket))
    page.goto(server)
    for part in ("rehype-katex", "NumberInput", "BidiComponent", "Table"):
        page.wait_for_function(
            """part => performance.getEntriesByType("resource").some(
              one => one.name.includes(`/${part}.`) && one.responseEnd)""",
            arg=part,
            timeout=WAIT,
        )
    page.wait_for_timeout(0)
    assert connected


def test_the_policy_holds_back_what_another_server_has(server, chromium):
    page = chromium.new_page()
    page.goto(server)
    page.get_by_role("heading", level=1).first.wait_for(timeout=WAIT)
    blocked = page.evaluate(
        """() => new Promise(done => {
            addEventListener("securitypolicyviolation", found => done(found.blockedURI))
            document.body.append(Object.assign(new Image(), { src: "http://192.0.2.1/x.png" }))
        })"""
    )
    assert blocked.startswith("http://192.0.2.1")
    page.close()
