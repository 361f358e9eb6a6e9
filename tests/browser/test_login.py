"""People in browsers of their own, whom an identity provider knows: each has what is hers."""

import urllib.parse

import pytest
from helpers.identity import PEOPLE, say_who, write_secrets
from helpers.serving import CHROMIUM_FLAGS, free_port, serving

from ntk_uq.jobs.asking import submit
from ntk_uq.people import Acting, Person, Role
from ntk_uq.specs import CurveSpec, DataSpec
from ntk_uq.store import open_store
from ntk_uq.views import RunsView

pytestmark = pytest.mark.browser
WAIT = 60_000


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of pages that ask who somebody is, and their store."""
    provider = pytest.importorskip("oidc_provider_mock")
    users = [provider.User(sub=sub, claims=claims) for sub, claims in PEOPLE.items()]
    base, port = tmp_path_factory.mktemp("lab"), free_port()
    with provider.run_server_in_thread(user_claims=users) as server:
        provider_address = f"http://localhost:{server.server_port}"
        write_secrets(base, f"http://localhost:{port}", provider_address)
        settings = {
            "HOME": str(base),
            "NTK_UQ_LOGIN": "oidc",
            "NTK_UQ_ADMINS": "ada@lab.example",
        }
        with serving(base, settings, port=port) as address:
            yield address, open_store(base / "store")


@pytest.fixture
def browser():
    import shutil

    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_FLAGS
        )
        yield browser
        browser.close()


def log_in(browser, address, sub):
    """A browser of its own in which somebody has logged in."""
    page = browser.new_context(bypass_csp=True).new_page()
    page.goto(address)
    page.get_by_role("button", name="Log in").click(timeout=WAIT)
    say_who(page, sub, WAIT)
    page.get_by_role("button", name="Log out").wait_for(timeout=WAIT)
    return page


def test_each_is_refused_what_is_the_others_and_an_admin_is_not(lab, browser):
    address, store = lab
    spec = CurveSpec(DataSpec(n_test=50), n_train=(20, 40))
    store.people.see("c", "Cleo")
    job = submit(
        store.jobs, spec, launched=True, by=Acting(store, Person("c", "Cleo", Role.MEMBER))
    )
    run = f"{address}/runs?{urllib.parse.urlencode(RunsView(selected=(job.id,)).to_query())}"

    bob = log_in(browser, address, "2")  # says to be Ada, and has not shown it
    bob.get_by_text("Bob, member").wait_for(timeout=WAIT)
    bob.goto(run)
    # Stop or Archive, as the run is under way or done: there with the reason, and shut.
    shown = f".st-key-run_archive button, .st-key-stop_{job.id} button"
    bob.get_by_text("Cleo", exact=True).first.wait_for(timeout=WAIT)
    bob.locator(f":is({shown}):visible").first.wait_for(timeout=WAIT)
    assert bob.locator(shown).evaluate_all("those => those.every(one => one.disabled)")

    ada = log_in(browser, address, "1")
    ada.get_by_text("Ada, admin").wait_for(timeout=WAIT)
    ada.goto(run)
    ada.locator(f":is({shown}):enabled:visible").first.wait_for(timeout=WAIT)
    assert {p.name for p in store.people.all()} == {"Ada", "Bob", "Cleo"}

    # Somebody of whom the provider says no more than a number.
    log_in(browser, address, "3").get_by_text("3, member").wait_for(timeout=WAIT)


def test_after_a_logout_nothing_is_shown(lab, browser):
    address, _ = lab
    page = log_in(browser, address, "1")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/end_session*", timeout=WAIT)  # the provider asks whether there, too
    page.goto(f"{address}/runs")
    page.get_by_role("button", name="Log in").wait_for(timeout=WAIT)
    assert page.get_by_text("Which runs").count() == 0


def test_a_cookie_that_somebody_made_is_no_login(lab, browser):
    address, _ = lab
    context = browser.new_context(bypass_csp=True)
    context.add_cookies([{"name": "_streamlit_user", "value": "2|1:0|forged", "url": address}])
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="Log in").wait_for(timeout=WAIT)


def test_a_message_comes_to_an_open_page_by_itself_and_goes(lab, browser):
    address, store = lab
    page = log_in(browser, address, "3")
    page.goto(f"{address}/report")
    page.get_by_text("Nothing is in the report yet").wait_for(timeout=WAIT)
    store.notice.write("down at *six*", "Ada")
    page.get_by_text("down at *six*").wait_for(timeout=WAIT)
    store.notice.write("", "Ada")
    page.get_by_text("down at *six*").wait_for(timeout=WAIT, state="detached")


def test_only_an_admin_has_the_page_for_admins_beside_the_others(lab, browser):
    address, _ = lab
    for sub, admin in (("1", True), ("2", False)):
        page = log_in(browser, address, sub)
        links = page.get_by_test_id("stSidebarNavLink")
        links.first.wait_for(timeout=WAIT)
        assert ("Administration" in " ".join(links.all_inner_texts())) is admin
        page.goto(f"{address}/administration")
        told = "Message to all" if admin else "only admins of this server see and do this"
        page.get_by_text(told).first.wait_for(timeout=WAIT)
