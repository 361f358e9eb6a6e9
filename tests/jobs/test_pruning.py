"""What may go from a store, and what never does."""

import json
import time

import pytest
from helpers.older import unpacked

from ntk_uq.base import settings
from ntk_uq.jobs.asking import submit
from ntk_uq.jobs.pruning import DAY, Rule, carry_out, plan
from ntk_uq.results.curves import point_keys
from ntk_uq.results.ensembles.stored import member_keys
from ntk_uq.specs import (
    ArchitectureSpec,
    CurveSpec,
    DataSpec,
    EnsembleSpec,
    OptimizerSpec,
    TrainingTimeSpec,
)
from ntk_uq.store import JobState, open_store
from ntk_uq.store.named_views import NamedView
from ntk_uq.views import CurvesView, EnsemblesView, training_time_view_of

DATA = DataSpec("digits", n_test=20)


@pytest.fixture
def older(tmp_path, monkeypatch):
    with open_store(unpacked(tmp_path / "older", monkeypatch)) as store:
        yield store


def ended(store, spec, state=JobState.FAILED, ago=40):
    """A run that ended some days ago."""
    clock = store.jobs._clock
    store.jobs._clock = lambda: time.time() - ago * DAY
    job = submit(store.jobs, spec)
    store.jobs.claim("e")
    store.jobs.finish(job.id, "e", state)
    store.jobs._clock = clock
    return job.id


def curve(depth, n_train=(10, 20)):
    return CurveSpec(DATA, ArchitectureSpec(depth), n_train=n_train)


def planned(store, *rules, days=30.0, now=None):
    found = plan(store, days, rules or tuple(Rule), now)
    return found, {rule: {job.id for job in jobs} for rule, jobs in found.runs.items() if jobs}


def test_of_a_store_in_use_goes_what_came_to_nothing_and_its_results_alone(older):
    before = {entry.key for entry in older.results.entries()}
    found, runs = planned(older, days=0)
    assert {rule: len(ids) for rule, ids in runs.items()} == {Rule.ENDED: 2, Rule.ARCHIVED: 2}
    assert (found.withheld, found.notices, found.protected) == ((), (), 0)
    (gone,) = found.results
    assert gone.key.startswith("flow/")
    assert {entry.key for entry in older.results.entries()} == before  # nothing yet
    removed = carry_out(older, found)
    assert (removed.runs, removed.results, removed.bytes) == (4, 1, gone.bytes)
    assert {entry.key for entry in older.results.entries()} == before - {gone.key}
    again, runs = planned(older, days=0)
    assert (runs, again.results) == ({}, ())


def test_a_named_view_keeps_its_results_and_their_run(older):
    _, runs = planned(older, days=0)
    (cancelled,) = (job for job in older.jobs.list() if job.id in runs[Rule.ENDED] and job.done)
    view = training_time_view_of(TrainingTimeSpec.from_json(json.loads(cancelled.spec)))
    older.views.save(NamedView("shown", "training_time", view.to_query()))
    found, runs = planned(older, days=0)
    assert (found.protected, found.results) == (1, ())
    assert cancelled.id not in runs[Rule.ENDED]


def test_by_age_label_tag_and_rule(store):
    old, new = ended(store, curve(1)), ended(store, curve(2), ago=20)
    named, tagged = ended(store, curve(3)), ended(store, curve(4), JobState.CANCELLED)
    done, filed = ended(store, curve(5), JobState.DONE), ended(store, curve(6), JobState.DONE)
    store.jobs.set_label(named, "look at this")
    store.jobs.set_tags(tagged, ["later"])
    store.jobs.archive(filed)
    waits = submit(store.jobs, curve(7)).id
    _, runs = planned(store)
    assert runs == {Rule.ENDED: {old}, Rule.ARCHIVED: {filed}}
    assert planned(store, Rule.ENDED)[1] == {Rule.ENDED: {old}}
    assert planned(store, Rule.ARCHIVED, days=50)[1] == {}
    assert planned(store, days=10)[1][Rule.ENDED] == {old, new}
    found, _ = planned(store, days=10)
    carry_out(store, found)
    assert {job.id for job in store.jobs.list()} == {named, tagged, done, waits}
    assert store.jobs.log(old) == ()


