"""Jobs on an existing cluster: its workers have no data, are killed, and lose their scheduler."""

import json
import os
import threading

import numpy as np
import pytest
from helpers.clusters import ROOT, Cluster, free_port, kill, wait_for
from helpers.fake_kinds import Registered

from ntk_uq import datasets
from ntk_uq.base.version import VERSION
from ntk_uq.datasets import own
from ntk_uq.engine.bundle import describe
from ntk_uq.engine.dask import DaskRunner
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.inline import run_curve, run_ensembles
from ntk_uq.jobs.asking import submit
from ntk_uq.results.curves import stored_curve
from ntk_uq.results.ensembles.stored import stored_ensembles
from ntk_uq.results.inspection import stored_inspection
from ntk_uq.specs import (
    ArchitectureSpec,
    CurveSpec,
    DataSpec,
    EnsembleSpec,
    InspectionSpec,
    OptimizerSpec,
)
from ntk_uq.store import JobState

MNIST = CurveSpec(DataSpec("mnist", n_test=200), n_train=(200, 400, 600, 800), draws=6)
LONG = CurveSpec(DataSpec(n_test=300), n_train=(300, 600, 900), draws=6)

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """A cluster that has not been started; the engine is told its address."""
    made = Cluster(tmp_path)
    monkeypatch.setenv("NTK_UQ_SCHEDULER", made.address)
    yield made
    made.close()


@pytest.fixture
def start_engine(store):
    """Starts an engine, which works in a thread; returns its runner."""
    stop = threading.Event()
    threads = []

    def start():
        runner = DaskRunner()
        thread = threading.Thread(target=Engine(store, runner).serve, args=(stop,))
        thread.start()
        threads.append(thread)
        return runner

    yield start
    stop.set()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()


def own_set(path):
    rng = np.random.default_rng(7)
    x = rng.normal(size=(200, 3))
    np.savez(path, x=x, y=x @ [1.0, -2.0, 0.5] + 0.1 * rng.normal(size=200))
    return own.add_path(path, targets=("y",))


def numbers(curve):
    """What a curve says, but for when and how fast it was computed.

    Without the laws, which follow from it: their minimizers magnify the last digits, in which
    processes with other numbers of threads differ.
    """
    told = curve.to_json()
    del told["provenance"], told["laws"]
    return json.loads(json.dumps(told), parse_float=lambda text: float(f"{float(text):.9g}"))


def runs_on(runner, pid):
    """Of each chunk, whether the worker process of that number has begun with it."""
    found = runner._client.run(os.getpid)
    return [found.get(sent.worker) == pid for sent in list(runner._sent.values())]


def ended(store, job):
    return store.jobs.get(job.id).state.ended


def test_a_cluster_without_data_computes_the_same_and_a_killed_worker_loses_nothing(
    store, cluster, start_engine, real_data, tmp_path
):
    mine = CurveSpec(DataSpec(own_set(tmp_path / "mine.npz"), n_test=20), n_train=(20, 40, 80))
    cluster.start_scheduler()
    runner = start_engine()
    job = submit(store.jobs, MNIST)
    wait_for(lambda: store.jobs.get(job.id).message == f"waiting for a worker at {cluster.address}")
    assert store.jobs.get(job.id).state is JobState.RUNNING
    lost = cluster.start_worker("one", "--no-nanny")
    cluster.start_worker("two")
    wait_for(lambda: len(runner._link.ready) == 2)
    wait_for(lambda: any(runs_on(runner, lost.pid)))
    kill(lost)
    others = [submit(store.jobs, mine), submit(store.jobs, InspectionSpec("mnist"))]
    for each in (job, *others):
        wait_for(lambda each=each: ended(store, each))
        assert store.jobs.get(each.id).error == ""
    assert store.jobs.get(job.id).done == MNIST.n_points

    for spec in (MNIST, mine):
        curve = stored_curve(store.results, spec)
        assert curve.complete
        assert numbers(curve) == numbers(run_curve(spec))
    assert stored_inspection(store.results, "mnist").n_pool == 60_000

    # Every file once for a machine at most, however many chunks there were.
    bundle, _ = describe(("mnist", mine.data.dataset))
    for file in bundle.files:
        assert runner._data.sent[file.sha256] in (file.size, 2 * file.size), file.path
    kept = list(cluster.cache("two").glob("data/*/mnist/*"))
    assert sorted(path.name for path in kept) == sorted(
        path.name for path in datasets.get("mnist").files()
    )
    assert not (cluster.base / "two" / "data").exists()


def test_an_ensemble_on_a_cluster_loses_no_network_with_a_worker(
    store, cluster, start_engine, real_data
):
    spec = EnsembleSpec(
        DataSpec("mnist", n_test=100),
        ArchitectureSpec(depth=1),
        OptimizerSpec(steps=300),
        widths=(64, 128),
        n_train=(100, 200),
        members=8,
    )
    cluster.start_scheduler()
    lost = cluster.start_worker("one", "--no-nanny")
    cluster.start_worker("two")
    runner = start_engine()
    wait_for(lambda: len(runner._link.ready) == 2)
    job = submit(store.jobs, spec)
    wait_for(lambda: any(runs_on(runner, lost.pid)))
    kill(lost)
    wait_for(lambda: ended(store, job))
    job = store.jobs.get(job.id)
    assert (job.state, job.error, job.done) == (JobState.DONE, "", spec.n_members)
    found, alone = stored_ensembles(store.results, spec), run_ensembles(spec)
    assert found.complete
    for there, here in zip(found.points, alone.points, strict=True):
        assert (there.width, there.n_train, there.members) == (here.width, here.n_train, 8)
        # Another number of threads may round otherwise.
        assert there.mu.value == pytest.approx(here.mu.value, rel=1e-4)
        assert there.mu_bias == pytest.approx(here.mu_bias, rel=1e-3)


