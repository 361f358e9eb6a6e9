"""Jobs of made-up kinds."""

import json
import uuid

import pytest
from helpers.fake_kinds import FAKE, KINDS

from ntk_uq.engine import kinds


@pytest.fixture
def fake(store, monkeypatch):
    """Registers the made-up kinds; submits a job of one of them, and returns its id."""
    for kind in KINDS:
        monkeypatch.setitem(kinds.REGISTRY, kind.name, kind)

    def submit(*chunks, kind=FAKE, priority=0, **more):
        job_id = uuid.uuid4().hex
        store.jobs.submit(job_id, kind, json.dumps({"chunks": chunks, **more}), priority=priority)
        return job_id

    return submit
