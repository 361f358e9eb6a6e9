"""What the list of runs needs of the job table: labels, archive, logs, filters, old files."""

import json
import sqlite3

import pytest

from ntk_uq.base.errors import SpecError, StoreError
from ntk_uq.store import HEARTBEAT_TIMEOUT, JobOrder, JobState, JobTable, schema
from ntk_uq.store.log import LONGEST_LINE, MOST_LINES
from ntk_uq.store.selecting import ABANDONED
from ntk_uq.views import ORDERS, STATES

S = JobState

# The tables as programs made them before there were labels and logs.
OLD_SCHEMA = """
CREATE TABLE jobs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, spec TEXT NOT NULL, state TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '',
    submitted REAL NOT NULL, requested REAL NOT NULL, turn INTEGER NOT NULL,
    started REAL, finished REAL, heartbeat REAL, engine TEXT,
    priority INTEGER NOT NULL DEFAULT 0, cancel_requested INTEGER NOT NULL DEFAULT 0,
    queue_again INTEGER NOT NULL DEFAULT 0, submissions INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX jobs_by_turn ON jobs (turn);
CREATE INDEX jobs_by_state ON jobs (state, priority, turn);
CREATE TABLE engines (
    id TEXT PRIMARY KEY, info TEXT NOT NULL, started REAL NOT NULL, heartbeat REAL NOT NULL
);
"""
OLD_INSERT = (
    "INSERT INTO jobs (id, kind, spec, state, total, priority, submitted, requested, turn)"
    " VALUES (?, 'curve', '{}', 'queued', 3, 0, 5.0, 5.0,"
    " (SELECT coalesce(max(turn), 0) + 1 FROM jobs))"
)
OLD_PROGRESS = "UPDATE jobs SET done = 1, total = 3, message = 'm', heartbeat = 6 WHERE id = ?"


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def jobs(tmp_path, clock):
    return JobTable(tmp_path / "jobs.sqlite", clock=clock)


def submit(jobs, job_id="j", kind="curve", **spec):
    return jobs.submit(job_id, kind, json.dumps(spec))


def ended(jobs, job_id, state=S.DONE, error="", **spec):
    submit(jobs, job_id, **spec)
    jobs.claim("e1")
    assert jobs.finish(job_id, "e1", state, error)


def ids(jobs, **filters):
    found = [job.id for job in jobs.list(**filters)]
    counted = {k: v for k, v in filters.items() if k not in ("limit", "offset", "order")}
    if {"limit", "offset"}.isdisjoint(filters):
        assert jobs.count(**counted) == len(found)
    return found


def texts(jobs, job_id="j"):
    return [line.text for line in jobs.log(job_id)]


# Files of older programs.


@pytest.fixture
def old(tmp_path):
    """A file with a job, made by an older program that has it open still."""
    connection = sqlite3.connect(tmp_path / "old.sqlite", isolation_level=None)
    connection.executescript(OLD_SCHEMA)
    connection.execute(OLD_INSERT, ("before",))
    yield connection
    connection.close()


def test_an_old_file_is_brought_up_to_date_and_keeps_its_jobs(old, tmp_path):
    jobs = JobTable(tmp_path / "old.sqlite")
    (job,) = jobs.list()
    assert (job.id, job.state, job.total, job.submitted) == ("before", S.QUEUED, 3, 5.0)
    assert (job.label, job.archived, jobs.log("before")) == ("", False, ())
    assert jobs.set_label("before", "old one").label == "old one"
    # Any number of times.
    assert JobTable(tmp_path / "old.sqlite").get("before").label == "old one"


def test_an_old_program_goes_on_in_a_new_file_and_its_changes_are_seen(old, tmp_path):
    jobs = JobTable(tmp_path / "old.sqlite")
    stamps = [jobs.stamp()]
    old.execute(OLD_INSERT, ("after",))
    stamps.append(jobs.stamp())
    old.execute(OLD_PROGRESS, ("after",))
    stamps.append(jobs.stamp())
    assert len(set(stamps)) == 3
    assert [job.id for job in jobs.list()] == ["after", "before"]
    assert jobs.get("after").done == 1
    old.execute(OLD_SCHEMA.split(";")[0].replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))


# Labels, archive, retries.