def test_a_run_that_was_asked_for_again_meanwhile_stays(store):
    old = ended(store, curve(1))
    found, _ = planned(store)
    stamp = store.jobs.stamp()
    store.jobs.retry(old)
    assert carry_out(store, found).runs == 0
    assert store.jobs.get(old).state is JobState.QUEUED
    ended(store, curve(2))
    found, _ = planned(store)
    stamp = store.jobs.stamp()
    assert carry_out(store, found).runs == 1
    assert store.jobs.stamp() != stamp  # pages see it


def test_results_of_nobody_go_by_their_age_and_what_any_run_asks_for_stays(store):
    spec = curve(1, (10, 20, 30))
    keys = [*point_keys(spec).values()]
    ended(store, curve(1, (10, 20)), JobState.DONE, ago=1)
    for key in (*keys, "point/of-nobody", "of-another-version/1"):
        store.results.put(key, b"v" * 50)
    later = time.time() + 31 * DAY
    gone = {entry.key for entry in planned(store, now=later)[0].results}
    assert gone == {"point/of-nobody", "of-another-version/1", *keys} - {
        *point_keys(curve(1, (10, 20))).values()
    }
    assert planned(store)[0].results == ()  # not old enough
    assert planned(store, Rule.ENDED, now=later)[0].results == ()


def test_networks_trained_in_either_way_and_those_on_other_sizes_of_a_view_stay(store, monkeypatch):
    optimizer = OptimizerSpec(steps=20)
    spec = EnsembleSpec(DATA, ArchitectureSpec(1), optimizer, (8,), (10,), 2)
    other = EnsembleSpec(DATA, ArchitectureSpec(1), optimizer, (8,), (15,), 2)
    monkeypatch.setenv(settings.TF32, "on")  # of the engine, and not of who prunes
    keys = {key for found in member_keys(spec).values() for key in found}
    monkeypatch.delenv(settings.TF32)
    view = CurvesView(
        DATA, (1,), n_low=10, n_high=11, n_points=2, finite=True, widths=(8,), members=2,
        net_steps=20,
    )  # fmt: skip
    store.views.save(NamedView("mine", "scaling_curves", view.to_query()))
    filed = ended(store, other, JobState.DONE)
    store.jobs.archive(filed)
    keys |= {key for found in member_keys(other).values() for key in found}
    ended(store, spec, JobState.DONE, ago=1)
    for key in keys:
        store.results.put(key, b"v")
    found, runs = planned(store, now=time.time() + 31 * DAY)
    assert (runs, found.protected, found.results) == ({}, 1, ())
    store.views.delete("mine")
    found, runs = planned(store, now=time.time() + 31 * DAY)
    assert runs == {Rule.ARCHIVED: {filed}}
    assert len(found.results) == 2


def test_what_cannot_be_looked_up_is_not_removed(store):
    store.results.put("point/of-nobody", b"v")
    later = time.time() + 31 * DAY
    missing = submit(store.jobs, CurveSpec(DataSpec("mnist", n_test=20), n_train=(10, 20)))
    found, _ = planned(store, now=later)
    assert found.results == ()
    assert found.withheld[0].startswith(
        "No result is removed: it cannot be told which are those of 1 run. "
    )
    assert "mnist" in found.withheld[0]
    store.jobs.request_cancel(missing.id)  # a run that goes itself keeps nothing
    assert [entry.key for entry in planned(store, now=later)[0].results] == ["point/of-nobody"]
    old = ended(store, curve(1))
    for page, query in (
        ("of_another_version", {}),
        ("ensembles", EnsemblesView(DataSpec("mnist")).to_query()),
        ("ensembles", {"v": "no view"}),
    ):
        store.views.save(NamedView("broken", page, query))
        found, runs = planned(store, now=later)
        assert (runs, found.results) == ({}, ())
        assert found.withheld[0].startswith(
            "Nothing is removed: it cannot be told what the named view 'broken' shows. "
        )
    store.views.delete("broken")
    assert old in planned(store, now=later)[1][Rule.ENDED]


def test_results_that_a_run_has_lost_are_told(store):
    ended(store, curve(1), JobState.DONE, ago=1)
    store.results.put("point/with-other-files", b"v")
    found, _ = planned(store, now=time.time() + 31 * DAY)
    assert len(found.results) == 1
    assert found.notices[0].startswith("Of 1 run that came to an end no result is found")
