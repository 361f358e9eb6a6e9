"""The kernels of an activation without closed forms, as a series of Hermite polynomials.

With h_n the normalized ones, ``E[h_m(z) h_n(z')] = delta_mn c^n`` for standard normal z, z' of
correlation c (Mehler). So with ``d_n(q) = E[phi'(sqrt(q) z) h_n(z)]``, and r the roots of the
variances,

    E[phi' phi'] = sum_n d_n(q_1) d_n(q_2) c^n
    E[phi phi]   = E[phi] E[phi] + r_1 r_2 sum_n d_n(q_1) d_n(q_2) c^(n+1) / (n + 1)

(Daniely, Frostig, Singer, arXiv:1602.05897). The coefficients are a matter of single inputs. The
first :data:`TERMS` are taken one by one; those up to :data:`_LAST` in bands of about an eighth of
their order, even and odd ones apart, each as one power in the middle with the band's whole weight.
What then is left at c = 1 is added to the last one: equal inputs have what the variance map has.

Errors of E[phi' phi'] for tanh, the largest over c (about 0.99), relative: 2e-10 at variance 1,
3e-7 at 3, 1e-5 at 10; of E[phi phi] they are twenty times smaller. For softplus they are of
rounding. neural-tangents' own quadrature of two dimensions has errors of 2e-2 (25 points, 20
microseconds a pair and layer) to 4e-4 (60 points, 130) of tanh's NTK at 3; this takes some 0.2.
"""

import functools
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from ntk_uq.activations.quadrature import rule
from ntk_uq.base.errors import SpecError

if TYPE_CHECKING:
    from ntk_uq.activations.base import Activation, KernelLayer, Scales

TERMS = 64
"""Of the series of the slopes, that are taken one by one."""

_EDGES = (64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512)
_LAST = _EDGES[-1]
_BANDS = tuple((low + odd, high) for low, high in itertools.pairwise(_EDGES) for odd in (0, 1))
"""First order, and the end, of every second one."""

_ORDERS = (*range(TERMS), *(low + round(3 * (high - low) / 16) * 2 for low, high in _BANDS))
"""The powers that stand for single terms and for bands, increasing; below the middle of a band,
since coefficients fall."""

_LEFT_OUT = 1e-3
"""Of E[phi'^2]: the most that all terms left out may amount to."""

_AT_ONCE = 1024


def series(
    activation: "Activation",
    mean_square: Callable[[Any], Any],
    mean_square_slope: Callable[[Any], Any],
) -> "KernelLayer":
    """The layer of an activation that gives phi and its slope alone."""
    from ntk_uq.activations.base import smooth

    phi, slope = activation.phi, activation.slope
    assert phi is not None
    assert slope is not None

    def scales(q: Float[np.ndarray, "..."]) -> Float[np.ndarray, "kinds ..."]:
        flat = q.reshape(-1)
        # So many at a time that all their coefficients take no more room than a few tiles.
        parts = [part(flat[low : low + _AT_ONCE]) for low in range(0, len(flat), _AT_ONCE)]
        return np.concatenate(parts, axis=1).reshape(-1, *q.shape)

    def part(q: Float[np.ndarray, "m"]) -> Float[np.ndarray, "kinds m"]:
        root = np.sqrt(q)
        inverse = np.divide(1, root, out=np.zeros_like(q), where=root > 0)
        mean, of_slopes = coefficients(phi, q, 1)[0], coefficients(slope, q, _LAST)
        of_values = of_slopes / np.sqrt(np.arange(1, _LAST + 1))[:, None]
        whole = mean_square_slope(q)
        rests = [
            mean_square(q) - mean**2 - q * np.sum(of_values**2, axis=0),
            whole - np.sum(of_slopes**2, axis=0),
        ]
        bad = rests[1] > _LEFT_OUT * whole
        if bad.any():
            raise SpecError(
                f"{activation.name} is too steep for its series of {_LAST} terms at variance "
                f"{q[bad].min():.3g}, where {np.max(rests[1][bad] / whole[bad]):.1%} of E[phi'^2] "
                "are left out; choose a smaller sigma_w, or give the activation closed forms."
            )
        rests = [np.sqrt(np.maximum(rest, 0)) for rest in rests]
        terms = [*of_slopes[:TERMS], *_bands(of_slopes), *_bands(of_values)]
        return np.stack([root, inverse, mean, *rests, *terms])

    return smooth(_expectations, scales)


def _bands(terms: Float[np.ndarray, "terms m"]) -> list[Float[np.ndarray, "m"]]:
    return [np.sqrt(np.sum(terms[low:high:2] ** 2, axis=0)) for low, high in _BANDS]


def _expectations(k: Any, of1: "Scales", of2: "Scales") -> tuple[Any, Any]:
    """Both sums by Horner's scheme, from the highest order down."""
    (root1, inverse1, mean1, *_), (root2, inverse2, mean2, *_) = of1, of2
    c = k.__array_namespace__().clip(k * (inverse1 * inverse2), -1, 1)
    products = [a * b for a, b in zip(of1[3:], of2[3:], strict=True)]
    (left_value, left_slope), products = products[:2], products[2:]
    of_slopes = products[: len(_ORDERS)]
    of_values = [p / (n + 1) for n, p in enumerate(products[:TERMS])] + products[len(_ORDERS) :]
    # What is left of the value has its r_1 r_2 already.
    left, slope, value = left_value + 0 * c, left_slope + 0 * c, 0 * c
    for n in range(len(_ORDERS) - 1, -1, -1):
        slope, value = slope + of_slopes[n], value + of_values[n]
        power = c ** (_ORDERS[n] - _ORDERS[max(n - 1, 0)])
        slope, value, left = slope * power, value * power, left * power
    return mean1 * mean2 + c * (root1 * root2 * value + left), slope


def coefficients(
    function: Callable[[Any], Any], q: Float[np.ndarray, "m"], terms: int
) -> Float[np.ndarray, "terms m"]:
    """``E[f(sqrt(q) z) h_n(z)]`` for n below ``terms``, by the rule of
    :mod:`ntk_uq.activations.numeric`."""
    with np.errstate(all="ignore"):
        return _weighted(terms) @ function(np.sqrt(q)[:, None] * rule()[0]).T


@functools.cache
def _weighted(terms: int) -> Float[np.ndarray, "terms m"]:
    """Hermite polynomials, orthonormal under the standard normal density, at the rule's points and
    with its weights."""
    z, weights = rule()
    out = [np.ones_like(z), z]
    for n in range(1, terms - 1):
        out.append((z * out[n] - np.sqrt(n) * out[n - 1]) / np.sqrt(n + 1))
    return np.stack(out[:terms]) * weights
