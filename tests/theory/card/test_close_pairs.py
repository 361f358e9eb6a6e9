"""Almost parallel inputs are mended where their kernels are: to all digits, and by no host."""

import itertools

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from helpers.reference_precise import DIGITS, kernel

from ntk_uq.activations import FILES
from ntk_uq.activations.criticality import criticality
from ntk_uq.specs import ArchitectureSpec
from ntk_uq.theory import close_pairs as on_host
from ntk_uq.theory import kernels as module
from ntk_uq.theory.card.kernels import CardExamples, CardKernels
from ntk_uq.theory.kernels import Kernels

BOTH = "nngp", "ntk"
STEPS = (1e-12, 1e-10, 1e-7, 1e-5)  # of near twins, relative to their norms


def close_ones(rng, groups=4, d=12):
    """Groups of an input with its equal, its near twins and their opposites, of other norms, and
    such a group of tiny norms."""
    found = []
    for norm in (*rng.uniform(0.5, 2, groups), 1e-9):
        x = norm * rng.standard_normal(d)
        near = [x + step * norm * rng.standard_normal(d) for step in STEPS]
        found += [x, x, *near, -x, -near[2], 0.3 * near[1]]
    return np.array(found)


def on_card(spec, x, other=None):
    kernels = Kernels(spec)
    with jax.enable_x64(True):
        rows = CardExamples(kernels, x)
        columns = rows if other is None else CardExamples(kernels, other)
        found = CardKernels(kernels).between(rows, columns, BOTH)
        return [np.asarray(k)[: rows.n, : columns.n] for k in found]


def product_on_card(spec, x, name, w):
    kernels = Kernels(spec)
    with jax.enable_x64(True):
        of = CardExamples(kernels, x)
        filled = jnp.zeros((of.size, w.shape[1])).at[: len(w)].set(w)
        return np.asarray(CardKernels(kernels).multiply(of, name, filled))[: of.n]


def assert_same(got, want, spec, tolerance=1e-13):
    for k, reference in zip(got, want, strict=True):
        scale = np.sqrt(np.outer(np.abs(reference).max(1), np.abs(reference).max(0)))
        error = np.abs(k - reference) / scale
        assert error.max() < tolerance, f"{spec}: {error.max():.1e}"


def multiplied(spec):
    """What a chaotic network makes of rounding behind its first layer: each further one multiplies
    a difference by chi_1, some thousand times in 32 layers."""
    chi = criticality(spec.activation, spec.sigma_w, spec.sigma_b).chi
    return 40 * np.finfo(float).eps * max(chi, 1.0) ** spec.depth if chi > 1 else 0.0


@pytest.fixture
def no_host(monkeypatch):
    """Whatever NumPy does for close pairs raises."""

    def asked(*_):
        raise AssertionError("a close pair was evaluated on the host")

    def forbid():
        monkeypatch.setattr(on_host, "close_kernels", asked)
        monkeypatch.setattr(module, "close_kernels", asked)
        monkeypatch.setattr(Kernels, "of_close", asked)

    return forbid


@pytest.mark.parametrize("activation", FILES)
def test_they_are_the_processors_at_every_depth_and_bias_and_nothing_is_done_there(
    activation, no_host
):
    rng = np.random.default_rng()
    x, other = close_ones(rng), close_ones(rng)
    other[:20] = x[:20]
    specs = [
        ArchitectureSpec(depth, activation, rng.uniform(1, 1.7), bias)
        for depth, bias in itertools.product((1, 4, 32), (0.0, 0.4))
    ]
    want = [(Kernels(spec).symmetric(x), Kernels(spec).cross(x, other)) for spec in specs]
    no_host()
    for spec, (symmetric, cross) in zip(specs, want, strict=True):
        tolerance = 1e-13 if activation in ("relu", "linear") else 1e-12 + multiplied(spec)
        got = on_card(spec, x)
        assert_same(got, symmetric, spec, tolerance)
        assert_same(on_card(spec, x, other), cross, spec, tolerance)
        equal = np.all(x[:, None] == x[None, :], axis=2)
        for k in got:
            assert np.array_equal(k[equal], np.broadcast_to(np.diag(k), k.shape)[equal])


def test_relu_has_all_its_digits_at_every_small_angle():
    """Against fifty digits; without care the NTK would be off by 1e-9 and more."""
    rng = np.random.default_rng()
    x = rng.standard_normal((2, 7))
    steps = (1e-3, 1e-7, 1e-9, 1e-13)
    x = np.array([x[0], *(sign * x[0] + step * x[1] for step in steps for sign in (1, -1))])
    for spec in (ArchitectureSpec(1, "relu", 1.5, 0.0), ArchitectureSpec(5, "relu", 1.3, 0.3)):
        for name, k in zip(BOTH, on_card(spec, x), strict=True):
            for j in range(1, len(x)):
                want = kernel(spec, x[0], x[j], DIGITS)[BOTH.index(name)]
                error = abs(mp.mpf(float(k[0, j])) - want) / (k[0, 0] * k[j, j]) ** 0.5
                assert error < 1e-14 * spec.depth, f"{spec}, {name}, {j}: {mp.nstr(error, 3)}"


@pytest.mark.parametrize("n", [300, pytest.param(600, marks=pytest.mark.slow)])
def test_any_number_of_pairs_is_mended(n):
    """All pairs of a matrix that are close, in more than one part, beside a few and none."""
    rng = np.random.default_rng()
    spec = ArchitectureSpec(2, "relu", 1.4, 0.2)
    x = rng.standard_normal((n, 5))
    for count in (2, 37, n):
        x = x.copy()  # what is on the card must not change
        x[rng.choice(n, count, replace=False)] = x[0] + 1e-6 * rng.standard_normal((count, 5))
        w = rng.standard_normal((n, 2))
        want = Kernels(spec).symmetric(x)
        got = on_card(spec, x)
        products = [product_on_card(spec, x, name, w) for name in BOTH]
        assert_same(got, want, spec)
        assert all(np.array_equal(k, k.T) for k in got) or count < n
        for product, k in zip(products, want, strict=True):
            np.testing.assert_allclose(product, k @ w, atol=1e-11 * np.abs(k).max())


def test_another_network_and_another_number_of_pairs_compile_nothing(compilations):
    rng = np.random.default_rng()

    def evaluate(spec, x):
        on_card(spec, x)
        on_card(spec, x, x[:20].copy())
        product_on_card(spec, x, "nngp", x[:, :2])

    x = rng.standard_normal((100, 12))
    x[3] = x[4]
    evaluate(ArchitectureSpec(2, "relu", 1.4, 0.2), x)
    before = len(compilations)
    for depth, count in ((1, 5), (9, 40), (32, 99)):
        x[:count] = x[0] + 1e-7 * rng.standard_normal((count, 12))
        evaluate(ArchitectureSpec(depth, "relu", rng.uniform(1, 2), rng.uniform(0, 1)), x)
    assert len(compilations) == before


def test_without_care_equal_inputs_are_exact_and_others_as_the_layer_has_them(monkeypatch):
    spec = ArchitectureSpec(3, "erf", 1.2, 0.1)
    x = close_ones(np.random.default_rng())
    monkeypatch.setattr(Kernels, "close", None)
    k = on_card(spec, x)[1]
    equal = np.all(x[:, None] == x[None, :], axis=2)
    assert np.array_equal(k[equal], np.broadcast_to(np.diag(k), k.shape)[equal])
    assert_same([k], Kernels(spec).symmetric(x)[1:], spec, tolerance=1e-11)
