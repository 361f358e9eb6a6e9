"""The engine with the runner inside this process: jobs, failures, cancelling, taking over."""

import json
import threading
import time

import pytest
from helpers.job_names import CURVE

from ntk_uq.base import settings
from ntk_uq.base.errors import StoreFullError
from ntk_uq.engine import kinds
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.inline import run_curve
from ntk_uq.engine.kinds.curve import split
from ntk_uq.engine.runners import Emitted, Ended, InProcess
from ntk_uq.results.curves import point_keys, stored_curve
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec
from ntk_uq.store import HEARTBEAT_TIMEOUT, JobState, Store

SPEC = CurveSpec(DataSpec(n_test=50), n_train=(10, 20, 40), draws=2)


def submit(store, spec, **changes):
    return store.jobs.submit(spec.digest(), CURVE, json.dumps(spec.to_json()), **changes)


def computed(monkeypatch):
    """Counts the points that are computed, by draw and N_D."""
    counted = []
    original = kinds.compute

    def counting(chunk, progress):
        for result in original(chunk, progress):
            record = json.loads(result.value)
            counted.append((record["draw"], record["n_train"]))
            yield result

    monkeypatch.setattr("ntk_uq.engine.runners.compute", counting)
    return counted


def test_a_job_is_computed_to_the_same_numbers_as_a_script_gets(store):
    submit(store, SPEC)
    Engine(store, InProcess()).run_until_idle()
    job = store.jobs.get(SPEC.digest())
    assert (job.state, job.done, job.total) == (JobState.DONE, 6, 6)
    curve, script = stored_curve(store.results, SPEC), run_curve(SPEC)
    assert curve.complete
    assert [p.mu for p in curve.points] == pytest.approx([p.mu for p in script.points], rel=1e-12)


def test_what_is_stored_is_not_computed_again(store, monkeypatch):
    run_curve(CurveSpec(SPEC.data, n_train=(10, 40), draws=1), store.results)
    counted = computed(monkeypatch)
    submit(store, SPEC)
    Engine(store, InProcess()).run_until_idle()
    assert sorted(counted) == [(0, 20), (1, 10), (1, 20), (1, 40)]


def test_a_damaged_entry_is_computed_again(store, monkeypatch):
    run_curve(SPEC, store.results)
    key = point_keys(SPEC)[1, 20]
    store.results.put(key, b"not JSON")
    counted = computed(monkeypatch)
    submit(store, SPEC)
    Engine(store, InProcess()).run_until_idle()
    assert counted == [(1, 20)]
    assert stored_curve(store.results, SPEC).complete


def test_points_are_in_the_store_before_the_job_is_done(store):
    submit(store, SPEC)
    engine = Engine(store, InProcess())
    engine.step()
    assert len(stored_curve(store.results, SPEC).raw) == 1
    assert store.jobs.get(SPEC.digest()).state is JobState.RUNNING


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (CurveSpec(DataSpec("mnist"), n_train=(10,)), "NTK_UQ_DATA"),
        (CurveSpec(DataSpec("nonsense"), n_train=(10,)), "no data set 'nonsense'"),
        (CurveSpec(n_train=(10, 5000)), "pool of digits holds 1,297"),
    ],
)
def test_a_job_that_cannot_be_computed_fails_in_words(store, spec, words):
    submit(store, spec)
    submit(store, SPEC)
    Engine(store, InProcess()).run_until_idle()
    job = store.jobs.get(spec.digest())
    assert job.state is JobState.FAILED
    assert words in job.error
    assert store.jobs.get(SPEC.digest()).state is JobState.DONE


def test_a_job_too_large_for_the_memory_fails_in_words(store, monkeypatch):
    monkeypatch.setenv(settings.MEMORY, "100MiB")
    submit(store, SPEC)
    Engine(store, InProcess()).run_until_idle()
    assert settings.MEMORY in store.jobs.get(SPEC.digest()).error


def test_an_unknown_kind_of_job_fails_in_words(store):
    store.jobs.submit("x", "tea", "{}")
    Engine(store, InProcess()).run_until_idle()
    assert "kind 'tea'" in store.jobs.get("x").error


