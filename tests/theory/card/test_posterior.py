"""Curves on an accelerator, whose programs run here on the processor: the same numbers."""

import re

import numpy as np
import pytest
from helpers.reference_theory import digits
from jax.errors import JaxRuntimeError

from ntk_uq import datasets
from ntk_uq.activations import FILES
from ntk_uq.base import settings
from ntk_uq.base.errors import MemoryLimitError, SingularKernelError, SpecError
from ntk_uq.costs.memory import CardRoute
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, TrainingSpec
from ntk_uq.theory import curve
from ntk_uq.theory.card import factor
from ntk_uq.theory.card.posterior import CardPosterior
from ntk_uq.theory.curve import evaluate_draw
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.posterior import BayesPosterior, Posterior, TrainedEnsemble

SIZES = (30, 100, 150)
FEATURES, OUTPUTS, N_TEST = 64, 10, 70
"""Those of the digits, for all problems: each step of the algebra is compiled for each shape."""
CONVERGED, BAYES = TrainingSpec(), TrainingSpec(posterior="bayes")


def problem(duplicated=False, seed=None):
    """Random inputs, of other norms and fresh each run, and a grid that no bucket fits."""
    rng = np.random.default_rng(seed)
    count = SIZES[-1] + N_TEST
    x = np.zeros((count, FEATURES))
    # In a few directions, and with the norms that as many features alone would have.
    x[:, :20] = rng.standard_normal((count, 20)) * rng.uniform(0.5, 1.5, (count, 1))
    x *= (FEATURES / 20) ** 0.5
    if duplicated:
        x[77], x[120] = x[3], -x[60]
    y = rng.standard_normal((count, OUTPUTS))
    n = SIZES[-1]
    return datasets.Split(x[:n], y[:n], x[n:], y[n:])


def posteriors(spec, training, split, ridge=0.0, route=CardRoute.WHOLE):
    names = ("nngp",) if training.posterior == "bayes" else ("nngp", "ntk")
    kernels = Kernels(spec, names)
    if training.posterior == "bayes":
        usual = BayesPosterior(kernels, split, ridge)
    else:
        usual = TrainedEnsemble(kernels, split, ridge, training)
    return usual, CardPosterior(kernels, split, ridge, training, route)


def assert_same(got, want, tolerance):
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a.mean, b.mean, rtol=0, atol=tolerance * np.abs(b.mean).max())
        size = np.abs(b.covariance).max()
        np.testing.assert_allclose(a.covariance, b.covariance, rtol=0, atol=tolerance * size)
        assert np.array_equal(a.covariance, a.covariance.T)
        assert a.condition == pytest.approx(b.condition, rel=0.06)


@pytest.mark.parametrize("route", [CardRoute.WHOLE, CardRoute.FACTOR], ids=str)
@pytest.mark.parametrize("training", [CONVERGED, BAYES], ids=["trained", "bayes"])
@pytest.mark.parametrize(
    "spec",
    [
        ArchitectureSpec(2, sigma_b=0.3),
        ArchitectureSpec(2, "erf", 1.2, 0.1),
        ArchitectureSpec(2, "gelu", 1.2, 0.1),
    ],
    ids=["relu", "erf", "gelu"],
)
def test_every_route_has_the_numbers_of_the_processors(spec, training, route):
    usual, device = posteriors(spec, training, problem(), 1e-6, route)
    assert isinstance(device, Posterior)
    assert device.prior_variance == usual.prior_variance
    assert_same(list(device.at(SIZES)), list(usual.at(SIZES)), 1e-9)


@pytest.mark.parametrize(
    "training", [TrainingSpec(time=0.7), TrainingSpec(steps=25, eta=1.5)], ids=["time", "steps"]
)
def test_a_finite_time_has_the_numbers_of_the_processors(training):
    usual, device = posteriors(ArchitectureSpec(2, sigma_b=0.2), training, problem())
    assert_same(list(device.at(SIZES)), list(usual.at(SIZES)), 1e-10)


@pytest.mark.parametrize("training", [CONVERGED, BAYES], ids=["trained", "bayes"])
def test_mixed_precision_is_refined_to_the_float64_solution_and_tells_its_residual(training):
    split = digits(SIZES[-1], N_TEST)
    usual, device = posteriors(ArchitectureSpec(2), training, split, route=CardRoute.MIXED)
    points = list(device.at(SIZES))
    assert_same(points, list(usual.at(SIZES)), 1e-8)
    assert all(0 < p.residual < 1e-9 for p in points)
    assert all(p.residual is None for p in usual.at(SIZES))


