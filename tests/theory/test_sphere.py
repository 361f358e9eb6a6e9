"""One hidden layer on the sphere in 25 dimensions, where eigenvalues are known exactly: the example
of Canatar, Bordelon and Pehlevan (arXiv:2006.13198).

The kernel is a function of the angle alone, its eigenfunctions are spherical harmonics, N(k) of
degree k with one and the same eigenvalue, so that all degrees are learnt in stages. Eigenvalues
come from Gegenbauer quadrature here, the curve from the published formula of an endless sample;
beside them stand networks that are really trained on points of the sphere, and what a sample
foresees.
"""

import functools

import numpy as np
import pytest
import scipy.optimize
import scipy.special

from ntk_uq.specs import ArchitectureSpec
from ntk_uq.theory.effective_medium import EffectiveMedium, of_modes
from ntk_uq.theory.kernels import Kernels

D, DEGREES, NODES = 25, 40, 400
POWER = {1: 0.5, 2: 0.4, 4: 0.1}
"""The target's, by degree; a hidden layer of ReLU learns no odd ones but the first."""
SIZES = (15, 40, 120, 300)
NETWORK = ArchitectureSpec(1, "relu", sigma_w=2**0.5, sigma_b=0.0)


def zonal(t, degree):
    """The zonal harmonic of a degree at an angle's cosine, 1 where that is 1."""
    alpha = D / 2 - 1
    at_one = scipy.special.eval_gegenbauer(degree, alpha, 1.0)
    return scipy.special.eval_gegenbauer(degree, alpha, t) / at_one


def count(degree):
    """How many harmonics of that degree there are."""
    if degree == 0:
        return 1.0
    return (2 * degree + D - 2) / degree * scipy.special.binom(degree + D - 3, degree - 1)


def points(rng, n):
    """On the sphere of radius sqrt(D), where data are put."""
    x = rng.standard_normal((n, D))
    return np.sqrt(D) * x / np.linalg.norm(x, axis=1, keepdims=True)


def targets(x, poles):
    """One output a pole: of several, the mean power on a sample is closer to that of all points."""
    cosine = x @ poles.T / D
    return sum(np.sqrt(v * count(k)) * zonal(cosine, k) for k, v in POWER.items())


def kernels(x1, x2):
    """NNGP and NTK."""
    return [np.asarray(matrix, float) for matrix in Kernels(NETWORK).cross(x1, x2)]


@functools.cache
def exact():
    """The eigenvalues of NNGP and NTK by degree, and both kernels of a point with itself."""
    t, weight = scipy.special.roots_gegenbauer(NODES, D / 2 - 1)
    weight = weight / weight.sum()
    along = np.zeros((NODES, D))
    along[:, 0], along[:, 1] = t, np.sqrt(1 - t**2)
    one = np.sqrt(D) * np.eye(D)[:1]
    found = []
    for matrix, whole in zip(kernels(one, np.sqrt(D) * along), kernels(one, one), strict=True):
        row = matrix[0]
        values = [float(np.sum(weight * row * zonal(t, k))) for k in range(DEGREES)]
        found.append((np.maximum(values, 0.0), float(whole[0, 0])))
    return found


def published(n):
    """Bias and variance at n of an endless sample: eq. 4 of the paper, and the same with the power
    of the function at initialization."""
    (initial, _), (values, whole) = exact()
    counts = np.array([count(k) for k in range(DEGREES)])
    # Degrees beyond are not learnt at such n: to all others they are a ridge.
    tail = whole - counts @ values

    def off(log_kappa):
        kappa = np.exp(log_kappa)
        return counts @ (values / (values + kappa)) + tail / kappa - n

    kappa = np.exp(scipy.optimize.brentq(off, -30, 30, xtol=1e-13))
    learnt = values / (values + kappa)
    factor = n / (n - counts @ learnt**2)
    power = np.zeros(DEGREES)
    power[list(POWER)] = list(POWER.values())
    unlearnt_initial = exact()[0][1] - counts @ initial
    bias = factor * (1 - learnt) ** 2 @ power
    variance = factor * ((1 - learnt) ** 2 @ (counts * initial) + unlearnt_initial)
    return np.array([bias, variance])


def trained(n, draws=40, tests=150):
    """The same of networks that are trained to convergence on n points, with standard errors."""
    rng, losses = np.random.default_rng(n), []
    poles = points(rng, 30)
    for _ in range(draws):
        x, rest = points(rng, n), points(rng, tests)
        (k, t), (k_cross, t_cross), (k_rest, _) = (
            kernels(x, x),
            kernels(x, rest),
            kernels(rest, rest),
        )
        w = np.linalg.solve(t, t_cross)
        bias = np.mean((w.T @ targets(x, poles) - targets(rest, poles)) ** 2)
        half = w.T @ k_cross
        variance = np.trace(k_rest + w.T @ k @ w - half - half.T) / tests
        losses.append((bias, variance))
    return np.mean(losses, axis=0), np.std(losses, axis=0) / np.sqrt(draws)


def test_eigenvalues_are_of_the_degrees_that_they_should_be():
    for values, whole in exact():
        counts = np.array([count(k) for k in range(DEGREES)])
        assert whole - counts @ values > -1e-9 * whole
        assert counts @ values > 0.98 * whole
        # Of odd degrees a hidden layer without biases has the first alone.
        assert np.all(values[3::2] < 1e-12 * values[1])
        assert np.all(np.diff(values[0:20:2]) < 0)


@pytest.mark.parametrize("n", SIZES)
def test_the_published_curve_is_that_of_networks_that_are_trained(n):
    mean, error = trained(n)
    np.testing.assert_array_less(np.abs(published(n) - mean), 4 * error + 0.02 * mean)


@pytest.mark.parametrize("n", SIZES)
def test_a_sample_foresees_it_in_its_stages(n):
    rng = np.random.default_rng(5)
    x, poles = points(rng, 900), points(rng, 30)
    nngp, ntk = kernels(x, x)
    y = targets(x, poles)
    loss = EffectiveMedium(ntk, nngp, y).at(n)
    ours = np.array([loss.bias.mean(), loss.variance.mean()])
    # The rest is the sample's: its targets have not quite the power that all points have.
    np.testing.assert_allclose(ours, published(n), rtol=0.06)
    values, vectors = np.linalg.eigh(ntk)
    values, vectors = values[::-1] / len(x), vectors[:, ::-1]
    power = np.mean((vectors.T @ y) ** 2, axis=1) / len(x)
    initial = np.einsum("ij,ij->j", vectors, nngp @ vectors) / len(x)
    alone = of_modes(values, power, initial, n)
    np.testing.assert_allclose(alone.mu, loss.mu, rtol=0.01)