def test_a_label_is_one_line_of_sixty_characters(jobs):
    submit(jobs)
    assert jobs.set_label("j", "  für  den\nVortrag ").label == "für den Vortrag"
    assert jobs.set_label("j", "x" * 60).label == "x" * 60
    with pytest.raises(SpecError, match="has 61 characters; at most 60"):
        jobs.set_label("j", "x" * 61)
    with pytest.raises(SpecError, match="cannot be shown"):
        jobs.set_label("j", "a\x1b[31m")
    assert jobs.get("j").label == "x" * 60
    assert jobs.set_label("j", " ").label == ""
    with pytest.raises(StoreError, match="no job nobody"):
        jobs.set_label("nobody", "x")


def test_a_label_outlives_retries(jobs):
    ended(jobs, "j", S.FAILED)
    jobs.set_label("j", "mine")
    assert jobs.retry("j").label == "mine"


def test_what_has_ended_can_be_archived_until_it_is_asked_for_again(jobs):
    submit(jobs)
    with pytest.raises(StoreError, match="is queued; cancel it"):
        jobs.archive("j")
    jobs.request_cancel("j")
    assert jobs.archive("j").archived
    assert not jobs.archive("j", False).archived
    jobs.archive("j")
    assert not submit(jobs).archived


@pytest.mark.parametrize("state", [S.FAILED, S.CANCELLED])
def test_a_retry_is_the_same_job_once_more(jobs, state):
    jobs.submit("j", "curve", '{"n":1}', total=7, priority=3)
    jobs.claim("e1")
    jobs.finish("j", "e1", state, "no reason")
    job = jobs.retry("j")
    assert (job.state, job.kind, job.spec) == (S.QUEUED, "curve", '{"n":1}')
    assert (job.total, job.priority, job.error) == (7, 3, "")


def test_an_interrupted_or_stopping_job_can_be_tried_again(jobs, clock):
    submit(jobs)
    jobs.claim("e1")
    clock.now += HEARTBEAT_TIMEOUT + 1
    assert jobs.get("j").state is S.INTERRUPTED
    assert jobs.retry("j").state is S.QUEUED
    jobs.claim("e2")
    jobs.request_cancel("j")
    jobs.retry("j")
    jobs.finish("j", "e2", S.CANCELLED)
    assert jobs.get("j").state is S.QUEUED


def test_what_waits_runs_or_is_done_is_not_tried_again(jobs):
    submit(jobs)
    with pytest.raises(StoreError, match="Job j is queued; only one that has failed"):
        jobs.retry("j")
    jobs.claim("e1")
    with pytest.raises(StoreError, match="is running"):
        jobs.retry("j")
    jobs.finish("j", "e1", S.DONE)
    with pytest.raises(StoreError, match="is done"):
        jobs.retry("j")
    with pytest.raises(StoreError, match="There is no job k"):
        jobs.retry("k")


# The log.


def test_the_log_tells_what_happened(jobs, clock):
    submit(jobs)
    jobs.claim("e1")
    clock.now += HEARTBEAT_TIMEOUT + 5
    jobs.claim("e2")
    jobs.note("j", "A chunk failed: no memory")
    jobs.request_cancel("j")
    jobs.request_cancel("j")
    submit(jobs)
    jobs.finish("j", "e2", S.CANCELLED)
    jobs.claim("e3")
    jobs.release("j", "e3")
    jobs.claim("e4")
    jobs.finish("j", "e4", S.FAILED, "no memory")
    jobs.retry("j")
    assert texts(jobs) == [
        "Asked for.",
        "Taken by engine e1.",
        "Taken over by engine e2: e1 has been silent for 20 s.",
        "A chunk failed: no memory",
        "Its engine is asked to stop.",
        "Asked for again while it was being stopped.",
        "Stopped, and queued: it was asked for again.",
        "Taken by engine e3.",
        "Given back by engine e3, which ends.",
        "Taken by engine e4.",
        "Failed: no memory",
        "Asked for again: it had failed.",
    ]
    assert jobs.log("j")[0].time == 1_000_000.0
    assert jobs.log("j")[-1].time == clock.now
    assert jobs.log("other") == ()


def test_the_log_keeps_the_last_lines_of_each_job_and_the_beginning_of_each_line(jobs):
    submit(jobs, "a")
    submit(jobs, "b")
    for number in range(MOST_LINES + 10):
        jobs.note("a", f"line {number}")
    jobs.note("a", "x" * 10_000)
    kept = texts(jobs, "a")
    assert len(kept) == MOST_LINES
    assert kept[0] == "line 11"
    assert kept[-1] == "x" * (LONGEST_LINE - 1) + "…"
    assert texts(jobs, "b") == ["Asked for."]
    assert [line.text for line in jobs.log("a", limit=2)] == [kept[-2], kept[-1]]
    with jobs._database.read() as connection:
        ((rows,),) = connection.execute("SELECT count(*) FROM log").fetchall()
    assert rows == MOST_LINES + 1


