"""The network itself: importing it cheaply, and finite networks against their own limit."""

import functools
import math
import subprocess
import sys
import textwrap
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special

from ntk_uq.networks.architecture import build
from ntk_uq.specs import ArchitectureSpec
from ntk_uq.theory.kernels import Kernels

WIDTH = 4096
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def inputs():
    """Four inputs of different norms and directions, (4, 5)."""
    rng = np.random.default_rng(12)
    return rng.standard_normal((4, 5)) * np.array([[0.5], [1.0], [1.0], [1.6]])


def run(program):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_neural_tangents_asks_for_no_tensorflow_and_its_parts_work():
    out = run("""
        import importlib.abc, sys

        asked = set()

        class Spy(importlib.abc.MetaPathFinder):
            # Whether it is installed or not, an attempt to import it is seen.
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] in ("tensorflow", "tf2jax", "torch"):
                    asked.add(name)

        sys.meta_path.insert(0, Spy())
        import ntk_uq.networks.architecture
        assert "neural_tangents" not in sys.modules, "it is loaded before it is needed"
        from ntk_uq.networks import architecture
        network = architecture.build(architecture.ArchitectureSpec())
        import jax
        import neural_tangents as nt
        import numpy as np
        from neural_tangents import predict, stax

        assert not jax.config.jax_enable_x64
        x, y = np.eye(3, 4), np.ones((3, 1))
        _, _, kernel = stax.serial(stax.Dense(1), stax.Relu(), stax.Dense(1))
        assert kernel(x, None, "ntk").shape == (3, 3)
        out = predict.gradient_descent_mse_ensemble(network.kernel, x, y)(
            x_test=x, get="ntk", compute_cov=True
        )
        assert np.allclose(out.mean, 1, atol=1e-3), out.mean
        assert not asked, asked
        assert not any(name.startswith("tensorflow") for name in sys.modules)
        print("works")
    """)
    assert out.strip() == "works"


def test_the_web_process_may_ask_for_memory_without_loading_jax():
    run("""
        import sys
        import ntk_uq.costs.memory
        assert not {"jax", "neural_tangents"} & set(sys.modules)
    """)


@pytest.mark.parametrize("activation", ["relu", "erf", "gelu", "linear"])
def test_the_function_is_the_one_of_the_docstring(inputs, activation):
    spec = ArchitectureSpec(3, activation, sigma_w=1.3, sigma_b=0.7)
    phi = {
        "relu": lambda h: np.maximum(h, 0),
        "erf": scipy.special.erf,
        "gelu": lambda h: h * scipy.special.ndtr(h),
        "linear": lambda h: h,
    }[activation]
    network = build(spec, width=6, n_outputs=2)
    shape, parameters = network.init(jax.random.key(0), (-1, 5))
    assert tuple(shape) == (-1, 2)
    layers = [layer for layer in parameters if len(layer)]
    assert [w.shape for w, _ in layers] == [(5, 6), (6, 6), (6, 6), (6, 2)]
    h = inputs
    for i, (w, b) in enumerate(layers):
        h = phi(h) if i else h
        w, b = np.asarray(w, dtype=float), np.asarray(b, dtype=float)
        h = spec.sigma_w / math.sqrt(w.shape[0]) * h @ w + spec.sigma_b * b
    # In single precision, as JAX computes by default; gelu is not its tanh approximation.
    np.testing.assert_allclose(network.apply(parameters, inputs), h, rtol=2e-5, atol=2e-5)


@functools.cache
def drawn(depth, width, n_outputs, **sigmas):
    """Networks by their seeds. A program of its own, so that one serves all activations."""
    init = build(ArchitectureSpec(depth, **sigmas), width, n_outputs).init
    return jax.jit(lambda seed: init(jax.random.key(seed), (-1, 5))[1])


def test_parameters_are_standard_normal():
    parameters = drawn(1, WIDTH, 8, sigma_w=3.0, sigma_b=2.0)(1)
    assert sum(leaf.size >= 100 for leaf in jax.tree.leaves(parameters)) == 3
    for leaf in jax.tree.leaves(parameters):
        z = np.asarray(leaf).ravel()
        if z.size < 100:
            continue
        assert abs(z.mean()) < 4.5 / math.sqrt(z.size)
        assert abs(z.var() - 1) < 4.5 * math.sqrt(2 / z.size)


@pytest.mark.parametrize("width", [1, 100])
def test_the_kernel_does_not_depend_on_width_or_outputs(inputs, width):
    spec = ArchitectureSpec(2, "relu", sigma_b=0.3)
    with jax.enable_x64(True):
        got, want = (
            jax.jit(network.kernel, static_argnums=2)(inputs, None, ("nngp", "ntk"))
            for network in (build(spec, width, n_outputs=7), build(spec))
        )
        np.testing.assert_array_equal(np.asarray(got.nngp), np.asarray(want.nngp))
        np.testing.assert_array_equal(np.asarray(got.ntk), np.asarray(want.ntk))
        assert got.ntk.shape == (4, 4)


