"""``/metrics``: numbers in the form of Prometheus, and nothing but numbers."""

import time
from pathlib import Path

import pytest
from helpers.asgi import ask
from prometheus_client.parser import text_string_to_metric_families

from ntk_uq.base import settings
from ntk_uq.base.errors import StoreFullError
from ntk_uq.base.version import VERSION
from ntk_uq.store import JobState
from ntk_uq.store.named_views import NamedView


@pytest.fixture
def numbers(app, looks):
    """The samples by name and label."""

    def asked():
        looks.later()
        found = ask(app, "/metrics")
        assert found.status == 200
        assert found.headers["content-type"].startswith("text/plain")
        return {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(found.text)
            for sample in family.samples
        }

    return asked


def test_jobs_engines_results_and_room_are_counted(numbers, store):
    for name in ("a", "b", "c"):
        store.jobs.submit(name, "curve", "{}")
    store.jobs.claim("e1")
    store.jobs.beat("e1", {"workers": 3})
    store.jobs.beat("e2", {"starting": True})
    store.jobs.beat("e3", {"workers": 1}, StoreFullError("no room"))
    store.results.put("small", b"v" * 100)
    store.results.put("large", b"v" * 100_000)
    found = numbers()
    states = {str(state): found["ntk_uq_jobs", str(state)] for state in JobState}
    assert states == dict.fromkeys(map(str, JobState), 0) | {"queued": 2, "running": 1}
    assert (found["ntk_uq_engines", "alive"], found["ntk_uq_engines", "starting"]) == (2, 1)
    assert (found["ntk_uq_engines_unwritable",], found["ntk_uq_workers",]) == (1, 4)
    assert 0 <= found["ntk_uq_queue_oldest_seconds",] < 60
    assert found["ntk_uq_results",] == 2
    files = list((store.directory / "results").rglob("*.val"))
    assert found["ntk_uq_store_bytes", "result_files"] == sum(p.stat().st_size for p in files)
    tables = sum(p.stat().st_size for p in store.directory.glob("jobs.sqlite*"))
    assert found["ntk_uq_store_bytes", "job_table"] == tables
    assert 0 < found["ntk_uq_disk_free_bytes",] <= found["ntk_uq_disk_total_bytes",]
    assert found["ntk_uq_web_info", VERSION] == found["ntk_uq_store_up",] == 1
    assert found["ntk_uq_sessions",] == 0
    if Path("/proc/self/stat").exists():
        assert found["process_resident_memory_bytes",] > 2**20
    store.results.delete("large")
    assert numbers()["ntk_uq_store_bytes", "result_files"] == 0


def test_without_a_store_it_says_so_and_makes_none(numbers):
    found = numbers()
    assert found["ntk_uq_store_up",] == 0
    assert not [name for name, *_ in found if "jobs" in name or "disk" in name]
    assert found["ntk_uq_web_info", VERSION] == 1
    assert not settings.store_directory().exists()


def test_nothing_that_somebody_named_is_in_it(app, store, looks):
    secret = "Schrodinger"
    job = store.jobs.submit(secret, secret.lower(), f'{{"data": "{secret}.csv"}}')
    store.jobs.set_label(job.id, secret)
    store.jobs.set_tags(job.id, [secret])
    store.jobs.beat(secret, {"host": secret, "devices": [{"device": secret}]})
    store.results.put(secret, b"v")
    store.views.save(NamedView(secret, secret, {}))
    text = ask(app, "/metrics").text
    assert secret.lower() not in text.lower()
    assert str(store.directory) not in text


def test_a_large_queue_is_counted_in_a_moment(numbers, store):
    with store.jobs._database.write() as connection:
        connection.executemany(
            "INSERT INTO jobs (id, kind, spec, state, submitted, requested, turn)"
            " VALUES (?, 'curve', '{}', ?, 0, 0, ?)",
            ((str(i), ("done", "queued", "failed")[i % 3], i) for i in range(30_000)),
        )
    start = time.perf_counter()
    assert numbers()["ntk_uq_jobs", "done"] == 10_000
    assert time.perf_counter() - start < 1.0
