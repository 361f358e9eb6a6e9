"""Curves on an accelerator, whose programs run here on the processor: the same numbers."""

import re
from pathlib import Path

import numpy as np
import pytest
from helpers.reference_theory import digits

from ntk_uq import datasets
from ntk_uq.base import settings
from ntk_uq.base.errors import MemoryLimitError, SingularKernelError, SpecError
from ntk_uq.costs.memory import check_device_memory, device_bytes, largest_on_device
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, TrainingSpec
from ntk_uq.theory import curve, device_blocks, kernels
from ntk_uq.theory.curve import evaluate_draw
from ntk_uq.theory.device_blocks import best_tile
from ntk_uq.theory.device_posterior import DevicePosterior
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.posterior import BayesPosterior, Posterior, TrainedEnsemble

SIZES = (30, 100, 150)
FEATURES, OUTPUTS, N_TEST, TILE = 64, 10, 70, 64
"""Those of the digits, for all problems: each step of the algebra is compiled for each shape."""
SHIPPED = device_blocks.TILES
CONVERGED, BAYES = TrainingSpec(), TrainingSpec(posterior="bayes")


@pytest.fixture(autouse=True)
def _one_tile(monkeypatch):
    monkeypatch.setattr(kernels, "TILE", TILE)
    monkeypatch.setattr(device_blocks, "TILES", (TILE,))


def problem(duplicated=False, seed=None):
    """Random inputs, of other norms and fresh each run, and a grid that no tile fits."""
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


def posteriors(spec, training, split, ridge=0.0, **options):
    names = ("nngp",) if training.posterior == "bayes" else ("nngp", "ntk")
    kernels = Kernels(spec, names)
    if training.posterior == "bayes":
        usual = BayesPosterior(kernels, split, ridge)
    else:
        usual = TrainedEnsemble(kernels, split, ridge, training)
    return usual, DevicePosterior(kernels, split, ridge, training, tile=TILE, **options)


def assert_same(got, want, tolerance):
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a.mean, b.mean, rtol=0, atol=tolerance * np.abs(b.mean).max())
        size = np.abs(b.covariance).max()
        np.testing.assert_allclose(a.covariance, b.covariance, rtol=0, atol=tolerance * size)
        assert np.array_equal(a.covariance, a.covariance.T)
        assert a.condition == pytest.approx(b.condition, rel=0.06)


@pytest.mark.parametrize("options", [{}, {"kept": False}], ids=["elimination", "solution"])
@pytest.mark.parametrize("training", [CONVERGED, BAYES], ids=["trained", "bayes"])
@pytest.mark.parametrize(
    "spec",
    [ArchitectureSpec(2, sigma_b=0.3), ArchitectureSpec(2, "erf", 1.2, 0.1)],
    ids=["relu", "erf"],
)
def test_every_route_has_the_numbers_of_the_processors(spec, training, options):
    usual, device = posteriors(spec, training, problem(), 1e-6, **options)
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
    usual, device = posteriors(ArchitectureSpec(2), training, digits(SIZES[-1], N_TEST), mixed=True)
    points = list(device.at(SIZES))
    assert_same(points, list(usual.at(SIZES)), 1e-8)
    assert all(0 < p.residual < 1e-9 for p in points)
    assert all(p.residual is None for p in usual.at(SIZES))


@pytest.mark.parametrize("options", [{}, {"kept": False}, {"mixed": True}])
def test_equal_and_opposite_examples_are_taken_with_a_ridge(options):
    usual, device = posteriors(
        ArchitectureSpec(2), CONVERGED, problem(duplicated=True), 1e-3, **options
    )
    assert_same(list(device.at(SIZES)), list(usual.at(SIZES)), 1e-6)


def test_a_singular_kernel_is_told_with_the_first_size_that_has_it():
    split = problem()
    split.x_train[140] = split.x_train[60]
    _, device = posteriors(ArchitectureSpec(2), CONVERGED, split, -1e-9)
    points = device.at(SIZES)
    next(points)
    next(points)
    with pytest.raises(SingularKernelError, match="of 150 examples is not positive definite"):
        next(points)


@pytest.mark.parametrize("apart", [0.03, 1e-3, 1e-5, 1e-7])  # the first is right
def test_mixed_precision_of_an_ill_conditioned_kernel_is_right_or_refused_in_words(apart):
    split = problem()
    split.x_train[100:140] = split.x_train[40:80] * (1 + apart)
    usual, device = posteriors(ArchitectureSpec(2, "erf"), CONVERGED, split, 1e-11, mixed=True)
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


def test_tiles_suit_the_grid(monkeypatch):
    monkeypatch.setattr(device_blocks, "TILES", SHIPPED)
    assert best_tile((20_000,), 1000) == 1024
    assert best_tile((300,), 100) < 1024
    assert best_tile(tuple(range(160, 4001, 160)), 1000) < best_tile((4000,), 1000)
    assert all(best_tile((n,), 100) in device_blocks.TILES for n in (1, 100, 3000))


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


def test_what_does_not_fit_its_memory_is_told_before_it_is_computed(accelerator):
    accelerator(2**30)
    spec = CurveSpec(DataSpec("mnist", n_test=100), n_train=(50_000,))
    with pytest.raises(MemoryLimitError, match=r"it has 1\.0 GiB\. The largest n_train that"):
        check_device_memory(spec, 784, 2**30)
    largest = largest_on_device(2**30, 100, 784, spec.training, kept=False)
    assert device_bytes(largest, 100, 784, spec.training, kept=False) <= 2**30
    assert device_bytes(largest + 1, 100, 784, spec.training, kept=False) > 2**30


def test_one_kernel_is_evaluated_again_where_both_do_not_fit():
    spec = CurveSpec(DataSpec(n_test=100), n_train=(20_000,))
    both = device_bytes(20_000, 100, 64, spec.training)
    assert check_device_memory(spec, 64, both)
    assert not check_device_memory(spec, 64, both - 1)
    assert not check_device_memory(spec, 64, both, mixed=True)


def test_the_documented_sizes_are_the_models():
    text = (Path(__file__).resolve().parents[2] / "docs" / "deployment.md").read_text()
    rows = re.findall(r"^\| (\d+) GB ((?:\| [\d,]+ ){5})\|$", text, re.MULTILINE)
    assert [int(size) for size, _ in rows] == [16, 24, 80]
    ways = [
        {"training": CONVERGED},
        {"training": CONVERGED, "kept": False},
        {"training": CONVERGED, "mixed": True},
        {"training": BAYES},
        {"training": TrainingSpec(time=1.0)},
    ]
    for size, cells in rows:
        told = [int(cell.replace(",", "")) for cell in cells.replace(" ", "").split("|")[1:]]
        limit = int(0.9e9 * int(size))
        for n, way in zip(told, ways, strict=True):
            exact = largest_on_device(limit, 1000, 784, **way)
            assert exact - 100 < n <= exact


def test_another_precision_is_refused_in_words(monkeypatch):
    monkeypatch.setenv(settings.PRECISION, "float16")
    with pytest.raises(SpecError, match="'float16'; write float64 or mixed"):
        settings.mixed_precision()
