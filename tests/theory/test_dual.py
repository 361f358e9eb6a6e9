"""One layer's closed forms: their angles to the last digits, their slopes, and what follows."""

import functools

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from helpers.reference_precise import EXPECTATIONS, fresh

from ntk_uq.activations import REGISTRY as LAYERS
from ntk_uq.activations import get
from ntk_uq.activations.angles import arcs
from ntk_uq.activations.criticality import mean_square, mean_square_slope
from ntk_uq.activations.erf import expectations as erf
from ntk_uq.activations.gelu import expectations as gelu
from ntk_uq.activations.linear import expectations as linear
from ntk_uq.activations.relu import expectations as relu
from ntk_uq.theory.dual import propagate

ULP = np.finfo(float).eps


@pytest.fixture(autouse=True)
def _double_precision():
    with jax.enable_x64(True):
        yield


def neighbours(x, n=3):
    """A number and the next ones on both sides of it."""
    found = [x]
    for toward in (-2.0, 2.0):
        y = x
        for _ in range(n):
            y = np.nextafter(y, toward)
            found.append(y)
    return found


def everywhere(rng):
    """Between -1 and 1: all over, where the approximation changes, at the ends and by zero."""
    edges = [c for x in (0.5, 1.0) for c in neighbours(x) if c <= 1]
    close = 1 - 10.0 ** rng.uniform(-16, -1, 100)
    tiny = 10.0 ** rng.uniform(-300, -1, 100)
    positive = np.concatenate([rng.uniform(0, 1, 800), edges, close, tiny, [0.0]])
    return np.concatenate([positive, -positive])


@pytest.mark.parametrize("compiled", [False, True])
def test_angles_have_their_last_digits_from_zero_to_one(compiled):
    rng, seed = fresh()
    c = everywhere(rng)
    found = (jax.jit(arcs) if compiled else arcs)(jnp.asarray(c))
    with mp.workdps(40):
        for name, values, exact in (
            ("arcsin", found[0], mp.asin),
            ("arccos", found[1], mp.acos),
            ("sqrt(1 - c^2)", found[2], lambda a: mp.sqrt((1 - a) * (1 + a))),
        ):
            for x, value in zip(c, np.asarray(values), strict=True):
                want = exact(abs(mp.mpf(float(x))))
                # Relative, so that nothing is lost of arcsin by zero and of arccos by one.
                error = abs(mp.mpf(float(value)) - want)
                assert error <= 3 * ULP * want, (
                    f"seed {seed}: {name} of |{x!r}| is {float(value)!r}, not {mp.nstr(want, 20)}"
                )


def test_angles_at_the_ends_are_exact():
    sine, cosine, root = arcs(jnp.asarray([0.0, -0.0, 1.0, -1.0]))
    np.testing.assert_array_equal(sine, [0, 0, np.pi / 2, np.pi / 2])
    np.testing.assert_array_equal(cosine, [np.pi / 2, np.pi / 2, 0, 0])
    np.testing.assert_array_equal(root, [1, 1, 0, 0])


def problem(activation, rng, depth):
    """Covariances of four inputs with five, and the scales of the variances in every layer, the one
    behind the hidden ones included."""
    w2, b2 = (float(v) for v in (rng.uniform(0.5, 2), rng.uniform(0, 0.5)))
    q1, q2 = rng.uniform(0.3, 3, 4), rng.uniform(0.3, 3, 5)
    # Away from zero, which is a corner of |k|, and from one.
    cosine = rng.uniform(0.05, 0.8, (4, 5)) * rng.choice([-1, 1], (4, 5))
    k = jnp.asarray(cosine * np.sqrt(np.outer(q1, q2)))
    layers = [(q1, q2)]
    for _ in range(depth):
        q1, q2 = (w2 * mean_square(activation, q) + b2 for q in (q1, q2))
        layers.append((q1, q2))
    q1, q2 = (np.stack(q) for q in zip(*layers, strict=True))
    return k, q1, q2, of(activation, q1), of(activation, q2), w2, b2


def scales(activation, q):
    return get(activation).layer.scales(q)


def of(activation, q):
    return jnp.asarray(scales(activation, q))


@functools.partial(jax.jit, static_argnames=("activation", "ntk"))
def run(activation, k, scales1, scales2, w2, b2, ntk=True):
    sigmas = jnp.asarray(w2), jnp.asarray(b2)
    return propagate(get(activation).layer, k, scales1, scales2, *sigmas, ntk)


@functools.partial(jax.jit, static_argnums=0)
def expectations(activation, k, of1, of2):
    """E[phi phi] and E[phi' phi'] of covariances, whatever it is that a layer works on."""
    if activation != "relu":
        return {"erf": erf, "gelu": gelu, "linear": linear}[activation](k, of1, of2)
    (r1, inverse1), (r2, inverse2) = of1, of2
    opening, slope = relu(1 - k * inverse1 * inverse2)
    return r1 * r2 * (1 - opening) / 2, slope


