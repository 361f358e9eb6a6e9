"""Logins that come to nothing: the page says why, and the way to try again is there."""

import contextlib
import re

import pytest
from helpers.identity import PEOPLE, say_who, write_secrets
from helpers.serving import free_port, serving

pytestmark = pytest.mark.browser
WAIT = 60_000


@pytest.fixture(scope="module")
def provider():
    """A provider that knows its clients, and what ends it."""
    mock = pytest.importorskip("oidc_provider_mock")
    users = [mock.User(sub=sub, claims=claims) for sub, claims in PEOPLE.items()]
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(
            mock.run_server_in_thread(user_claims=users, require_client_registration=True)
        )
        yield f"http://localhost:{server.server_port}", stack.close


@pytest.fixture(scope="module")
def pages(provider, tmp_path_factory):
    """Pages with another secret than the provider has for them."""
    import httpx

    base, port = tmp_path_factory.mktemp("lab"), free_port()
    own = f"http://localhost:{port}"
    client = {"redirect_uris": [f"{own}/oauth2callback"]}
    registered = httpx.post(f"{provider[0]}/oauth2/clients", json=client).raise_for_status().json()
    write_secrets(base, own, provider[0], registered["client_id"])
    with serving(base, {"HOME": str(base), "NTK_UQ_LOGIN": "oidc"}, port=port) as address:
        yield address


def test_a_wrong_secret_and_a_provider_that_is_down_are_told(provider, pages, chromium):
    # Not by open_page: the provider's own page asks other servers for its style.
    page = chromium.new_context(bypass_csp=True).new_page()
    page.goto(pages)
    log_in = page.get_by_role("button", name="Log in")
    log_in.click(timeout=WAIT)
    say_who(page, "1", WAIT)
    page.get_by_text("could not be verified").wait_for(timeout=WAIT)
    assert page.url.rstrip("/") == pages

    _, end = provider
    end()
    log_in.click(timeout=WAIT)
    page.get_by_text("does not answer").wait_for(timeout=WAIT)
    log_in.wait_for(timeout=WAIT)
    assert page.url.rstrip("/") == pages
    assert not re.search("Traceback|Authentication error", page.content())
    page.context.close()
