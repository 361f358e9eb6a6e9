"""Chunks on real Dask workers: streaming, stopping, a worker that is killed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import psutil
import pytest
from helpers.fake_kinds import Registered
from helpers.job_names import CURVE

from ntk_uq.base import settings
from ntk_uq.base.errors import EngineError, SpecError
from ntk_uq.engine.dask import STREAMED_BYTES, DaskRunner
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.inline import run_curve
from ntk_uq.engine.kinds.curve import split
from ntk_uq.jobs import asking
from ntk_uq.results.curves import stored_curve
from ntk_uq.results.inspection import stored_inspection
from ntk_uq.results.spectrum import spectrum_key, stored_spectrum
from ntk_uq.specs import CurveSpec, DataSpec, InspectionSpec, SpectrumSpec
from ntk_uq.store import JobState

SPEC = CurveSpec(DataSpec(n_test=50), n_train=(10, 20, 40), draws=2)
LONG = CurveSpec(DataSpec(n_test=400), n_train=(300, 600, 900, 1200), draws=50)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """An embedded cluster, and the data directory of its workers, which are what takes long."""
    data = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NTK_UQ_DATA", str(data))
        patch.setenv("NTK_UQ_OWN", str(tmp_path_factory.mktemp("own") / "own"))
        patch.setenv("NTK_UQ_CACHE", str(tmp_path_factory.getbasetemp() / "derived"))
        runner = DaskRunner()
    runner._client.register_plugin(Registered())
    yield runner, data
    runner.close()


def served(store, runner):
    """An engine of that runner, working in a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=Engine(store, runner).serve, args=(stop,))
    thread.start()
    yield runner
    stop.set()
    thread.join(30)


@pytest.fixture
def engine(store, cluster, monkeypatch):
    """An engine on the cluster of all tests, which it leaves as it was."""
    runner, data = cluster
    monkeypatch.setenv("NTK_UQ_DATA", str(data))
    monkeypatch.setattr(runner, "close", lambda: None)
    yield from served(store, runner)
    wait_for(lambda: not runner._sent and not runner.events(0), seconds=30)


@pytest.fixture
def engine_of_its_own(store):
    """An engine on a cluster whose workers may be killed."""
    yield from served(store, DaskRunner())


def submit(store, spec):
    store.jobs.submit(spec.digest(), CURVE, json.dumps(spec.to_json()))


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def usual_worker(runner):
    """The process of the worker that is not for quick chunks, once it has started."""
    wait_for(lambda: runner._link.ready)
    (pid,) = runner._client.run(os.getpid, workers=list(runner._link.ready)).values()
    return pid


def ended(store, spec):
    return store.jobs.get(spec.digest()).state.ended


def test_the_cluster_computes_what_a_script_computes(store, engine):
    submit(store, SPEC)
    wait_for(lambda: ended(store, SPEC))
    assert store.jobs.get(SPEC.digest()).state is JobState.DONE
    curve, script = stored_curve(store.results, SPEC), run_curve(SPEC)
    assert [p.mu for p in curve.points] == pytest.approx([p.mu for p in script.points], rel=1e-12)
    assert curve.provenance()["dtype"] == "float64"


def test_a_running_chunk_streams_and_stops(store, engine):
    submit(store, LONG)
    wait_for(lambda: len(stored_curve(store.results, LONG).raw) >= 2)
    assert store.jobs.get(LONG.digest()).state is JobState.RUNNING
    store.jobs.request_cancel(LONG.digest())
    wait_for(lambda: ended(store, LONG), seconds=20)
    assert store.jobs.get(LONG.digest()).state is JobState.CANCELLED
    done = len(stored_curve(store.results, LONG).raw)
    time.sleep(1)
    assert len(stored_curve(store.results, LONG).raw) == done
    submit(store, SPEC)
    wait_for(lambda: ended(store, SPEC))
    assert store.jobs.get(SPEC.digest()).state is JobState.DONE


def test_large_results_come_with_the_end_of_their_chunk_and_not_as_events(store, engine, fake):
    sizes = [10, STREAMED_BYTES, STREAMED_BYTES + 1, 3_000_000]
    job_id = fake({"key": "a", "sizes": sizes}, {"key": "b", "sizes": sizes, "error": "Late."})
    wait_for(lambda: store.jobs.get(job_id).state.ended)
    job = store.jobs.get(job_id)
    assert (job.state, job.error, job.done) == (JobState.FAILED, "Late.", 2)
    for key in "ab":
        for i, size in enumerate(sizes):
            assert store.results.get(f"{key}/{i}") == bytes([i + 1]) * size
    events = engine._client.get_events(engine._topic)
    ours = [event[1] for event in events if event[1][1].startswith(job_id[:16])]
    streamed = [len(values[3]) for values in ours if values[0] == "result"]
    assert sorted(streamed) == [10, 10, *2 * [STREAMED_BYTES]]


