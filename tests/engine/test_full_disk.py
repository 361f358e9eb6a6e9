"""A real engine on a disk that is really full for a while."""

import json
import subprocess
import sys
import time

import pytest
from helpers.disks import fill, small_disk
from helpers.pages_driver import open_page, texts

from ntk_uq.jobs.asking import submit
from ntk_uq.specs import ArchitectureSpec, DataSpec, EnsembleSpec, OptimizerSpec
from ntk_uq.store import HEARTBEAT_TIMEOUT, JobState, open_store

SPEC = EnsembleSpec(
    DataSpec(n_test=20),
    ArchitectureSpec(1),
    OptimizerSpec(steps=1500),
    widths=(64,),
    n_train=(50,),
    members=200,
)
TOLD = "The engine runs but cannot write: the disk is full"


def command(*words, code=0):
    done = subprocess.run(
        [sys.executable, "-m", "ntk_uq", *words], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_a_full_disk_is_said_and_costs_nothing(tmp_path, monkeypatch):
    with small_disk(tmp_path / "disk", 24) as disk:
        monkeypatch.setenv("NTK_UQ_STORE", str(disk / "store"))
        log = (tmp_path / "log").open("w")
        engine = subprocess.Popen(
            [sys.executable, "-m", "ntk_uq", "engine"], stdout=log, stderr=log
        )
        try:
            with open_store(disk / "store") as store:
                job = submit(store.jobs, SPEC, launched=True)
                until(lambda: store.jobs.get(job.id).state is JobState.RUNNING)
                fill(disk)
                time.sleep(HEARTBEAT_TIMEOUT + 5)
                assert store.jobs.get(job.id).state is JobState.RUNNING
            (run,) = json.loads(
                command("runs", "list", "--launched", "--json").split("ntk_uq: ")[0]
            )
            assert run["state"] == "running"
            assert TOLD in command("runs", "list")
            assert TOLD in command("status", code=1)
            # As in a web process that starts now.
            app = open_page("scaling_curves")
            assert not app.exception
            assert not app.error
            assert TOLD in texts(app.sidebar.caption)
            assert "No engine" not in texts(app.sidebar.caption, app.warning)
            with open_store(disk / "store") as store:
                done = store.jobs.get(job.id).done
                (disk / "fill").unlink()
                # What waited in memory is there before anything more could have been computed.
                until(lambda: store.jobs.get(job.id).done > done, 60)
                until(lambda: store.jobs.get(job.id).state.ended, 300)
                ended = store.jobs.get(job.id)
                assert (ended.state, ended.error, ended.done) == (JobState.DONE, "", 200)
                # Its next heartbeat takes it back.
                until(lambda: not any("unwritable" in e.info for e in store.jobs.engines()), 30)
        finally:
            engine.terminate()
            engine.wait(30)
            log.close()
    assert "failed" not in (tmp_path / "log").read_text()


def until(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)
