"""Reports on data sets: asked for, computed by an engine, found in the store."""

import pytest

from ntk_uq import datasets
from ntk_uq.base.errors import MissingDataError, SpecError
from ntk_uq.datasets.inspection.inspect import inspect
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess
from ntk_uq.jobs.asking import submit
from ntk_uq.results.inspection import inspection_key, stored_inspection
from ntk_uq.specs import InspectionSpec
from ntk_uq.store import JobState


def run(store):
    Engine(store, InProcess()).run_until_idle()


def test_a_report_is_computed_once_and_found(store, monkeypatch):
    assert stored_inspection(store.results, "digits") is None
    job = submit(store.jobs, InspectionSpec("digits"))
    run(store)
    job = store.jobs.get(job.id)
    assert (job.state, job.error, job.done, job.total) == (JobState.DONE, "", 1, 1)
    assert stored_inspection(store.results, "digits") == inspect(datasets.get("digits"))

    def refuse(*arguments):
        raise AssertionError("computed again")

    monkeypatch.setattr("ntk_uq.datasets.inspection.inspect.inspect", refuse)
    submit(store.jobs, InspectionSpec("digits"))
    run(store)
    assert store.jobs.get(job.id).state is JobState.DONE


def test_a_report_is_that_of_the_files_as_they_are_now(store, monkeypatch):
    submit(store.jobs, InspectionSpec("digits"))
    run(store)
    digits = datasets.REGISTRY["digits"]
    changed = type(digits)(**{**vars(digits), "fingerprint": lambda: "changed"})
    monkeypatch.setitem(datasets.REGISTRY, "digits", changed)
    assert stored_inspection(store.results, "digits") is None


@pytest.mark.parametrize("content", [b"", b"not JSON", b"[" * 100_000, b"null", b"{}", b"NaN"])
def test_foreign_entries_are_as_if_they_were_not_there_and_are_replaced(store, content):
    key = inspection_key("digits", datasets.get("digits").fingerprint())
    store.results.put(key, content)
    assert stored_inspection(store.results, "digits") is None
    submit(store.jobs, InspectionSpec("digits"))
    run(store)
    assert stored_inspection(store.results, "digits") is not None


def test_the_report_of_another_data_set_is_ignored(store):
    submit(store.jobs, InspectionSpec("digits"))
    run(store)
    record = store.results.get_json(inspection_key("digits", datasets.get("digits").fingerprint()))
    store.results.put_json(
        inspection_key("calorimeter", datasets.get("calorimeter").fingerprint()), record
    )
    assert stored_inspection(store.results, "calorimeter") is None


def test_unknown_and_missing_data_sets_are_told(store):
    with pytest.raises(SpecError, match="no data set 'nonsense'"):
        submit(store.jobs, InspectionSpec("nonsense"))
    with pytest.raises(MissingDataError, match="NTK_UQ_DATA"):
        stored_inspection(store.results, "mnist")
    job = submit(store.jobs, InspectionSpec("mnist"))
    run(store)
    assert "data fetch mnist" in store.jobs.get(job.id).error
