"""What somebody has left of her quotas, beside what she may launch; and what her runs wait for."""

from collections.abc import Sequence

import streamlit as st

from ntk_uq.people import quotas
from ntk_uq.people.quotas import Quota
from ntk_uq.store import Job, Store
from ntk_uq.ui import who
from ntk_uq.ui.plain_text import plain

_OF_LAUNCHES = (Quota.HOURS, Quota.RUNNING, Quota.RESULTS)


def before_launch(store: Store) -> None:
    """A line with what is used and left, where there is a limit to a launch."""
    account = who.acting(store).account()
    limited = () if account is None else account.limited
    told = [one.words for one in limited if one.quota in _OF_LAUNCHES]
    if told:
        st.caption(f":material/speed: Your quotas: {plain('. '.join(told))}.")


def waiting(store: Store, jobs: Sequence[Job]) -> str:
    """Why all of these jobs wait for their owners' quotas, as a sentence; empty where one of them
    need not."""
    full = quotas.waiting(store)
    if not full:
        return ""
    owners = store.people.owners_of(job.id for job in jobs)
    why = [quotas.why_waiting(full, owners.get(job.id, ())) for job in jobs]
    return plain(" ".join(dict.fromkeys(why))) if all(why) else ""
