"""The job table: rules of submission, claiming, cancelling, and silent engines."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ntk_uq.base.errors import StoreError, StoreFullError
from ntk_uq.store import HEARTBEAT_TIMEOUT, Job, JobState, JobTable

S = JobState


class Clock:
    """Unix seconds that move only when told."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs(tmp_path: Path, clock: Clock) -> JobTable:
    return JobTable(tmp_path / "jobs.sqlite", clock=clock)


def submit(jobs: JobTable, job_id: str = "j", **options: int) -> Job:
    return jobs.submit(job_id, "curve", '{"n":1}', **options)


def running(jobs: JobTable, engine: str = "e1") -> Job:
    """Submits the job and lets an engine take it."""
    submit(jobs)
    (job,) = jobs.claim(engine)
    return job


def state(jobs: JobTable, job_id: str = "j") -> JobState:
    job = jobs.get(job_id)
    assert job is not None
    return job.state


# Submitting.


def test_a_new_job_is_queued(jobs: JobTable, clock: Clock) -> None:
    job = submit(jobs, total=7, priority=2)
    assert job == Job(
        id="j",
        kind="curve",
        spec='{"n":1}',
        state=S.QUEUED,
        done=0,
        total=7,
        message="",
        error="",
        submitted=clock.now,
        requested=clock.now,
        started=None,
        finished=None,
        heartbeat=None,
        engine=None,
        priority=2,
        cancel_requested=False,
        submissions=1,
    )
    assert jobs.get("j") == job
    assert jobs.get("other") is None


def test_submitting_twice_is_one_job(jobs: JobTable, clock: Clock) -> None:
    first = submit(jobs, total=7)
    clock.now += 5
    second = submit(jobs, total=9)
    assert (second.submissions, second.requested) == (2, clock.now)
    assert (second.submitted, second.total) == (first.submitted, 7)
    assert len(jobs.list()) == 1


def test_a_queued_job_takes_the_higher_priority(jobs: JobTable) -> None:
    submit(jobs, priority=-1)
    assert submit(jobs, priority=3).priority == 3
    assert submit(jobs, priority=0).priority == 3


def test_submitting_a_running_job_leaves_it_running(jobs: JobTable) -> None:
    before = running(jobs)
    jobs.progress("j", "e1", 3, 9, "busy")
    after = submit(jobs)
    assert (after.state, after.engine, after.started) == (S.RUNNING, "e1", before.started)
    assert (after.done, after.total, after.submissions) == (3, 9, 2)
    assert jobs.claim("e2") == []


@pytest.mark.parametrize("end", [S.DONE, S.FAILED, S.CANCELLED])
def test_submitting_an_ended_job_queues_it_again(
    jobs: JobTable, clock: Clock, end: JobState
) -> None:
    running(jobs)
    submit(jobs)
    jobs.progress("j", "e1", 3, 9, "busy")
    assert jobs.finish("j", "e1", end, "why")
    clock.now += 5
    job = submit(jobs, total=4, priority=1)
    assert (job.state, job.engine, job.started, job.finished) == (S.QUEUED, None, None, None)
    assert (job.done, job.total, job.message, job.error) == (0, 4, "", "")
    assert (job.submissions, job.priority, job.submitted) == (1, 1, clock.now)
    assert [job.id for job in jobs.claim("e2")] == ["j"]


def test_one_id_with_two_specs(jobs: JobTable) -> None:
    submit(jobs)
    with pytest.raises(StoreError, match="Job j is queued with another specification"):
        jobs.submit("j", "curve", '{"n":2}')
    with pytest.raises(StoreError, match="update the older one"):
        jobs.submit("j", "ensemble", '{"n":1}')
    jobs.request_cancel("j")
    assert jobs.submit("j", "curve", '{"n":2}').spec == '{"n":2}'


# Claiming.


def test_claim_takes_a_job_once(jobs: JobTable, clock: Clock) -> None:
    submit(jobs)
    clock.now += 1
    (job,) = jobs.claim("e1")
    assert (job.state, job.engine) == (S.RUNNING, "e1")
    assert (job.started, job.heartbeat) == (clock.now, clock.now)
    assert jobs.claim("e2") == []
    assert jobs.claim("e1") == []


