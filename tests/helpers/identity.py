"""An identity provider on loopback, and what pages have to know of it."""

SECRETS = """
[auth]
redirect_uri = "{address}/oauth2callback"
cookie_secret = "only for this test"
client_id = "{client}"
client_secret = "not secret"
server_metadata_url = "{provider}/.well-known/openid-configuration"
client_kwargs = {{ prompt = "login" }}
"""
PEOPLE = {
    "1": {"name": "Ada", "email": "ada@lab.example", "email_verified": True},
    "2": {"name": "Bob", "email": "ada@lab.example", "email_verified": False},
    "3": {},
}


def write_secrets(home, address, provider, client="pages"):
    """The secrets of pages whose account has this home."""
    (home / ".streamlit").mkdir()
    text = SECRETS.format(address=address, provider=provider, client=client)
    (home / ".streamlit" / "secrets.toml").write_text(text)


def say_who(page, sub, wait):
    """At the provider's own page: logs in as one of :data:`PEOPLE`."""
    page.locator("input[name=sub]").fill(sub, timeout=wait)
    page.locator("button:not([value=deny]), input[type=submit]").first.click()
