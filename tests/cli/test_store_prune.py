"""``ntk_uq store prune``: told first, removed with ``--yes``."""

import json
import time

import pytest

from ntk_uq.jobs.asking import submit
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec
from ntk_uq.store import JobState

DATA = DataSpec("digits", n_test=20)


@pytest.fixture
def failed(store):
    """A run that failed 40 days ago, and a result of nobody of that time."""
    now, clock = time.time, store.jobs._clock
    store.jobs._clock = lambda: now() - 40 * 86400
    job = submit(store.jobs, CurveSpec(DATA, ArchitectureSpec(3), n_train=(10, 20)))
    store.jobs.claim("e")
    store.jobs.finish(job.id, "e", JobState.FAILED, "memory")
    store.jobs._clock = clock
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: now() - 40 * 86400)
        store.results.put("point/of-nobody", b"v" * 968)
    return job.id


def test_it_is_told_and_nothing_is_removed_without_yes(run, store, failed):
    code, out, error = run("store", "prune")
    lines = out.splitlines()
    assert (code, error) == (0, "")
    assert lines[0] == (
        "1 run that failed or was cancelled, without label or tag, more than 30 days ago (ended):"
    )
    assert lines[1].split()[:3] == [failed[:12], "failed", "curve"]
    assert lines[2] == (
        "1 result, 1000 B, to which nothing refers, stored more than 30 days ago (unreferenced):"
    )
    assert lines[3].split() == ["1", "point"]
    assert lines[4:] == ["nothing was removed; --yes removes it"]
    assert store.jobs.get(failed) is not None
    assert "point/of-nobody" in store.results
    code, out, _ = run("store", "prune", "--yes")
    assert code == 0
    assert out.splitlines()[-1] == "removed: 1 run and 1 result, 1000 B"
    assert store.jobs.get(failed) is None
    assert "point/of-nobody" not in store.results
    assert run("store", "prune")[1] == "there is nothing to remove\n"


def test_json_and_rules(run, store, failed):
    code, out, _ = run("store", "prune", "--json", "--rule", "ended")
    found = json.loads(out)
    assert code == 0
    assert found["runs"] == [{"id": failed, "rule": "ended", "state": "failed", "kind": "curve"}]
    assert (found["results"], found["removed"]) == ({"count": 0, "bytes": 0}, None)
    code, out, _ = run("store", "prune", "--json", "--rule", "unreferenced", "--yes")
    assert json.loads(out)["removed"] == {"runs": 0, "results": 1, "bytes": 1000}
    assert store.jobs.get(failed) is not None


def test_what_is_withheld_fails_where_it_was_asked_for(run, store, failed):
    submit(store.jobs, CurveSpec(DataSpec("mnist", n_test=20), n_train=(10, 20)))
    code, _, error = run("store", "prune")
    assert code == 0
    assert "No result is removed" in error
    code, out, _ = run("store", "prune", "--yes")
    assert code == 1
    assert out.splitlines()[-1] == "removed: 1 run and 0 results, 0 B"


@pytest.mark.parametrize("days", ["-1", "nan", "inf", "a month", ""])
def test_days_that_are_none(run, store, days):
    code, _, error = run("store", "prune", f"--older-than={days}")
    assert code == 2
    assert "must be a number of days" in error
