"""Logins that did not come about: the way back to the page, which then says why.

Streamlit 1.67 answers "Authentication error" and nothing else where the provider cannot be reached,
and shows the page as before where what the provider said could not be verified.
"""

import logging
from collections.abc import Iterable
from typing import Any

from starlette.responses import RedirectResponse
from streamlit import config
from streamlit.url_util import make_url_path

COOKIE = "ntk_uq_login"
"""Why the last login did not come about; for a minute."""

WORDS = {
    "unreachable": "The identity provider does not answer, so that nobody can log in at the "
    "moment. Try again in some minutes; whoever is logged in stays so.",
    "refused": "The login did not come about: the provider refused it, or its answer could not be "
    "verified. Try again; if it stays so, the server's secrets or its clock may be wrong, which "
    "its log says.",
}

_LOGIN, _CALLBACK = "/auth/login", "/oauth2callback"
_LOGGED_IN = b"_streamlit_user="
_SECONDS = 60

log = logging.getLogger(__name__)


class Explained:
    """The application, whose answers to failed logins lead back to the first page."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not path.endswith((_LOGIN, _CALLBACK)):
            await self.app(scope, receive, send)
            return
        answer: list[Any] = []

        async def kept(message: Any) -> None:
            answer.append(message)

        try:
            await self.app(scope, receive, kept)
            reason = _reason(path, answer[0])
        except Exception:  # whatever the provider's answer has set off
            log.exception("a login failed")
            reason = "unreachable" if path.endswith(_LOGIN) else "refused"
        if reason is None:
            for message in answer:
                await send(message)
            return
        base = make_url_path(config.get_option("server.baseUrlPath"), "/")
        back = RedirectResponse(base, status_code=302)
        back.raw_headers += _cookies(answer)
        back.set_cookie(COOKIE, reason, max_age=_SECONDS, path=base, httponly=True, samesite="lax")
        await back(scope, receive, send)


def _reason(path: str, start: Any) -> str | None:
    """Why there is no login by this answer; None where it goes on."""
    if path.endswith(_LOGIN):
        return "unreachable" if start["status"] >= 400 else None
    # One that is taken away is set to nothing.
    given = (value for value in _cookie_values([start]) if value.startswith(_LOGGED_IN))
    return None if any(not value.startswith(_LOGGED_IN + b'""') for value in given) else "refused"


def _cookies(answer: list[Any]) -> list[tuple[bytes, bytes]]:
    """What the answer does with cookies: those of a login that failed are taken away."""
    return [(b"set-cookie", value) for value in _cookie_values(answer[:1])]


def _cookie_values(answer: Iterable[Any]) -> list[bytes]:
    return [
        value
        for message in answer
        for name, value in message.get("headers", ())
        if name.lower() == b"set-cookie"
    ]
