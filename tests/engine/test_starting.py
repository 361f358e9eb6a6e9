"""An engine that loads its libraries is no engine that is missing."""

import time

from ntk_uq.engine.starting import starting
from ntk_uq.jobs.engines import describe_engine, pulse


def test_while_an_engine_starts_everybody_is_told(store):
    assert pulse(store.jobs).words() == "No engine is running"
    with starting(store):
        end = time.monotonic() + 30
        while not store.jobs.engines():
            assert time.monotonic() < end
            time.sleep(0.01)
        found = pulse(store.jobs)
        assert found.words() == "The engine is starting"
        assert found.changes
        (one,) = store.jobs.engines()
        assert describe_engine(one).startswith("an engine that is starting on ")
        store.jobs.beat("another", {"devices": [{"device": "cpu: cpu"}]})
        assert pulse(store.jobs).words() == "the processor, idle"
        store.jobs.stopped("another")
    assert pulse(store.jobs).words() == "No engine is running"
