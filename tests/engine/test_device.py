"""What a worker tells of its device, and what a full one is called."""

import json

import pytest
from jax.errors import JaxRuntimeError

from ntk_uq.base import cards
from ntk_uq.engine import device
from ntk_uq.engine.dask import DaskRunner
from ntk_uq.engine.runners import in_words
from ntk_uq.jobs.engines import describe_device


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


def test_a_full_card_is_told_in_words_and_not_as_a_defect():
    full = JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 9 bytes.")
    words = in_words(full, "curve")
    assert words.startswith("The accelerator's memory is full")
    assert "Choose a smaller N_D" in words or "smaller" in words
    other = in_words(JaxRuntimeError("INTERNAL: something else"), "curve")
    assert other.startswith("Internal error, please report it")


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
