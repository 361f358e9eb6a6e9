"""Kernels against closed forms and quadrature written here, and the bookkeeping of their tiles."""

import math

import numpy as np
import pytest
from helpers.reference_theory import (
    by_quadrature,
    digits,
    erf_expectations,
    kernels_by_recursion,
    linear_expectations,
    relu_expectations,
)

from ntk_uq.base.errors import SpecError
from ntk_uq.specs import ArchitectureSpec
from ntk_uq.theory import kernels
from ntk_uq.theory.kernels import Kernels

CLOSED = {
    "relu": relu_expectations,
    "erf": erf_expectations,
    "linear": linear_expectations,
}


D = 7
"""Features, of other tests' problems, too: with tiles of 16 and 1, 3 or 8 layers all share their
compiled programs."""


@pytest.fixture(autouse=True)
def _small_tiles(monkeypatch):
    monkeypatch.setattr(kernels, "TILE", 16)


@pytest.fixture
def points():
    """Inputs of different norms, so that a kernel that takes them to be on a sphere is caught."""
    rng = np.random.default_rng(5)
    return rng.standard_normal((7, D)) * rng.uniform(0.5, 1.5, (7, 1)), rng.standard_normal((5, D))


@pytest.mark.parametrize("activation", CLOSED)
@pytest.mark.parametrize(("depth", "sigma_b"), [(1, 0.0), (3, 0.4)])
def test_kernels_are_the_published_closed_forms(points, activation, depth, sigma_b):
    spec = ArchitectureSpec(depth, activation, sigma_w=1.3, sigma_b=sigma_b)
    expected = kernels_by_recursion(spec, *points, CLOSED[activation])
    for got, want in zip(Kernels(spec).cross(*points), expected, strict=True):
        np.testing.assert_allclose(got, want.astype(float), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("activation", ["gelu", "erf"])
def test_kernels_are_gaussian_expectations_by_quadrature(points, activation):
    spec = ArchitectureSpec(3, activation, sigma_w=1.2, sigma_b=0.3)
    x1, x2 = points[0][:4], points[1][:3]
    expected = kernels_by_recursion(spec, x1, x2, by_quadrature(activation))
    for got, want in zip(Kernels(spec).cross(x1, x2), expected, strict=True):
        np.testing.assert_allclose(got, want.astype(float), rtol=1e-9)


@pytest.mark.parametrize("activation", ["erf", "gelu"])
def test_the_diagonal_of_smooth_activations_needs_no_closed_form(points, activation):
    spec = ArchitectureSpec(3, activation, sigma_w=1.2, sigma_b=0.3)
    x = points[0]
    expected = kernels_by_recursion(
        spec, x, x, erf_expectations if activation == "erf" else by_quadrature(activation)
    )
    for got, want in zip(Kernels(spec).symmetric(x), expected, strict=True):
        np.testing.assert_allclose(np.diag(got), np.diag(want).astype(float), rtol=1e-9)


@pytest.mark.parametrize(("depth", "sigma_b"), [(1, 0.0), (3, 0.0), (8, 0.7)])
def test_the_diagonal_of_relu_is_exact(points, depth, sigma_b):
    spec = ArchitectureSpec(depth, "relu", sigma_w=1.3, sigma_b=sigma_b)
    x = np.concatenate(points)
    q = spec.sigma_w**2 * np.sum(x.astype(np.longdouble) ** 2, axis=1) / x.shape[1] + sigma_b**2
    # E[phi^2] = q / 2 and E[phi'^2] = 1 / 2, unrolled: the NTK sums a layer's q times slopes.
    sizes = [q]
    for _ in range(depth):
        sizes.append(spec.sigma_w**2 * sizes[-1] / 2 + sigma_b**2)
    ntk = sum(size * (spec.sigma_w**2 / 2) ** (depth - i) for i, size in enumerate(sizes))
    got = Kernels(spec).symmetric(x)
    for k, want in zip(got, (sizes[-1], ntk), strict=True):
        np.testing.assert_allclose(np.diag(k), want.astype(float), rtol=1e-14)


def test_he_initialization_keeps_the_sphere_and_the_ntk_grows_by_one_a_layer():
    x = digits(30, 1).x_train
    for depth in (1, 4):
        nngp, ntk = Kernels(ArchitectureSpec(depth, "relu", math.sqrt(2))).symmetric(x)
        np.testing.assert_allclose(np.diag(nngp), 2.0, rtol=1e-14)
        np.testing.assert_allclose(np.diag(ntk), 2.0 * (depth + 1), rtol=1e-14)


@pytest.mark.parametrize("names", [("nngp",), ("ntk",), ("ntk", "nngp")])
def test_kernels_come_in_the_order_of_their_names(points, names):
    spec = ArchitectureSpec(3, "relu", sigma_b=0.2)
    both = dict(zip(("nngp", "ntk"), Kernels(spec).symmetric(points[0]), strict=True))
    asked = Kernels(spec, names).symmetric(points[0])
    assert len(asked) == len(names)
    for name, k in zip(names, asked, strict=True):
        np.testing.assert_allclose(k, both[name], rtol=1e-13)


@pytest.mark.parametrize("tile", [16, 512])
@pytest.mark.parametrize("extra", [-1, 0, 1])
@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_sizes_around_a_tile_are_symmetric_and_the_same_as_pair_by_pair(
    monkeypatch, tile, extra, activation
):
    monkeypatch.setattr(kernels, "TILE", tile)
    rng = np.random.default_rng(3)
    x = rng.standard_normal((tile + extra, D))
    spec = ArchitectureSpec(1, activation, sigma_b=0.1)
    closed = kernels_by_recursion(spec, x, x[-3:], CLOSED[activation])
    for k, want in zip(Kernels(spec).symmetric(x), closed, strict=True):
        assert np.array_equal(k, k.T)
        # Off the diagonal, where the closed form itself is exact.
        np.testing.assert_allclose(k[:-3, -3:], want[:-3].astype(float), rtol=1e-11, atol=1e-14)


def test_kernels_do_not_depend_on_the_size_of_a_tile(monkeypatch):
    monkeypatch.setattr(kernels, "TILE", 512)
    x = digits(1030, 1).x_train
    spec = ArchitectureSpec(1, "relu", sigma_b=0.1)
    whole = Kernels(spec).symmetric(x)
    crossed = Kernels(spec).cross(x[:301], x[301:])
    for tile in (100, 347):
        monkeypatch.setattr(kernels, "TILE", tile)
        for a, b in zip(Kernels(spec).symmetric(x), whole, strict=True):
            assert np.array_equal(a, a.T)
            np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-14)
        for a, b in zip(Kernels(spec).cross(x[:301], x[301:]), crossed, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-14)


