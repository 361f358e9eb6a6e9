"""Losses against training time: explicit descent, matrix exponentials, curves, neural-tangents."""

import itertools
import json
import math
from dataclasses import replace

import jax
import numpy as np
import pytest
import scipy.linalg
from helpers.reference_theory import dataset, digits, neural_tangents

from ntk_uq import datasets
from ntk_uq.base.errors import DataError, MemoryLimitError, SingularKernelError, SpecError
from ntk_uq.costs.memory import check_training_time_memory
from ntk_uq.networks.architecture import build
from ntk_uq.results.losses import LossMoments
from ntk_uq.results.training_time_record import End, TrainingTimeDraw
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, TrainingSpec, TrainingTimeSpec
from ntk_uq.store import json_bytes
from ntk_uq.theory.curve import evaluate_draw
from ntk_uq.theory.filters import flow_filter
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.modes import Modes
from ntk_uq.theory.moments import loss_moments
from ntk_uq.theory.training_time import GradientFlow, evaluate_training_time

INSIDE, FIRST, LAST, CONVERGED = End
N, T, DRAW = 30, 20, 1
SPEC = TrainingTimeSpec(
    DataSpec(n_test=T, seed=3),
    ArchitectureSpec(2, "erf", sigma_w=1.4, sigma_b=0.3),
    n_train=N,
    times=(0.3, 2.0, 11.0),
    jitters=(0.0, 0.02),
    noises=(0.0, 0.8),
)
MOMENTS = tuple(LossMoments.__dataclass_fields__)
TRAIN = ("mu", "mu_bias", "mu_variance", "sigma")
CUBE = [(noise, jitter) for noise in SPEC.noises for jitter in SPEC.jitters]


def problem(noise):
    """The split with that noise, and both kernels of its training and test inputs together."""
    split = datasets.load_split(datasets.get("digits"), replace(SPEC.data, noise=noise), N, DRAW)
    x = np.concatenate([split.x_train, split.x_test])
    return split, *Kernels(SPEC.architecture).symmetric(x)


def losses(mean, propagator, nngp, split):
    """The moments of test and training loss for outputs ``mean + propagator f0``."""
    s = propagator @ nngp @ propagator.T
    return (
        loss_moments(mean[N:], s[N:, N:], split.y_test),
        loss_moments(mean[:N], s[:N, :N], split.y_train),
    )


def assert_losses(point, test, train, rel):
    for name in MOMENTS:
        assert getattr(point, name) == pytest.approx(getattr(test, name), rel=rel), name
    for name in TRAIN:
        assert getattr(point, f"train_{name}") == pytest.approx(getattr(train, name), rel=rel), name


@pytest.fixture(scope="module")
def found():
    return evaluate_training_time(SPEC, DRAW)


def descended(ntk, targets, f0, ridge, time, steps):
    """All outputs after explicit descent, step by step: ``f = f0 + T alpha``."""
    alpha = np.zeros_like(f0[:N])
    for _ in range(steps):
        f = f0 + ntk[:, :N] @ alpha
        alpha = alpha - time / steps * (f[:N] - targets + ridge * alpha)
    return f0 + ntk[:, :N] @ alpha


def extrapolated(ntk, targets, f0, ridge, time):
    """The limit of small steps (Romberg): descent's error is a power series in the step."""
    counts = [60, 90, 120, 180, 240, 360, 480]
    table = [descended(ntk, targets, f0, ridge, time, k) for k in counts]
    for order in range(1, len(counts)):
        table = [
            right + (right - left) / (counts[i + order] / counts[i] - 1)
            for i, (left, right) in enumerate(itertools.pairwise(table))
        ]
    return table[0]


