"""Statistics of members against brute force and planted distributions."""

import dataclasses
import json

import numpy as np
import pytest
import scipy.stats

from ntk_uq.results.ensembles.records import MemberResult
from ntk_uq.results.ensembles.statistics import (
    bias_and_variance,
    bootstrap,
    mean,
    mean_trajectory,
    ratio,
    spread,
    summarize,
)
from ntk_uq.results.losses import test_loss as loss_of

T, C = 7, 3
TARGETS = np.random.default_rng(5).standard_normal((T, C))


def member(index, rng, diverged=False, rising=False):
    outputs = (0.5 * rng.standard_normal((T, C))).astype(np.float32)
    last = float(loss_of(outputs.astype(float), TARGETS))
    return MemberResult(
        width=64,
        n_train=100,
        draw=0,
        member=index,
        seed=index,
        lambda_max=2.0,
        step_size=0.5,
        steps=np.array([0, 1, 10]),
        train_loss=np.array([1.0, 0.5, 2.0 if rising else 0.1 * (1 + index)]),
        test_loss=np.array([2.0, 1.0 + index, last]),
        predictions=outputs[:0] if diverged else outputs,
        diverged_at=5 if diverged else None,
    )


def members(count, **options):
    rng = np.random.default_rng(1)
    return [member(i, rng, **options) for i in range(count)]


def test_the_point_of_an_ensemble_by_brute_force():
    sound = members(9)
    point = summarize(sound[::-1], TARGETS)
    losses = [m.test_loss[-1] for m in sound]
    average = sum(losses) / 9
    squares = sum((x - average) ** 2 for x in losses) / 8
    assert point.mu.value == pytest.approx(average, rel=1e-12)
    assert point.sigma.value == pytest.approx(squares**0.5, rel=1e-12)
    assert point.epsilon.value == pytest.approx(squares**0.5 / average, rel=1e-12)
    assert (point.members, point.diverged, point.width, point.n_train) == (9, 0, 64, 100)
    assert point.mu_bias + point.mu_variance == pytest.approx(average, rel=1e-12)
    variance = sum(
        sum(
            (m.predictions[i, c] - np.mean([o.predictions[i, c] for o in sound])) ** 2 / 8
            for m in sound
        )
        for i in range(T)
        for c in range(C)
    ) / (T * C)
    assert point.mu_variance == pytest.approx(variance, rel=1e-5)
    together = sum(m.predictions.astype(float) for m in sound) / 9
    assert point.ensemble_loss == pytest.approx(np.mean((together - TARGETS) ** 2), rel=1e-12)
    assert point.train_loss.value == pytest.approx(0.5)
    for estimate in (point.mu, point.sigma, point.epsilon, point.train_loss):
        assert estimate.low < estimate.value < estimate.high
        assert estimate.error > 0
    assert point.warnings == ()
    assert json.loads(json.dumps(point.to_json()))["sigma"]["value"] == point.sigma.value


def test_the_trajectory_is_a_mean_with_standard_errors():
    found = mean_trajectory(members(4))
    assert found.steps == (0, 1, 10)
    assert found.test[:2] == (2.0, 2.5)
    assert found.test_sem[0] == 0
    assert found.test_sem[1] == pytest.approx(np.std([1, 2, 3, 4], ddof=1) / 2)
    assert found.train == pytest.approx((1.0, 0.5, 0.25))
    assert mean_trajectory(members(1)).test_sem is None


def test_diverged_members_are_counted_and_left_out():
    rng = np.random.default_rng(1)
    some = [member(i, rng, diverged=i % 3 == 0) for i in range(12)]
    point = summarize(some, TARGETS)
    only = summarize([m for m in some if not m.diverged], TARGETS)
    assert (point.members, point.diverged, only.diverged) == (12, 4, 0)
    assert point.mu == only.mu
    assert point.mu_bias == only.mu_bias
    assert any("4 of 12 networks diverged and are left out" in w for w in point.warnings)


def test_an_ensemble_that_diverged_altogether_has_a_reason_and_no_numbers():
    point = summarize(members(3, diverged=True), TARGETS)
    assert point.failure == (
        "All 3 networks of width 64 diverged. Choose a smaller eta or a larger width."
    )
    assert point.mu is None
    assert point.diverged == 3


def test_networks_that_end_above_their_start_are_told():
    assert "6 of 6 networks end with a larger training loss" in " ".join(
        summarize(members(6, rising=True), TARGETS).warnings
    )