@pytest.mark.parametrize("route", CardRoute, ids=str)
def test_equal_and_opposite_examples_are_taken_with_a_ridge(route):
    usual, device = posteriors(
        ArchitectureSpec(2), CONVERGED, problem(duplicated=True), 1e-3, route
    )
    assert_same(list(device.at(SIZES)), list(usual.at(SIZES)), 1e-6)


def test_a_singular_kernel_is_told_with_the_first_size_that_has_it():
    split = problem()
    split.x_train[140] = split.x_train[60]
    _, device = posteriors(ArchitectureSpec(2), CONVERGED, split, -1e-9)
    points = device.at(SIZES)
    next(points)
    next(points)
    with pytest.raises(SingularKernelError, match=r"150 examples .* definite in float64\.$"):
        next(points)


def test_a_factor_that_the_processor_finds_is_told(monkeypatch):
    """A card may round to the other side; which it was is worth knowing."""
    _, device = posteriors(ArchitectureSpec(2), CONVERGED, problem())
    found = factor.cholesky
    monkeypatch.setattr(factor, "cholesky", lambda t: found(t) * np.nan)
    with pytest.raises(SingularKernelError, match=r"definite in float64\. The processor can"):
        next(device.at(SIZES))


def test_eigenvectors_that_the_processor_finds_are_told(monkeypatch):
    _, device = posteriors(ArchitectureSpec(2), TrainingSpec(time=1.0), problem())
    found = factor.eigenvectors
    none = lambda *of: [part * np.nan for part in found(*of)]  # noqa: E731
    monkeypatch.setattr(factor, "eigenvectors", none)
    with pytest.raises(SingularKernelError, match=r"30 examples has no eigenvectors .* finds them"):
        next(device.at(SIZES))


@pytest.mark.parametrize("apart", [0.03, 1e-3, 1e-5, 1e-7])  # the first is right
def test_mixed_precision_of_an_ill_conditioned_kernel_is_right_or_refused_in_words(apart):
    split = problem()
    split.x_train[100:140] = split.x_train[40:80] * (1 + apart)
    usual, device = posteriors(ArchitectureSpec(2, "erf"), CONVERGED, split, 1e-11, CardRoute.MIXED)
    *_, want = usual.at(SIZES)
    refused = None
    try:
        *_, got = device.at(SIZES)
    except SingularKernelError as error:
        refused = str(error)
    if refused is None:
        scale = want.condition * max(got.residual, 1e-15)
        assert np.abs(got.mean - want.mean).max() < 100 * scale * np.abs(want.mean).max()
    else:
        assert re.search(r"150 examples is (too ill-conditioned|not positive definite)", refused)


@pytest.fixture
def accelerator(monkeypatch):
    """A machine that has one, of so many bytes."""

    def has(memory):
        monkeypatch.setattr(curve, "accelerator_memory", lambda: memory)

    return has


@pytest.mark.parametrize("training", [CONVERGED, BAYES, TrainingSpec(time=1.0)])
def test_a_curve_is_computed_there_with_the_same_numbers(accelerator, monkeypatch, training):
    spec = CurveSpec(DataSpec(n_test=N_TEST), ArchitectureSpec(2), training, SIZES)
    usual = list(evaluate_draw(spec, 0))
    accelerator(2**34)
    got = {"float64": list(evaluate_draw(spec, 0))}
    monkeypatch.setenv(settings.PRECISION, "mixed")
    got["mixed"] = list(evaluate_draw(spec, 0))
    for precision, points in got.items():
        for point, twin in zip(points, usual, strict=True):
            for name in ("mu", "sigma", "epsilon"):
                assert getattr(point, name) == pytest.approx(getattr(twin, name), rel=1e-7)
            told = "residual" in point.provenance
            assert told == (precision == "mixed" and training.converged)


def test_what_float32_cannot_factor_is_computed_in_float64_if_nobody_asked_for_mixed():
    split = problem()
    split.x_train[100:140] = split.x_train[40:80] * (1 + 1e-5)
    kernels, arguments = Kernels(ArchitectureSpec(2, "erf")), (split, 1e-11, CONVERGED)
    want = CardPosterior(kernels, *arguments)
    got = CardPosterior(kernels, *arguments, CardRoute.MIXED, CardRoute.WHOLE)
    points = list(got.at(SIZES))
    # The first one as it was asked for; the others in float64, as if nobody had.
    assert [p.residual is None for p in points][-1]
    for point, twin in zip(points, want.at(SIZES), strict=True):
        assert point.mean == pytest.approx(twin.mean, rel=1e-4, abs=1e-4)
    with pytest.raises(SingularKernelError):
        list(CardPosterior(kernels, *arguments, CardRoute.MIXED, CardRoute.MIXED).at(SIZES))


