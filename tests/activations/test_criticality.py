"""Order and chaos: closed forms against quadrature, our kernels, neural-tangents and the books."""

import itertools
import math

import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats

from ntk_uq.activations import get
from ntk_uq.activations.criticality import (
    critical_sigma_b,
    critical_sigma_w,
    criticality,
    describe,
    mean_square,
    mean_square_slope,
    next_variance,
)
from ntk_uq.specs import ACTIVATIONS, ArchitectureSpec
from ntk_uq.theory import kernels
from ntk_uq.theory.kernels import Kernels

D = 7
"""Features of all inputs; of the tests of kernels, too, so that these share compiled programs."""

HOMOGENEOUS = [name for name in ACTIVATIONS if get(name).homogeneous]

FUNCTIONS = {
    "relu": (lambda x: np.maximum(x, 0), lambda x: np.float64(x > 0)),
    "linear": (lambda x: x, lambda x: 1.0),
    "erf": (scipy.special.erf, lambda x: 2 / math.sqrt(math.pi) * np.exp(-x * x)),
    "gelu": (
        lambda x: x * scipy.stats.norm.cdf(x),
        lambda x: scipy.stats.norm.cdf(x) + x * scipy.stats.norm.pdf(x),
    ),
}


@pytest.fixture(autouse=True)
def _small_tiles(monkeypatch):
    monkeypatch.setattr(kernels, "TILE", 16)


def mean(function, q):
    """The mean of a function of a Gaussian of variance q, by quadrature."""
    width = math.sqrt(q)

    def integrand(x):
        return function(x) ** 2 * math.exp(-x * x / (2 * q)) / math.sqrt(2 * math.pi * q)

    parts = [-12 * width, -3.0 * min(1, width), 0.0, 3.0 * min(1, width), 12 * width]
    pairs = itertools.pairwise(parts)
    return sum(scipy.integrate.quad(integrand, *pair, limit=200)[0] for pair in pairs)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("q", [1e-3, 0.3, 1.0, 7.0, 200.0])
def test_closed_forms_agree_with_quadrature(activation, q):
    value, slope = FUNCTIONS[activation]
    at = np.array([q])
    assert mean_square(activation, at)[0] == pytest.approx(mean(value, q), rel=1e-7)
    assert mean_square_slope(activation, at)[0] == pytest.approx(mean(slope, q), rel=1e-7)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("sigma_w", "sigma_b"), [(0.8, 0.3), (1.3, 0.5), (1.7, 0.0)])
def test_the_variance_map_is_one_layer_of_the_kernels(activation, sigma_w, sigma_b):
    x = np.array([[0.6, -1.2, 0.9, 1.1, -0.4, 0.8, 1.3]])
    q = np.array([sigma_w**2 * np.mean(x**2) + sigma_b**2])
    theta = q
    for depth in range(1, 9):
        chi = sigma_w**2 * mean_square_slope(activation, q)
        q = next_variance(activation, sigma_w, sigma_b, q)
        theta = q + chi * theta
        if depth not in (1, 3, 8):  # a program each
            continue
        spec = ArchitectureSpec(depth, activation, sigma_w, sigma_b)
        nngp, ntk = (k[0, 0] for k in Kernels(spec).symmetric(x))
        assert q[0] == pytest.approx(nngp, rel=1e-12)
        # What a layer adds to the NTK beside its own variance is chi times the one before.
        assert theta[0] == pytest.approx(ntk, rel=1e-7 if activation == "gelu" else 1e-12)


@pytest.mark.parametrize(
    ("activation", "sigma_w", "sigma_b"),
    [("erf", 1.6, 0.2), ("erf", 0.7, 0.4), ("gelu", 1.2, 0.3), ("relu", 1.1, 0.5)],
)
def test_the_fixed_point_is_that_of_deep_networks(activation, sigma_w, sigma_b):
    k, _ = Kernels(ArchitectureSpec(32, activation, sigma_w, sigma_b)).symmetric(np.ones((1, D)))
    assert k[0, 0] == pytest.approx(criticality(activation, sigma_w, sigma_b).q, rel=1e-3)


def near(last):
    """Two inputs that differ by that in one of two features, among zeros."""
    return (D / 2) ** 0.5 * np.pad([[1.0, 1.0], [1.0, last]], ((0, 0), (0, D - 2)))