def test_few_members_have_no_errors():
    point = summarize(members(4), TARGETS)
    assert point.mu.error is None
    assert point.sigma.low is None
    assert point.sigma.value > 0
    assert "4 networks are too few for errors" in point.warnings[0]
    single = summarize(members(1), TARGETS)
    assert single.sigma is None
    assert single.mu_bias is None
    assert single.mu.value > 0


def test_members_of_several_ensembles_are_not_averaged():
    one = members(2)
    with pytest.raises(ValueError, match="each of them once"):
        summarize([*one, one[0]], TARGETS)
    with pytest.raises(ValueError, match="members of one ensemble"):
        summarize([], TARGETS)


def test_members_trained_on_several_machines_are_one_ensemble():
    # lambda_max of another machine, or of another number of threads, differs in its last digits.
    here, there, other = members(3)
    there = dataclasses.replace(there, lambda_max=2.0 * (1 - 1e-14), step_size=0.5 * (1 + 1e-14))
    assert summarize([here, there], TARGETS).members == 2
    other = dataclasses.replace(other, lambda_max=4.0, step_size=0.25)
    with pytest.raises(ValueError, match="members of one ensemble"):
        summarize([here, other], TARGETS)


def test_the_same_members_give_the_same_interval():
    losses = np.random.default_rng(0).lognormal(size=20)
    assert bootstrap(losses, spread) == bootstrap(losses, spread)


def test_equal_losses_have_no_interval_and_no_warning():
    found = bootstrap(np.full(10, 0.25), spread)
    assert (found.value, found.low, found.error) == (0.0, None, None)


def test_the_standard_error_of_the_mean_is_the_textbooks():
    losses = np.random.default_rng(2).standard_normal(400) + 5
    found = bootstrap(losses, mean)
    sem = losses.std(ddof=1) / 20
    assert found.error == pytest.approx(sem, rel=0.05)
    assert found.high - found.low == pytest.approx(2 * scipy.stats.norm.ppf(0.84) * sem, rel=0.05)


@pytest.mark.parametrize("statistic", [mean, spread, ratio])
@pytest.mark.parametrize("confidence", [0.68, 0.95])
def test_intervals_cover_the_truth_as_often_as_they_say(statistic, confidence, monkeypatch):
    """Losses of Gaussian outputs: a chi-squared sum of a few dozen modes."""
    monkeypatch.setattr("ntk_uq.results.ensembles.statistics.RESAMPLES", 600)
    rng, modes, trials = np.random.default_rng(3), 20, 250
    truth = {mean: 1.0, spread: np.sqrt(2 / modes), ratio: np.sqrt(2 / modes)}[statistic]
    covered = 0
    for _ in range(trials):
        found = bootstrap(rng.chisquare(modes, 40) / modes, statistic, confidence)
        covered += found.low <= truth <= found.high
    share = covered / trials
    noise = np.sqrt(confidence * (1 - confidence) / trials)
    # A bootstrap of 40 members is a little too narrow: some percent, no more.
    assert confidence - 0.06 - 3 * noise < share < confidence + 3 * noise


def test_bias_and_variance_are_those_planted_whatever_the_number_of_members():
    """Means over many small ensembles, in units of their standard errors."""
    rng = np.random.default_rng(4)
    offset = 0.7 * rng.standard_normal((T, C))
    scale = 0.2 + rng.random((T, C))
    found = np.array(
        [
            bias_and_variance(TARGETS + offset + scale * rng.standard_normal((3, T, C)), TARGETS)
            for _ in range(3000)
        ]
    )
    expected = np.array([np.mean(offset**2), np.mean(scale**2)])
    errors = found.std(axis=0) / np.sqrt(len(found))
    assert (abs(found.mean(axis=0) - expected) < 4 * errors).all()
    # The naive bias is wrong by a third of the variance here, many errors away.
    assert expected[1] / 3 > 10 * errors[0]


def test_networks_that_have_died_are_told():
    sound = members(6)
    dead = [
        dataclasses.replace(m, predictions=np.full_like(m.predictions, 0.1)) if i < 2 else m
        for i, m in enumerate(sound)
    ]
    assert not any("died" in w for w in summarize(sound, TARGETS).warnings)
    (warning,) = [w for w in summarize(dead, TARGETS).warnings if "died" in w]
    assert warning.startswith("2 of 6 networks give one output for every input")
    assert not any("died" in w for w in summarize(dead).warnings)  # without predictions