# Lists.


@pytest.fixture
def several(jobs, clock):
    """Jobs in every state; asked for in the order of the alphabet."""
    ended(jobs, "a-done", depth=1)
    clock.now += 1
    ended(jobs, "b-failed", S.FAILED, "why", depth=22)
    submit(jobs, "c-interrupted")
    jobs.claim("e1")
    clock.now += HEARTBEAT_TIMEOUT + 1
    submit(jobs, "d-running", kind="fetch")
    assert jobs.claim("e2", least_priority=0)[0].id == "d-running"
    clock.now += 3
    submit(jobs, "e-cancelled")
    jobs.request_cancel("e-cancelled")
    submit(jobs, "f-queued", kind="report")
    jobs.set_label("a-done", "zebra of Zürich")
    jobs.set_label("f-queued", "ant")
    return jobs


def test_states_and_kinds_are_chosen(several):
    for state in S:
        (found,) = ids(several, states=[state])
        assert found.endswith(str(state))
    assert ids(several, states=[]) == []
    assert ids(several, kinds=["fetch", "report"]) == ["f-queued", "d-running"]
    assert ids(several, kinds=["fetch"], states=[S.DONE]) == []
    assert several.kinds() == ("curve", "fetch", "report")


def test_archived_jobs_are_apart(several):
    several.archive("a-done")
    assert ids(several, archived=True) == ["a-done"]
    assert "a-done" not in ids(several, archived=False)
    assert len(ids(several)) == 6


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ZÜRICH zebra", ["a-done"]),
        ("zebra ant", []),
        ("c-int", ["c-interrupted"]),
        ("interrupted", []),
        ("report", ["f-queued"]),
        ('"depth": 22', ["b-failed"]),
        ('"depth": 2', []),
        ('curve "depth": 1 zebra', ["a-done"]),
        ("%", []),
        ("  ", ["f-queued", "e-cancelled", "d-running", "c-interrupted", "b-failed", "a-done"]),
    ],
)
def test_every_word_of_a_text_is_in_label_kind_specification_or_begins_the_id(several, text, found):
    assert ids(several, text=text) == found


def test_the_text_is_looked_for_in_the_words_of_whoever_asks(several):
    def words(kind, spec):
        return f"Tiefe {json.loads(spec).get('depth')}"

    assert ids(several, text="tiefe 22", words=words) == ["b-failed"]
    assert ids(several, text="depth", words=words) == []


def test_orders(several):
    def order(name):
        return [job_id[0] for job_id in ids(several, order=JobOrder(name))]

    assert order("newest") == list("fedcba")
    assert order("oldest") == list("abcdef")
    assert order("state") == list("dfcbea")
    assert order("kind") == list("ecbadf")
    assert order("label") == list("faedcb")
    assert order("longest")[:2] == ["c", "d"]
    assert [str(o) for o in JobOrder] == list(ORDERS)
    assert set(STATES) == {str(s) for s in S}


def test_pages_of_a_list(several):
    whole = ids(several)
    pages = [job.id for n in (0, 2, 4, 6) for job in several.list(limit=2, offset=n)]
    assert pages == whole
    assert several.list(limit=-1) == []


def test_a_job_is_found_by_the_beginning_of_its_id(jobs):
    for job_id in ("abcd1", "abcd2", "abxx", "ab"):
        submit(jobs, job_id)
    assert jobs.find("abcd1").id == "abcd1"
    assert jobs.find("abxx").id == "abxx"
    assert jobs.find("ab").id == "ab"
    with pytest.raises(SpecError, match="Several jobs start with abcd: abcd2, abcd1"):
        jobs.find("abcd")
    with pytest.raises(SpecError, match="'abx' is too short"):
        jobs.find("abx")
    with pytest.raises(StoreError, match="There is no job zzzz"):
        jobs.find("zzzz")
    with pytest.raises(StoreError, match="There is no job ab%d"):
        jobs.find("ab%d")


# The stamp.


