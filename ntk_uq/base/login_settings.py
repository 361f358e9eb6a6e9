"""Settings of who looks at the pages, read when asked as all settings are."""

import ipaddress
import os
import re
from pathlib import Path

from ntk_uq.base import settings
from ntk_uq.base.errors import SpecError

LOGIN = "NTK_UQ_LOGIN"
ADMINS = "NTK_UQ_ADMINS"
ROLE = "NTK_UQ_ROLE"
USER_HEADER = "NTK_UQ_USER_HEADER"
PROXIES = "NTK_UQ_PROXIES"
PEOPLE = "NTK_UQ_PEOPLE"
HOURS = "NTK_UQ_LOGIN_HOURS"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def login() -> str:
    """How pages come to know who looks at them, ``NTK_UQ_LOGIN``: ``oidc``, by an identity provider
    (Streamlit's login), ``header``, by what a reverse proxy says; empty, the default, for not at
    all.

    Raises:
        SpecError: if it is something else, or ``header`` without a proxy to believe.
    """
    text = os.environ.get(LOGIN, "")
    if text not in ("", "oidc", "header"):
        raise SpecError(f"{LOGIN} is {text!r:.60}; write oidc or header, or leave it out.")
    if text == "header" and not proxies():
        raise SpecError(
            f"{LOGIN} is header, and {PROXIES} is empty: whoever reaches this server could be "
            "anybody. Write the addresses of the proxy that says who somebody is."
        )
    return text


def login_hours() -> float | None:
    """How long a login by an identity provider lasts, ``NTK_UQ_LOGIN_HOURS``; None, the default,
    for as long as its cookie, 30 days.

    Raises:
        SpecError: if it is no number above 0.
    """
    return settings.amount(HOURS, "", "hours") if os.environ.get(HOURS) else None


def user_header() -> str:
    """The header in which such a proxy says who somebody is (default X-Forwarded-User).

    Raises:
        SpecError: if ``NTK_UQ_USER_HEADER`` is no name of a header.
    """
    text = os.environ.get(USER_HEADER) or "X-Forwarded-User"
    if not re.fullmatch(r"[A-Za-z0-9-]{1,60}", text):
        raise SpecError(f"{USER_HEADER} is {text!r:.80}; write a header such as X-Forwarded-User.")
    return text


def proxies() -> tuple[Network, ...]:
    """Addresses and networks of the proxies that may say who somebody is: ``NTK_UQ_PROXIES``, with
    commas between.

    Raises:
        SpecError: if one is neither.
    """
    text = os.environ.get(PROXIES, "")
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise SpecError(
            f"{PROXIES} is {text!r:.80}; write addresses or networks with commas between, such as "
            "10.0.0.5, 192.168.7.0/24."
        ) from None


def admins() -> frozenset[str]:
    """Who is an admin, by email or by what the login calls its subject: ``NTK_UQ_ADMINS``, with
    commas between."""
    parts = os.environ.get(ADMINS, "").split(",")
    names = {part.strip() for part in parts} - {""}
    return frozenset(names | {name.lower() for name in names if "@" in name})


def first_role() -> str:
    """What somebody may do who logs in for the first time: ``NTK_UQ_ROLE``, ``viewer`` or
    ``member``, the default.

    Raises:
        SpecError: if it is something else.
    """
    text = os.environ.get(ROLE) or "member"
    if text not in ("viewer", "member"):
        raise SpecError(
            f"{ROLE} is {text!r:.60}; write viewer or member. Admins are named by {ADMINS}."
        )
    return text


def people_file() -> Path | None:
    """The file that says who the operating system's users are to the pages; None for none."""
    return settings.directory(PEOPLE, Path) if os.environ.get(PEOPLE) else None