@pytest.mark.parametrize(("noise", "jitter"), CUBE)
def test_the_losses_are_those_of_explicit_descent_in_the_limit_of_small_steps(found, noise, jitter):
    split, nngp, ntk = problem(noise)
    curve = found.curve(noise, jitter)
    top = np.linalg.norm(ntk[:N, :N], 2)
    zeros = np.zeros((N, 1))
    for point in curve.points:
        time = point.time / top
        mean = extrapolated(ntk, split.y_train, np.zeros((N + T, 10)), curve.ridge, time)
        moved = extrapolated(ntk, zeros, np.eye(N + T), curve.ridge, time)
        assert_losses(point, *losses(mean, moved, nngp, split), rel=1e-8)


@pytest.mark.parametrize(("noise", "jitter"), CUBE)
def test_the_losses_are_those_of_a_matrix_exponential(found, noise, jitter):
    """``d alpha / dt = -(T_dd + ridge) alpha - (f0_d - y)``: a linear system in alpha, f0 - y."""
    split, nngp, ntk = problem(noise)
    curve = found.curve(noise, jitter)
    system = np.zeros((2 * N, 2 * N))
    system[:N, :N] = -(ntk[:N, :N] + curve.ridge * np.eye(N))
    system[:N, N:] = -np.eye(N)
    for point in curve.points:
        grown = scipy.linalg.expm(point.time / found.lambda_max * system)[:N, N:]
        mean = -ntk[:, :N] @ grown @ split.y_train
        propagator = np.eye(N + T)
        propagator[:, :N] += ntk[:, :N] @ grown
        assert_losses(point, *losses(mean, propagator, nngp, split), rel=1e-8)


@pytest.mark.parametrize(("noise", "jitter"), CUBE)
def test_every_point_of_the_cube_is_that_of_a_curve(found, noise, jitter):
    curve = found.curve(noise, jitter)
    data = replace(SPEC.data, noise=noise)
    for point in (*curve.points, curve.converged):
        time = None if point.time is None else point.time / found.lambda_max
        training = TrainingSpec(time=time, jitter=jitter)
        (want,) = evaluate_draw(CurveSpec(data, SPEC.architecture, training, (N,), 2), DRAW)
        for name in MOMENTS:
            assert getattr(point, name) == pytest.approx(getattr(want, name), rel=1e-8), name
        assert curve.ridge == want.ridge


@pytest.mark.parametrize("jitter", [0.0, 1e-2])
def test_outputs_are_those_of_neural_tangents(jitter):
    nt, spec, split = neural_tangents(), ArchitectureSpec(1, "erf", sigma_b=0.3), digits(N, T)
    kernels = Kernels(spec)
    modes = Modes(kernels, split)
    training = GradientFlow(modes, split, np.zeros_like(split.y_train))
    ridge = jitter * kernels.mean_diagonal(split.x_train[:5])[-1]  # inputs have one norm
    with jax.enable_x64(True):
        predict = nt.predict.gradient_descent_mse_ensemble(
            jax.jit(build(spec).kernel, static_argnums=2),
            split.x_train,
            split.y_train,
            diag_reg=jitter,
        )
        for tau in (0.5, 30.0, 1000.0, None):
            time = None if tau is None else tau / training.lambda_max * split.y_train.size
            out = predict(t=time, x_test=split.x_test, get="ntk", compute_cov=True)
            mean, covariance = np.asarray(out.mean), np.asarray(out.covariance)
            inverse, _ = training.filters(tau, ridge)
            np.testing.assert_allclose(
                modes.mean(inverse, training.projected(0.0)), mean, atol=1e-6
            )
            np.testing.assert_allclose(
                modes.covariance(inverse), covariance.reshape(T, T), atol=1e-6
            )


def test_a_long_time_is_the_limit_and_a_short_one_the_initial_network():
    spec = replace(SPEC, times=(1e-9, 1e9))
    for curve in evaluate_training_time(spec, DRAW).curves:
        for name in (*MOMENTS, "train_mu", "train_sigma"):
            want = getattr(curve.converged, name)
            assert getattr(curve.points[1], name) == pytest.approx(want, rel=1e-7, abs=1e-12), name
        split, nngp, _ = problem(curve.noise)
        first = losses(np.zeros((N + T, 10)), np.eye(N + T), nngp, split)
        assert_losses(curve.points[0], *first, rel=1e-6)


