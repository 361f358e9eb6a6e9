"""Ensembles as jobs: what is there is not trained again, and what was trained is never lost."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ntk_uq.base import settings
from ntk_uq.base.errors import CostLimitError, MemoryLimitError, SpecError, StoreFullError
from ntk_uq.costs.training import cost_of
from ntk_uq.engine import kinds
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.inline import Overlay, run_ensembles
from ntk_uq.engine.runners import InProcess
from ntk_uq.jobs.asking import submit
from ntk_uq.results.ensembles import stored
from ntk_uq.results.ensembles.records import MemberResult
from ntk_uq.results.ensembles.stored import (
    member_keys,
    missing_members,
    stored_ensembles,
    targets_key_of,
    theory_of,
)
from ntk_uq.results.speed import stored_speed
from ntk_uq.specs import (
    ArchitectureSpec,
    CalibrationSpec,
    DataSpec,
    EnsembleSpec,
    OptimizerSpec,
    TrainingSpec,
)
from ntk_uq.store import JobState, open_store
from ntk_uq.training.members import train_members

ROOT = Path(__file__).resolve().parents[2]
SMALL = EnsembleSpec(
    DataSpec(n_test=30),
    ArchitectureSpec(depth=1),
    OptimizerSpec(steps=20),
    widths=(8, 16),
    n_train=(10, 20),
    members=6,
)


@pytest.fixture
def engine(store):
    return Engine(store, InProcess())


def numbers(member):
    """What a member is, without the time that it took."""
    arrays = (member.steps, member.train_loss, member.test_loss, member.predictions)
    return (member.seed, member.step_size, *(a.tobytes() for a in arrays))


def cost(store, spec):
    return cost_of(store.results, spec, missing_members(store.results, spec))


def kept(store, spec):
    found = {}
    for place, keys in member_keys(spec).items():
        for index, key in enumerate(keys):
            content = store.results.get(key)
            if content is not None:
                found[(*place, index)] = content
    return found


def test_a_job_trains_every_network_once(store, engine):
    job = submit(store.jobs, SMALL)
    assert job.total == 24
    engine.run_until_idle()
    job = store.jobs.get(job.id)
    assert (job.state, job.done, job.error) == (JobState.DONE, 24, "")
    assert job.message == "24 of 24 networks"
    found = stored_ensembles(store.results, SMALL)
    assert found.complete
    assert [(p.n_train, p.width) for p in found.points] == [(10, 8), (10, 16), (20, 8), (20, 16)]
    direct = list(train_members(SMALL, 16, 20, range(6)))
    stored = kept(store, SMALL)
    for member in direct:
        content = stored[16, 20, member.member]
        assert numbers(MemberResult.from_bytes(content)) == numbers(member)


def test_chunks_say_what_they_are_estimated_to_take(store):
    todo = kinds.plan("ensemble", SMALL.to_json(), store.results)
    assert todo.total == 24
    needed = {c.payload["width"]: c.memory for c in todo.chunks if c.payload["n_train"] == 20}
    assert 0 < needed[8] < needed[16]
    assert sorted(i for c in todo.chunks for i in c.payload["members"]) == sorted(4 * [*range(6)])


def test_networks_trained_with_tf32_are_others(store, engine, monkeypatch):
    submit(store.jobs, SMALL)
    engine.run_until_idle()
    monkeypatch.setenv(settings.TF32, "on")
    assert not stored_ensembles(store.results, SMALL).done
    todo = kinds.plan("ensemble", SMALL.to_json(), store.results)
    assert len(todo.chunks) == 4
    monkeypatch.delenv(settings.TF32)  # what a worker has is nothing to it
    assert kinds.plan("ensemble", SMALL.to_json(), store.results).chunks == ()
    for chunk in todo.chunks:
        for result in kinds.compute(chunk, lambda *_: None):
            store.results.put(result.key, result.value)
    usual = stored_ensembles(store.results, SMALL)
    monkeypatch.setenv(settings.TF32, "on")
    found = stored_ensembles(store.results, SMALL)
    assert found.complete
    assert "TF32" in found.provenance()["products"]
    assert "products" not in usual.provenance()
    seeds = ([m.seed for m in of.members[16, 20]] for of in (usual, found))
    assert next(seeds) == next(seeds)  # the same networks at their start


def test_more_members_train_only_the_new_ones(store, engine):
    submit(store.jobs, SMALL)
    engine.run_until_idle()
    before = kept(store, SMALL)
    more = replace(SMALL, members=8)
    assert {len(v) for v in missing_members(store.results, more).values()} == {2}
    job = submit(store.jobs, more)
    engine.run_until_idle()
    assert store.jobs.get(job.id).done == 32
    after = kept(store, more)
    assert len(after) == 32
    assert {place: after[place] for place in before} == before  # seconds included: not touched


def test_bias_and_variance_come_with_the_last_network(store, engine):
    some = replace(SMALL, members=4)
    submit(store.jobs, some)
    engine.run_until_idle()
    whole = stored_ensembles(store.results, some).point(16, 20)
    assert whole.mu_bias + whole.mu_variance == pytest.approx(whole.mu.value, rel=1e-5)
    part = stored_ensembles(store.results, SMALL).point(16, 20)
    assert part.members == 4
    assert part.mu == whole.mu
    assert part.mu_bias is None


def test_what_the_data_set_chooses_itself_and_the_same_said_are_one(store, engine):
    submit(store.jobs, SMALL)
    engine.run_until_idle()
    said = replace(SMALL, data=replace(SMALL.data, preparation="sphere"))
    assert stored_ensembles(store.results, said).complete
    assert run_ensembles(said, store.results).complete


def test_the_theory_has_the_same_training(store):
    curve = theory_of(SMALL)
    assert curve.training == TrainingSpec(steps=20, eta=1.0)
    assert (curve.n_train, curve.draws, curve.data) == (SMALL.n_train, 1, SMALL.data)
    other = replace(SMALL, optimizer=OptimizerSpec("adam", 20, 0.01))
    assert theory_of(other) is None


def test_a_curve_goes_ahead_of_training(store, engine):
    training = submit(store.jobs, SMALL)
    engine.step()
    curve = submit(store.jobs, theory_of(SMALL))
    while store.jobs.get(curve.id).state is not JobState.DONE:
        engine.step()
    assert store.jobs.get(training.id).state is JobState.RUNNING
    engine.run_until_idle()
    assert store.jobs.get(training.id).state is JobState.DONE


def test_a_cancelled_job_keeps_what_is_trained_and_goes_on_from_there(store, engine, monkeypatch):
    monkeypatch.setattr("ntk_uq.engine.engine._REPORT_SECONDS", 0.0)
    job = submit(store.jobs, SMALL)
    while store.jobs.get(job.id).done < 5:
        engine.step()
    store.jobs.request_cancel(job.id)
    engine.run_until_idle()
    assert store.jobs.get(job.id).state is JobState.CANCELLED
    trained = kept(store, SMALL)
    assert 5 <= len(trained) < 24
    submit(store.jobs, SMALL)
    engine.run_until_idle()
    after = kept(store, SMALL)
    assert len(after) == 24
    assert {place: after[place] for place in trained} == trained


def test_a_failing_chunk_does_not_poison_the_others(store, engine, monkeypatch):
    def broken(payload, progress):
        if payload["width"] == 8:
            raise SpecError("width 8 is unlucky")
        yield from compute(payload, progress)

    kind = kinds.REGISTRY["ensemble"]
    compute = kind.compute
    monkeypatch.setitem(kinds.REGISTRY, "ensemble", replace(kind, compute=broken))
    job = submit(store.jobs, SMALL)
    engine.run_until_idle()
    job = store.jobs.get(job.id)
    assert (job.state, job.error) == (JobState.FAILED, "width 8 is unlucky")
    assert {place[0] for place in kept(store, SMALL)} == {16}
    monkeypatch.setitem(kinds.REGISTRY, "ensemble", kind)
    submit(store.jobs, SMALL)
    engine.run_until_idle()
    assert len(kept(store, SMALL)) == 24


def test_a_damaged_member_is_trained_again(store, engine):
    submit(store.jobs, SMALL)
    engine.run_until_idle()
    key = member_keys(SMALL)[8, 10][3]
    sound = store.results.get(key)
    store.results.put(key, sound[:-1] + bytes([sound[-1] ^ 1]))
    fresh = replace(SMALL, members=6)
    with open_store(store.directory) as other:
        assert missing_members(other.results, fresh)[8, 10] == [3]
        submit(other.jobs, fresh)
        Engine(other, InProcess()).run_until_idle()
        again = MemberResult.from_bytes(other.results.get(key))
    assert numbers(again) == numbers(MemberResult.from_bytes(sound))


def test_a_full_disk_loses_no_finished_network(store, monkeypatch):
    puts = 0
    put = store.results.put

    def full(key, value):
        nonlocal puts
        puts += 1
        if puts > 4:
            raise StoreFullError("no space left")
        put(key, value)

    monkeypatch.setattr(store.results, "put", full)
    found = run_ensembles(SMALL, store.results)
    assert found.complete
    assert all(p.mu_bias is not None for p in found.points)
    overlay = Overlay(None)
    overlay.put("a", b"1")
    assert overlay.get("a") == b"1"
    assert "b" not in overlay


def test_too_much_is_refused_with_its_estimate(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_TRAINING_HOURS", "0.001")
    huge = replace(SMALL, widths=(512,), members=1000, optimizer=OptimizerSpec(steps=100_000))
    with pytest.raises(CostLimitError, match=r"1,000|2,000 networks takes about .* hours"):
        cost(store, huge)
    monkeypatch.setenv("NTK_UQ_TRAINING_HOURS", "many")
    with pytest.raises(SpecError, match="NTK_UQ_TRAINING_HOURS is 'many'; it must be a number"):
        cost(store, SMALL)
    monkeypatch.delenv("NTK_UQ_TRAINING_HOURS")
    monkeypatch.setenv("NTK_UQ_MEMORY", "500MiB")
    with pytest.raises(MemoryLimitError, match="width 16000"):
        cost(store, replace(SMALL, architecture=ArchitectureSpec(2), widths=(16_000,)))


def test_the_engine_refuses_as_the_page_does(store, engine):
    job = submit(store.jobs, replace(SMALL, n_train=(10, 2000)))
    engine.run_until_idle()
    assert store.jobs.get(job.id).state is JobState.FAILED
    assert "the pool of digits holds 1,297" in store.jobs.get(job.id).error


def test_the_speed_is_measured_once_and_used(store, engine):
    assert stored_speed(store.results) is None
    guessed = cost(store, SMALL)
    submit(store.jobs, CalibrationSpec())
    engine.run_until_idle()
    speed = stored_speed(store.results)
    assert 1e8 < speed.products < 1e15
    measured = cost(store, SMALL)
    assert (
        (measured.members, measured.flops)
        == (guessed.members, guessed.flops)
        == (24, guessed.flops)
    )
    assert measured.seconds != guessed.seconds


def start_engine(environment):
    command = [sys.executable, "-m", "ntk_uq", "engine"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


@pytest.mark.slow
def test_a_killed_engine_loses_only_what_was_in_hand(store, tmp_path):
    """SIGKILL in the middle of a job: the next engine ends with the same numbers, and trains
    nothing again that was there."""
    spec = replace(
        SMALL,
        data=DataSpec(n_test=100),
        architecture=ArchitectureSpec(depth=2),
        optimizer=OptimizerSpec(steps=400),
        widths=(64, 128),
        n_train=(100, 200),
        members=16,
    )
    environment = {**os.environ, "NTK_UQ_STORE": str(store.directory)}
    job = submit(store.jobs, spec)
    first = start_engine(environment)
    try:
        wait_for(lambda: store.jobs.get(job.id).done >= 10)
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    there = kept(store, spec)
    assert 10 <= len(there) < spec.n_members
    wait_for(lambda: store.jobs.get(job.id).state is JobState.INTERRUPTED)
    second = start_engine(environment)
    try:
        wait_for(lambda: store.jobs.get(job.id).state is JobState.DONE)
    finally:
        second.send_signal(signal.SIGTERM)
        second.wait(60)
    after = kept(store, spec)
    assert len(after) == spec.n_members
    trained_twice = [place for place in there if after[place] != there[place]]
    assert trained_twice == []  # what was in hand had not been kept
    undisturbed = run_ensembles(spec)
    for place, members in undisturbed.members.items():
        for member in members:
            again = MemberResult.from_bytes(after[(*place, member.member)])
            assert np.array_equal(again.test_loss, member.test_loss)
            assert np.array_equal(again.train_loss, member.train_loss)
            assert again.seed == member.seed
    assert undisturbed.points == stored_ensembles(store.results, spec).points
    assert json.dumps(undisturbed.points[0].to_json())


def test_lost_targets_of_the_test_set_come_back_without_any_training(store, engine):
    submit(store.jobs, SMALL)
    engine.run_until_idle()
    whole = stored_ensembles(store.results, SMALL).points
    assert all(p.mu_bias is not None for p in whole)
    networks = kept(store, SMALL)
    store.results.delete(targets_key_of(SMALL))
    # A page that was begun anew has not read them before.
    again = replace(SMALL, widths=(8,))
    stored._whole.cache_clear()
    assert [p.mu_bias for p in stored_ensembles(store.results, again).points] == [None, None]

    submit(store.jobs, SMALL)
    engine.run_until_idle()
    assert stored_ensembles(store.results, SMALL).points == whole
    assert kept(store, SMALL) == networks
