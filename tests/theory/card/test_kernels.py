"""Whole kernels on an accelerator, whose programs run here on the processor: the same numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ntk_uq.activations import FILES
from ntk_uq.specs import ArchitectureSpec
from ntk_uq.theory.card.kernels import CardExamples, CardKernels
from ntk_uq.theory.kernels import Kernels

BOTH = "nngp", "ntk"


def inputs(n, seed=None):
    """Fresh random inputs of other norms, with tiny ones, equal ones and opposite ones."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, 12)) * rng.uniform(0.5, 1.5, (n, 1))
    if n > 8:
        x[3] *= 1e-9
        x[4], x[5], x[6], x[7] = x[0], -x[1], x[2] * (1 + 1e-9), 0.5 * x[0]
    return x


def on_card(spec, x, other=None, names=BOTH, **options):
    kernels = Kernels(spec)
    with jax.enable_x64(True):
        rows = CardExamples(kernels, x)
        columns = rows if other is None else CardExamples(kernels, other)
        out = CardKernels(kernels).between(rows, columns, names, **options)
        return [np.asarray(k) for k in out]


def assert_same(got, want, spec):
    for k, reference in zip(got, want, strict=True):
        n, m = reference.shape
        scale = np.sqrt(np.abs(reference).max())
        np.testing.assert_allclose(
            k[:n, :m], reference, rtol=1e-12, atol=1e-13 * scale**2, err_msg=str(spec)
        )


@pytest.mark.parametrize("activation", FILES)
@pytest.mark.parametrize("n", [127, 128, 129])
def test_they_are_the_processors_at_every_side_of_a_bucket(activation, n):
    spec = ArchitectureSpec(3, activation, 1.3, 0.2)
    x = inputs(n)
    assert_same(on_card(spec, x), Kernels(spec).symmetric(x), spec)
    other = np.concatenate([x[:9], inputs(20)])
    assert_same(on_card(spec, x, other), Kernels(spec).cross(x, other), spec)


@pytest.mark.parametrize("depth", [1, 2, 5, 32])
@pytest.mark.parametrize("sigma_b", [0.0, 0.3, 10.0])
def test_every_depth_and_bias_is_a_value_of_one_program(depth, sigma_b):
    """With a bias of 10 all inputs are almost parallel, and every pair needs care."""
    for activation in ("relu", "erf"):
        spec = ArchitectureSpec(depth, activation, 1.4, sigma_b)
        x = inputs(60)
        assert_same(on_card(spec, x), Kernels(spec).symmetric(x), spec)


def test_what_fills_up_has_a_variance_of_the_kernels_and_no_covariance():
    spec = ArchitectureSpec(2, "relu", 1.2, 0.4)
    x = inputs(100)
    _, ntk = on_card(spec, x, ridge=0.25)
    assert np.array_equal(ntk[100:, :100], np.zeros((28, 100)))
    assert np.array_equal(ntk[100:, 100:], np.diag(np.full(28, ntk[0, 0])))
    np.testing.assert_allclose(
        np.diagonal(ntk)[:100], Kernels(spec).diagonal(x)[1] + 0.25, rtol=1e-14
    )
    cross = on_card(spec, x, inputs(30))[0]
    assert not cross[100:].any()
    assert not cross[:, 30:].any()


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_a_product_is_that_with_the_whole_kernel(name, activation):
    spec = ArchitectureSpec(2, activation, 1.2, 0.1)
    x = inputs(200)
    kernels = Kernels(spec)
    want = dict(zip(BOTH, kernels.symmetric(x), strict=True))[name]
    for size, n in ((256, 200), (128, 90)):
        w = np.zeros((size, 5))
        w[:n] = np.random.default_rng().standard_normal((n, 5))
        with jax.enable_x64(True):
            of = CardExamples(kernels, x)
            got = np.asarray(CardKernels(kernels).multiply(of, name, jnp.asarray(w)))
        np.testing.assert_allclose(
            got[:n], want[:n, :n] @ w[:n], rtol=0, atol=1e-11 * np.abs(want).max()
        )
        assert not got[200:].any()  # nor NaN, where there is no example


def test_an_activation_of_neural_tangents_goes_there_too():
    spec = ArchitectureSpec(2, "erf", 1.1, 0.2)
    x = inputs(40)
    kernels = Kernels(spec, reference=True)
    with jax.enable_x64(True):
        of = CardExamples(kernels, x)
        got = [np.asarray(k) for k in CardKernels(kernels).between(of, of, BOTH)]
    assert_same(got, kernels.symmetric(x), spec)