def test_the_stamp_changes_with_everything_that_a_list_shows(jobs, clock):
    stamps = [jobs.stamp()]

    def changed():
        stamps.append(jobs.stamp())
        return stamps[-1] != stamps[-2]

    submit(jobs)
    assert changed()
    assert not changed()
    jobs.claim("e1")
    assert changed()
    jobs.progress("j", "e1", 1, 5, "m")
    assert changed()
    jobs.progress("j", "e1", 1, 5, "m")
    assert not changed(), "a report that says the same"
    jobs.beat("e1", {})
    assert changed(), "an engine is there"
    clock.now += 3
    jobs.beat("e1", {})
    assert not changed(), "a heartbeat alone is nothing new"
    jobs.beat("e1", {"devices": [{"device": "cpu: cpu", "used": 1}]})
    assert changed(), "its workers have told what they compute on"
    jobs.beat("e1", {"devices": [{"device": "cpu: cpu", "used": 2}]})
    assert not changed(), "what they are doing is nothing that is listed"
    clock.now += HEARTBEAT_TIMEOUT + 1
    assert changed(), "interrupted, and nobody wrote that"
    assert jobs.get("j").state is S.INTERRUPTED
    jobs.set_label("j", "x")
    assert changed()
    jobs.note("j", "line")
    assert changed()
    jobs.archive("j")
    assert changed()


def test_the_stamp_reads_no_job_that_has_ended(jobs):
    with jobs._database.read() as connection:
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN SELECT count(*) FROM jobs WHERE {ABANDONED}",
            {"now": 0, "timeout": 1},
        ).fetchall()
    assert any("USING INDEX jobs_by_state (state=?)" in row["detail"] for row in plan)


# Kinds that were called something else


def test_asking_under_the_name_of_now_is_the_same_job(jobs):
    submit(jobs, kind="flow", n=1)
    again = jobs.submit("j", "training_time", '{"n": 1}', former_kinds=("flow",))
    assert (again.kind, again.submissions) == ("flow", 2)
    with pytest.raises(StoreError, match="with another specification"):
        jobs.submit("j", "training_time", '{"n": 1}', former_kinds=("history",))
    with pytest.raises(StoreError, match="with another specification"):
        jobs.submit("j", "training_time", '{"n": 2}', former_kinds=("flow",))
    jobs.request_cancel("j")
    assert jobs.submit("j", "training_time", '{"n": 1}', former_kinds=("flow",)).kind == (
        "training_time"
    )


def test_jobs_are_found_and_sorted_by_the_name_of_now(jobs):
    for job_id, kind in (("a", "zebra"), ("b", "map"), ("c", "horse"), ("d", "curve")):
        submit(jobs, job_id, kind)
    former = {"zebra": "horse"}
    found = jobs.list(kinds=["horse"], former_kinds=former)
    assert [job.id for job in found] == ["c", "a"]
    assert jobs.count(kinds=["horse"], former_kinds=former) == 2
    assert jobs.count(kinds=["horse"]) == 1
    ordered = jobs.list(order=JobOrder.KIND, former_kinds=former)
    assert [job.id for job in ordered] == ["d", "c", "a", "b"]


def test_an_older_file_gets_tags_and_a_change_of_them_is_noticed(tmp_path):
    path = tmp_path / "jobs.sqlite"
    old = sqlite3.connect(path)
    for statement in schema.TABLES:
        old.execute(statement)
    for name in ("label", "archived"):
        old.execute(f"ALTER TABLE jobs ADD COLUMN {name} {schema.ADDED[name]}")
    old.execute(schema.TRIGGERS[1])  # as it was made then
    old.commit()
    old.close()
    jobs = JobTable(path)
    jobs.submit("a", "curve", "{}")
    before = jobs.stamp()
    assert jobs.set_tags("a", ["x", " b  c ", "x"]).tags == ("b c", "x")
    assert jobs.stamp() != before
    assert jobs.tags() == ("b c", "x")
    assert [job.id for job in jobs.list(tags=["x", "b c"])] == ["a"]
    assert jobs.list(tags=["x", "y"]) == []
    with pytest.raises(SpecError, match="at most 8"):
        jobs.set_tags("a", [f"t{i}" for i in range(9)])


def test_an_engine_that_comes_in_place_of_another_changes_the_stamp(jobs):
    jobs.beat("starting-1", {"starting": True})
    before = jobs.stamp()
    jobs.stopped("starting-1")
    jobs.beat("e1", {})
    assert jobs.stamp() != before