def test_the_trace_without_a_covariance_is_its_trace():
    modes = Modes(Kernels(SPEC.architecture), digits(N, T))
    for time in (1e-3, 0.1, 3.0):
        inverse, _ = flow_filter(modes.eigenvalues, time)
        want = np.trace(modes.covariance(inverse)) / T
        assert modes.variance(inverse) == pytest.approx(want, rel=1e-10)


# The optimum


NOISY = replace(
    SPEC,
    data=DataSpec(n_test=60, seed=3),
    architecture=ArchitectureSpec(1),
    n_train=100,
    times=tuple(np.geomspace(0.1, 1e6, 15)),
    jitters=(0.0, 1e-3),
    noises=(0.0, 3.0),
)


@pytest.fixture(scope="module")
def noisy():
    return evaluate_training_time(NOISY)


@pytest.mark.parametrize("quantity", ["mu", "epsilon"])
def test_an_optimum_is_that_of_a_dense_grid(quantity):
    spec = NOISY
    if quantity == "epsilon":
        # A linear network's epsilon is smallest after the first modes, whatever the noise.
        spec = replace(
            NOISY,
            architecture=ArchitectureSpec(1, "linear", sigma_b=0.1),
            n_train=30,
            noises=(0.0, 1.0),
        )
    inside = 0
    for curve in evaluate_training_time(spec).curves:
        best = getattr(curve, f"best_{quantity}")
        if best.end != INSIDE:
            continue
        inside += 1
        coarse = min(curve.points, key=lambda p: getattr(p, quantity))
        times = tuple(np.geomspace(coarse.time / 4, 4 * coarse.time, 150))
        one = replace(spec, times=times, noises=(curve.noise,), jitters=(curve.jitter,))
        (dense,) = evaluate_training_time(one).curves
        lowest = min(dense.points, key=lambda p: getattr(p, quantity))
        assert getattr(best.point, quantity) <= getattr(lowest, quantity) * (1 + 1e-6)
        assert getattr(best.point, quantity) < getattr(coarse, quantity) * (1 - 1e-7)
        assert abs(math.log(best.point.time / lowest.time)) < 1.5 * math.log(times[1] / times[0])
        # The point there is a point like any other.
        alone = replace(one, times=(best.point.time,))
        assert evaluate_training_time(alone).curves[0].points[0] == best.point
    assert inside >= 2


def test_a_minimum_at_an_end_is_no_optimum(noisy):
    clean = noisy.curve(0.0, 0.0)
    assert (clean.best_mu.end, clean.best_mu.point) == (CONVERGED, None)
    assert clean.converged.mu == pytest.approx(min(p.mu for p in clean.points), rel=1e-6)
    early = evaluate_training_time(
        replace(NOISY, times=(0.1, 1.0, 10.0), noises=(3.0,), jitters=(0.0,))
    )
    (curve,) = early.curves
    assert curve.best_mu.end == LAST
    assert curve.best_mu.point == curve.points[-1]
    late = evaluate_training_time(
        replace(NOISY, times=(200.0, 1e3, 1e4), noises=(3.0,), jitters=(0.0,))
    )
    assert late.curves[0].best_mu.end == FIRST
    # One time has no inside.
    one = evaluate_training_time(replace(NOISY, times=(100.0,), noises=(3.0,), jitters=(0.0,)))
    assert one.curves[0].best_mu.end in (LAST, CONVERGED)


def test_a_minimum_beside_the_first_or_the_last_time_is_inside(noisy):
    known = noisy.curve(3.0, 0.0).best_mu
    assert known.end == INSIDE
    tau = known.point.time
    for times in ((0.8 * tau, 4 * tau, 20 * tau), (tau / 20, tau / 4, 1.2 * tau)):
        spec = replace(NOISY, times=times, noises=(3.0,), jitters=(0.0,))
        (curve,) = evaluate_training_time(spec).curves
        coarse = min(curve.points, key=lambda p: p.mu)
        assert coarse.time in (times[0], times[-1])
        assert curve.best_mu.end == INSIDE
        assert curve.best_mu.point.time == pytest.approx(tau, rel=5e-3)
        assert curve.best_mu.point.mu < coarse.mu