def test_the_mean_diagonal_is_the_trace_over_n():
    rng = np.random.default_rng(8)
    x = rng.standard_normal((150, D)) * rng.uniform(0.2, 2, (150, 1))
    for activation in ("relu", "erf"):
        both = Kernels(ArchitectureSpec(3, activation, sigma_b=0.3))
        want = [np.trace(k) / 150 for k in both.symmetric(x)]
        np.testing.assert_allclose(both.mean_diagonal(x), want, rtol=1e-13)


@pytest.mark.parametrize("activation", ["relu", "linear", "gelu"])
def test_a_kernel_that_overflows_says_so_in_words(activation):
    x = 1e160 * np.random.default_rng(0).standard_normal((3, 4))
    spec = ArchitectureSpec(2, activation, sigma_w=7.5, sigma_b=0.5)
    with pytest.raises(
        SpecError,
        match=r"2 hidden layers with sigma_w = 7\.5 and sigma_b = 0\.5 is not finite in "
        r"float64; choose smaller values",
    ):
        Kernels(spec).symmetric(x)


def test_importing_and_evaluating_leave_the_precision_of_jax_alone():
    import jax

    before = jax.config.jax_enable_x64
    (k,) = Kernels(ArchitectureSpec(1), ("nngp",)).symmetric(np.eye(3))
    assert k.dtype == np.float64
    assert jax.config.jax_enable_x64 is before
