"""Fetching as a job of the engine: progress, cancelling, one download for all who ask."""

import hashlib
import time

import pytest
from helpers.mirror import CONTENTS, Mirror, visible

from ntk_uq.base.errors import SpecError
from ntk_uq.datasets import mnist
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess
from ntk_uq.jobs.asking import submit
from ntk_uq.specs import CurveSpec, DataSpec, FetchSpec
from ntk_uq.store import JobState

CURVE = CurveSpec(DataSpec("mnist", n_test=20), n_train=(10,))


@pytest.fixture
def engine(store):
    return Engine(store, InProcess())


@pytest.fixture
def official(real_data, tmp_path, monkeypatch):
    """A mirror with the real MNIST files, and an empty data directory."""
    packed = {p.name: p.read_bytes() for p in (real_data / "mnist").glob("*.gz")}
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Mirror(packed)
    monkeypatch.setenv("NTK_UQ_MIRRORS", server.url("good"))
    yield server
    server.close()


def run_until(engine, condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        engine.step()


def left_in(folder):
    """Everything in a folder, hidden or not, but the lock file, which stays."""
    return sorted(p.name for p in folder.glob("*") if not p.name.endswith(".lock"))


def test_after_a_fetch_everything_finds_the_files(official, store, engine, tmp_path):
    submit(store.jobs, CURVE)
    engine.run_until_idle()
    assert "data fetch mnist" in store.jobs.get(CURVE.digest()).error
    job = submit(store.jobs, FetchSpec("mnist"))
    engine.run_until_idle()
    job = store.jobs.get(job.id)
    size = sum(len(content) for content in official.files.values())
    assert (job.state, job.error, job.done, job.total) == (JobState.DONE, "", size, size)
    assert job.message == "4 files are there and have the official checksums"
    for name, content in official.files.items():
        path = tmp_path / "mnist" / name
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(content).digest()
    submit(store.jobs, CURVE)
    engine.run_until_idle()
    assert store.jobs.get(CURVE.digest()).state is JobState.DONE
    assert mnist.MNIST.load().notices == ()


def test_the_next_mirror_is_tried_and_the_first_one_s_failure_forgotten(
    official, store, engine, monkeypatch
):
    monkeypatch.setenv("NTK_UQ_MIRRORS", official.url("missing", "good"))
    job = submit(store.jobs, FetchSpec("mnist"))
    engine.run_until_idle()
    assert store.jobs.get(job.id).state is JobState.DONE
    assert (official.asked("missing"), official.asked("good")) == (4, 4)


def test_wrong_bytes_fail_the_job_with_what_came(official, store, engine, monkeypatch, tmp_path):
    monkeypatch.setenv("NTK_UQ_MIRRORS", official.url("wrong"))
    job = submit(store.jobs, FetchSpec("mnist"))
    engine.run_until_idle()
    job = store.jobs.get(job.id)
    assert job.state is JobState.FAILED
    assert "train-images-idx3-ubyte.gz could not be fetched" in job.error
    assert "sent a file with checksum" in job.error
    assert left_in(tmp_path / "mnist") == []
    with pytest.raises(Exception, match="MNIST is not complete"):
        mnist.MNIST.sizes()


def test_two_who_ask_make_one_job_and_one_download(official, store, engine, monkeypatch):
    monkeypatch.setenv("NTK_UQ_MIRRORS", official.url("hold"))
    first = submit(store.jobs, FetchSpec("mnist"))
    run_until(engine, official.started.is_set)
    second = submit(store.jobs, FetchSpec("mnist"))
    assert second.id == first.id
    assert second.submissions == 2
    official.release.set()
    engine.run_until_idle()
    assert store.jobs.get(first.id).state is JobState.DONE
    assert official.asked("hold") == 4


def test_progress_is_in_bytes_of_all_files_and_names_the_one_on_its_way(
    official, store, engine, monkeypatch
):
    monkeypatch.setenv("NTK_UQ_MIRRORS", official.url("hold"))
    job = submit(store.jobs, FetchSpec("mnist"))
    assert job.total == sum(len(content) for content in official.files.values())
    half = len(official.files["train-images-idx3-ubyte.gz"]) // 2
    run_until(engine, lambda: 0 < store.jobs.get(job.id).done <= half)
    told = store.jobs.get(job.id)
    assert told.message.startswith("train-images-idx3-ubyte.gz: ")
    assert told.message.endswith(" of 9.5 MiB")
    official.release.set()
    engine.run_until_idle()


@pytest.mark.parametrize("behaviour", ["drip", "silent"])
def test_a_slow_fetch_is_cancelled_at_once_and_leaves_nothing_half_written(
    official, store, engine, monkeypatch, tmp_path, behaviour
):
    monkeypatch.setenv("NTK_UQ_MIRRORS", official.url(behaviour))
    job = submit(store.jobs, FetchSpec("mnist"))
    run_until(engine, official.started.is_set)
    store.jobs.request_cancel(job.id)
    start = time.monotonic()
    run_until(engine, lambda: store.jobs.get(job.id).state.ended)
    assert time.monotonic() - start < 2
    assert store.jobs.get(job.id).state is JobState.CANCELLED
    # Somebody asks again: what the silent mirror still holds up is out of the way soon.
    official.release.set()
    monkeypatch.setenv("NTK_UQ_MIRRORS", official.url("good"))
    assert visible(tmp_path / "mnist") == []
    submit(store.jobs, FetchSpec("mnist"))
    engine.run_until_idle()
    assert store.jobs.get(job.id).state is JobState.DONE
    assert left_in(tmp_path / "mnist") == sorted(official.files)


def test_what_is_there_already_is_not_fetched(tiny, mirror, store, engine):
    job = submit(store.jobs, FetchSpec("tiny"))
    engine.run_until_idle()
    (tiny / "two.gz").unlink()
    submit(store.jobs, FetchSpec("tiny"))
    engine.run_until_idle()
    job = store.jobs.get(job.id)
    assert (job.state, job.done) == (JobState.DONE, sum(len(c) for c in CONTENTS.values()))
    assert mirror.asked("good") == 3


def test_an_unknown_name_is_refused_before_there_is_a_job(store):
    with pytest.raises(SpecError, match="Nothing to fetch is called 'nonsense'"):
        submit(store.jobs, FetchSpec("nonsense"))
    assert store.jobs.list() == []
