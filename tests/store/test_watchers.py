"""Who looks at which jobs."""

import pytest

from ntk_uq.store import JobState, JobTable
from ntk_uq.store.watchers import FRESH_SECONDS, SAY_SECONDS, Watchers


@pytest.fixture
def now():
    return [1000.0]


@pytest.fixture
def watchers(tmp_path, now):
    return Watchers(tmp_path / "jobs.sqlite", clock=lambda: now[0])


def test_a_job_is_watched_by_others_only(watchers):
    watchers.watch("me", ["a", "b"])
    assert not watchers.watched("a", but="me")
    assert watchers.watched("a", but="you")
    watchers.watch("you", ["a"])
    assert watchers.watched("a", but="me")
    assert not watchers.watched("b", but="me")


def test_a_watcher_looks_at_what_it_said_last(watchers):
    watchers.watch("you", ["a", "b"])
    watchers.watch("you", ["b"])
    assert not watchers.watched("a", but="me")
    assert watchers.watched("b", but="me")


def test_a_watcher_that_is_silent_is_gone_unless_it_comes_back(watchers, now):
    watchers.watch("you", ["a"])
    now[0] += FRESH_SECONDS + 1
    assert not watchers.watched("a", but="me")
    watchers.watch("you", ["a"])
    assert watchers.watched("a", but="me")


def test_old_rows_do_not_pile_up(watchers, now):
    for i in range(20):
        watchers.watch(f"tab {i}", ["a"])
        now[0] += FRESH_SECONDS + 1
    with watchers._database.read() as connection:
        assert connection.execute("SELECT count(*) FROM watchers").fetchone()[0] == 1


@pytest.fixture
def jobs(tmp_path, now):
    return JobTable(tmp_path / "jobs.sqlite", clock=lambda: now[0])


def test_what_is_forsaken_was_asked_for_by_pages_alone_and_is_shown_by_none(jobs, watchers, now):
    for name in ("shown", "closed", "launched", "asked", "done"):
        jobs.submit(name, "k", "{}", passing=name != "asked", launched=name == "launched")
    jobs.claim("engine", 5)
    jobs.finish("done", "engine", JobState.DONE)
    watchers.watch("closed tab", ["closed", "shown"])
    assert watchers.forsaken() == []
    now[0] += FRESH_SECONDS + 1
    watchers.watch("open tab", ["shown"])
    assert watchers.forsaken() == ["closed"]
    assert jobs.withdraw("closed")
    assert not jobs.withdraw("closed")  # it is being stopped
    assert watchers.forsaken() == []
    assert not any(jobs.withdraw(name) for name in ("launched", "asked", "done", "unknown"))


def test_a_withdrawn_job_says_so_until_somebody_asks_again(jobs):
    jobs.submit("a", "k", "{}", passing=True)
    assert jobs.withdraw("a")
    job = jobs.get("a")
    assert (job.state, job.withdrawn) == (JobState.CANCELLED, True)
    assert jobs.submit("a", "k", "{}", passing=True).withdrawn is False
    assert jobs.get("a").passing


def test_a_job_that_anybody_wants_anyhow_stays_wanted(jobs):
    jobs.submit("a", "k", "{}")
    assert not jobs.submit("a", "k", "{}", passing=True).passing
    jobs.submit("b", "k", "{}", passing=True)
    assert not jobs.submit("b", "k", "{}").passing


def test_a_tab_that_is_closed_is_noticed_within_ten_seconds_and_a_reload_is_not():
    engines_look_every = 1.0
    assert FRESH_SECONDS + SAY_SECONDS + engines_look_every < 10
    assert FRESH_SECONDS - SAY_SECONDS > 4
