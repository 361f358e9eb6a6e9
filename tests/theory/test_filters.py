"""Training for a finite time against the iterations and the flow that the filters stand for."""

import math

import numpy as np
import pytest
import scipy.linalg
from helpers.reference_theory import digits

from ntk_uq.specs import ArchitectureSpec, TrainingSpec
from ntk_uq.theory.curve import TrainedEnsemble
from ntk_uq.theory.filters import descent_filter, inverse_filter, smoother
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.moments import loss_moments

N, T = 24, 9
SPEC = ArchitectureSpec(2, "erf", sigma_w=1.4, sigma_b=0.3)


@pytest.fixture(scope="module")
def problem():
    split = digits(N, T)
    nngp, ntk = Kernels(SPEC).symmetric(np.concatenate([split.x_train, split.x_test]))
    return split, nngp, ntk


def trained(problem, training, ridge=0.0):
    split = problem[0]
    ensemble = TrainedEnsemble(Kernels(SPEC), split, ridge, training)
    return next(iter(ensemble.at((N,))))[:3]


def propagated(problem, propagator, drive):
    """Mean and covariance of test outputs when f(t) = propagator f(0) + drive y.

    f holds training and test outputs together, (N + T,), and starts as N(0, nngp).
    """
    split, nngp, _ = problem
    mean, covariance = drive @ split.y_train, propagator @ nngp @ propagator.T
    return mean[N:], covariance[N:, N:]


def iterated(problem, steps, eta, ridge=0.0):
    """The map of ``steps`` times f <- f - s T (f_d - y), one step after the other.

    A ridge r damps the training outputs' part: T_dd + r on the training set, T_td on the test
    set, applied to the dual variables alpha of f = f0 + T alpha.
    """
    _, _, ntk = problem
    t_dd, t_td = ntk[:N, :N], ntk[N:, :N]
    damped = t_dd + ridge * np.eye(N)
    step = eta / np.linalg.norm(damped, 2)
    propagator, drive = np.eye(N + T), np.zeros((N + T, N))
    rows = np.concatenate([damped, t_td])
    for _ in range(steps):
        error_f, error_y = propagator[:N].copy(), drive[:N] - np.eye(N)
        propagator = propagator - step * rows @ error_f
        drive = drive - step * rows @ error_y
    return propagator, drive


@pytest.mark.parametrize("eta", [0.3, 1.0, 1.7])
@pytest.mark.parametrize("steps", [1, 2, 7, 60])
def test_k_steps_are_k_explicit_iterations_of_gradient_descent(problem, eta, steps):
    got_mean, got_covariance, _ = trained(problem, TrainingSpec(steps=steps, eta=eta))
    mean, covariance = propagated(problem, *iterated(problem, steps, eta))
    np.testing.assert_allclose(got_mean, mean, rtol=0, atol=1e-11)
    np.testing.assert_allclose(got_covariance, covariance, rtol=0, atol=1e-11)


def test_steps_with_a_ridge_are_iterations_with_the_ridge(problem):
    got_mean, got_covariance, _ = trained(problem, TrainingSpec(steps=11, eta=1.4), ridge=0.5)
    mean, covariance = propagated(problem, *iterated(problem, 11, 1.4, ridge=0.5))
    np.testing.assert_allclose(got_mean, mean, rtol=0, atol=1e-11)
    np.testing.assert_allclose(got_covariance, covariance, rtol=0, atol=1e-11)


@pytest.mark.parametrize("time", [1e-3, 0.1, 3.0, 200.0])
def test_gradient_flow_is_the_matrix_exponential_of_the_linear_dynamics(problem, time):
    # d/dt (f, y) = [[-T_.d, T_.d], [0, 0]] (f, y) over training and test outputs at once.
    ntk = problem[2]
    generator = np.zeros((N + T + N, N + T + N))
    generator[: N + T, :N] = -ntk[:, :N]
    generator[: N + T, N + T :] = ntk[:, :N]
    flow = scipy.linalg.expm(time * generator)[: N + T]
    mean, covariance = propagated(problem, flow[:, : N + T], flow[:, N + T :])
    got_mean, got_covariance, _ = trained(problem, TrainingSpec(time=time))
    np.testing.assert_allclose(got_mean, mean, rtol=0, atol=1e-10)
    np.testing.assert_allclose(got_covariance, covariance, rtol=0, atol=1e-10)


@pytest.mark.parametrize("eta", [0.3, 1.0, 1.7])
def test_many_steps_and_a_long_time_are_convergence(problem, eta):
    mean, covariance, condition = trained(problem, TrainingSpec())
    enough = int(60 * condition / min(eta, 2 - eta))
    for training in (
        TrainingSpec(steps=enough, eta=eta),
        TrainingSpec(steps=enough + 1, eta=eta),
        TrainingSpec(time=1e6),
    ):
        got_mean, got_covariance, got_condition = trained(problem, training)
        np.testing.assert_allclose(got_mean, mean, rtol=0, atol=1e-10)
        np.testing.assert_allclose(got_covariance, covariance, rtol=0, atol=1e-10)
        assert got_condition == pytest.approx(condition, rel=0.03)


def test_no_time_is_the_network_at_initialization(problem):
    split, nngp, _ = problem
    mean, covariance, _ = trained(problem, TrainingSpec(time=1e-14))
    np.testing.assert_allclose(mean, 0, atol=1e-10)
    np.testing.assert_allclose(covariance, nngp[N:, N:], atol=1e-10)
    got = loss_moments(mean, covariance, split.y_test)
    expected = np.mean(np.diag(nngp)[N:]) + np.mean(split.y_test**2)
    assert got.mu == pytest.approx(expected, rel=1e-10)