def test_another_precision_is_refused_in_words(monkeypatch):
    monkeypatch.setenv(settings.PRECISION, "float16")
    with pytest.raises(SpecError, match="'float16'; write auto, float64 or mixed"):
        settings.precision()


class Full:
    """Fails as a full card does from a number of calls on, so many times."""

    def __init__(self, program, after=0, times=10**9):
        self.program, self.after, self.times, self.calls = program, after, times, 0

    def __call__(self, *arguments):
        self.calls += 1
        if self.after < self.calls <= self.after + self.times:
            raise JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes.")
        return self.program(*arguments)


@pytest.mark.parametrize(
    ("after", "times", "route"), [(0, 1, "factor"), (1, 1, "factor"), (1, 2, "mixed")]
)
def test_where_the_memory_is_full_all_the_same_less_is_kept(monkeypatch, after, times, route):
    sizes = (30, 150)  # in two stages, one factor each
    usual, device = posteriors(ArchitectureSpec(2), CONVERGED, problem(), 1e-3)
    want = list(usual.at(sizes))
    monkeypatch.setattr(factor, "cholesky", Full(factor.cholesky, after, times))
    assert_same(list(device.at(sizes)), want, 1e-8)
    assert device.route.value == route


def test_a_card_that_stays_full_is_told_with_what_would_fit(accelerator, monkeypatch):
    accelerator(2**34)
    monkeypatch.setattr(factor, "cholesky", Full(factor.cholesky, 1))
    spec = CurveSpec(DataSpec(n_test=N_TEST), ArchitectureSpec(2), CONVERGED, (30, 150))
    points = evaluate_draw(spec, 0)
    assert next(points).n_train == 30
    with pytest.raises(
        MemoryLimitError, match=r"16\.0 GiB for JAX\) was full at n_train = 150"
    ) as told:
        next(points)
    less = int(re.search(r"smaller n_train; up to (\d+) a quarter", str(told.value))[1])
    assert 0 < less < 150
    # What is no lack of memory is not taken for one.
    broken = JaxRuntimeError("INTERNAL: something else")
    monkeypatch.setattr(factor, "cholesky", lambda _: (_ for _ in ()).throw(broken))
    with pytest.raises(JaxRuntimeError, match="something else"):
        next(evaluate_draw(spec, 0))


@pytest.mark.slow
@pytest.mark.parametrize("bucket", [128, 256, 512])
@pytest.mark.parametrize("activation", FILES)
def test_at_every_side_of_every_bucket_the_moments_are_the_processors(bucket, activation):
    """Fresh inputs with duplicates, opposites and tiny norms; depths, biases, several targets."""
    rng = np.random.default_rng()
    n, n_test = bucket + 1, 90
    x = rng.standard_normal((n + n_test, 24)) * rng.uniform(0.5, 1.5, (n + n_test, 1))
    x[5], x[17], x[40] = x[3], -x[11], 1e-8 * x[40]
    x[n + 2] = x[7]  # a test example that was trained on
    y = rng.standard_normal((n + n_test, 4))
    split = datasets.Split(x[:n], y[:n], x[n:], y[n:])
    depth, sigma_b = int(rng.integers(1, 33)), float(rng.choice([0.0, 0.3]))
    spec = ArchitectureSpec(depth, activation, 1.4, sigma_b)
    # In the kernel's units: networks of rank 24 would else agree to rounding on all test examples.
    ridge = 1e-3 * Kernels(spec).mean_diagonal(split.x_train)[-1]
    for training in (CONVERGED, BAYES, TrainingSpec(time=3.0)):
        usual, device = posteriors(spec, training, split, ridge)
        sizes = (bucket - 1, bucket, n) if training.converged else (n,)
        pairs = zip(device.moments_at(sizes), usual.moments_at(sizes), strict=True)
        # What is left of the prior's variance has its rounding.
        rounding = 1e-11 * usual.prior_variance
        for got, want in pairs:
            for name in ("mu", "mu_bias", "mu_variance", "sigma", "epsilon", "epsilon_floor"):
                wanted = getattr(want.moments, name)
                told = f"{name}, {spec}, {training}"
                found = getattr(got.moments, name)
                assert found == pytest.approx(wanted, rel=1e-9, abs=rounding), told
