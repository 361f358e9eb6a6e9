"""Folds from one inverse, against networks that are trained without them."""

import numpy as np
import pytest

from ntk_uq import datasets
from ntk_uq.analysis.of_test_set import exceeds_draws
from ntk_uq.base.errors import SingularKernelError, SpecError
from ntk_uq.datasets import Split, load_split
from ntk_uq.results.curves import point_keys
from ntk_uq.results.points import average
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, TrainingSpec
from ntk_uq.theory.curve import evaluate_draw
from ntk_uq.theory.folds import InFolds, Inverse, bayesian, parts_of, trained
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.posterior import BayesPosterior, TrainedEnsemble


def random_data(n):
    rng = np.random.default_rng(4)
    return rng.standard_normal((n, 6)), rng.standard_normal((n, 3))


def of_dataset(name, n):
    spec = DataSpec(name, n_test=10)
    split = load_split(datasets.get(name), spec, n, 0)
    return split.x_train, split.y_train


DATA = {
    "random": lambda: random_data(61),
    "digits": lambda: of_dataset("digits", 90),
    "calorimeter": lambda: of_dataset("calorimeter", 70),
}
NETWORKS = (ArchitectureSpec(1), ArchitectureSpec(3, "erf", 1.5, 0.3))


@pytest.mark.parametrize("bayes", [False, True], ids=["trained", "bayes"])
@pytest.mark.parametrize("jitter", [0.0, 0.05])
@pytest.mark.parametrize("network", NETWORKS, ids=str)
@pytest.mark.parametrize("data", DATA)
def test_they_are_networks_trained_on_all_other_examples(data, network, jitter, bayes):
    x, y = DATA[data]()
    kernels = Kernels(network, ("nngp",) if bayes else ("nngp", "ntk"))
    nngp, *ntk = kernels.symmetric(x)
    parts = parts_of(len(x), 7)
    ridge = jitter * float(np.mean(np.diagonal(nngp if bayes else ntk[0]))) + 1e-8
    if bayes:
        found = list(bayesian(Inverse(nngp, ridge), y, parts))
    else:
        found = list(trained(Inverse(ntk[0], ridge), nngp, y, parts))
    assert len(found) == 7
    for part, fold in zip(parts, found, strict=True):
        others = np.delete(np.arange(len(x)), np.arange(len(x))[part])
        split = Split(x[others], y[others], x[part], y[part])
        posterior = (
            BayesPosterior(kernels, split, ridge)
            if bayes
            else TrainedEnsemble(kernels, split, ridge, TrainingSpec())
        )
        (again,) = posterior.at([len(others)])
        scale = np.abs(again.mean).max()
        np.testing.assert_allclose(
            fold.residual, again.mean - y[part], rtol=0, atol=1e-9 * max(scale, 1)
        )
        scale = np.abs(again.covariance).max()
        np.testing.assert_allclose(
            fold.covariance, again.covariance, rtol=0, atol=1e-9 * max(scale, 1)
        )


def test_folds_are_all_examples_once_and_as_good_as_equal():
    parts = parts_of(23, 5)
    assert [part.stop - part.start for part in parts] == [5, 5, 5, 4, 4]
    assert np.concatenate([np.arange(23)[part] for part in parts]).tolist() == list(range(23))


def test_a_kernel_that_is_singular_is_told():
    with pytest.raises(SingularKernelError, match="of 4 examples is not positive definite"):
        Inverse(np.ones((4, 4)), 0.0)


def test_the_condition_is_that_of_the_matrix_that_is_inverted():
    matrix = np.diag([1.0, 10.0, 1000.0])
    assert Inverse(matrix, 0.0).condition == pytest.approx(1000)
    assert Inverse(matrix, 9.0).condition == pytest.approx(1009 / 10)


