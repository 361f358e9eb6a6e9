"""Who says that a page's jobs are looked at, and for how long."""

import pytest

from ntk_uq.store.watchers import FRESH_SECONDS
from ntk_uq.ui import watching


@pytest.fixture
def sessions(store, monkeypatch):
    """Two sessions, each of which shows a job of its own."""
    for job in ("a", "b"):
        store.jobs.submit(job, "k", "{}", passing=True)
    made = {
        name: watching._Session(store, f"watcher of {job}", {job})
        for name, job in (("open", "a"), ("closed", "b"))
    }
    monkeypatch.setattr(watching, "_sessions", made)
    return made


def test_jobs_are_looked_at_for_as_long_as_their_tab_is_connected(store, sessions):
    now = [1000.0]
    store.watchers._clock = lambda: now[0]
    watching.say(lambda name: True)
    assert store.watchers.forsaken() == []
    now[0] += FRESH_SECONDS + 1  # whatever runs in the tab, which may be hidden
    watching.say(lambda name: name == "open")
    assert store.watchers.forsaken() == ["b"]
    watching.say(lambda name: True)  # it came back
    assert store.watchers.forsaken() == []


def test_what_has_ended_is_not_written_again_and_again(store, sessions, monkeypatch):
    written = []
    monkeypatch.setattr(store.watchers, "watch", lambda watcher, jobs: written.append(watcher))
    store.jobs.request_cancel("a")
    watching.say(lambda name: True)
    assert written == ["watcher of b"]


def test_sessions_long_without_a_connection_are_forgotten(sessions):
    sessions["closed"].seen -= 2 * watching._FORGOTTEN_AFTER
    watching.say(lambda name: name == "open")
    assert set(sessions) == {"open"}
