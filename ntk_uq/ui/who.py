"""Who looks at the pages: asked where the settings say so, and what they may do with runs."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from ntk_uq.base import login_settings, settings
from ntk_uq.base.errors import NotAllowedError, NtkUqError, StoreNotWritableError
from ntk_uq.people import SOMEBODY, VISITOR, Acting, Claims, Person, Role, person_of
from ntk_uq.store import Job, Store
from ntk_uq.ui import say, session
from ntk_uq.ui.plain_text import plain
from ntk_uq.ui.shell import login_answers

_SEEN, _FAILED = "person_seen", "login_failed"
_log = logging.getLogger(__name__)


def acting(store: Store) -> Acting:
    """Runs in the hands of whoever looks at the page. Raises as :func:`person`."""
    return Acting(store, person(store))


def person(store: Store) -> Person:
    """Whoever looks at the page, behind :func:`gate`.

    Raises:
        SpecError: if the settings of the login cannot be read.
        StoreError: if the store cannot be read.
    """
    how, demo = login_settings.login(), settings.demo() is not None
    if not how:
        return VISITOR if demo else SOMEBODY
    claims = _of_provider() if how == "oidc" else _of_proxy()
    if claims is None:
        st.stop()
    found = person_of(store, claims)
    if demo:
        return replace(VISITOR, name=found.name)
    if st.session_state.get(_SEEN) != found.id:
        try:
            store.people.see(found.id, found.name)
        except StoreNotWritableError:
            return found  # she may look all the same
        st.session_state[_SEEN] = found.id
    return found


def refusal(check: Callable[[], None]) -> str:
    """Why whoever looks may not do something, for the button that does it; empty where they may.

    Args:
        check: raises NotAllowedError where they may not.
    """
    try:
        check()
    except NotAllowedError as error:
        return plain(str(error))
    return ""


def no_launch(store: Store) -> str:
    """Why whoever looks may launch nothing, as the help of a button; empty where they may."""
    return refusal(acting(store).check_launch)


def no_change(store: Store, jobs: Iterable[Job]) -> str:
    """Why whoever looks may not change one of some runs, as the help of a button; empty where they
    may change all."""
    return plain(acting(store).refusal(jobs))


def is_admin() -> bool:
    """Whether people log in, and whoever looks has done so and is an admin."""
    try:
        how = login_settings.login()
        claims = None if not how else _of_provider() if how == "oidc" else _of_proxy()
        return claims is not None and person_of(session.store(), claims).role is Role.ADMIN
    except NtkUqError:
        return False  # the page says so


def gate() -> None:
    """Ends the page for whoever has not said who they are, with the way to do so; and says beside
    the page who is logged in."""
    with session.told():
        how = login_settings.login()
        if not how:
            return
        if how == "header" and _of_proxy() is None:
            st.error(
                "This page is shown to people whom the server's proxy has let in, and this "
                "request did not come through it. Open the address that you were given.",
                icon=":material/lock:",
            )
            st.stop()
        if how == "oidc" and _of_provider() is None:
            st.markdown("This server asks who you are before it shows anything.")
            st.button("Log in", type="primary", icon=":material/login:", on_click=_log_in)
            failed = st.session_state.pop(_FAILED, "") or login_answers.WORDS.get(
                st.context.cookies.get(login_answers.COOKIE, "")
            )
            if failed:
                say.error(failed, icon=":material/error:")
            st.stop()
        found = person(session.store())
    with st.sidebar, st.container(horizontal=True, vertical_alignment="center", key="who"):
        st.caption(f":material/person: {plain(found.name)}, {found.role}", width="content")
        if how == "oidc":
            st.button("Log out", key="log_out", type="tertiary", on_click=st.logout)


def _log_in() -> None:
    try:
        st.login()
    except StreamlitAPIException as error:  # the secrets are not there, or not whole
        _log.error("nobody can log in: %s", error)
        st.session_state[_FAILED] = (
            "Nobody can log in: this server's secrets for the login are missing or not whole. Its "
            "log says what is wrong, and the guide to deployment what they are."
        )


def _of_provider() -> Claims | None:
    """What the identity provider has said of this browser; None before it has, and where that was
    longer ago than a login lasts."""
    said: Mapping[str, Any] = st.user.to_dict()
    subject = said.get("sub")
    if not said.get("is_logged_in") or not isinstance(subject, str) or not subject:
        return None
    if _is_over(said.get("iat")):
        return None
    # An address that its owner has not shown to be hers makes nobody an admin.
    email = said.get("email") if said.get("email_verified") is not False else None
    name = said.get("name") or said.get("preferred_username")
    return Claims(_text(said.get("iss")), subject, _text(name), _text(email))


def _is_over(issued: object) -> bool:
    """Whether a login of that moment (unix seconds) has lasted as long as one may."""
    hours = login_settings.login_hours()
    if hours is None:
        return False
    return not isinstance(issued, int | float) or time.time() - issued > 3600 * hours


def _of_proxy() -> Claims | None:
    """What a proxy has said of this browser; what others say of themselves never comes so far
    (:mod:`ntk_uq.ui.shell.believed`)."""
    said = st.context.headers.get(login_settings.user_header(), "").strip()
    if not said:
        return None
    return Claims("header", said, email=said if "@" in said else "")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