def test_moments_are_those_of_the_folds_put_together():
    x, y = random_data(60)
    kernels = Kernels(NETWORKS[0], ("nngp", "ntk"))
    split, training = Split(x, y, x[:0], y[:0]), TrainingSpec()
    (found,) = InFolds(kernels, split, 1e-8, training, 5).moments_at([60])
    of_each = []
    for low in range(0, 60, 12):
        fold = np.arange(low, low + 12)
        others = np.delete(np.arange(60), fold)
        each = TrainedEnsemble(
            kernels, Split(x[others], y[others], x[fold], y[fold]), 1e-8, training
        )
        (loss,) = each.moments_at([48])
        of_each.append(loss.moments)
    got = found.moments
    assert got.mu == pytest.approx(np.mean([m.mu for m in of_each]), rel=1e-9)
    square = np.mean([m.sigma**2 for m in of_each])
    assert got.sigma == pytest.approx(np.sqrt(square), rel=1e-9)
    floor = np.mean([(m.epsilon_floor * m.mu) ** 2 for m in of_each])
    assert got.epsilon_floor == pytest.approx(np.sqrt(floor) / got.mu, rel=1e-9)
    own = got.epsilon_floor**2 + (1 - 1 / 12) * got.epsilon_population**2
    assert own == pytest.approx(got.epsilon**2, rel=1e-12)


def test_the_error_of_mu_is_that_of_the_loss_on_an_endless_pool_and_a_little_too_small():
    """Of what the networks without each fold lose on examples that none of them has seen. Networks
    of different folds share training examples, which the error leaves out."""
    rng, kernels = np.random.default_rng(8), Kernels(ArchitectureSpec(1), ("nngp", "ntk"))
    n, folds, pool, replicas, noise = 80, 5, 4000, 150, 0.3
    target, x_pool = rng.standard_normal((4, 3)), rng.standard_normal((pool, 4))
    prior, found_of = kernels.diagonal(x_pool)[0], []
    for _ in range(replicas):
        x = rng.standard_normal((n, 4))
        y = np.tanh(x @ target) + noise * rng.standard_normal((n, 3))
        split = Split(x, y, x[:0], y[:0])
        (found,) = InFolds(kernels, split, 1e-6, TrainingSpec(), folds).moments_at([n])
        nngp, ntk = kernels.symmetric(x)
        nngp_pool, ntk_pool = kernels.cross(x_pool, x)
        truth = []
        for part in parts_of(n, folds):
            d = np.delete(np.arange(n), np.arange(n)[part])
            w = np.linalg.solve(ntk[np.ix_(d, d)] + 1e-6 * np.eye(len(d)), ntk_pool[:, d].T)
            bias = np.mean((w.T @ y[d] - np.tanh(x_pool @ target)) ** 2) + noise**2
            variance = prior + np.sum(w * (nngp[np.ix_(d, d)] @ w - 2 * nngp_pool[:, d].T), axis=0)
            truth.append(bias + np.mean(variance))
        found_of.append((found.moments.mu - np.mean(truth), found.errors.mu))
    departure, stated = np.array(found_of).T
    ratio = np.sqrt(np.mean(departure**2) / np.mean(stated**2))
    assert 1.0 < ratio < 1.35, ratio
    inside = np.mean(np.abs(departure) < 1.96 * stated)
    assert 0.82 < inside < 0.95, inside


def test_a_curve_in_folds_says_what_each_network_was_trained_on():
    spec = CurveSpec(DataSpec("digits", n_test=1), n_train=(20, 41), test="folds=4")
    points = list(evaluate_draw(spec, 0))
    assert [(p.n_train, p.used) for p in points] == [(15, 20), (31, 41)]
    assert all(p.failure is None and p.mu_test_error > 0 for p in points)
    assert points[1].mu < points[0].mu


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"test": "folds=1"}, r"test is 'folds=1'; choose held-out, or folds=K with K from 2 to"),
        ({"test": "halves"}, r"test is 'halves'; choose held-out, or folds=K"),
        ({"test": "folds=50", "n_train": (99, 200)}, "in 50 folds leaves fewer than two examples"),
        ({"test": "folds=5", "training": TrainingSpec(time=1.0)}, "trained to convergence, or Bay"),
    ],
)
def test_what_cannot_be_tested_on_folds_is_said(fields, words):
    with pytest.raises(SpecError, match=words):
        CurveSpec(**fields)


