"""NNGP and NTK behind the hidden layers, in JAX: the loop that is the same for all activations.

With preactivations ``(u, v)`` of two inputs, jointly Gaussian of variances q_1, q_2 and covariance
k, a layer maps ``k -> E[phi(u) phi(v)]``, and the NTK is multiplied by ``E[phi'(u) phi'(v)]``
(Cho and Saul, NeurIPS 2009; Daniely, Frostig, Singer, arXiv:1602.05897, call both dual
activations). Each activation has its own in its file in ``ntk_uq/activations/``. Everything is
element by element, so that a compiler makes one pass of it.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from ntk_uq.activations.base import KernelLayer, Pair


def propagate(
    layer: KernelLayer,
    k: Float[Array, "n1 n2"],
    scales1: Float[Array, "kinds layers n1"],
    scales2: Float[Array, "kinds layers n2"],
    w2: Float[Array, ""],
    b2: Float[Array, ""],
    ntk: bool = True,
    depth: Int[Array, ""] | None = None,
) -> tuple[jax.Array, jax.Array]:
    """NNGP and NTK behind all hidden layers; Jacot, Gabriel, Hongler, arXiv:1806.07572.

        K <- sigma_w^2 E[phi phi] + sigma_b^2,    T <- K + sigma_w^2 E[phi' phi'] T

    A loop and no unrolled chain: XLA would compute the angle of a layer again for everything that
    uses it further on, and compile for as long as the network is deep. What goes round is one
    complex number: XLA makes one pass of a layer if it has one result, else one pass a function.

    Args:
        layer: the activation's.
        k: covariance of the first layer's preactivations, which is T there, too.
        scales1, scales2: the layer's scales of the variances that each layer receives, the one
            behind the hidden ones included.
        w2, b2: sigma_w^2 and sigma_b^2.
        ntk: whether the NTK is wanted; otherwise K stands in its place.
        depth: how many hidden layers there are, where the scales have room for more: a value, so
            that one compiled program serves all depths. By default as many as the scales have.
    """
    if depth is None:
        depth = jnp.asarray(scales1.shape[1] - 1)

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
