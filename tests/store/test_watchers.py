"""Who looks at which jobs."""

import pytest

from ntk_uq.store.watchers import FRESH_SECONDS, Watchers


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