def test_owners_are_charged_with_the_time_of_workers_and_not_with_that_of_waiting(
    store, engine, fake
):
    wait_for(lambda: engine._link.ready)
    began = time.monotonic()
    job_id = fake(*[{"key": f"{i}", "seconds": 0.5} for i in range(6)], launched=True)
    store.people.own(job_id, "ada")
    wait_for(lambda: store.jobs.get(job_id).state.ended)
    wait_for(lambda: sum(one.seconds for one in store.quotas.spent(7).get("ada", ())) >= 3.0)
    most = (time.monotonic() - began) * len(engine._link.ready)
    assert sum(one.seconds for one in store.quotas.spent(7)["ada"]) <= most


def test_a_chunk_without_results_yet_is_stopped_by_its_progress_reports(store, engine, fake):
    job_id = fake({"seconds": 60, "progress": [["step 1 of 9", None, None]]})
    wait_for(lambda: store.jobs.get(job_id).message in ("step 1 of 9", "waiting"))
    store.jobs.request_cancel(job_id)
    wait_for(lambda: store.jobs.get(job_id).state.ended, seconds=5)
    assert store.jobs.get(job_id).state is JobState.CANCELLED


def test_reports_and_spectra_are_computed_by_workers(store, engine):
    spec = SpectrumSpec(n=1200)
    jobs = [asking.submit(store.jobs, InspectionSpec("digits")), asking.submit(store.jobs, spec)]
    wait_for(lambda: all(store.jobs.get(job.id).state.ended for job in jobs))
    assert [store.jobs.get(job.id).error for job in jobs] == ["", ""]
    assert stored_inspection(store.results, "digits").n_pool == 1297
    # Its JSON exceeds what is streamed.
    assert len(store.results.get(spectrum_key(spec, "sklearn-digits-shuffle1998"))) > STREAMED_BYTES
    assert stored_spectrum(store.results, spec).n == 1200


def test_workers_see_files_that_came_after_they_had_missed_them(
    store, engine, request, monkeypatch
):
    spec = CurveSpec(DataSpec("mnist", n_test=20), n_train=(10,))
    chunk = split(spec, ())[0]
    engine.submit("missed", chunk)
    wait_for(lambda: not engine._sent)
    empty = settings.data_directory()
    shutil.copytree(request.getfixturevalue("real_data") / "mnist", empty / "mnist")
    monkeypatch.setenv("NTK_UQ_DATA", str(empty))  # the fixture has set it
    submit(store, spec)
    wait_for(lambda: ended(store, spec))
    assert store.jobs.get(spec.digest()).error == ""
    assert stored_curve(store.results, spec).complete


@pytest.mark.slow
def test_a_chunk_that_kills_its_workers_fails_in_words_and_takes_no_other_along(
    store, engine_of_its_own, fake
):
    engine_of_its_own._client.register_plugin(Registered())
    job_id = fake({"kill": True, "estimate": 3 * 2**30}, {"key": "good", "sizes": [1]})
    wait_for(lambda: store.jobs.get(job_id).state.ended, seconds=120)
    error = store.jobs.get(job_id).error
    assert "killed each time it tried, most likely for lack of memory" in error
    assert "(estimated to take 3.0 GiB)" in error
    assert "smaller width" in error
    assert store.results.get("good/0") == b"\1"


@pytest.mark.slow
def test_a_chunk_that_does_not_look_up_is_ended_with_its_worker_and_no_other_suffers(
    store, engine_of_its_own, fake, monkeypatch
):
    runner = engine_of_its_own
    runner._client.register_plugin(Registered())
    monkeypatch.setattr("ntk_uq.engine.dask.GRACE_SECONDS", 1.0)
    before = usual_worker(runner)
    assert psutil.Process(before).nice() > psutil.Process().nice()  # pages and quick chunks first
    deaf = fake({"key": "kept", "sizes": [1], "deaf_after": 600})
    wait_for(lambda: store.results.get("kept/0"))
    other = fake({"key": "other", "sizes": [1]})  # waits for the same worker
    wait_for(lambda: len(runner._sent) == 2)
    start = time.monotonic()
    store.jobs.request_cancel(deaf)
    wait_for(lambda: store.jobs.get(deaf).state.ended)
    assert time.monotonic() - start < 4
    assert store.jobs.get(deaf).state is JobState.CANCELLED
    assert not psutil.pid_exists(before)  # and its memory with it
    wait_for(lambda: store.jobs.get(other).state.ended)
    assert (store.jobs.get(other).state, store.jobs.get(other).error) == (JobState.DONE, "")
    assert store.results.get("kept/0") == b"\1"