def test_order_is_priority_then_the_latest_request(jobs: JobTable) -> None:
    # The clock stands still: the order of requests decides, not their time.
    submit(jobs, "old")
    submit(jobs, "new")
    submit(jobs, "background", priority=-1)
    submit(jobs, "urgent", priority=5)
    submit(jobs, "old")
    assert [job.id for job in jobs.claim("e", limit=3)] == ["urgent", "old", "new"]
    assert [job.id for job in jobs.claim("e", limit=3)] == ["background"]


@pytest.mark.parametrize("limit", [0, -1])
def test_claiming_nothing(jobs: JobTable, limit: int) -> None:
    submit(jobs)
    assert jobs.claim("e", limit=limit) == []
    assert state(jobs) is S.QUEUED


def test_jobs_below_a_priority_are_left_to_others(jobs: JobTable) -> None:
    for job_id, priority in (("low", -1), ("equal", 0), ("high", 1)):
        submit(jobs, job_id, priority=priority)
    assert [job.id for job in jobs.claim("e1", 5, least_priority=0)] == ["high", "equal"]
    assert jobs.claim("e1", least_priority=0) == []
    assert state(jobs, "low") is JobState.QUEUED
    assert [job.id for job in jobs.claim("e2")] == ["low"]


def test_threads_claim_each_job_once(jobs: JobTable) -> None:
    names = {str(number) for number in range(30)}
    for name in names:
        submit(jobs, name)
    claimed: list[str] = []

    def work(engine: str) -> None:
        while taken := jobs.claim(engine):
            claimed.extend(job.id for job in taken)

    threads = [threading.Thread(target=work, args=(f"e{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(names)


# Reporting.


def test_progress_and_finish(jobs: JobTable, clock: Clock) -> None:
    running(jobs)
    clock.now += 4
    assert jobs.progress("j", "e1", 2, 5, "N_D = 256")
    job = jobs.get("j")
    assert job is not None
    assert (job.done, job.total, job.message, job.heartbeat) == (2, 5, "N_D = 256", clock.now)
    clock.now += 1
    assert jobs.finish("j", "e1", S.FAILED, "no memory")
    job = jobs.get("j")
    assert job is not None
    assert (job.state, job.error, job.finished) == (S.FAILED, "no memory", clock.now)
    assert not jobs.finish("j", "e1", S.DONE), "it has ended already"
    assert not jobs.progress("j", "e1", 3, 5, "late")
    assert jobs.get("j") == job


@pytest.mark.parametrize("wrong", [S.QUEUED, S.RUNNING, S.INTERRUPTED])
def test_finish_takes_only_ends(jobs: JobTable, wrong: JobState) -> None:
    running(jobs)
    with pytest.raises(ValueError, match="a job ends as done, failed or cancelled, not"):
        jobs.finish("j", "e1", wrong)
    assert state(jobs) is S.RUNNING


def test_another_engine_can_report_nothing(jobs: JobTable) -> None:
    before = running(jobs)
    assert not jobs.progress("j", "e2", 1, 1, "")
    assert not jobs.finish("j", "e2", S.DONE)
    assert not jobs.release("j", "e2")
    assert not jobs.finish("unknown", "e1", S.DONE)
    assert jobs.get("j") == before


def test_release_queues_at_the_old_place(jobs: JobTable) -> None:
    running(jobs)
    jobs.progress("j", "e1", 2, 5, "half")
    submit(jobs, "later")
    assert jobs.release("j", "e1")
    job = jobs.get("j")
    assert job is not None
    assert (job.state, job.engine, job.started, job.done) == (S.QUEUED, None, None, 2)
    assert [job.id for job in jobs.claim("e2", limit=2)] == ["later", "j"]
    assert not jobs.progress("j", "e1", 3, 5, "late")


# Cancelling.


def test_cancelling_a_queued_job(jobs: JobTable, clock: Clock) -> None:
    submit(jobs)
    job = jobs.request_cancel("j")
    assert (job.state, job.finished, job.submissions) == (S.CANCELLED, clock.now, 0)
    assert jobs.claim("e") == []


def test_cancelling_a_running_job_asks_its_engine(jobs: JobTable) -> None:
    running(jobs)
    submit(jobs, "other")
    assert jobs.cancel_requested(["j", "other"]) == set()
    job = jobs.request_cancel("j")
    assert (job.state, job.cancel_requested) == (S.RUNNING, True)
    assert jobs.cancel_requested(["j", "other", "unknown"]) == {"j"}
    assert jobs.cancel_requested(["other"]) == set()
    assert jobs.finish("j", "e1", S.CANCELLED)
    assert state(jobs) is S.CANCELLED
    assert jobs.claim("e2", limit=9)[0].id == "other"


@pytest.mark.parametrize("end", [S.DONE, S.FAILED])
def test_cancelling_an_ended_job_changes_nothing(jobs: JobTable, end: JobState) -> None:
    running(jobs)
    jobs.finish("j", "e1", end)
    before = jobs.get("j")
    assert jobs.request_cancel("j") == before


def test_a_job_that_was_done_before_the_engine_saw_the_request(jobs: JobTable) -> None:
    running(jobs)
    jobs.request_cancel("j")
    assert jobs.finish("j", "e1", S.DONE)
    job = jobs.get("j")
    assert job is not None
    assert (job.state, job.cancel_requested) == (S.DONE, False)


def test_unknown_jobs(jobs: JobTable) -> None:
    with pytest.raises(StoreError, match=r"There is no job x in .*; submit it first"):
        jobs.request_cancel("x")


def test_a_stopping_job_that_is_submitted_again_is_queued_once_it_stops(jobs: JobTable) -> None:
    running(jobs)
    jobs.request_cancel("j")
    job = submit(jobs)
    assert (job.state, job.cancel_requested, job.submissions) == (S.RUNNING, True, 1)
    assert jobs.claim("e2") == [], "its engine still has it"
    assert jobs.finish("j", "e1", S.CANCELLED)
    job = jobs.claim("e2")[0]
    assert (job.id, job.cancel_requested) == ("j", False)
    assert jobs.cancel_requested(["j"]) == set()


@pytest.mark.parametrize("end", [S.DONE, S.FAILED])
def test_a_stopping_job_that_is_submitted_again_and_ends_otherwise(
    jobs: JobTable, end: JobState
) -> None:
    running(jobs)
    jobs.request_cancel("j")
    submit(jobs)
    jobs.finish("j", "e1", end, "why")
    assert state(jobs) is end


def test_cancelling_again_undoes_the_new_submission(jobs: JobTable) -> None:
    running(jobs)
    jobs.request_cancel("j")
    submit(jobs)
    jobs.request_cancel("j")
    jobs.finish("j", "e1", S.CANCELLED)
    assert state(jobs) is S.CANCELLED


@pytest.mark.parametrize(("again", "after"), [(False, S.CANCELLED), (True, S.QUEUED)])
def test_releasing_a_stopping_job(jobs: JobTable, again: bool, after: JobState) -> None:
    running(jobs)
    jobs.request_cancel("j")
    if again:
        submit(jobs)
    assert jobs.release("j", "e1")
    assert state(jobs) is after


# Engines that fall silent.


def test_a_silent_engine_is_read_as_interruption(jobs: JobTable, clock: Clock) -> None:
    running(jobs)
    clock.now += HEARTBEAT_TIMEOUT
    assert state(jobs) is S.RUNNING
    clock.now += 0.1
    assert state(jobs) is S.INTERRUPTED
    assert jobs.get_many(["j"])["j"].state is S.INTERRUPTED
    assert [job.state for job in jobs.list()] == [S.INTERRUPTED]
    assert [job.id for job in jobs.list([S.INTERRUPTED])] == ["j"]
    assert jobs.list([S.RUNNING]) == []


@pytest.mark.parametrize(
    "sign",
    [
        lambda jobs: jobs.beat("e1", {}),
        lambda jobs: jobs.progress("j", "e1", 1, 2, ""),
    ],
    ids=["beat", "progress"],
)
def test_signs_of_life(jobs: JobTable, clock: Clock, sign: Callable[[JobTable], object]) -> None:
    running(jobs)
    for _ in range(3):
        clock.now += HEARTBEAT_TIMEOUT - 1
        jobs.beat("e2", {})
        sign(jobs)
        assert state(jobs) is S.RUNNING
    clock.now += HEARTBEAT_TIMEOUT + 1
    assert state(jobs) is S.INTERRUPTED
    sign(jobs)
    assert state(jobs) is S.RUNNING, "it came back before anybody took the job"


def test_an_interrupted_job_is_claimed_by_another(jobs: JobTable, clock: Clock) -> None:
    running(jobs)
    jobs.progress("j", "e1", 3, 9, "busy")
    clock.now += HEARTBEAT_TIMEOUT + 1
    assert jobs.claim("e1") == [], "an engine that was silent still has its jobs"
    (job,) = jobs.claim("e2")
    assert (job.state, job.engine, job.started, job.done) == (S.RUNNING, "e2", clock.now, 3)
    assert not jobs.progress("j", "e1", 4, 9, "late")
    assert not jobs.finish("j", "e1", S.DONE)
    assert not jobs.release("j", "e1")
    assert jobs.beat("e1", {}) == set()
    assert jobs.beat("e2", {}) == {"j"}
    assert jobs.get("j") == job
    assert jobs.finish("j", "e2", S.DONE)


def test_a_clock_that_was_set_back_does_not_keep_the_dead_alive(
    jobs: JobTable, clock: Clock
) -> None:
    running(jobs)
    jobs.beat("e1", {})
    clock.now -= 3600
    assert state(jobs) is S.INTERRUPTED
    assert jobs.engines() == []


def test_submitting_an_interrupted_job(jobs: JobTable, clock: Clock) -> None:
    running(jobs)
    clock.now += HEARTBEAT_TIMEOUT + 1
    job = submit(jobs, priority=2)
    assert (job.state, job.engine, job.submissions, job.priority) == (S.QUEUED, None, 2, 2)
    assert not jobs.progress("j", "e1", 4, 9, "late")


def test_cancelling_an_interrupted_job(jobs: JobTable, clock: Clock) -> None:
    running(jobs)
    clock.now += HEARTBEAT_TIMEOUT + 1
    assert jobs.request_cancel("j").state is S.CANCELLED
    assert jobs.claim("e2") == []
    assert jobs.cancel_requested(["j"]) == {"j"}, "so that its engine stops, should it come back"
    assert not jobs.progress("j", "e1", 4, 9, "late")


def test_an_engine_that_dies_while_it_is_told_to_stop(jobs: JobTable, clock: Clock) -> None:
    running(jobs)
    jobs.request_cancel("j")
    clock.now += HEARTBEAT_TIMEOUT + 1
    assert state(jobs) is S.CANCELLED
    assert jobs.claim("e2") == []
    assert submit(jobs).state is S.QUEUED


def test_an_engine_that_dies_while_it_is_told_to_stop_and_the_job_is_wanted_again(
    jobs: JobTable, clock: Clock
) -> None:
    running(jobs)
    jobs.request_cancel("j")
    submit(jobs)
    clock.now += HEARTBEAT_TIMEOUT + 1
    assert state(jobs) is S.INTERRUPTED
    (job,) = jobs.claim("e2")
    assert not job.cancel_requested
    jobs.finish("j", "e2", S.CANCELLED)
    assert state(jobs) is S.CANCELLED


def test_engines(jobs: JobTable, clock: Clock) -> None:
    jobs.beat("e1", {"pid": 1})
    start = clock.now
    clock.now += 10
    jobs.beat("e2", {"pid": 2})
    jobs.beat("e1", {"pid": 1, "workers": 3})
    first, second = jobs.engines()
    assert (first.id, first.info, first.started) == ("e1", {"pid": 1, "workers": 3}, start)
    assert (first.heartbeat, second.id) == (clock.now, "e2")
    jobs.stopped("e1")
    assert [engine.id for engine in jobs.engines()] == ["e2"]
    clock.now += HEARTBEAT_TIMEOUT + 1
    assert jobs.engines() == []


def test_engines_that_died_long_ago_are_forgotten(jobs: JobTable, clock: Clock) -> None:
    jobs.beat("crashed", {})
    clock.now += 25 * 3600
    jobs.beat("e", {})
    with jobs._database.read() as connection:
        rows = connection.execute("SELECT id FROM engines").fetchall()
    assert [row["id"] for row in rows] == ["e"]


def test_a_stopped_engine_gives_its_jobs_back(jobs: JobTable) -> None:
    running(jobs)
    submit(jobs, "cancelled")
    jobs.claim("e1")
    jobs.request_cancel("cancelled")
    submit(jobs, "others")
    jobs.claim("e2")
    jobs.stopped("e1")
    assert {job.id: job.state for job in jobs.list()} == {
        "j": S.QUEUED,
        "cancelled": S.CANCELLED,
        "others": S.RUNNING,
    }


def test_info_of_an_engine_is_json(jobs: JobTable) -> None:
    with pytest.raises(ValueError, match="JSON"):
        jobs.beat("e", {"memory": float("nan")})
    assert jobs.engines() == []


# Reading.


def test_lists(jobs: JobTable) -> None:
    for name in ("a", "b", "c", "d"):
        submit(jobs, name)
    jobs.claim("e1")  # d
    jobs.request_cancel("c")
    submit(jobs, "a")
    assert [job.id for job in jobs.list()] == ["a", "d", "c", "b"]
    assert [job.id for job in jobs.list(limit=2)] == ["a", "d"]
    assert [job.id for job in jobs.list([S.QUEUED])] == ["a", "b"]
    assert [job.id for job in jobs.list({S.RUNNING, S.CANCELLED})] == ["d", "c"]
    assert jobs.list([]) == []
    assert set(jobs.get_many(["a", "c", "unknown"])) == {"a", "c"}


def test_more_ids_than_sqlite_takes_parameters(jobs: JobTable) -> None:
    submit(jobs)
    assert set(jobs.get_many([*map(str, range(40_000)), "j"])) == {"j"}


def test_another_table_sees_the_same(jobs: JobTable, tmp_path: Path, clock: Clock) -> None:
    running(jobs)
    jobs.close()
    other = JobTable(tmp_path / "jobs.sqlite", clock=clock)
    assert other.list() == jobs.list() != []


# Failures of the database.


def test_full_database(jobs: JobTable, tmp_path: Path) -> None:
    submit(jobs)
    with jobs._database.read() as connection:
        ((pages,),) = connection.execute("PRAGMA page_count").fetchall()
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreFullError, match="Free space there, or set NTK_UQ_STORE"):
        jobs.submit("big", "curve", "x" * 100_000)
    assert jobs.get("big") is None
    assert submit(jobs, "small").state is S.QUEUED


def test_locked_database(jobs: JobTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running(jobs)
    jobs.close()
    monkeypatch.setattr("ntk_uq.store.database.BUSY_TIMEOUT", 0.01)
    blocker = sqlite3.connect(tmp_path / "jobs.sqlite", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"jobs\.sqlite stayed locked by another process"):
        submit(jobs)
    assert state(jobs) is S.RUNNING, "readers do not wait"
    assert jobs.claim("e2") == [], "nor does an engine for which there is nothing"
    blocker.execute("ROLLBACK")
    blocker.close()
    assert submit(jobs).submissions == 2


def test_a_new_database_waits_for_the_lock_that_sqlite_does_not_wait_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes that switch one new file to WAL: one of them is told "locked" at once."""
    refusals = iter([sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY])

    class Connection(sqlite3.Connection):
        def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
            if "journal_mode" in sql and (code := next(refusals, None)) is not None:
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode = code
                raise error
            return super().execute(sql, *args)

    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: real(*a, factory=Connection, **k))
    assert submit(JobTable(tmp_path / "new.sqlite")).state is S.QUEUED
    assert next(refusals, None) is None
    refusals = iter([sqlite3.SQLITE_IOERR])
    with pytest.raises(StoreError, match="cannot be used"):
        JobTable(tmp_path / "newer.sqlite")


def test_read_only_database(jobs: JobTable) -> None:
    submit(jobs)
    with jobs._database.read() as connection:
        connection.execute("PRAGMA query_only = 1")
    with pytest.raises(StoreError, match=r"cannot be opened or written.*readonly"):
        submit(jobs, "other")


def test_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "jobs.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match=r"jobs\.sqlite is damaged.*store check --repair"):
        JobTable(path)


def test_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        JobTable(tmp_path / "missing" / "jobs.sqlite")


def test_an_error_in_the_middle_changes_nothing(
    jobs: JobTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(jobs)
    monkeypatch.setattr(JobTable, "_existing", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        jobs.claim("e1")
    monkeypatch.undo()
    assert state(jobs) is S.QUEUED
