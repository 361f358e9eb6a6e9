"""An engine whose store cannot be written, or is not there, for a while."""

import contextlib
import logging
import threading
import time

import pytest

from ntk_uq.base import settings
from ntk_uq.base.errors import StoreDamagedError, StoreFullError
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess
from ntk_uq.jobs.engines import cannot_write, pulse
from ntk_uq.store import JobState
from ntk_uq.store.database import Database


@pytest.fixture
def full(store, monkeypatch):
    """Nothing can be written while the block runs."""

    @contextlib.contextmanager
    def no_room():
        def refuse(*arguments):
            raise StoreFullError("the disk is full")

        with monkeypatch.context() as patch:
            patch.setattr(store.results, "put", refuse)
            patch.setattr(Database, "write", refuse)
            yield

    return no_room


def step(engine):
    with contextlib.suppress(StoreFullError):
        engine.step()


def until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def begun(store, fake, chunks):
    """An engine with one chunk of a job handed out and nothing kept yet."""
    job_id = fake(*({"key": str(i), "sizes": [100, 50]} for i in range(chunks)))
    engine = Engine(store, InProcess())
    engine._hand_out()
    return job_id, engine


def test_results_wait_for_room_and_no_job_fails(store, fake, full):
    job_id, engine = begun(store, fake, 3)
    with full():
        for _ in range(20):
            step(engine)
        assert store.jobs.get(job_id).state is JobState.RUNNING
        assert "0/0" not in store.results
    until(lambda: not engine.step())
    job = store.jobs.get(job_id)
    assert (job.state, job.error, job.done) == (JobState.DONE, "", 3)
    assert [store.results.get(f"{i}/0") for i in range(3)] == [b"\1" * 100] * 3


def test_above_the_bound_nothing_more_is_begun(store, fake, full, monkeypatch):
    monkeypatch.setenv(settings.HELD, "300")
    _, engine = begun(store, fake, 5)
    with full():
        for _ in range(40):
            step(engine)
        # Two chunks of 150 bytes reach it.
        assert len(engine._held._waiting) == 4
        assert engine._owners == {}
    until(lambda: not engine.step())


def test_what_is_damaged_is_no_disk_that_is_full(store, fake, monkeypatch):
    job_id, engine = begun(store, fake, 2)

    def damaged(*arguments):
        raise StoreDamagedError("it is damaged")

    monkeypatch.setattr(store.results, "put", damaged)
    engine.run_until_idle()
    assert store.jobs.get(job_id).error == "it is damaged"


def test_a_store_that_is_moved_away_and_back_costs_no_job(store, fake, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    job_id = fake({"key": "a", "seconds": 0.5, "sizes": [10]}, {"key": "b", "sizes": [10]})
    engine, stop = Engine(store, InProcess()), threading.Event()
    thread = threading.Thread(target=engine.serve, args=(stop,))
    thread.start()
    try:
        until(lambda: store.jobs.get(job_id).state is JobState.RUNNING)
        store.directory.rename(tmp_path / "elsewhere")
        until(lambda: "is not there any more" in caplog.text)
        time.sleep(0.6)
        (tmp_path / "elsewhere").rename(store.directory)
        until(lambda: store.jobs.get(job_id).state is JobState.DONE)
        until(lambda: "the store can be used again" in caplog.text)
    finally:
        stop.set()
        thread.join(10)
    assert store.results.get("a/0") == b"\1" * 10


def test_results_that_wait_are_said_where_a_heartbeat_can_be_written(store, fake, monkeypatch):
    _, engine = begun(store, fake, 1)

    def full(*arguments):
        raise StoreFullError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(store.results, "put", full)
        step(engine)
        engine.beat()
        assert cannot_write(store.jobs.engines()[0]) == "the disk is full"
        assert pulse(store.jobs).words() == "The engine runs but cannot write: the disk is full"
    until(lambda: not engine.step())
    engine.beat()
    assert cannot_write(store.jobs.engines()[0]) == ""


def test_what_is_lost_at_the_end_is_said(store, fake, full, caplog):
    _, engine = begun(store, fake, 1)
    stop = threading.Event()
    with full():
        for _ in range(5):
            step(engine)
        stop.set()
        engine.serve(stop)
    assert "2 results (150 B) could not be written and are lost" in caplog.text