@pytest.mark.slow
def test_what_takes_a_moment_is_done_while_all_else_is_busy(store, engine_of_its_own, fake):
    engine_of_its_own._client.register_plugin(Registered())
    asking.submit(store.jobs, SPEC)
    wait_for(lambda: ended(store, SPEC))  # compiled
    long = [fake(*[{"deaf": 30}] * 5, launched=True) for _ in range(10)]
    wait_for(lambda: any(store.jobs.get(job).state is JobState.RUNNING for job in long))
    again = replace(SPEC, data=replace(SPEC.data, seed=3))
    asking.submit(store.jobs, again)
    wait_for(lambda: ended(store, again), seconds=8)
    assert store.jobs.get(again.digest()).state is JobState.DONE
    assert not any(store.jobs.get(job).state.ended for job in long)


LOST = "INTERNAL: CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure"


@pytest.mark.slow
def test_a_card_that_fails_costs_its_worker_and_not_the_job(
    store, engine_of_its_own, fake, tmp_path
):
    engine_of_its_own._client.register_plugin(Registered())
    before = usual_worker(engine_of_its_own)
    once = {"key": "a", "sizes": [1], "device": LOST, "once": str(tmp_path / "failed")}
    job_id = fake(once, {"key": "b", "sizes": [1]})
    wait_for(lambda: store.jobs.get(job_id).state.ended, seconds=120)
    job = store.jobs.get(job_id)
    assert (job.state, job.error, job.done) == (JobState.DONE, "", 2)
    after = usual_worker(engine_of_its_own)
    assert after != before  # no process can use a card that it has seen fail


@pytest.mark.slow
def test_a_card_that_fails_each_time_is_told_as_that(store, engine_of_its_own, fake):
    engine_of_its_own._client.register_plugin(Registered())
    job_id = fake({"key": "a", "device": LOST}, {"key": "b", "sizes": [1]})
    wait_for(lambda: store.jobs.get(job_id).state.ended, seconds=240)
    error = store.jobs.get(job_id).error
    assert "The accelerator failed" in error
    assert "CUDA_ERROR_LAUNCH_FAILED" in error
    assert "tried again" in error
    assert store.results.get("b/0") == b"\1"


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_its_chunk_run_again(store, engine_of_its_own):
    spec = CurveSpec(LONG.data, n_train=LONG.n_train, draws=4)
    submit(store, spec)
    wait_for(lambda: stored_curve(store.results, spec).raw)
    workers = engine_of_its_own._client.run(os.getpid)
    for pid in workers.values():
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: ended(store, spec), seconds=240)
    assert store.jobs.get(spec.digest()).error == ""
    assert stored_curve(store.results, spec).complete


@pytest.mark.parametrize("text", ["nonsense://127.0.0.1:1", "127.0.0.1:8786", "tcp://a b:1"])
def test_what_is_no_address_of_a_scheduler_is_told(monkeypatch, text):
    monkeypatch.setenv("NTK_UQ_SCHEDULER", text)
    with pytest.raises(SpecError, match=r"NTK_UQ_SCHEDULER is .*such as tls://host:8786"):
        DaskRunner()


def test_nobody_else_gets_into_the_embedded_cluster(cluster):
    runner, _ = cluster
    info = runner._client.scheduler_info()
    ports = [address.rpartition(":")[2] for address in (info["address"], *info["workers"])]
    nannies = [worker["nanny"].rpartition(":")[2] for worker in info["workers"].values()]
    script = [sys.executable, "-c", _STRANGER, *ports, *nannies]
    told = subprocess.run(script, capture_output=True, text=True, timeout=120)
    assert told.stdout.split() == ["out"] * 2 * (len(ports) + len(nannies)), told.stderr


_STRANGER = """
import asyncio, os, sys
from distributed.core import connect
from distributed.security import Security

async def main():
    own = Security.temporary().get_connection_args("client")
    if os.getuid() == 0:  # it may become another account of this machine
        os.setgid(65534)
        os.setuid(65534)
    for port in sys.argv[1:]:
        for protocol, certificates in (("tcp", {}), ("tls", own)):
            address = f"{protocol}://127.0.0.1:{port}"
            try:
                comm = await connect(address, timeout=1, **certificates)
                await comm.write({"op": "identity", "reply": True})
                await asyncio.wait_for(comm.read(), 1)
                print("in", flush=True)
            except Exception as error:
                print("out", flush=True)

asyncio.run(main())
"""


def test_an_embedded_cluster_that_does_not_start_is_told(monkeypatch):
    def fail():
        raise OSError("no ports left")

    monkeypatch.setattr("ntk_uq.engine.dask_link.embedded_cluster", fail)
    with pytest.raises(EngineError, match="embedded cluster does not start: no ports left"):
        DaskRunner()
