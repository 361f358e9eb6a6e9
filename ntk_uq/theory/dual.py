"""One hidden layer's effect on kernels: Gaussian expectations in closed form, in JAX.

With preactivations ``(u, v)`` of two inputs, jointly Gaussian of variances q_1, q_2 and covariance
k, a layer maps ``k -> E[phi(u) phi(v)]``, and the NTK is multiplied by ``E[phi'(u) phi'(v)]``
(Cho and Saul, NeurIPS 2009; Daniely, Frostig, Singer, arXiv:1602.05897, call both dual
activations). Everything here is element by element, so that a compiler makes one pass of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

Scales = tuple[jax.Array, ...]

Pair = tuple[Scales, Scales]
"""Of the first and of the second inputs."""


@dataclass(frozen=True)
class Layer:
    """How the layers of one activation are passed.

    Attributes:
        start: (k, scales) -> what goes from layer to layer.
        advance: (that, scales here, scales behind, sigma_w^2, sigma_b^2) -> that behind the layer,
            and E[phi' phi'].
        covariance: (that, scales) -> k.
    """

    start: Callable[[jax.Array, Pair], jax.Array]
    advance: Callable[..., tuple[jax.Array, jax.Array]]
    covariance: Callable[[jax.Array, Pair], jax.Array]


# (arcsin(s) / s - 1) / s^2 = P / Q in z = s^2 on [0, 1/4], minimax; coefficients of the public
# domain fdlibm (Sun Microsystems, e_asin.c), whose error is below 2^-58.
_P = (
    1.66666666666666657415e-01,
    -3.25565818622400915405e-01,
    2.01212532134862925881e-01,
    -4.00555345006794114027e-02,
    7.91534994289814532176e-04,
    3.47933107596021167570e-05,
)
_Q = (
    1.0,
    -2.40339491173441421878e00,
    2.02094576023350569471e00,
    -6.88283971605453293030e-01,
    7.70381505559019352791e-02,
)

_TURN = 1 / (2 * np.pi)  # a factor: compilers divide by constants where they are told to


def arcs(
    c: Float[Array, "..."], rest: Float[Array, "..."] | None = None
) -> tuple[Float[Array, "..."], Float[Array, "..."], Float[Array, "..."]]:
    """``arcsin |c|``, ``arccos |c|`` and ``sqrt(1 - c^2)``, each to its last digits.

    XLA's own arccos costs several times as much on a CPU. Below 1/2 the arcsine is a rational
    function of c; above, ``arccos |c| = 2 arcsin sqrt((1 - |c|) / 2)``.

    Args:
        c: between -1 and 1.
        rest: ``1 - |c|``, where more digits of it are known than c has.
    """
    a = jnp.abs(c)
    rest = 1 - a if rest is None else rest
    near = a >= 0.5
    z = jnp.where(near, 0.5 * rest, a * a)
    s = jnp.where(near, jnp.sqrt(z), a)
    angle = s + s * (z * _polynomial(_P, z) / _polynomial(_Q, z))
    sine = jnp.where(near, np.pi / 2 - 2 * angle, angle)
    cosine = jnp.where(near, 2 * angle, np.pi / 2 - angle)
    return sine, cosine, jnp.sqrt(rest * (1 + a))


def relu(gap: jax.Array) -> tuple[jax.Array, jax.Array]:
    """With ``cos theta = 1 - gap``: the gap that E[phi phi] leaves, and E[phi' phi'].

        E[phi phi] = r_1 r_2 (1 - opening) / 2,  opening = gap - (sin theta - theta cos theta) / pi
        E[phi' phi'] = (pi - theta) / (2 pi)

    r are the roots of the variances; Cho and Saul, 2009. The slope has an error of rounding over
    the angle if that comes from its cosine; behind many layers with biases all inputs are almost
    parallel. So it is the gap that goes from layer to layer, with all its digits.
    """
    c = 1 - gap
    below = c < 0
    _, angle, sine = arcs(c, jnp.where(below, 2 - gap, gap))
    theta, supplement = (
        jnp.where(below, np.pi - angle, angle),
        jnp.where(below, angle, np.pi - angle),
    )
    opening = gap - 2 * _TURN * (sine - theta * c)
    return jnp.maximum(opening, 0), _TURN * supplement


def erf(k: jax.Array, of1: Scales, of2: Scales) -> tuple[jax.Array, jax.Array]:
    """With ``z = 2 k p_1 p_2`` and ``p = (1 + 2 q)^(-1/2)``; Williams, NeurIPS 1996:

    2 / pi arcsin z,    4 / pi p_1 p_2 / sqrt(1 - z^2)
    """
    (p1,), (p2,) = of1, of2
    p = p1 * p2
    z = jnp.clip(2 * k * p, -1, 1)
    angle, _, root = arcs(z)
    root = _no_smaller(root, p1, p2)
    return 2 / np.pi * jnp.copysign(angle, z), 4 / np.pi * p / root


def gelu(k: jax.Array, of1: Scales, of2: Scales) -> tuple[jax.Array, jax.Array]:
    """With ``z = k p``, ``p = p_1 p_2``, ``p_i = (1 + q_i)^(-1/2)`` and ``w = sqrt(1 - z^2)``:

        k / 4 + (k arcsin z + p z^2 / w + p q_1 q_2 w) / (2 pi)
        1 / 4 + (arcsin z + z / w (p^2 / w^2 + p^2 - p^2 q_1 q_2 + 1)) / (2 pi)

    Tsuchida et al., arXiv:2002.08517, for the first; the second is its derivative by k.
    """
    (p1, share1), (p2, share2) = of1, of2
    p = p1 * p2
    z = jnp.clip(k * p, -1, 1)
    angle, _, root = arcs(z)
    root = _no_smaller(root, p1, p2)
    angle = jnp.copysign(angle, z)
    share = share1 * share2  # p^2 q_1 q_2
    value = 0.25 * k + _TURN * (k * angle + p * z * z / root + share / p * root)
    bend = (p / root) ** 2 + p * p - share + 1
    slope = 0.25 + _TURN * (angle + z / root * bend)
    return value, slope


def _no_smaller(root: jax.Array, p1: jax.Array, p2: jax.Array) -> jax.Array:
    """``sqrt(1 - z^2)``, which is not below what ``k^2 <= q_1 q_2`` allows."""
    a, b = p1 * p1, p2 * p2
    return jnp.maximum(root, jnp.sqrt(a + b - a * b))


def linear(k: jax.Array, of1: Scales, of2: Scales) -> tuple[jax.Array, jax.Array]:  # noqa: ARG001
    """``k`` and 1."""
    return k, jnp.ones_like(k)


def _relu_gap(k: jax.Array, scales: Pair) -> jax.Array:
    (_, inverse1), (_, inverse2) = scales
    return 1 - jnp.clip(k * (inverse1 * inverse2), -1, 1)


def _relu_covariance(gap: jax.Array, scales: Pair) -> jax.Array:
    (r1, _), (r2, _) = scales
    return r1 * r2 * (1 - gap)


def _relu_advance(
    gap: jax.Array, here: Pair, there: Pair, w2: jax.Array, b2: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """From gap to gap, in terms that do not cancel. With r' the roots of the next variances,

    r_1' r_2' - k' = sigma_w^2 / 2 (
        r_1 r_2 opening + sigma_b^2 (r_1 - r_2)^2 / (r_1' r_2' + r_1 r_2 sigma_w^2 / 2 + sigma_b^2)
    )
    """
    (r1, _), (r2, _) = here
    (next1, inverse1), (next2, inverse2) = there
    opening, slope = relu(gap)
    product = r1 * r2
    # Two inputs that are nothing, without a bias, have nothing between them.
    both = jnp.maximum(next1 * next2 + w2 / 2 * product + b2, np.finfo(np.float64).tiny)
    rest = product * opening + b2 * (r1 - r2) ** 2 / both
    return w2 / 2 * rest * (inverse1 * inverse2), slope


def _smooth(expectations: Callable[..., tuple[jax.Array, jax.Array]]) -> Layer:
    """From k to k, for activations whose expectations lose nothing where inputs are parallel."""

    def same(k: jax.Array, scales: Pair) -> jax.Array:  # noqa: ARG001
        return k

    def advance(
        k: jax.Array,
        here: Pair,
        there: Pair,  # noqa: ARG001
        w2: jax.Array,
        b2: jax.Array,
    ) -> tuple[jax.Array, jax.Array]:
        value, slope = expectations(k, *here)
        return w2 * value + b2, slope

    return Layer(same, advance, same)


LAYERS = {
    "relu": Layer(_relu_gap, _relu_advance, _relu_covariance),
    "erf": _smooth(erf),
    "gelu": _smooth(gelu),
    "linear": _smooth(linear),
}
"""What is written here; every other activation is neural-tangents'."""


