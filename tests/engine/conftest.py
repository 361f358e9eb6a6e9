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

    def submit(*chunks, kind=FAKE, priority=0, launched=False, passing=False, **more):
        job_id, how = uuid.uuid4().hex, {"launched": launched, "passing": passing}
        spec = json.dumps({"chunks": chunks, **more})
        store.jobs.submit(job_id, kind, spec, priority=priority, **how)
        return job_id

    return submit
