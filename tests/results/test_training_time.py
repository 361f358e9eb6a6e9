"""The losses against training time in the store: a draw a chunk, means over draws, optima."""

import math
from dataclasses import replace

import numpy as np
import pytest

import ntk_uq
from ntk_uq import datasets
from ntk_uq.analysis.training_time import place as short_place
from ntk_uq.base.errors import DataError, MissingDataError
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess
from ntk_uq.jobs.asking import submit
from ntk_uq.jobs.describe import words_of
from ntk_uq.results.training_time import Best, TrainingTime, stored_training_time, training_time_key
from ntk_uq.results.training_time_record import End, Optimum, TrainingTimeDraw
from ntk_uq.specs import ArchitectureSpec, DataSpec, TrainingTimeSpec
from ntk_uq.store import JobState, json_bytes
from ntk_uq.theory.training_time import evaluate_training_time

INSIDE, FIRST, LAST, CONVERGED = End

SPEC = TrainingTimeSpec(
    DataSpec(n_test=40, seed=2),
    ArchitectureSpec(1),
    n_train=60,
    times=tuple(np.geomspace(0.1, 1e5, 13)),
    noises=(0.0, 4.0),
    draws=2,
)


def computed(store, spec):
    job = submit(store.jobs, spec)
    Engine(store, InProcess()).run_until_idle()
    return store.jobs.get(job.id)


def test_draws_are_computed_once_and_more_of_them_cost_only_those(store, monkeypatch):
    assert stored_training_time(store.results, SPEC).raw == ()
    job = computed(store, SPEC)
    assert (job.state, job.error, job.done, job.total) == (JobState.DONE, "", 2, 2)
    training = stored_training_time(store.results, SPEC)
    assert training.complete
    assert [d.draw for d in training.raw] == [0, 1]
    assert training.raw[1].curves == evaluate_training_time(SPEC, 1).curves
    asked = []

    def once(spec, draw, **options):
        asked.append(draw)
        return evaluate_training_time(spec, draw, **options)

    monkeypatch.setattr("ntk_uq.theory.training_time.evaluate_training_time", once)
    more = replace(SPEC, draws=3, data=replace(SPEC.data, preparation="sphere"))
    assert computed(store, more).done == 3
    assert asked == [2]
    assert stored_training_time(store.results, SPEC) == training
    for other in ({"n_train": 61}, {"times": (1.0,)}, {"noises": (4.0,)}, {"jitters": (0.1,)}):
        assert stored_training_time(store.results, replace(SPEC, **other)).raw == ()


def test_means_over_draws_have_standard_errors(store):
    computed(store, SPEC)
    training = stored_training_time(store.results, SPEC)
    line = training.line(4.0)
    assert line.times == SPEC.times
    a, b = (d.curve(4.0, 0.0) for d in training.raw)
    for i, found in enumerate(line.along("sigma")):
        pair = a.points[i].sigma, b.points[i].sigma
        assert found.value == pytest.approx(sum(pair) / 2)
        assert found.error == pytest.approx(abs(pair[0] - pair[1]) / 2)
    assert line.converged("mu").value == pytest.approx((a.converged.mu + b.converged.mu) / 2)
    assert replace(training, raw=training.raw[:1]).line(4.0).along("mu")[0].error is None
    assert training.slowest == max(d.lambda_max / d.lambda_min for d in training.raw)
    with pytest.raises(KeyError, match=r"no curve of noise 0\.5 and jitter 0"):
        training.line(0.5)


def test_an_optimum_is_a_mean_over_draws_or_words(store):
    computed(store, SPEC)
    training = stored_training_time(store.results, SPEC)
    line = training.line(4.0)
    best = line.best("mu")
    a, b = (c.best_mu.point for c in line.curves)
    assert best.end == ""
    assert best.tau.value == pytest.approx(math.sqrt(a.time * b.time))
    half = abs(math.log(a.time / b.time)) / 2
    assert best.tau.error == pytest.approx(best.tau.value * math.expm1(half))
    tops = line.lambda_max
    assert best.time.value == pytest.approx(best.tau.value / math.sqrt(tops[0] * tops[1]))
    gains = [c.converged.mu / c.best_mu.point.mu - 1 for c in line.curves]
    assert best.gain.value == pytest.approx(sum(gains) / 2)
    assert min(gains) > 0.01
    assert line.stopped["mu"].value == pytest.approx((a.mu + b.mu) / 2)
    clean = training.line(0.0)
    assert clean.best("mu").end.startswith("smallest after endless training")
    assert clean.best("mu").tau is None
    assert clean.stopped["mu"] == clean.converged("mu")
    # Draws that disagree have no common optimum, and say so.
    first = replace(line.curves[0], best_mu=Optimum(LAST, line.curves[0].points[-1]))
    mixed = replace(line, curves=(first, line.curves[1]))
    said = mixed.best("mu").end
    assert "1 of 2 draws: smallest at the largest time" in said
    assert "1 of 2 draws: there is a minimum inside" in said
    assert mixed.stopped["mu"] is None
    assert {o.end for o in (first.best_mu, line.curves[1].best_mu)} == {LAST, INSIDE}
    assert clean.curves[0].best_mu.end == CONVERGED