def test_a_defect_of_ours_fails_the_job_and_not_the_engine(store, monkeypatch):
    def broken(chunk, progress):
        raise ZeroDivisionError("oops")
        yield

    monkeypatch.setattr("ntk_uq.engine.runners.compute", broken)
    submit(store, SPEC)
    Engine(store, InProcess()).run_until_idle()
    job = store.jobs.get(SPEC.digest())
    assert job.state is JobState.FAILED
    assert "Internal error" in job.error
    assert "oops" in job.error


def test_a_full_disk_costs_no_result_and_no_job(store, monkeypatch):
    submit(store, SPEC)
    engine = Engine(store, InProcess())
    engine.step()

    def full(key, value):
        raise StoreFullError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(store.results, "put", full)
        with pytest.raises(StoreFullError):
            engine.run_until_idle()
    assert store.jobs.get(SPEC.digest()).state is JobState.RUNNING
    assert len(stored_curve(store.results, SPEC).raw) == 1
    counted = computed(monkeypatch)
    engine.run_until_idle()
    assert stored_curve(store.results, SPEC).complete
    assert len(counted) == 3  # the points of the other draw: what waited was written


def test_cancelling_stops_after_the_point_in_hand_and_keeps_it(store):
    submit(store, SPEC)
    engine = Engine(store, InProcess())
    engine.step()
    store.jobs.request_cancel(SPEC.digest())
    engine.run_until_idle()
    assert store.jobs.get(SPEC.digest()).state is JobState.CANCELLED
    assert len(stored_curve(store.results, SPEC).raw) == 1


def test_jobs_share_the_runner_chunk_by_chunk(store):
    order = []

    class Noting(InProcess):
        def submit(self, chunk_id, chunk, priority=0):
            order.append(chunk.payload["spec"]["architecture"]["depth"])
            super().submit(chunk_id, chunk, priority)

    for depth in (1, 2):
        submit(store, CurveSpec(SPEC.data, ArchitectureSpec(depth), n_train=(10,), draws=3))
    Engine(store, Noting()).run_until_idle()
    assert sorted(order[:2]) == [1, 2]
    assert sorted(order) == [1, 1, 1, 2, 2, 2]
    assert order[2:4] in ([1, 2], [2, 1])


def test_another_engine_takes_over_what_a_dead_one_left(store):
    now = [1000.0]
    clocked = Store(store.directory, clock=lambda: now[0])
    submit(clocked, SPEC)
    dead = Engine(clocked, InProcess())
    dead.beat()
    dead.step()
    now[0] += HEARTBEAT_TIMEOUT + 1
    assert clocked.jobs.get(SPEC.digest()).state is JobState.INTERRUPTED
    Engine(clocked, InProcess()).run_until_idle()
    assert clocked.jobs.get(SPEC.digest()).state is JobState.DONE
    # The first engine wakes up: it finds out that it has lost the job, and lets go of it.
    dead.run_until_idle()
    assert clocked.jobs.get(SPEC.digest()).state is JobState.DONE


def test_an_engine_that_is_stopped_gives_its_jobs_back(store):
    class Stuck(InProcess):
        def events(self, wait):
            time.sleep(wait)
            return []

    submit(store, SPEC)
    stop = threading.Event()
    engine = Engine(store, Stuck())
    thread = threading.Thread(target=engine.serve, args=(stop,))
    thread.start()
    # It says that it is alive in a thread of its own, which may come after the first job.
    while store.jobs.get(SPEC.digest()).state is not JobState.RUNNING or not store.jobs.engines():
        time.sleep(0.01)
    assert [e.id for e in store.jobs.engines()] == [engine.id]
    stop.set()
    thread.join(10)
    assert store.jobs.get(SPEC.digest()).state is JobState.QUEUED
    assert store.jobs.engines() == []


def test_the_plan_of_a_complete_curve_is_empty_even_where_it_would_not_fit(store, monkeypatch):
    run_curve(SPEC, store.results)
    monkeypatch.setenv(settings.MEMORY, "1MiB")
    todo = kinds.plan(CURVE, SPEC.to_json(), store.results)
    assert (todo.chunks, todo.done, todo.total) == ((), 6, 6)


def test_the_runner_in_process_emits_results_and_then_ends():
    runner = InProcess()
    (chunk, _) = plan_without_store(SPEC)
    runner.submit("a", chunk)
    events = [runner.events(0)[0] for _ in range(4)]
    assert [type(e) for e in events] == [Emitted, Emitted, Emitted, Ended]
    assert events[-1] == Ended("a")


def plan_without_store(spec):
    return split(spec, ())