def test_n_test_says_nothing_where_folds_are_tested_on():
    of = [CurveSpec(DataSpec(n_test=n), n_train=(20,), test="folds=4") for n in (10, 400)]
    assert point_keys(of[0]) == point_keys(of[1])
    held_out = [CurveSpec(DataSpec(n_test=n), n_train=(20,)) for n in (10, 400)]
    assert point_keys(held_out[0]) != point_keys(held_out[1])


def test_networks_that_learn_from_noisy_labels_are_tested_on_clean_ones():
    x, y = random_data(60)
    noisy = y + np.random.default_rng(1).standard_normal(y.shape)
    kernels, training = Kernels(NETWORKS[0], ("nngp", "ntk")), TrainingSpec()
    split = Split(x, noisy, x[:0], y[:0])
    (found,) = InFolds(kernels, split, 1e-8, training, 5, noisy - y).moments_at([60])
    losses = []
    for part in parts_of(60, 5):
        others = np.delete(np.arange(60), np.arange(60)[part])
        each = Split(x[others], noisy[others], x[part], y[part])
        (loss,) = TrainedEnsemble(kernels, each, 1e-8, training).moments_at([48])
        losses.append(loss.moments.mu)
    assert found.moments.mu == pytest.approx(np.mean(losses), rel=1e-9)
    noise = DataSpec("digits", n_test=1, noise=1.0)
    (point,) = evaluate_draw(CurveSpec(noise, n_train=(200,), test="folds=5"), 0)
    (clean,) = evaluate_draw(CurveSpec(DataSpec("digits"), n_train=(200,), test="folds=5"), 0)
    scale = 0.9 / 10  # of the labels' mean square, which the noise would add to the bias
    assert clean.mu_bias < point.mu_bias < clean.mu_bias + 0.5 * scale


def test_folds_of_two_sizes_have_the_pairs_that_they_have():
    x, y = random_data(25)
    x, y = x + 1, y + 3  # what is left of it is alike on all examples
    kernels, training = Kernels(NETWORKS[0], ("nngp", "ntk")), TrainingSpec()
    (found,) = InFolds(kernels, Split(x, y, x[:0], y[:0]), 1e-8, training, 10).moments_at([25])
    inverse = Inverse(kernels.symmetric(x)[1], 1e-8)
    between = pairs = 0.0
    for residual, s in trained(inverse, kernels.symmetric(x)[0], y, parts_of(25, 10)):
        cov = (2 * 3 * s**2 + 4 * s * (residual @ residual.T)) / 3**2
        between += cov.sum() - np.trace(cov)
        pairs += cov.size - len(cov)
    got = found.moments
    assert (got.epsilon_population * got.mu) ** 2 == pytest.approx(between / pairs, rel=1e-9)


def test_n_of_which_the_networks_would_be_trained_on_as_many_are_refused():
    with pytest.raises(SpecError, match="N_D 21 and the next one train networks on 11 examples"):
        CurveSpec(n_train=(20, 21, 22, 40), test="folds=2")


def test_draws_of_folds_have_test_examples_of_their_own():
    spec = CurveSpec(DataSpec("digits"), n_train=(40,), draws=3, test="folds=5")
    points = [point for draw in range(3) for point in evaluate_draw(spec, draw)]
    (mean,) = average(points)
    assert mean.error("mu") == mean.mu_sem
    own = np.mean([point.mu_test_error for point in points])
    assert mean.mu_test_error == pytest.approx(own / np.sqrt(3))
    assert not exceeds_draws(mean, "mu")
    (alone,) = average(points[:1])
    assert alone.error("mu") == points[0].mu_test_error
    assert exceeds_draws(alone, "mu")


@pytest.mark.parametrize("digits", ["0" * 9 + "5" * 4400, "٥", "5_0", "005", "+5"])
def test_what_is_no_number_of_folds_is_refused_in_words(digits):
    if digits == "005":
        assert CurveSpec(n_train=(20,), test="folds=005").test == "folds=5"
        return
    with pytest.raises(SpecError, match="choose held-out, or folds=K with K from 2 to 100"):
        CurveSpec(test=f"folds={digits}")