@pytest.mark.parametrize(
    ("ends", "words", "place"),
    [
        (
            ((FIRST, 2),),
            "smallest at the first time of the range: the optimum is there or before",
            "range begins after",
        ),
        (
            ((LAST, 1),),
            "smallest at the largest time of the range: the optimum is there or beyond",
            "range ends before",
        ),
        (
            ((CONVERGED, 3),),
            "smallest after endless training: no time of the range is 0.01 % better",
            "∞",
        ),
        (
            ((INSIDE, 1), (CONVERGED, 2)),
            "1 of 3 draws: there is a minimum inside the range; 2 of 3 draws: smallest after "
            "endless training: no time of the range is 0.01 % better",
            "draws differ",
        ),
    ],
)
def test_where_there_is_no_optimum_inside_is_said_in_full_and_in_short(ends, words, place):
    best = Best(ends)
    assert (best.end, short_place(best)) == (words, place)
    assert repr(best).startswith(f"Best(end={words!r}, tau=None")


def test_an_end_is_kept_as_a_word(store):
    computed(store, SPEC)
    draw = stored_training_time(store.results, SPEC).raw[0]
    kept = draw.to_json()
    assert type(kept["curves"][0]["best_mu"]["end"]) is str
    assert [end.value for end in End] == ["inside", "first", "last", "converged"]
    assert TrainingTimeDraw.from_json(kept) == draw
    kept["curves"][0]["best_mu"]["end"] = "nowhere"
    with pytest.raises(DataError, match="end: 'nowhere' instead of one of inside, first"):
        TrainingTimeDraw.from_json(kept)


@pytest.mark.parametrize("content", [b"", b"not JSON", b"null", b"{}"])
def test_foreign_entries_are_as_if_they_were_not_there(store, content):
    store.results.put(training_time_key(SPEC, 0, datasets.get("digits").fingerprint()), content)
    assert stored_training_time(store.results, SPEC).raw == ()


def test_a_record_of_another_cube_is_not_taken(store):
    other = evaluate_training_time(replace(SPEC, noises=(0.0,)))
    key = training_time_key(SPEC, 0, datasets.get("digits").fingerprint())
    store.results.put(key, json_bytes(other.to_json()))
    assert stored_training_time(store.results, SPEC).raw == ()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"n_train": 1298}, "pool of digits holds 1,297"),
        ({"data": DataSpec("mnist")}, "data fetch mnist"),
        ({"data": DataSpec("nonsense")}, "no data set 'nonsense'"),
    ],
)
def test_a_job_that_cannot_be_computed_fails_in_words(store, wrong, words):
    assert words in computed(store, replace(SPEC, **wrong)).error


def test_a_missing_data_set_is_told_to_whoever_looks(store):
    with pytest.raises(MissingDataError, match="NTK_UQ_DATA"):
        stored_training_time(store.results, replace(SPEC, data=DataSpec("mnist")))


def test_a_script_gets_the_same(store):
    spec = replace(SPEC, draws=1)
    found = ntk_uq.training_time(spec)
    assert isinstance(found, TrainingTime)
    assert found.raw[0].curves == evaluate_training_time(spec).curves
    assert found.to_json()["draws"][0]["lambda_max"] == found.raw[0].lambda_max


def test_a_job_is_put_into_words():
    words = words_of(replace(SPEC, jitters=(0.0, 1e-3)))
    assert words == (
        "Handwritten digits, 8 × 8, depth 1, relu, N_D 60, τ 0.1 to 1e+05, label noise 0 to 4, "
        "jitter 0 to 0.001, 2 draws, N_T 40, seed 2"
    )
