"""A curve's points: independent of the grid, reproducible, and honest about what failed."""

import dataclasses
import re

import numpy as np
import pytest
from helpers.reference_theory import dataset, digits

from ntk_uq import datasets
from ntk_uq.base.errors import MemoryLimitError, SpecError
from ntk_uq.results.points import Point
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, TrainingSpec
from ntk_uq.theory.curve import BayesPosterior, Posterior, TrainedEnsemble, evaluate_draw
from ntk_uq.theory.kernels import Kernels

QUANTITIES = (
    "mu",
    "mu_bias",
    "mu_variance",
    "sigma",
    "epsilon",
    "epsilon_floor",
    "epsilon_population",
)
TRAININGS = {
    "converged": TrainingSpec(),
    "time": TrainingSpec(time=0.7),
    "steps": TrainingSpec(steps=5, eta=1.5),
    "bayes": TrainingSpec(posterior="bayes"),
    "jitter": TrainingSpec(jitter=1e-3),
}


def curve(n_train, training=None, n_test=30, seed=3, **architecture):
    return CurveSpec(
        DataSpec(n_test=n_test, seed=seed),
        ArchitectureSpec(**{"depth": 1, **architecture}),
        training or TrainingSpec(),
        n_train,
    )


def numbers(point):
    return np.array([getattr(point, name) for name in QUANTITIES])


@pytest.mark.parametrize("name", TRAININGS)
def test_a_point_does_not_depend_on_the_grid_it_was_computed_on(name):
    fine = (1, 2, 10, 80, 81, 150, 300)  # beyond one panel of the factor
    coarse = (80, 300)
    by_size = {p.n_train: p for p in evaluate_draw(curve(fine, TRAININGS[name]), 0)}
    assert tuple(by_size) == fine, "small N_D first"
    for point in evaluate_draw(curve(coarse, TRAININGS[name]), 0):
        twin = by_size[point.n_train]
        np.testing.assert_allclose(numbers(point), numbers(twin), rtol=1e-9)
        assert point.condition == pytest.approx(twin.condition, rel=0.03)
        assert point.ridge == twin.ridge


@pytest.mark.parametrize("name", ["converged", "steps", "bayes"])
def test_skipped_sizes_are_left_out_and_the_others_keep_their_numbers(name):
    spec = curve((5, 40, 90, 200), TRAININGS[name])
    everything = list(evaluate_draw(spec, 0))
    some = list(evaluate_draw(spec, 0, skip={5, 90, 77}))
    assert [p.n_train for p in some] == [40, 200]
    for point, twin in zip(some, everything[1::2], strict=True):
        np.testing.assert_allclose(numbers(point), numbers(twin), rtol=1e-9)
    largest_known = list(evaluate_draw(spec, 0, skip={90, 200}))
    assert [p.n_train for p in largest_known] == [5, 40]
    assert list(evaluate_draw(spec, 0, skip=set(spec.n_train))) == []


def test_draws_and_seeds_differ_and_the_same_ones_repeat_to_the_last_digit():
    spec = curve((20, 60))
    first, again, other = (list(evaluate_draw(spec, draw)) for draw in (0, 0, 1))
    reseeded = list(evaluate_draw(curve((20, 60), seed=4), 0))
    for a, b, c, d in zip(first, again, other, reseeded, strict=True):
        np.testing.assert_array_equal(numbers(a), numbers(b))
        assert (a.draw, c.draw) == (0, 1)
        assert abs(a.mu - c.mu) > 1e-6 * a.mu
        assert abs(a.mu - d.mu) > 1e-6 * a.mu


def test_points_are_yielded_one_by_one_before_larger_ones_are_computed():
    points = evaluate_draw(curve((4, 8, 900)), 0)
    assert next(points).n_train == 4
    assert next(points).n_train == 8
    points.close()


def test_a_point_carries_its_provenance_and_survives_json():
    (point,) = evaluate_draw(curve((10,)), 0)
    assert point.provenance["dtype"] == "float64"
    assert point.provenance["dataset"] == "digits"
    assert set(point.provenance["versions"]) >= {"ntk_uq", "jax", "neural-tangents", "numpy"}
    assert point.seconds > 0
    assert Point.from_json(point.to_json()) == point


def test_more_data_help_and_training_moves_from_prior_to_convergence():
    converged = [p.mu for p in evaluate_draw(curve((10, 100, 1000), n_test=200), 0)]
    assert converged[0] > converged[1] > converged[2]
    times = (1e-12, 1e-3, 1e4)
    prior, between, end = (
        next(evaluate_draw(curve((100,), TrainingSpec(time=t), n_test=200), 0)) for t in times
    )
    assert prior.mu > between.mu > end.mu
    assert end.mu == pytest.approx(converged[1], rel=1e-9)
    split = digits(100, 200, seed=3)
    # ReLU, sigma_w^2 = 2 on the sphere: K(x, x) = 2; one-hot minus 1/C: |y|^2 / C = 0.09.
    assert prior.mu == pytest.approx(2 + np.mean(split.y_test**2), rel=1e-8)
    assert prior.mu == pytest.approx(2.09, rel=1e-8)


