"""The whole program in a real Chromium: engine, pages, links, themes."""

import re
import urllib.parse

import pytest
from helpers.drawn import wait_until_drawn

from ntk_uq.specs import DataSpec
from ntk_uq.views import CurvesView, RunsView

pytestmark = pytest.mark.browser

WAIT = 90_000  # milliseconds: two slow cores compile the first kernel meanwhile

# Set here and not by a fixture of one test: the server lives as long as the module.
ONE_DEPTH = (
    "v=1&dataset=digits&n_test=100&seed=0&depths=1&activation=relu&sigma_w=1.4142135623730951"
    "&sigma_b=0.0&posterior=trained&time=none&steps=none&eta=1.0&jitter=0.0&n_low=50&n_high=800"
    "&n_points=5&draws=2&fit_low=none&fit_high=none&parts=0&axis=log"
)


def rows(page):
    """The rows of the table of exponents when all are there, each as the text of its cells."""
    wait_until_drawn(page, WAIT)
    found = page.locator("table tbody tr").all()
    return [row.locator("th, td").all_inner_texts() for row in found]


def legend(page, chart):
    return page.locator(".js-plotly-plot").nth(chart).locator(".legendtext").all_text_contents()


def test_from_one_curve_to_two_and_by_link_into_another_browser(server, open_page):
    page = open_page(f"{server}/?{ONE_DEPTH}")
    (first,) = rows(page)
    assert first[0] == "depth 1"
    exponent = re.match(r"α = (\d\.\d+) ± (\d\.\d+)$", first[1])
    assert exponent, first
    assert 0.3 < float(exponent[1]) < 1.0
    assert float(exponent[2]) < 0.2
    # Plotly has spaces of no width about what stands lower and higher.
    named = legend(page, 0)[0].replace("\u200b", "")
    assert named.startswith(f"depth 1: ~ ND−{exponent[1]}(")

    depths = page.get_by_role("textbox", name="Depths, hidden layers")
    depths.fill("1, 3")
    depths.press("Enter")
    page.wait_for_function("document.querySelectorAll('table tbody tr').length == 2", timeout=WAIT)
    both = rows(page)
    assert [row[0] for row in both] == ["depth 1", "depth 3"]
    assert both[0] == first
    assert len(legend(page, 0)) == 2
    page.wait_for_function("location.search.includes('depths=1%2C3')", timeout=WAIT)

    other = open_page(page.url)
    assert rows(other) == both
    assert other.url == page.url


def test_the_first_visit_shows_a_computed_default_view(server, open_page):
    page = open_page(server)
    assert [row[0] for row in rows(page)] == ["depth 1", "depth 2", "depth 4"]
    assert page.locator(".js-plotly-plot").count() == 3
    assert any("floor of the test set" in name for name in legend(page, 2))
    assert page.locator("[data-testid=stAlert]").count() == 0


def test_a_bad_link_is_explained_and_left_by_a_button(server, open_page):
    page = open_page(f"{server}/?{ONE_DEPTH.replace('n_test=100', 'n_test=0')}")
    page.get_by_text("n_test is 0").wait_for(timeout=WAIT)
    page.get_by_role("button", name="Open the default view").click()
    assert [row[0] for row in rows(page)] == ["depth 1", "depth 2", "depth 4"]


@pytest.mark.parametrize(("scheme", "ground"), [("light", "#FFFFFF"), ("dark", "#0E1117")])
def test_plots_have_the_ground_of_the_page_in_both_themes(server, open_page, scheme, ground):
    page = open_page(f"{server}/?{ONE_DEPTH}", color_scheme=scheme)
    rows(page)
    red, green, blue = (int(ground[i : i + 2], 16) for i in (1, 3, 5))
    expected = f"rgb({red}, {green}, {blue})"
    plot = page.locator(".js-plotly-plot .main-svg").first
    assert plot.evaluate("e => getComputedStyle(e).backgroundColor") == expected
    body = page.locator("[data-testid=stApp]")
    assert body.evaluate("e => getComputedStyle(e).backgroundColor") == expected


def wait_for_states(page, *states):
    """Returns when the first rows of the table of runs are in these states."""
    page.wait_for_function(
        "wanted => { const cells = [...document.querySelectorAll("
        "'[data-testid=stDataFrame] td[aria-colindex=\"1\"]')];"
        "return wanted.every((w, i) => (cells[i]?.innerText ?? '').includes(w)) }",
        arg=list(states),
        timeout=WAIT,
    )


def query(**view):
    return urllib.parse.urlencode(RunsView(everything=True, **view).to_query())


def test_runs_are_followed_in_another_browser_cancelled_and_cost_nothing_at_rest(server, open_page):
    first, second = (
        # Long enough to be seen on its way, and short enough to be asked for by a page.
        CurvesView(DataSpec(n_test=n_test), (16,), n_low=200, n_high=1200, n_points=12, draws=draws)
        for n_test, draws in ((333, 40), (444, 100))
    )
    sent, loads = [], []
    asking = open_page(f"{server}/?{urllib.parse.urlencode(first.to_query())}")
    asking.get_by_text("points computed").first.wait_for(timeout=WAIT)
    watching = open_page(f"{server}/runs?{query(kinds=('curve',), order='newest')}")
    wait_for_states(watching, "running")
    watching.on("load", lambda: loads.append(1))
    wait_for_states(watching, "done")
    assert loads == [], "it was seen to its end without a reload"

    (curve,) = second.curves()
    asking.goto(f"{server}/?{urllib.parse.urlencode(second.to_query())}")
    asking.get_by_text("points computed").first.wait_for(timeout=WAIT)
    watching.on(
        "websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame))
    )
    watching.goto(f"{server}/runs?{query(kinds=('curve',), selected=(curve.digest(),))}")
    wait_for_states(watching, "running", "done")
    loads.clear()
    stop = f".st-key-stop_{curve.digest()}"
    watching.locator(f"{stop} button:visible").click()
    watching.locator(f"{stop}_for_all button:visible").click()
    wait_for_states(watching, "stopped", "done")
    watching.get_by_text("Stopped; what is computed is kept").wait_for(timeout=WAIT)
    assert loads == []

    # Nothing runs: nothing is asked of the server.
    watching.wait_for_timeout(2000)
    sent.clear()
    watching.wait_for_timeout(4000)
    assert sent == []

    # While something runs it is asked about, but not for a tab that nobody sees.
    watching.get_by_role("button", name="Retry").click()
    wait_for_states(watching, "running", "done")
    watching.wait_for_timeout(4000)
    assert sent
    see(watching, "hidden")
    watching.wait_for_timeout(2000)
    sent.clear()
    watching.wait_for_timeout(4000)
    assert sent == []
    see(watching, "visible")
    watching.locator(f"{stop} button:visible").click()
    watching.locator(f"{stop}_for_all button:visible").click()
    wait_for_states(watching, "stopped", "done")


def see(page, visibility):
    """Has the page believe that its tab is hidden, or visible again."""
    page.evaluate(
        "state => { Object.defineProperty(document, 'visibilityState',"
        "{ get: () => state, configurable: true });"
        "document.dispatchEvent(new Event('visibilitychange')) }",
        visibility,
    )
