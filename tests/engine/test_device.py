"""What a worker tells of its device, and what a full one is called."""

import json
from types import SimpleNamespace

import distributed
import pytest
from jax.errors import JaxRuntimeError

from ntk_uq.base import cards
from ntk_uq.engine import dask_worker, device
from ntk_uq.engine.chunks import Chunk
from ntk_uq.engine.dask import DaskRunner
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess, in_words
from ntk_uq.jobs.engines import describe_device
from ntk_uq.store import JobState


def test_a_processor_tells_its_memory_and_load():
    state = device.state(busy=True)
    assert json.loads(json.dumps(state)) == state
    assert state["device"].startswith("cpu")
    assert 0 < state["used"] < state["memory"]
    assert 0 <= state["load"] <= 100
    assert describe_device(state).startswith("the processor, busy, ")


def test_a_card_that_is_not_used_is_told(monkeypatch):
    monkeypatch.setattr(cards, "trouble", lambda: "install it")
    assert device.state(busy=False)["trouble"] == "install it"


FULL = "RESOURCE_EXHAUSTED: Out of memory while trying to allocate 9 bytes."
LOST = "INTERNAL: CUDA_ERROR_ILLEGAL_ADDRESS: an illegal memory access was encountered"


@pytest.mark.parametrize(
    ("text", "told"), [(FULL, "accelerator's memory is full"), (LOST, "accelerator failed")]
)
def test_a_card_s_errors_are_a_job_s_in_words_and_not_a_defect(store, fake, text, told):
    job_id = fake({"key": "a", "sizes": [1], "device": text}, {"key": "b", "sizes": [1]})
    Engine(store, InProcess()).run_until_idle()
    job = store.jobs.get(job_id)
    assert job.state is JobState.FAILED
    assert told in job.error
    assert "report it" not in job.error
    assert store.results.get("b/0")  # the other chunks go on
    other = in_words(JaxRuntimeError("INTERNAL: something else"), "curve")
    assert other.startswith("Internal error, please report it")


def test_a_worker_whose_card_failed_says_so_and_leaves(monkeypatch, fake):
    said, left = [], []
    worker = SimpleNamespace(address="here", log_event=lambda topic, event: said.append(event))
    monkeypatch.setattr(distributed, "get_worker", lambda: worker)
    monkeypatch.setattr(distributed, "get_client", lambda: None)
    flag = SimpleNamespace(is_set=lambda: False)
    monkeypatch.setattr(distributed, "Event", lambda name, client: flag)
    monkeypatch.setattr(dask_worker, "_leave", left.append)
    for text in (FULL, LOST):
        chunk = Chunk("fake", {"device": text})
        dask_worker.run(chunk.to_json(), "", "chunk", "topic")
    assert [event[0] for event in said] == ["started", "started", "lost"]
    assert "CUDA_ERROR_ILLEGAL_ADDRESS" in said[-1][2]
    assert left == [worker]


@pytest.mark.slow
def test_an_engine_on_dask_knows_its_workers_devices():
    runner = DaskRunner()
    try:
        for _ in range(600):
            runner.events(0.1)
            about = runner.describe()
            if about["devices"]:
                break
    finally:
        runner.close()
    (state,) = about["devices"]
    assert state["device"].startswith("cpu")
    assert state["busy"] is False