def rank_deficient(n_pool=60, d=4):
    rng = np.random.default_rng(1)
    x = rng.standard_normal((n_pool + 20, d))
    return dataset(x, np.sin(x[:, 0]), n_pool, preparation="scale")


@pytest.mark.parametrize("posterior", ["trained", "bayes"])
def test_a_singular_kernel_is_a_reason_and_not_a_number(posterior):
    # A linear network has as many degrees of freedom as inputs: 4, and no bias here.
    training = TrainingSpec(posterior=posterior)
    spec = curve((2, 3, 30, 60), training, n_test=20, activation="linear")
    good = list(evaluate_draw(spec, 0, dataset=rank_deficient()))
    assert [p.n_train for p in good] == [2, 3, 30, 60]
    for point in good[:2]:
        assert point.failure is None
        assert np.isfinite(numbers(point)).all()
    for point in good[2:]:
        assert re.search(
            r"30 examples is not positive definite in float64\. Add a jitter, say 1e-8",
            point.failure,
        )
        assert all(getattr(point, name) is None for name in QUANTITIES)
        assert point.provenance


def test_with_a_jitter_the_singular_kernel_has_numbers():
    training = TrainingSpec(jitter=1e-6)
    spec = curve((2, 3, 30, 60), training, n_test=20, activation="linear")
    points = list(evaluate_draw(spec, 0, dataset=rank_deficient()))
    assert [p.failure for p in points] == [None] * 4
    assert all(np.isfinite(p.mu) and p.ridge > 0 for p in points)
    # So small a ridge leaves the least-squares fit of the inputs, in which all networks agree.
    split = datasets.load_split(rank_deficient(), spec.data, 60, 0)
    fit = np.linalg.lstsq(split.x_train, split.y_train, rcond=None)[0]
    best = np.mean((split.x_test @ fit - split.y_test) ** 2)
    assert points[-1].mu == pytest.approx(best, rel=1e-5)


def test_a_jitter_too_small_to_help_advises_a_larger_one():
    training = TrainingSpec(jitter=1e-300)
    spec = curve((30,), training, n_test=20, activation="linear")
    (point,) = evaluate_draw(spec, 0, dataset=rank_deficient())
    assert "Add a jitter above 1e-300" in point.failure


@pytest.mark.parametrize("posterior", ["trained", "bayes"])
def test_an_ill_conditioned_kernel_gives_a_warning_with_its_condition(posterior):
    rng = np.random.default_rng(2)
    x = rng.standard_normal((60, 6))
    x[1] = x[0] + 1e-7 * rng.standard_normal(6)  # smooth kernels hardly tell these two apart
    spec = curve((40,), TrainingSpec(posterior=posterior), n_test=20, activation="erf", sigma_b=0.1)
    (point,) = evaluate_draw(spec, 0, dataset=dataset(x, x[:, 0], 40, preparation="scale"))
    assert point.failure is None
    assert point.condition > 1e12
    assert any("condition number" in w and "Add a jitter, say 1e-8" in w for w in point.warnings)
    jittered = dataclasses.replace(spec, training=TrainingSpec(posterior=posterior, jitter=1e-6))
    (better,) = evaluate_draw(jittered, 0, dataset=dataset(x, x[:, 0], 40, preparation="scale"))
    assert better.condition < 1e9
    assert not any("condition" in w for w in better.warnings)


def test_a_kernel_singular_to_rounding_is_not_called_one_that_loses_some_digits():
    rng = np.random.default_rng(2)
    x = rng.standard_normal((60, 6))
    x[1] = x[0] + 1e-9 * rng.standard_normal(6)
    spec = curve((40,), n_test=20, activation="gelu")
    (point,) = evaluate_draw(spec, 0, dataset=dataset(x, x[:, 0], 40, preparation="scale"))
    assert point.failure is not None or any("no digit of mu" in w for w in point.warnings)
    assert not any("fourth digit" in w for w in point.warnings)


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_an_example_that_is_there_twice_makes_the_kernel_singular(activation):
    x = np.random.default_rng(3).standard_normal((60, 6))
    x[20] = x[3]
    spec = curve((60,), n_test=20, activation=activation)
    twice = dataset(np.concatenate([x, x]), np.tile(x[:, 0], 2), 60, preparation="scale")
    (point,) = evaluate_draw(spec, 0, dataset=twice)
    # Refused, or computed from a pivot that is a rounding error, and said so.
    assert point.failure is not None or any("condition number" in w for w in point.warnings)


