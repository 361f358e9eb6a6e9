"""Everybody with what they may do, what they have in the queue, and the room that it takes."""

import time
from collections.abc import Callable

import streamlit as st

from ntk_uq.base import login_settings
from ntk_uq.base.counting import duration
from ntk_uq.base.settings import format_bytes
from ntk_uq.jobs.loads import PersonLoad, loads
from ntk_uq.people import quotas
from ntk_uq.store import Store
from ntk_uq.ui import fitted_table
from ntk_uq.ui.plain_text import plain

COLUMNS: dict[str, Callable[[PersonLoad], str]] = {
    "who": lambda one: plain(one.name),
    "role": lambda one: _role(one),
    "last seen": lambda one: _seen(one),
    "running": lambda one: f"{one.running:,}",
    "waiting": lambda one: f"{one.waiting:,}",
    "own data sets": lambda one: f"{one.data_sets:,}",
    "room of these": lambda one: format_bytes(one.bytes),
}
"""The columns, each with what it says of a person."""


def table(store: Store) -> None:
    """A row each."""
    st.header("People", anchor=False)
    accounts = {one.person: one for one in quotas.accounts(store)}
    rows = [
        {name: of(one) for name, of in COLUMNS.items()} | _quotas(accounts.get(one.person))
        for one in loads(store)
    ]
    if not rows:
        st.markdown("Nobody has logged in, launched or uploaded anything.")
    fitted_table.draw(rows, "admin_people")
    if login_settings.login():
        st.caption(
            "Whoever `NTK_UQ_ADMINS` names is an admin, whatever role stands here; others get "
            "one below, or by `ntk-uq people role`. What two people launched or uploaded "
            "counts for both. Results are shared, and nobody's."
        )


def _quotas(account: quotas.Account | None) -> dict[str, str]:
    limited = account.limited if account else ()
    return {"quotas": "; ".join(one.words for one in limited) or "–"}


def _role(one: PersonLoad) -> str:
    if not one.person:
        return "–"
    return one.role or f"as newcomers ({login_settings.first_role()})"


def _seen(one: PersonLoad) -> str:
    return "–" if one.seen is None else f"{duration(time.time() - one.seen)} ago"