def fast(name):
    """All activations with an infinite width of their own, of which the others are slow.

    Each is a program to compile, and each is fast in one of the tests.
    """
    return [
        pytest.param(a, marks=() if a == name else pytest.mark.slow)
        for a in ("relu", "erf", "gelu")
    ]


def z_scores(samples, expected):
    """How many standard errors the mean of samples (s, ...) is off, entry by entry."""
    error = samples.std(0, ddof=1) / math.sqrt(len(samples))
    return (samples.mean(0) - expected) / error


def check_outputs(spec, inputs, seeds, n_outputs, allowed_bias=0.0):
    """Output covariance over seeds against the NNGP; outputs of one seed are averaged first."""
    outputs = jax.jit(build(spec, WIDTH, n_outputs).apply)
    parameters = drawn(spec.depth, WIDTH, n_outputs)
    x = jnp.asarray(inputs, dtype=jnp.float32)
    values = np.stack([np.asarray(outputs(parameters(s), x), dtype=float) for s in range(seeds)])
    (nngp,) = Kernels(spec, ("nngp",)).symmetric(inputs)
    means = values.mean(2)
    assert np.abs(z_scores(means, 0.0)).max() < 4
    products = np.einsum("sic,sjc->sij", values, values) / n_outputs
    error = products.std(0, ddof=1) / math.sqrt(seeds)
    assert (np.abs(products.mean(0) - nngp) < 4 * error + allowed_bias * nngp.max()).all()
    # The sample is large enough to see a wrong factor, and outputs are uncorrelated.
    assert (error < 0.1 * nngp.max()).all()
    across = values[:, 0, 0] * values[:, 0, 1]
    assert abs(z_scores(across, 0.0)) < 4


@pytest.mark.parametrize("activation", fast("relu"))
def test_outputs_at_initialization_have_the_nngp_as_their_covariance(inputs, activation):
    # One hidden layer: the covariance is the NNGP at every width, so there is no bias to allow.
    check_outputs(ArchitectureSpec(1, activation, sigma_b=0.5), inputs, seeds=400, n_outputs=8)


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["relu", "erf", "gelu"])
def test_outputs_of_deep_networks_have_the_nngp_as_their_covariance(inputs, activation):
    check_outputs(
        ArchitectureSpec(2, activation, sigma_b=0.5),
        inputs,
        seeds=100,
        n_outputs=64,
        allowed_bias=2 / WIDTH,
    )


def empirical_ntks(spec, width, inputs, seeds, n_outputs=1):
    """J J' of networks' first output, summed over every weight and bias, one a seed."""
    network, parameters = build(spec, width, n_outputs), drawn(spec.depth, width, n_outputs)
    x = jnp.asarray(inputs, dtype=jnp.float32)

    @jax.jit
    def kernel(parameters):
        jacobian = jax.jacrev(lambda p: network.apply(p, x)[:, 0])(parameters)
        flat = [j.reshape(len(x), -1) for j in jax.tree.leaves(jacobian)]
        return sum(j @ j.T for j in flat)

    return np.stack([np.asarray(kernel(parameters(s)), dtype=float) for s in range(seeds)])


@pytest.mark.parametrize("activation", fast("erf"))
def test_the_empirical_ntk_of_a_wide_network_is_the_analytic_one(inputs, activation):
    spec = ArchitectureSpec(2, activation, sigma_b=0.5)
    (ntk,) = Kernels(spec, ("ntk",)).symmetric(inputs)
    error = empirical_ntks(spec, WIDTH, inputs[1:], seeds=1)[0] - ntk[1:, 1:]
    # Entries are means over WIDTH units, in two layers, of terms with a relative spread of a few.
    assert np.abs(error).max() < 6 / math.sqrt(WIDTH) * ntk.max()


@pytest.mark.parametrize("activation", fast("gelu"))
def test_the_mean_of_empirical_ntks_is_the_analytic_one_and_their_spread_falls(inputs, activation):
    # With one hidden layer the mean over initializations is exact at every width.
    spec = ArchitectureSpec(1, activation, sigma_b=0.5)
    (ntk,) = Kernels(spec, ("ntk",)).symmetric(inputs)
    spread = []
    for width in (256, WIDTH):
        # Of eight outputs, as above, so that the wide networks are drawn by the same program.
        kernels = empirical_ntks(spec, width, inputs, seeds=60, n_outputs=8)
        assert np.abs(z_scores(kernels, ntk)).max() < 4.5
        spread.append(np.sqrt(np.mean((kernels - ntk) ** 2)))
    # 1/sqrt(width) to within the sampling error of 60 correlated entries.
    assert spread[0] / spread[1] == pytest.approx(math.sqrt(WIDTH / 256), rel=0.3)
    assert spread[1] < 0.05 * ntk.max()