# Words


def test_a_singular_kernel_has_finite_times_and_no_limit():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((60, 4))
    flat = dataset(x, np.sin(x[:, 0]) + 0.3 * x[:, 1] ** 2, 40, preparation="scale")
    spec = replace(
        SPEC,
        data=DataSpec("memory", n_test=20),
        architecture=ArchitectureSpec(1, "linear"),
        n_train=40,
        noises=(0.0,),
    )
    singular, ridged = evaluate_training_time(spec, 0, flat).curves
    assert singular.converged is None
    assert "singular in float64" in singular.failure
    assert "Add a jitter" in singular.failure
    assert all(p.mu > 0 for p in singular.points)
    assert ridged.failure is None
    assert ridged.converged.mu > 0
    zero = dataset(np.zeros((30, 3)), np.arange(30.0), 20, preparation="none")
    nothing = replace(spec, data=DataSpec("memory", n_test=10), n_train=20)
    with pytest.raises(SingularKernelError, match="vanishes in float64"):
        evaluate_training_time(nothing, 0, zero)


def test_doubts_come_with_their_times():
    lone = evaluate_training_time(replace(SPEC, data=DataSpec(n_test=1), times=(1.0, 4.0)))
    assert lone.curves[0].points[0].epsilon_population is None
    (said,) = (w for w in lone.warnings if "N_T = 1 is too small" in w)
    assert said.startswith("Time 1 to ∞, jitter 0 to 0.02: ")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"times": ()}, "times has 0 values; give 1 to 200"),
        ({"times": (0.0, 1.0)}, r"times\[0\] is 0; it must be above 0"),
        ({"times": (2.0, 1.0)}, "times goes from 2.0 down to 1.0"),
        ({"noises": (-0.1,)}, r"noises\[0\] is -0.1; it must be at least 0"),
        ({"jitters": (0.1, 2.0)}, r"jitters\[1\] is 2; it must be at least 0 and at most 1"),
        ({"data": DataSpec(noise=0.5)}, "noise is 0.5, .* leave noise at 0 and give noises"),
        ({"draws": 0}, "draws is 0; it must be from 1"),
        (
            {
                "times": tuple(range(1, 201)),
                "noises": tuple(range(40)),
                "jitters": tuple(np.linspace(0, 1, 40)),
            },
            "320,000 points; choose at most 20,000",
        ),
    ],
)
def test_fields_have_their_ranges(wrong, words):
    with pytest.raises(SpecError, match=words):
        replace(SPEC, **wrong)


def test_what_does_not_fit_is_refused_before_it_starts(monkeypatch):
    spec = TrainingTimeSpec(DataSpec("mnist", n_test=1000), n_train=5000)
    needed = check_training_time_memory(spec, 784, 2**40)
    assert check_training_time_memory(spec, 784, needed) == needed
    with pytest.raises(MemoryLimitError, match=r"training time with N_D = 5000 .* need about"):
        check_training_time_memory(spec, 784, needed - 1)
    monkeypatch.setenv("NTK_UQ_MEMORY", "100MiB")
    with pytest.raises(MemoryLimitError, match="NTK_UQ_MEMORY"):
        evaluate_training_time(SPEC)
    with pytest.raises(SpecError, match="pool of digits holds 1,297"):
        evaluate_training_time(replace(SPEC, n_train=1298))


def test_a_draw_survives_json_and_a_damaged_one_is_told(found):
    data = json.loads(json_bytes(found.to_json()))
    assert TrainingTimeDraw.from_json(data) == found
    data["curves"][0]["points"][1]["mu"] = "0.1"
    with pytest.raises(DataError, match=r"not a TrainingTimeDraw: curves: points: mu: str"):
        TrainingTimeDraw.from_json(data)
