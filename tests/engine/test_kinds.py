"""Several kinds of jobs in one engine: results, reasons, ranks, work in the engine's process."""

import json
import threading
import time

import pytest
from helpers import job_names as jobs
from helpers.fake_kinds import FAKE, LOCAL, LOW

from ntk_uq.base.errors import StoreError
from ntk_uq.engine import here, kinds
from ntk_uq.engine.chunks import Chunk
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess
from ntk_uq.jobs.asking import submit
from ntk_uq.specs import CurveSpec, DataSpec
from ntk_uq.store import JobState

CURVE = CurveSpec(DataSpec(n_test=50), n_train=(10,), draws=2)


class Held(InProcess):
    """Takes chunks and keeps them; notes in which order they came."""

    def __init__(self):
        super().__init__()
        self.order = []

    def submit(self, chunk_id, chunk, priority=0):
        self.order.append((chunk.payload.get("key"), priority))

    def events(self, wait):
        return []


def run(store):
    Engine(store, InProcess()).run_until_idle()


def step_until(engine, condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        engine.step()


def test_every_kind_has_its_own_name_and_a_rank():
    assert all(name == kind.name for name, kind in kinds.REGISTRY.items())
    assert set(kinds.REGISTRY) <= set(jobs.RANK)
    assert jobs.RANK[jobs.CURVE] > jobs.RANK[jobs.ENSEMBLE]


def test_a_chunk_comes_back_as_it_was_sent():
    chunk = Chunk("fake", {"a": [1, 2.5, None, "σ"], "b": {"c": True}})
    assert Chunk.from_json(chunk.to_json()) == chunk


def test_results_of_any_size_are_kept_and_counted_in_the_job_s_own_units(store, fake):
    job_id = fake({"key": "a", "sizes": [10, 200_000]}, {"key": "b", "sizes": [5]})
    run(store)
    job = store.jobs.get(job_id)
    assert (job.state, job.done, job.total) == (JobState.DONE, 2, 2)
    assert job.message == "2 of 2 members"
    assert store.results.get("a/0") == b"\1" * 10
    assert store.results.get("a/1") == b"\2" * 200_000
    assert store.results.get("b/0") == b"\1" * 5


def test_a_job_keeps_its_first_few_reasons_each_once_and_its_other_results(store, fake):
    reasons = ["No data.", "No data.", "Bad width.", "Bad depth.", "Bad eta.", "Bad luck."]
    bad = [{"key": f"k{i}", "error": reason} for i, reason in enumerate(reasons)]
    job_id = fake(*bad[:3], {"key": "good", "sizes": [3]}, *bad[3:])
    run(store)
    job = store.jobs.get(job_id)
    assert job.state is JobState.FAILED
    assert job.error == "No data.\nBad width.\nBad depth.\nAnd 2 other reasons."
    assert store.results.get("good/0") == b"\1" * 3
    assert job.done == 1


def test_a_chunk_that_fails_keeps_what_it_had_and_the_job_is_retried_without_it(store, fake):
    job_id = fake({"key": "a", "sizes": [4], "error": "Then it broke."})
    run(store)
    assert store.jobs.get(job_id).error == "Then it broke."
    job = store.jobs.get(job_id)
    store.jobs.submit(job_id, job.kind, job.spec)
    run(store)
    assert store.jobs.get(job_id).state is JobState.DONE


def test_lack_of_memory_names_what_to_make_smaller(store, fake):
    job_id = fake({"memory": True})
    run(store)
    assert "choose a smaller width" in store.jobs.get(job_id).error


# Who goes first


def test_theory_goes_before_training_and_jobs_of_one_rank_take_turns(store, fake):
    low = fake(*({"key": f"low{i}"} for i in range(3)), kind=LOW, priority=-20)
    one = fake(*({"key": f"one{i}"} for i in range(2)))
    two = fake(*({"key": f"two{i}"} for i in range(2)))
    order = []

    class Noting(InProcess):
        def submit(self, chunk_id, chunk, priority=0):
            order.append(chunk.payload["key"])
            super().submit(chunk_id, chunk, priority)

    engine = Engine(store, Noting())
    engine.step()
    # The engine does not take what it could not start: another one might.
    assert store.jobs.get(low).state is JobState.QUEUED
    engine.run_until_idle()
    assert order == ["two0", "one0", "two1", "one1", "low0", "low1", "low2"]
    assert {store.jobs.get(j).state for j in (low, one, two)} == {JobState.DONE}


def test_a_full_queue_of_long_chunks_does_not_hold_back_a_short_one(store, fake):
    runner = Held()
    engine = Engine(store, runner)
    fake(*({"key": f"low{i}"} for i in range(5)), kind=LOW, priority=-20)
    for _ in range(3):
        engine.step()
    assert runner.order == [("low0", -20)]
    fake({"key": "high0"}, {"key": "high1"})
    for _ in range(3):
        engine.step()
    assert runner.order == [("low0", -20), ("high0", 0)]


def test_the_runner_in_process_advances_the_chunk_of_highest_priority():
    runner = InProcess()
    chunks = [Chunk(FAKE, {"key": key, "sizes": [1]}) for key in "ab"]
    with pytest.MonkeyPatch.context() as patch:
        from helpers.fake_kinds import KINDS

        patch.setitem(kinds.REGISTRY, FAKE, KINDS[0])
        runner.submit("1", chunks[0], -1)
        runner.submit("2", chunks[1], 5)
        assert runner.events(0)[0].result.key == "b/0"


# Jobs that cannot be begun


def test_a_specification_of_another_version_fails_in_words(store):
    old = CURVE.to_json()
    del old["draws"]
    store.jobs.submit("old", jobs.CURVE, json.dumps(old))
    store.jobs.submit("new", jobs.CURVE, json.dumps({**CURVE.to_json(), "colour": "red"}))
    store.jobs.submit("list", jobs.CURVE, "[]")
    submit(store.jobs, CURVE)
    run(store)
    assert "lacks draws" in store.jobs.get("old").error
    assert "unknown colour" in store.jobs.get("new").error
    for job_id in ("old", "new", "list"):
        assert "Another version of the program may have written it" in store.jobs.get(job_id).error
    assert store.jobs.get(CURVE.digest()).state is JobState.DONE


def test_a_defect_in_planning_fails_the_job_and_not_the_engine(store, fake):
    store.jobs.submit("broken", FAKE, json.dumps({"nothing": 1}))
    good = fake({"key": "a", "sizes": [1]})
    run(store)
    assert "Internal error" in store.jobs.get("broken").error
    assert store.jobs.get(good).state is JobState.DONE


def test_a_job_taken_while_the_store_fails_is_begun_when_it_works_again(store, monkeypatch):
    submit(store.jobs, CURVE)
    engine = Engine(store, InProcess())

    def locked(*arguments):
        raise StoreError("locked")

    with monkeypatch.context() as patch:
        patch.setattr("ntk_uq.store.ResultsCache.get_many", locked)
        with pytest.raises(StoreError, match="locked"):
            engine.step()
    engine.run_until_idle()
    assert store.jobs.get(CURVE.digest()).state is JobState.DONE


# In the engine's own process


def test_work_beside_the_runner_tells_its_progress_and_does_not_wait_for_the_runner(store, fake):
    engine = Engine(store, Held())
    fake({"key": "stuck"}, {"key": "stuck too"})
    engine.step()
    report = [["half way", 50, 100]]
    job_id = fake({"key": "local", "progress": report, "seconds": 30}, kind=LOCAL, priority=30)
    step_until(engine, lambda: store.jobs.get(job_id).total == 100)
    job = store.jobs.get(job_id)
    assert (job.state, job.done) == (JobState.RUNNING, 50)
    assert job.message in ("half way", "waiting")
    store.jobs.request_cancel(job_id)
    start = time.monotonic()
    step_until(engine, lambda: store.jobs.get(job_id).state.ended)
    assert store.jobs.get(job_id).state is JobState.CANCELLED
    assert time.monotonic() - start < here.GRACE_SECONDS


def test_more_local_work_than_places_does_not_hold_back_the_runner(store, fake):
    engine = Engine(store, runner := Held())
    local = [fake({"seconds": 30}, kind=LOCAL, priority=30) for _ in range(here.SLOTS + 1)]
    fake({"key": "a"})
    for _ in range(here.SLOTS + 3):
        engine.step()
    assert runner.order == [("a", 0)]
    for job_id in local:
        store.jobs.request_cancel(job_id)
    step_until(engine, lambda: all(store.jobs.get(job_id).state.ended for job_id in local))


def test_local_work_that_does_not_listen_is_given_up(store, fake):
    engine = Engine(store, InProcess())
    job_id = fake({"deaf": 2.5, "key": "late", "sizes": [1]}, kind=LOCAL)
    engine.step()
    store.jobs.request_cancel(job_id)
    start = time.monotonic()
    step_until(engine, lambda: store.jobs.get(job_id).state.ended)
    assert time.monotonic() - start < 2
    assert store.jobs.get(job_id).state is JobState.CANCELLED
    time.sleep(2)
    engine.step()
    assert store.results.get("late/0") is None


def test_local_work_that_fails_fails_in_words(store, fake):
    job_id = fake({"error": "No line."}, {"key": "x", "sizes": [7]}, kind=LOCAL)
    run(store)
    job = store.jobs.get(job_id)
    assert (job.state, job.error) == (JobState.FAILED, "No line.")
    assert store.results.get("x/0") == b"\1" * 7


def test_progress_is_written_at_most_a_few_times_a_second(store, fake, monkeypatch):
    written = []
    original = store.jobs.progress

    def counting(*arguments, **more):
        written.append(time.monotonic())
        return original(*arguments, **more)

    monkeypatch.setattr(store.jobs, "progress", counting)
    fake({"seconds": 1.0}, kind=LOCAL)
    run(store)
    assert 2 <= len(written) <= 7


def test_an_engine_ends_although_local_work_does_not_listen(store, fake, monkeypatch):
    monkeypatch.setattr("ntk_uq.engine.here._CLOSE_SECONDS", 0.5)
    job_id = fake({"deaf": 20}, kind=LOCAL)
    stop = threading.Event()
    engine = Engine(store, InProcess())
    thread = threading.Thread(target=engine.serve, args=(stop,))
    thread.start()
    while store.jobs.get(job_id).state is not JobState.RUNNING:
        time.sleep(0.01)
    stop.set()
    thread.join(8)
    assert not thread.is_alive()
    assert store.jobs.get(job_id).state is JobState.QUEUED
