"""``ntk_uq status``: engines, their devices, and what waits."""

import json

import pytest

from ntk_uq.cli import main
from ntk_uq.jobs.asking import submit
from ntk_uq.specs import ArchitectureSpec, CurveSpec

CARD = {
    "device": "gpu: NVIDIA H200",
    "busy": True,
    "memory": 104 * 2**30,
    "used": 12 * 2**30,
    "load": 87.0,
}
PROCESSOR = {"device": "cpu: cpu", "busy": False, "trouble": "This machine has an NVIDIA card."}


@pytest.fixture
def engine(store):
    store.jobs.beat(
        "e1",
        {
            "host": "lab",
            "runner": "embedded Dask cluster",
            "workers": 2,
            "devices": [CARD, PROCESSOR],
        },
    )
    submit(store.jobs, CurveSpec())
    submit(store.jobs, CurveSpec(architecture=ArchitectureSpec(7)))
    store.jobs.claim("e1")


def test_without_an_engine_it_says_how_to_start_one(store, capsys):
    assert main(["status"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"store {store.directory}: no run is under way"
    assert lines[1:] == ["no engine is alive; `ntk-uq run` or `ntk-uq engine` starts one"]


@pytest.mark.usefixtures("engine")
def test_devices_memory_and_load_are_told(capsys):
    assert main(["status"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(": 1 queued, 1 running")
    assert lines[1] == "engine e1: embedded Dask cluster on lab, 2 workers, since 0 min"
    assert lines[2] == "  gpu: NVIDIA H200, busy, 12.0 GiB of 104.0 GiB in use, load 87 %"
    assert lines[3:] == ["  the processor, idle", "  This machine has an NVIDIA card."]


@pytest.mark.usefixtures("engine")
def test_as_json(capsys):
    assert main(["status", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["runs"] == {"queued": 1, "running": 1}
    assert found["engines"][0]["devices"] == [CARD, PROCESSOR]


def test_an_engine_of_an_older_version_says_less(store, capsys):
    store.jobs.beat("e1", {"runner": "in this process", "workers": 1})
    assert main(["status"]) == 0
    assert "engine e1: in this process on some machine, 1 worker" in capsys.readouterr().out