def test_two_workers_on_a_machine_get_the_data_once(store, cluster, start_engine, real_data):
    cluster.start_scheduler()
    for _ in range(2):
        cluster.start_worker("one", "--no-nanny")
    runner = start_engine()
    wait_for(lambda: len(runner._link.ready) == 2)
    job = submit(store.jobs, MNIST)
    wait_for(lambda: ended(store, job))
    assert store.jobs.get(job.id).error == ""
    bundle, _ = describe(("mnist",))
    assert runner._data.sent == {file.sha256: file.size for file in bundle.files}


def test_an_engine_waits_for_its_scheduler_and_outlives_it(store, cluster, start_engine):
    runner = start_engine()
    job = submit(store.jobs, LONG)
    silent = f"the Dask scheduler at {cluster.address} does not answer; trying again"
    wait_for(lambda: store.jobs.get(job.id).message.startswith(silent))
    wait_for(lambda: store.jobs.engines()[0].info.get("trouble", "").startswith(silent))

    cluster.start_scheduler()
    cluster.start_worker("one", "--no-nanny")
    wait_for(lambda: stored_curve(store.results, LONG).raw)
    assert "points" in store.jobs.get(job.id).message
    about = runner.describe()
    assert all(state["device"].startswith("cpu") for state in about.pop("devices"))
    assert about == {"runner": f"Dask at {cluster.address}", "workers": 1}

    kill(cluster.scheduler)
    wait_for(lambda: store.jobs.get(job.id).message.startswith(silent))
    assert store.jobs.get(job.id).state is JobState.RUNNING
    kept = len(stored_curve(store.results, LONG).raw)
    assert 0 < kept < LONG.n_points

    cluster.start_scheduler()
    cluster.start_worker("one", "--no-nanny")
    wait_for(lambda: ended(store, job))
    after = store.jobs.get(job.id)
    assert (after.error, after.done, after.state) == ("", LONG.n_points, JobState.DONE)
    assert numbers(stored_curve(store.results, LONG)) == numbers(run_curve(LONG))


def test_a_scheduler_without_the_package_is_told(store, cluster, start_engine, tmp_path):
    cluster.start_scheduler(path=tmp_path)
    start_engine()
    job = submit(store.jobs, LONG)
    wait_for(lambda: "cannot import ntk_uq" in store.jobs.get(job.id).message)
    kill(cluster.scheduler)
    cluster.start_scheduler()
    wait_for(lambda: store.jobs.get(job.id).message == f"waiting for a worker at {cluster.address}")


def test_a_job_that_waits_for_workers_can_be_cancelled(store, cluster, start_engine):
    start_engine()
    job = submit(store.jobs, LONG)
    wait_for(lambda: "does not answer" in store.jobs.get(job.id).message)
    store.jobs.request_cancel(job.id)
    wait_for(lambda: ended(store, job), seconds=5)
    assert store.jobs.get(job.id).state is JobState.CANCELLED


def test_a_chunk_that_kills_every_worker_fails_in_words(store, cluster, start_engine, fake):
    port = str(free_port())
    kinds = os.pathsep.join((str(ROOT), str(ROOT / "tests")))
    cluster.start_scheduler()
    runner = start_engine()
    runner._client.register_plugin(Registered())
    # At the same address after each death, as in a cluster whose ports are fixed.
    cluster.start_worker("one", "--worker-port", port, PYTHONPATH=kinds)
    job_id = fake({"kill": True}, {"key": "good", "sizes": [1]})
    wait_for(lambda: store.jobs.get(job_id).state.ended, seconds=100)
    assert "killed each time" in store.jobs.get(job_id).error
    assert "smaller width" in store.jobs.get(job_id).error
    assert store.results.get("good/0") == b"\1"


def test_a_worker_of_another_version_is_named_and_gets_nothing(
    store, cluster, start_engine, tmp_path
):
    cluster.start_scheduler()
    (tmp_path / "older.py").write_text(
        "import ntk_uq.base.version\nntk_uq.base.version.VERSION = '0.0.9'\n", encoding="utf-8"
    )
    cluster.start_worker("old", "--no-nanny", "--preload", str(tmp_path / "older.py"))
    runner = start_engine()
    job = submit(store.jobs, LONG)
    wait_for(lambda: "has ntk_uq 0.0.9, this engine" in store.jobs.get(job.id).message)
    assert list(runner.describe()["refused"].values()) == [
        f"has ntk_uq 0.0.9, this engine {VERSION}"
    ]
    assert not stored_curve(store.results, LONG).raw
    cluster.start_worker("new", "--no-nanny")
    wait_for(lambda: ended(store, job))
    assert store.jobs.get(job.id).error == ""
