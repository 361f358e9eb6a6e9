"""``ntk_uq status``: engines, their devices, what waits, and the room that is left."""

import json
import shutil
import time
from collections import namedtuple

import pytest

from ntk_uq.base.errors import StoreFullError
from ntk_uq.base.version import VERSION
from ntk_uq.cli import main
from ntk_uq.jobs.asking import submit
from ntk_uq.specs import ArchitectureSpec, CurveSpec
from ntk_uq.store import JobState

CARD = {
    "device": "gpu: NVIDIA H200",
    "busy": True,
    "memory": 104 * 2**30,
    "used": 12 * 2**30,
    "load": 87.0,
}
PROCESSOR = {"device": "cpu: cpu", "busy": False, "trouble": "This machine has an NVIDIA card."}
INFO = {"host": "lab", "runner": "embedded Dask cluster", "workers": 2}


@pytest.fixture
def engine(store):
    store.jobs.beat("e1", {**INFO, "devices": [CARD, PROCESSOR]})
    submit(store.jobs, CurveSpec())
    submit(store.jobs, CurveSpec(architecture=ArchitectureSpec(7)))
    store.jobs.claim("e1")


@pytest.fixture(autouse=True)
def _disk(monkeypatch):
    usage = namedtuple("usage", "total used free")(200 * 2**30, 50 * 2**30, 150 * 2**30)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)


def told(run):
    code, out, _ = run("status", "--json")
    return code, json.loads(out)


def test_without_an_engine_it_says_how_to_start_one_and_fails(store, run):
    code, out, _ = run("status")
    lines = out.splitlines()
    assert code == 1
    assert lines[0] == f"store {store.directory}: no run is under way"
    assert lines[1:3] == ["disk: 150.0 GiB of 200.0 GiB are free", f"version {VERSION}"]
    assert lines[3:] == ["no engine is alive; `ntk-uq run` or `ntk-uq engine` starts one"]
    code, found = told(run)
    assert code == 1
    assert found["engine"] == {"state": "none", "writes": None, "trouble": None}
    assert found["queue"] == {"queued": 0, "running": 0, "interrupted": 0, "oldest_seconds": None}
    assert (found["workers"], found["devices"], found["runs"]) == (0, [], {})


@pytest.mark.usefixtures("engine")
def test_devices_memory_and_load_are_told(capsys):
    assert main(["status"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(": 1 queued, 1 running; the oldest waits 1 s")
    assert lines[3] == "engine e1: embedded Dask cluster on lab, 2 workers, since 1 s"
    assert lines[4] == "  gpu: NVIDIA H200, busy, 12.0 GiB of 104.0 GiB in use, load 87 %"
    assert lines[5:] == ["  the processor, idle", "  This machine has an NVIDIA card."]


@pytest.mark.usefixtures("engine")
def test_as_json(run):
    code, found = told(run)
    assert code == 0
    assert found["runs"] == {"queued": 1, "running": 1}
    assert found["engines"][0]["devices"] == found["devices"] == [CARD, PROCESSOR]
    assert found["engine"] == {"state": "alive", "writes": True, "trouble": None}
    assert (found["workers"], found["version"]) == (2, VERSION)
    assert 0 <= found["queue"].pop("oldest_seconds") < 60
    assert found["queue"] == {"queued": 1, "running": 1, "interrupted": 0}
    assert found["disk"] == {"free_bytes": 150 * 2**30, "total_bytes": 200 * 2**30}


def test_an_engine_of_an_older_version_says_less(store, capsys):
    store.jobs.beat("e1", {"runner": "in this process", "workers": 1})
    assert main(["status"]) == 0
    assert "engine e1: in this process on some machine, 1 worker" in capsys.readouterr().out


def test_one_that_is_starting_is_no_trouble(store, run):
    store.jobs.beat("e1", {"starting": True})
    code, found = told(run)
    assert (code, found["engine"]["state"]) == (0, "starting")


def test_one_that_cannot_write_is_trouble_until_another_can(store, run):
    store.jobs.beat("e1", INFO, StoreFullError("no room"))
    code, found = told(run)
    assert code == 1
    assert found["engine"] == {"state": "alive", "writes": False, "trouble": "the disk is full"}
    code, out, _ = run("status")
    assert code == 1
    assert "since 1 s, cannot write" in out
    assert "The engine runs but cannot write: the disk is full" in out
    store.jobs.beat("e2", INFO)
    assert told(run)[0] == 0


def test_the_queue_is_as_old_as_what_waits_and_not_as_what_runs_or_ended(store, run):
    clock = [time.time() - 5000]
    store.jobs._clock = lambda: clock[0]
    for name, ago in (("ended", 5000), ("runs", 4000), ("waits", 300), ("new", 20)):
        clock[0] = time.time() - ago
        store.jobs.submit(name, "curve", "{}")
        if ago > 1000:
            store.jobs.claim("e1")
        if name == "ended":
            store.jobs.finish(name, "e1", JobState.FAILED)
    clock[0] = time.time()
    store.jobs.beat("e1", INFO)
    _, found = told(run)
    assert found["runs"] == {"queued": 2, "running": 1}
    assert 300 <= found["queue"]["oldest_seconds"] < 330