def test_the_distance_of_near_inputs_changes_by_chi():
    spec, x = ArchitectureSpec(32, "erf", 1.2, 0.4), near(1.3)
    distances = []
    for depth in (31, 32):
        k, _ = Kernels(ArchitectureSpec(depth, "erf", 1.2, 0.4)).symmetric(x)
        distances.append(1 - k[0, 1] / math.sqrt(k[0, 0] * k[1, 1]))
    found = criticality("erf", spec.sigma_w, spec.sigma_b)
    assert found.phase == "ordered"
    assert distances[1] / distances[0] == pytest.approx(found.chi, rel=1e-3)


def test_in_chaos_the_correlation_leaves_one_and_in_order_it_comes_to_one():
    x = near(1.1)
    for sigma_w, chaotic in ((2.5, True), (0.9, False)):
        assert (criticality("erf", sigma_w, 0.3).phase == "chaotic") is chaotic
        spec = ArchitectureSpec(32, "erf", sigma_w, 0.3)
        k, _ = Kernels(spec).symmetric(x)
        correlation = k[0, 1] / math.sqrt(k[0, 0] * k[1, 1])
        assert (correlation < 0.9) if chaotic else (correlation > 0.999)


def test_known_critical_points():
    # Hayou et al., arXiv:1902.06853: (sigma_b, sigma_w) = (0, sqrt 2) for ReLU.
    assert critical_sigma_w("relu", 0.0) == pytest.approx(math.sqrt(2))
    assert critical_sigma_w("linear", 0.7) == 1.0
    # Without biases, criticality at the origin: sigma_w |phi'(0)| = 1 (Roberts, Yaida, Hanin,
    # arXiv:2106.10165, section 5.3), with erf'(0) = 2 / sqrt(pi).
    assert critical_sigma_w("erf", 0.0) == pytest.approx(math.sqrt(math.pi) / 2, rel=1e-4)
    # The same, section 5.3.4: GELU with C_b = 0.17292239 and C_W = 1.98305826.
    c_b, c_w = 0.17292239, 1.98305826
    assert critical_sigma_w("gelu", math.sqrt(c_b)) == pytest.approx(math.sqrt(c_w), rel=2e-3)
    chi = c_w * mean_square_slope("gelu", np.array([3.5615528]))[0]
    assert chi == pytest.approx(1, abs=1e-7)
    assert next_variance("gelu", math.sqrt(c_w), math.sqrt(c_b), np.array([3.5615528]))[
        0
    ] == pytest.approx(3.5615528, abs=1e-6)


def test_what_is_defined_where_the_variance_grows():
    assert criticality("relu", math.sqrt(2), 0.0).q is None  # every variance stays
    assert criticality("relu", math.sqrt(2), 0.1).q == math.inf  # linearly, and still critical
    assert criticality("relu", math.sqrt(2), 0.1).phase == "critical"
    assert criticality("relu", 1.2, 0.3).q == pytest.approx(0.09 / (1 - 0.72))
    assert criticality("relu", 1.2, 0.0).q == 0
    assert criticality("relu", 2.0, 0.0) == criticality("relu", 2.0, 0.5)
    assert criticality("erf", 0.5, 0.0).q == 0
    assert criticality("gelu", 1.5, 0.0).q == math.inf
    assert criticality("gelu", 1.4, 0.0).q == 0
    with pytest.raises(ValueError, match="ordered everywhere"):
        critical_sigma_w("erf", 50.0, largest=5.0)


@pytest.mark.parametrize("activation", ["erf", "gelu"])
@pytest.mark.parametrize("sigma_b", [0.1, 0.4, 1.0])
def test_the_line_divides(activation, sigma_b):
    line = critical_sigma_w(activation, sigma_b)
    assert criticality(activation, line * 0.999, sigma_b).phase == "ordered"
    assert criticality(activation, line * 1.001, sigma_b).phase == "chaotic"


def test_along_sigma_b_the_same_line_is_found():
    line = critical_sigma_w("erf", 0.3)
    (found,) = critical_sigma_b("erf", line, 0.0, 1.0)
    assert found == pytest.approx(0.3, abs=1e-4)
    assert critical_sigma_b("erf", 0.5, 0.0, 1.0) == ()
    for activation in HOMOGENEOUS:
        assert critical_sigma_b(activation, 1.2, 0.0, 1.0) == ()


def test_words():
    assert "is critical (χ₁ = 1)" in describe("relu", math.sqrt(2), 0.0)
    assert "variance grows with depth" in describe("relu", math.sqrt(2), 0.1)
    assert "is ordered (χ₁ = 0.318" in describe("erf", 0.5, 0.0)
    assert "is chaotic" in describe("erf", 2.0, 0.0)
    assert "grow with every layer" in describe("relu", 2.0, 0.0)
    assert criticality("erf", 1e-200, 0.0).depth_scale > 0
