"""The kernels of an activation without closed forms, as a series of Hermite polynomials.

With h_n the normalized ones, ``E[h_m(z) h_n(z')] = delta_mn c^n`` for standard normal z, z' of
correlation c (Mehler). So with ``d_n(q) = E[phi'(sqrt(q) z) h_n(z)]``, and r the roots of the
variances,

    E[phi' phi'] = sum_n d_n(q_1) d_n(q_2) c^n
    E[phi phi]   = E[phi] E[phi] + r_1 r_2 sum_n d_n(q_1) d_n(q_2) c^(n+1) / (n + 1)

(Daniely, Frostig, Singer, arXiv:1602.05897). The coefficients are a matter of single inputs. What
the terms left out amount to at c = 1 is added to the last one, so that equal inputs have what the
variance map has, and matrices stay positive semi-definite.

For tanh at variances around 2, kernels of pairs are good to about 1e-8. neural-tangents' own
quadrature of two dimensions takes 200 to 700 microseconds a pair and layer, for errors of 2e-2 (25
points) to 4e-4 (60 points) of the NTK there; this takes some 0.05.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from ntk_uq.base.errors import SpecError

if TYPE_CHECKING:
    from ntk_uq.activations.base import Activation, Layer, Scales

TERMS = 64
"""Of the series of the slopes; even, so that of an odd phi the last one is odd, too."""

_LEFT_OUT = 1e-3
"""Of E[phi'^2]: the most that all terms left out may amount to."""

_AT_ONCE = 4096


def series(
    activation: "Activation",
    mean_square: Callable[[Any], Any],
    mean_square_slope: Callable[[Any], Any],
) -> "Layer":
    """The layer of an activation that gives phi and its slope alone."""
    from ntk_uq.activations.base import smooth

    phi, slope = activation.phi, activation.slope
    assert phi is not None
    assert slope is not None

    def scales(q: Float[np.ndarray, "..."]) -> Float[np.ndarray, "kinds ..."]:
        root = np.sqrt(q)
        inverse = np.divide(1, root, out=np.zeros_like(q), where=root > 0)
        mean, bends = coefficients(phi, q, 1)[0], coefficients(slope, q, TERMS)
        order = np.arange(1, TERMS + 1).reshape(-1, *[1] * q.ndim)
        of_value = mean_square(q) - mean**2 - q * np.sum(bends**2 / order, axis=0)
        whole = mean_square_slope(q)
        of_slope = whole - np.sum(bends**2, axis=0)
        bad = of_slope > _LEFT_OUT * whole
        if bad.any():
            raise SpecError(
                f"{activation.name} is too steep for its series of {TERMS} terms at variance "
                f"{q[bad].min():.3g}, where {np.max(of_slope[bad] / whole[bad]):.1%} of E[phi'^2] "
                "are left out; choose a smaller sigma_w, or give the activation closed forms."
            )
        rests = (np.sqrt(np.maximum(rest, 0)) for rest in (of_value, of_slope))
        return np.stack([root, inverse, mean, *rests, *bends])

    return smooth(_expectations, scales)


def _expectations(k: Any, of1: "Scales", of2: "Scales") -> tuple[Any, Any]:
    """Both sums by Horner's scheme."""
    xp = k.__array_namespace__()
    (root1, inverse1, mean1, value1, slope1), (root2, inverse2, mean2, value2, slope2) = (
        of[:5] for of in (of1, of2)
    )
    c = xp.clip(k * (inverse1 * inverse2), -1, 1)
    slope = slope1 * slope2 + 0 * c
    value = value1 * value2 + 0 * c  # beyond the last term, without its r_1 r_2
    products = [a * b for a, b in zip(of1[5:], of2[5:], strict=True)]
    bends = 0 * c
    for n in range(len(products) - 1, -1, -1):
        slope = slope * c + products[n]
        bends = bends * c + products[n] / (n + 1)
        value = value * c
    return mean1 * mean2 + root1 * root2 * (c * bends) + value * c, slope


def coefficients(
    function: Callable[[Any], Any], q: Float[np.ndarray, "..."], terms: int
) -> Float[np.ndarray, "terms ..."]:
    """``E[f(sqrt(q) z) h_n(z)]`` for n below ``terms``, by the rule of
    :mod:`ntk_uq.activations.numeric`."""
    from ntk_uq.activations.numeric import rule

    z, weights = rule()
    h = _hermite(z, terms) * weights
    flat, out = np.sqrt(q).reshape(-1), np.empty((terms, q.size))
    with np.errstate(all="ignore"):
        for low in range(0, len(flat), _AT_ONCE):
            out[:, low : low + _AT_ONCE] = h @ function(flat[low : low + _AT_ONCE, None] * z).T
    return out.reshape(terms, *q.shape)


def _hermite(z: Float[np.ndarray, "m"], terms: int) -> Float[np.ndarray, "terms m"]:
    """Hermite polynomials, orthonormal under the standard normal density."""
    out = [np.ones_like(z), z]
    for n in range(1, terms - 1):
        out.append((z * out[n] - np.sqrt(n) * out[n - 1]) / np.sqrt(n + 1))
    return np.stack(out[:terms])