def test_many_small_steps_approach_the_flow_at_first_order(problem):
    top = np.linalg.norm(problem[2][:N, :N], 2)
    flow = trained(problem, TrainingSpec(time=8 / top))[1]
    errors = []
    for steps in (200, 400, 800):
        covariance = trained(problem, TrainingSpec(steps=steps, eta=8 / steps))[1]
        errors.append(np.abs(covariance - flow).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(orders, 1, atol=0.05)


@pytest.mark.parametrize("eta", [1e-3, 0.3, 1.0, 1.7, 1.999])
@pytest.mark.parametrize("steps", [1, 2, 3, 10, 1001])
def test_the_filter_of_steps_is_its_geometric_sum(eta, steps):
    eigenvalues = np.array([0.0, 1e-17, 1e-9, 1e-3, 0.1, 0.5, 1 / 1.7, 0.9, 1.0]) * 7.0
    got = inverse_filter(eigenvalues, TrainingSpec(steps=steps, eta=eta))
    # g / lambda = s sum_j (1 - s lambda)^j: no division, and nothing that cancels for small x.
    step = np.longdouble(eta) / 7
    kept = 1 - step * eigenvalues.astype(np.longdouble)
    want = step * sum(kept**j for j in range(steps))
    np.testing.assert_allclose(got, want.astype(float), rtol=1e-11)


@pytest.mark.parametrize("eta", [1e-3, 0.3, 1.0, 1.7, 1.999])
@pytest.mark.parametrize("steps", [1, 2, 10, 1001])
def test_what_is_left_of_the_distance_has_its_own_digits_however_small(eta, steps):
    eigenvalues = np.array([0.0, 1e-17, 1e-3, 0.1, 0.5, 0.8, 1.0]) * 7.0
    _, got = descent_filter(eigenvalues, steps, eta)
    left = 1 - np.longdouble(eta) / 7 * eigenvalues.astype(np.longdouble)
    want = (left**steps).astype(float)
    away = np.abs(left) > 1e-12  # at s lambda = 1 it is rounding
    assert np.sum(away) >= len(eigenvalues) - 1
    np.testing.assert_allclose(got[away], want[away], rtol=1e-11, atol=1e-300)
    assert np.all(np.abs(got[~away]) < 1e-15)


def test_no_step_is_no_training():
    inverse, kept = descent_filter(np.array([-1e-17, 0.5, 2.0]), 0, 1.5)
    np.testing.assert_array_equal(inverse, 0)
    np.testing.assert_array_equal(kept, 1)


@pytest.mark.parametrize("time", [1e-15, 1e-3, 1.0, 1e8])
def test_the_filter_of_the_flow_is_an_integral_of_decay(time):
    eigenvalues = np.array([0.0, 1e-18, 1e-10, 1e-2, 1.0, 30.0])
    got = inverse_filter(eigenvalues, TrainingSpec(time=time))
    x = eigenvalues.astype(np.longdouble) * np.longdouble(time)
    series = sum((-x) ** j / math.factorial(j + 1) for j in range(12))
    with np.errstate(invalid="ignore", divide="ignore"):
        want = time * np.where(x < 1e-2, series, (1 - np.exp(-x)) / x)
    np.testing.assert_allclose(got, want.astype(float), rtol=1e-13)


@pytest.mark.parametrize(
    "training", [TrainingSpec(time=2.5), TrainingSpec(steps=5), TrainingSpec(steps=4, eta=1.9)]
)
def test_rounding_below_zero_counts_as_an_eigenvalue_of_zero(training):
    below, at = (inverse_filter(np.array([low, 1.0]), training) for low in (-1e-16, 0.0))
    np.testing.assert_array_equal(below, at)
    assert np.isfinite(below).all()
    # The limit g / lambda at zero is the whole training time.
    duration = training.time or training.steps * training.eta
    assert at[0] == pytest.approx(duration, rel=1e-14)


@pytest.mark.parametrize("steps", [10**9, 10**9 - 1])
@pytest.mark.parametrize("eta", [0.3, 1.0, 1.7])
def test_a_billion_steps_neither_overflow_nor_alternate(steps, eta):
    eigenvalues = np.array([1e-3, 0.2, 1.0])
    got = inverse_filter(eigenvalues, TrainingSpec(steps=steps, eta=eta))
    np.testing.assert_allclose(got, 1 / eigenvalues, rtol=1e-13)


def test_a_filter_to_convergence_is_refused():
    with pytest.raises(ValueError, match="finite training time"):
        inverse_filter(np.ones(2), TrainingSpec())


def test_the_smoother_reports_the_condition_number_of_what_it_inverts():
    ntk, training = np.diag([4.0, 2.0, 1.0]), TrainingSpec(time=100.0)
    w, condition = smoother(ntk.copy(order="F"), np.ones((3, 1)), 0.0, training)
    assert condition == pytest.approx(4.0)
    np.testing.assert_allclose(w[:, 0], [1 / 4, 1 / 2, 1])
    w, condition = smoother(ntk.copy(order="F"), np.ones((3, 1)), 1.0, training)
    assert condition == pytest.approx(5 / 2)
    np.testing.assert_allclose(w[:, 0], [1 / 5, 1 / 3, 1 / 2])


def test_the_smoother_is_finite_for_a_singular_matrix_and_calls_it_ill_conditioned():
    flat = np.asfortranarray(np.diag([1.0, 0.0]))
    w, condition = smoother(flat, np.ones((2, 1)), 0.0, TrainingSpec(time=1e15))
    assert condition > 1e14
    np.testing.assert_allclose(w[:, 0], [1.0, 1e15])