@pytest.mark.parametrize("activation", LAYERS)
def test_a_layer_is_the_fifty_digits_of_its_expectations(activation):
    rng, seed = fresh()
    k, q1, q2, scales1, scales2, w2, b2 = problem(activation, rng, 1)
    nngp, ntk = (np.asarray(a) for a in run(activation, k, scales1, scales2, w2, b2))
    value, slope = EXPECTATIONS[activation]
    with mp.workdps(50):
        for i, j in np.ndindex(k.shape):
            where = [mp.mpf(float(a)) for a in (q1[0, i], q2[0, j], k[i, j])]
            want = w2 * value(*where) + b2
            assert abs(nngp[i, j] - want) < 1e-14, f"seed {seed}"
            assert abs(ntk[i, j] - (want + w2 * slope(*where) * where[2])) < 1e-14, f"seed {seed}"


@pytest.mark.parametrize("activation", LAYERS)
def test_the_slope_is_the_derivative_of_the_value(activation):
    """Price's theorem: dE[phi phi] / dk = E[phi' phi'], at fixed variances."""
    rng, seed = fresh()
    k, q1, q2, scales1, scales2, _, _ = problem(activation, rng, 1)

    def value(k):
        of1, of2 = ([kind[0] for kind in kinds] for kinds in (scales1, scales2))
        of1, of2 = (s[:, None] for s in of1), (s[None] for s in of2)
        return expectations(activation, k, tuple(of1), tuple(of2))

    # Of eighth order in a step of a hundredth of the largest k that there can be: so far from the
    # singularity there, whatever the variances, the error of rounding is still small.
    step = 0.01 * np.sqrt(np.outer(q1[0], q2[0]))
    weights = 4 / 5, -1 / 5, 4 / 105, -1 / 280
    numeric = sum(
        w * (value(k + n * step)[0] - value(k - n * step)[0]) / step
        for n, w in enumerate(weights, 1)
    )
    _, automatic = jax.jit(lambda k: jax.jvp(lambda k: value(k)[0], (k,), (jnp.ones_like(k),)))(k)
    slope = value(k)[1]
    np.testing.assert_allclose(slope, automatic, rtol=1e-13, err_msg=f"seed {seed}")
    np.testing.assert_allclose(slope, numeric, rtol=1e-9, err_msg=f"seed {seed}")


@pytest.mark.parametrize("activation", LAYERS)
def test_the_ntk_is_the_sum_of_what_every_layers_kernel_changes(activation):
    """``T_L = sum_l K_l dK_L / dK_l``, with the derivatives of the NNGP kernel alone."""
    (rng, seed), depth = fresh(), 3
    k, _, _, scales1, scales2, w2, b2 = problem(activation, rng, depth)

    @jax.jit
    def total(k):
        reached, want = k, 0
        for layer in range(depth + 1):

            def onward(k, layer=layer):
                if layer == depth:
                    return k
                return run(activation, k, scales1[:, layer:], scales2[:, layer:], w2, b2, False)[0]

            _, change = jax.jvp(onward, (reached,), (jnp.ones_like(reached),))
            want = want + reached * change
            next_one = slice(layer, layer + 2)
            if layer < depth:
                reached, _ = run(
                    activation, reached, scales1[:, next_one], scales2[:, next_one], w2, b2
                )
        return want

    want = total(k)
    nngp, ntk = run(activation, k, scales1, scales2, w2, b2)
    np.testing.assert_allclose(ntk, want, rtol=1e-12, atol=1e-14, err_msg=f"seed {seed}")
    alone = run(activation, k, scales1, scales2, w2, b2, ntk=False)
    np.testing.assert_allclose(alone[0], nngp, rtol=1e-14)
    np.testing.assert_array_equal(alone[0], alone[1], "K stands in the NTK's place")


@pytest.mark.parametrize("activation", LAYERS)
def test_two_equal_inputs_are_mapped_as_one_is(activation):
    """The pairs' closed form at ``k = q`` is the variance map's, written elsewhere."""
    # Powers of four, whose roots are exact, so that no rounding makes an angle of theirs.
    q = 4.0 ** np.arange(-6, 4)
    kinds = of(activation, q)
    value, slope = expectations(activation, jnp.asarray(q), tuple(kinds), tuple(kinds))
    np.testing.assert_allclose(value, mean_square(activation, q), rtol=3e-14)
    np.testing.assert_allclose(slope, mean_square_slope(activation, q), rtol=3e-14)


def test_an_input_that_is_nothing_has_no_angle_and_no_division_by_zero():
    root, inverse = scales("relu", np.array([0.0, 4.0]))
    np.testing.assert_array_equal(root, [0, 2])
    np.testing.assert_array_equal(inverse, [0, 0.5])
    for activation in LAYERS:
        kinds = of(activation, np.zeros(1))
        value, slope = expectations(activation, jnp.zeros(1), tuple(kinds), tuple(kinds))
        assert value[0] == 0
        assert np.isfinite(slope).all()
