"""That an engine is alive is known where it cannot write."""

import subprocess
import sys

import pytest

from ntk_uq.base.errors import StoreFullError, StoreNotWritableError
from ntk_uq.store import HEARTBEAT_TIMEOUT, JobState, Store
from ntk_uq.store.database import Database
from ntk_uq.store.presence import Presence, Trouble

HOLD = """
import sys, time
from pathlib import Path
from ntk_uq.store.presence import Presence, Trouble
Presence(Path(sys.argv[1])).hold("other", Trouble.REFUSED)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_text("{}")
    return path


def test_it_is_seen_with_its_reason_until_it_is_taken_back(file):
    said, seen = Presence(file), Presence(file)
    assert not seen.present("e")
    said.hold("e")
    assert (seen.present("e"), seen.trouble("e"), seen.strangers(["e"])) == (True, None, [])
    said.hold("e", Trouble.FULL)
    said.hold("f", Trouble.REFUSED)
    assert (seen.trouble("e"), seen.trouble("f")) == (Trouble.FULL, Trouble.REFUSED)
    assert seen.strangers(["e"]) == [Trouble.REFUSED]
    assert sorted(seen.strangers([])) == [Trouble.FULL, Trouble.REFUSED]
    file.read_text()  # whoever closes the file does not take it back
    assert seen.present("e")
    said.release("e")
    assert (seen.present("e"), seen.present("f")) == (False, True)


def test_it_ends_with_its_process(file):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    assert Presence(file).trouble("other") is Trouble.REFUSED
    process.kill()
    process.wait()
    assert not Presence(file).present("other")


def test_where_there_is_no_file_nobody_is_there(tmp_path):
    presence = Presence(tmp_path / "missing")
    presence.hold("e")
    assert not presence.present("e")
    assert presence.strangers([]) == []


@pytest.mark.parametrize(
    ("error", "word"), [(StoreFullError, "full"), (StoreNotWritableError, "refused")]
)
def test_an_engine_that_cannot_write_keeps_its_jobs(store, monkeypatch, error, word):
    now = [1000.0]
    mine, theirs = (Store(store.directory, clock=lambda: now[0]) for _ in range(2))
    mine.jobs.submit("j", "curve", "{}")
    mine.jobs.beat("e", {"host": "h"})
    mine.jobs.claim("e")
    calm = theirs.jobs.stamp()

    def refuse(self):
        raise error("no")

    with monkeypatch.context() as patch:
        patch.setattr(Database, "write", refuse)
        now[0] += HEARTBEAT_TIMEOUT + 10
        assert theirs.jobs.get("j").state is JobState.INTERRUPTED
        with pytest.raises(error):
            mine.jobs.beat("e", {"host": "h"})
        assert theirs.jobs.get("j").state is JobState.RUNNING
        (engine,) = theirs.jobs.engines()
        assert dict(engine.info) == {"host": "h", "unwritable": word}
        assert theirs.jobs.stamp() != calm
        assert theirs.jobs.claim("another") == []
        # One that has never been able to write is known, too.
        with pytest.raises(error):
            mine.jobs.beat("new", {})
        assert [dict(e.info) for e in theirs.jobs.engines()][1:] == [{"unwritable": word}]
        mine.jobs._presence.release("new")
    mine.jobs.beat("e", {"host": "h"})
    (engine,) = theirs.jobs.engines()
    assert dict(engine.info) == {"host": "h"}
    assert not theirs.jobs._presence.present("e")


def test_what_a_live_engine_will_take_over_waits(store):
    now = [1000.0]
    jobs = Store(store.directory, clock=lambda: now[0]).jobs
    jobs.submit("j", "curve", "{}")
    jobs.beat("dead", {})
    jobs.claim("dead")
    now[0] += HEARTBEAT_TIMEOUT + 1
    assert jobs.get("j").state is JobState.INTERRUPTED
    jobs.beat("alive", {})  # all of its places are taken: it claims nothing
    assert jobs.get("j").state is JobState.QUEUED
    assert [job.id for job in jobs.list((JobState.QUEUED,))] == ["j"]
    again = jobs.submit("j", "curve", "{}")
    assert (again.state, again.engine, again.submissions) == (JobState.QUEUED, None, 2)
    assert [job.id for job in jobs.claim("alive")] == ["j"]