def scales(activation: str, q: Float[np.ndarray, "..."]) -> Float[np.ndarray, "kinds ..."]:
    """What a layer wants to know of an input of variance q: once an input, not once a pair.

    Divisions here save one for every pair: compilers take a vector's into the loop over a matrix.
    """
    if activation == "relu":
        root = np.sqrt(q)
        # An input that is nothing has no angle to any.
        return np.stack([root, np.divide(1, root, out=np.zeros_like(q), where=root > 0)])
    if activation == "linear":
        return np.empty((0, *q.shape))
    if activation == "gelu":
        return np.stack([1 / np.sqrt(1 + q), q / (1 + q)])
    return 1 / np.sqrt(1 + 2 * q)[None]


def propagate(
    activation: str,
    k: Float[Array, "n1 n2"],
    scales1: Float[Array, "kinds layers n1"],
    scales2: Float[Array, "kinds layers n2"],
    w2: Float[Array, ""],
    b2: Float[Array, ""],
    ntk: bool = True,
) -> tuple[jax.Array, jax.Array]:
    """NNGP and NTK behind all hidden layers; Jacot, Gabriel, Hongler, arXiv:1806.07572.

        K <- sigma_w^2 E[phi phi] + sigma_b^2,    T <- K + sigma_w^2 E[phi' phi'] T

    A loop and no unrolled chain: XLA would compute the angle of a layer again for everything that
    uses it further on, and compile for as long as the network is deep. What goes round is one
    complex number: XLA makes one pass of a layer if it has one result, else one pass a function.

    Args:
        activation: of :data:`LAYERS`.
        k: covariance of the first layer's preactivations, which is T there, too.
        scales1, scales2: :func:`scales` of the variances that each layer receives, the one behind
            the hidden ones included.
        w2, b2: sigma_w^2 and sigma_b^2.
        ntk: whether the NTK is wanted; otherwise K stands in its place.
    """
    layer, depth = LAYERS[activation], scales1.shape[1] - 1

    def at(i: jax.Array | int) -> Pair:
        of1, of2 = ([kind[i] for kind in kinds] for kinds in (scales1, scales2))
        return tuple(s[:, None] for s in of1), tuple(s[None, :] for s in of2)

    def without_ntk(i: jax.Array, state: jax.Array) -> jax.Array:
        return layer.advance(state, at(i), at(i + 1), w2, b2)[0]

    def with_ntk(i: jax.Array, both: jax.Array) -> jax.Array:
        state, slope = layer.advance(both.real, at(i), at(i + 1), w2, b2)
        k = layer.covariance(state, at(i + 1))
        return jax.lax.complex(state, k + w2 * slope * both.imag)

    state = layer.start(k, at(0))
    if not ntk:
        k = layer.covariance(jax.lax.fori_loop(0, depth, without_ntk, state), at(depth))
        return k, k
    both = jax.lax.fori_loop(0, depth, with_ntk, jax.lax.complex(state, k))
    return layer.covariance(both.real, at(depth)), both.imag


def _polynomial(coefficients: tuple[float, ...], z: jax.Array) -> jax.Array:
    value = jnp.full_like(z, coefficients[-1])
    for c in coefficients[-2::-1]:
        value = value * z + c
    return value