def test_networks_that_agree_to_rounding_are_told():
    spec = curve((60,), TrainingSpec(time=1e6), n_test=20, activation="linear")
    (point,) = evaluate_draw(spec, 0, dataset=rank_deficient())
    assert any("agree to rounding" in w for w in point.warnings)


def test_a_well_conditioned_kernel_gives_no_warning():
    (point,) = evaluate_draw(curve((60,), n_test=300), 0)
    assert point.warnings == ()
    x = digits(60, 1, seed=3).x_train
    (ntk,) = Kernels(ArchitectureSpec(1), ("ntk",)).symmetric(x)
    assert point.condition == pytest.approx(np.linalg.cond(ntk), rel=0.03)


def test_a_test_set_too_small_for_the_population_says_so():
    (point,) = evaluate_draw(curve((10,), n_test=1), 0)
    assert point.epsilon_population is None
    assert any("N_T = 1 is too small" in w for w in point.warnings)


@pytest.mark.parametrize("norms", ["one", "many"])
def test_the_ridge_is_the_jitter_times_the_mean_diagonal_of_the_pool(norms):
    rng = np.random.default_rng(6)
    x = rng.standard_normal((120, 8)) * (1 if norms == "one" else rng.uniform(0.2, 3, (120, 1)))
    kind = "sphere" if norms == "one" else "scale"
    data = dataset(x, x[:, 0], 100, preparation=kind)
    for posterior, name in (("trained", "ntk"), ("bayes", "nngp")):
        spec = curve((10, 50), TrainingSpec(posterior, jitter=0.01), n_test=20, sigma_b=0.2)
        centred = x[:100] - x[:100].mean(0)
        if kind == "sphere":
            pool = centred / np.sqrt(np.mean(centred**2, axis=1, keepdims=True))
        else:
            pool = centred / np.sqrt(np.mean(centred**2))
        (k,) = Kernels(spec.architecture, (name,)).symmetric(pool)
        for point in evaluate_draw(spec, 0, dataset=data):
            assert point.ridge == pytest.approx(0.01 * np.trace(k) / 100, rel=1e-12)


def test_too_many_examples_are_refused_before_anything_is_computed():
    with pytest.raises(SpecError, match=r"N_D is 1,298, but the pool of digits holds 1,297"):
        next(evaluate_draw(curve((10, 1298)), 0))
    with pytest.raises(SpecError, match=r"N_T is 501, but the test part of digits holds 500"):
        next(evaluate_draw(curve((10,), n_test=501), 0))


def test_what_does_not_fit_into_memory_is_refused_before_anything_is_computed(monkeypatch):
    monkeypatch.setenv("NTK_UQ_MEMORY", "1MiB")
    with pytest.raises(MemoryLimitError, match="NTK_UQ_MEMORY"):
        next(evaluate_draw(curve((10,)), 0))


def test_both_posteriors_follow_the_protocol():
    split, kernels = digits(3, 2), Kernels(ArchitectureSpec(1))
    assert isinstance(TrainedEnsemble(kernels, split, 0.0, TrainingSpec()), Posterior)
    nngp = Kernels(ArchitectureSpec(1), ("nngp",))
    assert isinstance(BayesPosterior(nngp, split, 0.0), Posterior)


@pytest.mark.parametrize(
    "training",
    [TrainingSpec(time=1e6), TrainingSpec(steps=10**6), TrainingSpec(jitter=1e-12)],
    ids=["time", "steps", "jitter"],
)
def test_networks_that_all_agree_have_no_spread_and_no_nan(training):
    # A linear network with more data than inputs ends in one function, whatever its start.
    spec = curve((10, 20, 40, 60), training, n_test=20, activation="linear")
    for n_test in (1, 3, 20):
        small = dataclasses.replace(spec, data=DataSpec(n_test=n_test))
        for point in evaluate_draw(small, 0, dataset=rank_deficient()):
            assert point.failure is None
            for name in ("mu", "sigma", "epsilon", "epsilon_floor"):
                assert np.isfinite(getattr(point, name)), name
            assert 0 <= point.sigma < 1e-6  # the root of what rounding leaves


def test_a_flow_so_long_that_it_learns_rounding_says_so():
    spec = curve((30, 60), TrainingSpec(time=1e15), n_test=20, activation="linear")
    exact = curve((30, 60), TrainingSpec(time=1e6), n_test=20, activation="linear")
    points = evaluate_draw(spec, 0, dataset=rank_deficient())
    for point, right in zip(points, evaluate_draw(exact, 0, dataset=rank_deficient()), strict=True):
        # Convergence is the same function at both times; either the number or a word is due.
        wrong = abs(point.mu - right.mu) > 1e-6 * right.mu
        assert not wrong or point.warnings
