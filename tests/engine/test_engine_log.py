"""What the engine writes down of a job."""

from ntk_uq.base.errors import StoreError
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess
from ntk_uq.store import JobState


def texts(store, job_id):
    return [line.text for line in store.jobs.log(job_id)]


def test_a_job_that_goes_well(store, fake):
    job_id = fake({"key": "a", "sizes": [1]}, {"key": "b", "sizes": [1]})
    engine = Engine(store, InProcess())
    engine.run_until_idle()
    assert texts(store, job_id) == [
        "Asked for.",
        f"Taken by engine {engine.id}.",
        "2 chunks to do; so far: 0 of 2 members.",
        "Finished.",
    ]


def test_every_chunk_that_fails_with_its_reason(store, fake):
    job_id = fake(
        {"key": "a", "error": "no milk"},
        {"key": "b", "sizes": [1]},
        {"key": "c", "error": "no sugar"},
    )
    Engine(store, InProcess()).run_until_idle()
    failures = [text for text in texts(store, job_id) if text.startswith("A chunk failed: ")]
    assert failures == ["A chunk failed: no milk", "A chunk failed: no sugar"]
    assert texts(store, job_id)[-1] == "Failed: no milk\nno sugar"


def test_a_retry_computes_what_is_missing_and_says_so(store, fake):
    job_id = fake({"key": "a", "sizes": [1]}, {"key": "b", "error": "no milk"})
    Engine(store, InProcess()).run_until_idle()
    store.jobs.retry(job_id)
    Engine(store, InProcess()).run_until_idle()
    assert "1 chunk to do; so far: 1 of 2 members." in texts(store, job_id)


def test_a_log_that_cannot_be_written_does_not_lose_the_job(store, fake, monkeypatch):
    def note(*arguments):
        raise StoreError("full")

    monkeypatch.setattr(store.jobs, "note", note)
    job_id = fake({"key": "a", "error": "no milk"}, {"key": "b", "sizes": [1]})
    Engine(store, InProcess()).run_until_idle()
    job = store.jobs.get(job_id)
    assert (job.state, job.error, job.done) == (JobState.FAILED, "no milk", 1)
