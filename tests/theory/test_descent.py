"""Losses along a training: curves' points, explicit descent of sampled networks, matrix powers."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from helpers.reference_theory import dataset, digits

from ntk_uq import datasets
from ntk_uq.base.errors import (
    DataError,
    MemoryLimitError,
    MissingDataError,
    SingularKernelError,
    SpecError,
)
from ntk_uq.costs.memory import check_descent_memory
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess
from ntk_uq.jobs.asking import submit
from ntk_uq.results.descent import Descent, descent_key, stored_descent
from ntk_uq.results.losses import LossMoments
from ntk_uq.results.losses import test_loss as loss_of
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, DescentSpec, TrainingSpec
from ntk_uq.store import JobState, json_bytes
from ntk_uq.theory.curve import evaluate_draw
from ntk_uq.theory.descent import Dynamics, evaluate_descent
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.moments import loss_moments

N, T = 30, 20
SPEC = DescentSpec(
    DataSpec(n_test=T, seed=3),
    ArchitectureSpec(2, "erf", sigma_w=1.4, sigma_b=0.3),
    eta=1.3,
    steps=(0, 1, 2, 7, 40),
    n_train=N,
    draw=1,
)
MOMENTS = tuple(LossMoments.__dataclass_fields__)


def problem(spec):
    """The split, and both kernels of its training and test inputs together."""
    split = digits(spec.n_train, spec.data.n_test, spec.data.seed, spec.draw)
    x = np.concatenate([split.x_train, split.x_test])
    return split, *Kernels(spec.architecture).symmetric(x)


# Against other routes


@pytest.mark.parametrize("eta", [0.2, 1.0, 1.7])
@pytest.mark.parametrize("jitter", [0.0, 1e-2])
@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_the_test_loss_is_that_of_a_curve_at_the_same_steps(eta, jitter, activation):
    steps = (1, 2, 9, 100, 5001, 1_000_000)
    spec = replace(
        SPEC, architecture=ArchitectureSpec(1, activation), steps=steps, eta=eta, jitter=jitter
    )
    descent = evaluate_descent(spec)
    assert descent.recorded == steps
    for found in descent.steps:
        training = TrainingSpec(steps=found.step, eta=eta, jitter=jitter)
        curve = CurveSpec(spec.data, spec.architecture, training, (N,), draws=2)
        (point,) = evaluate_draw(curve, spec.draw)
        for name in MOMENTS:
            assert getattr(found, name) == pytest.approx(getattr(point, name), rel=1e-9), name
        assert descent.ridge == pytest.approx(point.ridge, rel=1e-12)


def descended(spec, f0, ridge=0.0):
    """Training and test outputs after each of the steps, one step after the other.

    ``f = f0 + T alpha`` with the step ``alpha <- alpha - s (f_d - Y + ridge alpha)``; f0 holds
    the initial outputs of any number of networks, (..., N + T, C).
    """
    split, _, ntk = problem(spec)
    n = spec.n_train
    size = spec.eta / np.linalg.norm(ntk[:n, :n] + ridge * np.eye(n), 2)
    alpha, out = np.zeros_like(f0[..., :n, :]), {}
    for step in range(spec.steps[-1] + 1):
        f = f0 + ntk[:, :n] @ alpha
        if step in spec.steps:
            out[step] = f
        alpha = alpha - size * (f[..., :n, :] - split.y_train + ridge * alpha)
    return out


@pytest.mark.parametrize("eta", [0.4, 1.3])
@pytest.mark.parametrize("jitter", [0.0, 0.3])
def test_both_losses_are_those_of_the_explicit_map_of_initial_outputs(eta, jitter):
    """Outputs are affine in the initial ones: descent of a basis gives mean and covariance."""
    spec = replace(SPEC, eta=eta, jitter=jitter)
    descent = evaluate_descent(spec)
    split, nngp, _ = problem(spec)
    zero = np.zeros((1, N + T, split.y_train.shape[1]))
    mean = descended(spec, zero, descent.ridge)
    basis = np.zeros((N + T, N + T, split.y_train.shape[1]))
    basis[np.arange(N + T), np.arange(N + T), 0] = 1
    moved = descended(spec, basis, descent.ridge)
    for found in descent.steps:
        m = mean[found.step][0]
        propagator = (moved[found.step][:, :, 0] - m[:, 0]).T
        s = propagator @ nngp @ propagator.T
        test = loss_moments(m[N:], s[N:, N:], split.y_test)
        train = loss_moments(m[:N], s[:N, :N], split.y_train)
        for name in MOMENTS:
            assert getattr(found, name) == pytest.approx(getattr(test, name), rel=1e-9), name
        for name in ("mu", "mu_bias", "mu_variance", "sigma"):
            want = getattr(train, name)
            assert getattr(found, f"train_{name}") == pytest.approx(want, rel=1e-9), name


@pytest.mark.parametrize("steps", [1, 3, 60])
def test_the_training_residual_is_a_matrix_power(steps):
    split, nngp, ntk = problem(SPEC)
    ntk, nngp = ntk[:N, :N], nngp[:N, :N]
    size = SPEC.eta / np.linalg.eigvalsh(ntk)[-1]
    power = np.linalg.matrix_power(np.eye(N) - size * ntk, steps)
    (found,) = evaluate_descent(replace(SPEC, steps=(steps,))).steps
    bias = np.mean((power @ split.y_train) ** 2)
    assert found.train_mu_bias == pytest.approx(bias, rel=1e-9)
    variance = np.trace(power @ nngp @ power.T) / N
    assert found.train_mu_variance == pytest.approx(variance, rel=1e-9)


def test_losses_are_those_of_sampled_networks_within_their_standard_errors():
    count = 4000
    n, t = 10, 12
    spec = replace(SPEC, data=DataSpec(n_test=t), n_train=n, draw=0, steps=(0, 1, 4, 25), eta=1.2)
    split, nngp, _ = problem(spec)
    root = np.linalg.cholesky(nngp)
    rng = np.random.default_rng(8)
    f0 = root @ rng.standard_normal((count, n + t, split.y_test.shape[1]))
    sampled = descended(spec, f0)
    for found in evaluate_descent(spec).steps:
        f = sampled[found.step]
        for losses, mu, sigma, skewness in (
            (loss_of(f[:, n:], split.y_test), found.mu, found.sigma, found.skewness),
            (loss_of(f[:, :n], split.y_train), found.train_mu, found.train_sigma, None),
        ):
            z = (losses - mu) / sigma
            assert abs(z.mean()) < 4 / math.sqrt(count)
            assert abs(np.mean(z**2) - 1) < 4 * np.std(z**2) / math.sqrt(count)
            if skewness is not None:
                error = np.std(z**3) / math.sqrt(count)
                assert abs(np.mean(z**3) - skewness) < 4 * error
                assert error < 0.5 * skewness


# What a training does


def test_step_0_is_the_network_before_training_exactly():
    descent = evaluate_descent(replace(SPEC, jitter=1e-3))
    first = descent.steps[0]
    split, nngp, _ = problem(SPEC)
    dynamics = Dynamics(Kernels(SPEC.architecture), split, 0.1, SPEC.eta)
    mean, covariance, condition = dynamics.test(0)
    (prior,) = Kernels(SPEC.architecture, ("nngp",)).symmetric(split.x_test)
    np.testing.assert_array_equal(mean, np.zeros_like(split.y_test))
    np.testing.assert_array_equal(covariance, prior)
    assert condition == 1
    want = loss_moments(np.zeros_like(split.y_test), prior, split.y_test)
    assert {name: getattr(first, name) for name in MOMENTS} == vars(want)
    train = loss_moments(np.zeros_like(split.y_train), nngp[:N, :N], split.y_train)
    for name in ("mu", "mu_bias", "mu_variance", "sigma"):
        assert getattr(first, f"train_{name}") == pytest.approx(getattr(train, name), rel=1e-12)


@pytest.mark.parametrize(("eta", "last"), [(0.1, 10_000), (0.99, 1000)])
def test_the_training_loss_falls_with_every_step_and_has_digits_when_it_is_tiny(eta, last):
    steps = (*range(30), 100, 300, last)
    descent = evaluate_descent(replace(SPEC, eta=eta, steps=steps))
    for name in ("train_mu", "train_mu_bias", "train_mu_variance", "train_sigma"):
        assert np.all(np.diff([getattr(s, name) for s in descent.steps]) < 0), name
    # In the end only the slowest direction is left, and falls by (1 - s lambda_min)^2k.
    _, nngp, ntk = problem(SPEC)
    values, vectors = np.linalg.eigh(ntk[:N, :N])
    assert descent.lambda_max == pytest.approx(values[-1], rel=1e-12)
    left = last * math.log1p(-eta * values[0] / values[-1])
    want = (vectors[:, 0] @ nngp[:N, :N] @ vectors[:, 0]) / N * math.exp(2 * left)
    assert want < 1e-20
    assert descent.steps[-1].train_mu_variance == pytest.approx(want, rel=1e-6)


def test_a_ridge_keeps_the_network_from_its_targets():
    spec = replace(SPEC, steps=(1_000_000,), eta=1.0, jitter=0.5)
    descent = evaluate_descent(spec)
    split, nngp, ntk = problem(spec)
    damped = ntk[:N, :N] + descent.ridge * np.eye(N)
    kept = descent.ridge * np.linalg.inv(damped)
    assert descent.steps[0].train_mu_bias == pytest.approx(
        np.mean((kept @ split.y_train) ** 2), rel=1e-9
    )
    assert descent.steps[0].train_mu_variance == pytest.approx(
        np.trace(kept @ nngp[:N, :N] @ kept) / N, rel=1e-9
    )
    assert descent.lambda_max == pytest.approx(np.linalg.norm(damped, 2), rel=1e-12)


def test_other_steps_do_not_change_a_steps_numbers():
    (alone,) = evaluate_descent(replace(SPEC, steps=(7,))).steps
    assert alone == evaluate_descent(SPEC).steps[3]


def test_one_example_is_a_training_set():
    descent = evaluate_descent(replace(SPEC, n_train=1, eta=1.0))
    assert [s.train_mu for s in descent.steps[1:]] == [0.0] * 4
    assert all(s.mu > 0 for s in descent.steps)


# Words


def test_doubts_come_with_their_steps():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((60, 4))
    flat = dataset(x, np.sin(x[:, 0]), 40, preparation="scale")
    spec = DescentSpec(
        DataSpec("memory", n_test=20),
        ArchitectureSpec(1, "linear"),
        steps=(0, 1, 100_000, 1_000_000),
        n_train=40,
    )
    descent = evaluate_descent(spec, flat)
    (agree,) = (w for w in descent.warnings if "agree to rounding" in w)
    assert agree.startswith("Steps 100000 to 1000000: The networks")
    lone = evaluate_descent(replace(SPEC, data=DataSpec(n_test=1)))
    assert lone.steps[0].epsilon_population is None
    assert lone.warnings[0].startswith("Steps 0 to 40: N_T = 1 is too small")
    assert evaluate_descent(replace(SPEC, data=DataSpec(n_test=200))).warnings == ()


def test_inputs_that_are_all_zero_are_told():
    zero = dataset(np.zeros((30, 3)), np.arange(30.0), 20, preparation="none")
    spec = replace(
        SPEC,
        data=DataSpec("memory", n_test=10),
        architecture=ArchitectureSpec(1),
        n_train=20,
        draw=0,
    )
    with pytest.raises(SingularKernelError, match="vanishes in float64"):
        evaluate_descent(spec, zero)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"steps": ()}, "steps has 0 values; give 1 to 200"),
        ({"steps": tuple(range(201))}, "steps has 201 values; give 1 to 200"),
        ({"steps": (-1, 2)}, r"steps\[0\] is -1; it must be from 0 to 1000000"),
        ({"steps": (1_000_001,)}, r"steps\[0\] is 1000001; it must be from 0 to 1000000"),
        ({"steps": (3, 3)}, "steps holds 3 twice"),
        ({"eta": 2.0}, "eta is 2; it must be above 0 and below 2"),
        ({"jitter": -1.0}, "jitter is -1; it must be at least 0"),
        ({"n_train": 0}, "n_train is 0; it must be from 1"),
        ({"draw": 100}, "draw is 100; it must be from 0 to 99"),
    ],
)
def test_fields_have_their_ranges(wrong, words):
    with pytest.raises(SpecError, match=words):
        replace(SPEC, **wrong)


def test_a_specification_comes_back_from_json_and_link():
    assert DescentSpec.from_json(json.loads(json.dumps(SPEC.to_json()))) == SPEC
    assert DescentSpec.from_query(SPEC.to_query()) == SPEC


def test_what_does_not_fit_is_refused_before_it_starts(monkeypatch):
    spec = DescentSpec(DataSpec("mnist", n_test=1000), n_train=5000)
    needed = check_descent_memory(spec, 784, 2**40)
    assert needed > 8 * (4 * 5000**2 + 4 * 5000 * 1000)
    assert check_descent_memory(spec, 784, needed) == needed
    with pytest.raises(
        MemoryLimitError, match=r"N_D = 5000 and N_T = 1000 need about .* smaller N_D"
    ):
        check_descent_memory(spec, 784, needed - 1)
    monkeypatch.setenv("NTK_UQ_MEMORY", "100MiB")
    with pytest.raises(MemoryLimitError, match="NTK_UQ_MEMORY"):
        evaluate_descent(SPEC)


# The store


def test_a_history_is_computed_once_by_an_engine_and_found(store, monkeypatch):
    assert stored_descent(store.results, SPEC) is None
    job = submit(store.jobs, SPEC)
    Engine(store, InProcess()).run_until_idle()
    job = store.jobs.get(job.id)
    assert (job.state, job.error, job.done, job.total) == (JobState.DONE, "", 1, 1)
    found = stored_descent(store.results, SPEC)
    assert found.steps == evaluate_descent(SPEC).steps
    assert (found.n_train, found.draw) == (N, 1)
    assert found.provenance["dtype"] == "float64"

    def refuse(*arguments, **options):
        raise AssertionError("computed again")

    monkeypatch.setattr("ntk_uq.theory.descent.evaluate_descent", refuse)
    # Naming what the data set chooses anyway changes nothing.
    same = replace(SPEC, data=replace(SPEC.data, preparation="sphere"))
    assert stored_descent(store.results, same) == found
    submit(store.jobs, same)
    Engine(store, InProcess()).run_until_idle()
    assert store.jobs.get(same.digest()).state is JobState.DONE
    for other in ({"eta": 1.2}, {"steps": (0, 1)}, {"draw": 0}, {"jitter": 0.1}, {"n_train": 31}):
        assert stored_descent(store.results, replace(SPEC, **other)) is None


@pytest.mark.parametrize("content", [b"", b"not JSON", b"[" * 100_000, b"null", b"{}"])
def test_foreign_entries_are_as_if_they_were_not_there(store, content):
    store.results.put(descent_key(SPEC, datasets.get("digits").fingerprint()), content)
    assert stored_descent(store.results, SPEC) is None


def test_a_history_survives_json_and_a_damaged_one_is_told():
    found = evaluate_descent(SPEC)
    data = json.loads(json_bytes(found.to_json()))
    assert Descent.from_json(data) == found
    data["steps"][1]["mu"] = "0.1"
    with pytest.raises(DataError, match="not a Descent: steps: mu: str instead of float"):
        Descent.from_json(data)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"n_train": 1298}, "pool of digits holds 1,297"),
        ({"data": DataSpec("mnist")}, "data fetch mnist"),
        ({"data": DataSpec("nonsense")}, "no data set 'nonsense'"),
    ],
)
def test_a_job_that_cannot_be_computed_fails_in_words(store, wrong, words):
    job = submit(store.jobs, replace(SPEC, **wrong))
    Engine(store, InProcess()).run_until_idle()
    assert words in store.jobs.get(job.id).error


def test_a_missing_data_set_is_told_to_whoever_looks(store):
    with pytest.raises(MissingDataError, match="NTK_UQ_DATA"):
        stored_descent(store.results, replace(SPEC, data=DataSpec("mnist")))
