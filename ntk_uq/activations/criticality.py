"""Where a network's signals neither die out nor grow with depth: order, criticality and chaos.

For wide networks the variance of the preactivations, and how fast two nearby inputs part, follow
from the activation, sigma_w and sigma_b alone, layer by layer (Poole et al., arXiv:1606.05340;
Schoenholz et al., arXiv:1611.01232). The variance map is a closed form, or, for an activation that
has none, a quadrature (:mod:`ntk_uq.activations.numeric`); the rest is found from it alike.
"""

import functools
import itertools
import math
from dataclasses import dataclass
from enum import StrEnum, auto

import numpy as np
import scipy.optimize
from jaxtyping import Float

from ntk_uq.activations import get
from ntk_uq.activations.base import Activation
from ntk_uq.activations.numeric import LARGEST, MeanOfSquare
from ntk_uq.base.errors import SpecError

Array = Float[np.ndarray, "n"]

_SCAN = 4000
_SAME = 1e-9  # of chi_1, within which it is 1


def mean_square(activation: str | Activation, q: Array) -> Array:
    """``E[phi(sqrt(q) z)^2]`` for standard normal z: the activation's mean square at variance q."""
    return _of(activation).mean_square(q)


def mean_square_slope(activation: str | Activation, q: Array) -> Array:
    """``E[phi'(sqrt(q) z)^2]`` for standard normal z."""
    return _of(activation).mean_square_slope(q)


def next_variance(activation: str | Activation, sigma_w: float, sigma_b: float, q: Array) -> Array:
    """The variance map ``q -> sigma_w^2 E[phi(sqrt(q) z)^2] + sigma_b^2``; Poole et al., eq. 3."""
    return sigma_w**2 * mean_square(activation, q) + sigma_b**2


class Phase(StrEnum):
    """What becomes of nearby inputs in deep layers."""

    ORDERED = auto()
    CRITICAL = auto()
    CHAOTIC = auto()


@dataclass(frozen=True)
class Criticality:
    """What becomes of signals in deep networks.

    Attributes:
        q: q*, the variance of the preactivations in deep layers, where inputs of mean square 1
            lead to; infinite where it grows with every layer, and None where any variance stays
            as it is.
        chi: chi_1, the factor by which the squared distance of two nearby inputs grows with a
            layer, ``sigma_w^2 E[phi'(sqrt(q*) z)^2]``; also that by which squared gradients grow
            backwards.
        phase: ``ordered`` (chi_1 < 1), ``critical`` or ``chaotic`` (chi_1 > 1).
    """

    q: float | None
    chi: float
    phase: Phase

    @property
    def depth_scale(self) -> float | None:
        """``1 / |ln chi_1|``: over so many layers distances change by a factor e; None where
        critical. Schoenholz et al., eq. 9."""
        return None if self.phase is Phase.CRITICAL else 1 / abs(math.log(max(self.chi, 1e-300)))


def criticality(activation: str, sigma_w: float, sigma_b: float) -> Criticality:
    """Fixed point, chi_1 and phase of a network.

    The variance begins at that of inputs of mean square 1 (those of the preparation ``sphere``),
    ``q_1 = sigma_w^2 + sigma_b^2``, and moves monotonically, since the map increases, to the next
    fixed point, or grows without bounds. For erf there is one stable fixed point. For relu and
    linear the map is straight: chi_1 is the same at every q, and from ``chi_1 = 1`` on, the
    variance grows with every layer (linearly at 1 if sigma_b > 0; Hayou et al., arXiv:1902.06853).
    For gelu several fixed points can exist, and from ``q_1`` another one may be reached than from
    smaller inputs.

    Args:
        activation: one of :data:`ntk_uq.specs.ACTIVATIONS`.
        sigma_w, sigma_b: standard deviations of weights and biases.

    Raises:
        SpecError: if there is no such activation, or if its variance map is a quadrature that
            fails before the variance comes to rest.
    """
    return _criticality(get(activation), sigma_w, sigma_b)


@functools.lru_cache(maxsize=10_000)
def _criticality(activation: Activation, sigma_w: float, sigma_b: float) -> Criticality:
    q = _limit(activation, sigma_w, sigma_b)
    if q is None or math.isinf(q):
        slope = _growth_of(activation)
    else:
        slope = float(mean_square_slope(activation, np.array([q]))[0])
    chi = sigma_w**2 * slope
    if abs(chi - 1) < _SAME:
        return Criticality(q, chi, Phase.CRITICAL)
    return Criticality(q, chi, Phase.ORDERED if chi < 1 else Phase.CHAOTIC)


def _of(activation: str | Activation) -> Activation:
    return get(activation) if isinstance(activation, str) else activation


def _growth_of(activation: Activation) -> float:
    """``E[phi^2] / q``, and ``E[phi'^2]``, for q to infinity."""
    if activation.growth is not None:
        return activation.growth
    return float(activation.mean_square_slope(np.array([LARGEST]))[0])


def _limit(activation: Activation, sigma_w: float, sigma_b: float) -> float | None:
    """Where the variance goes from inputs of mean square 1; None where it stays anywhere."""
    w2, b2 = sigma_w**2, sigma_b**2
    if activation.homogeneous:
        slope = w2 * _growth_of(activation)
        if abs(slope - 1) < _SAME:
            return None if b2 == 0 else math.inf
        return b2 / (1 - slope) if slope < 1 else math.inf
    start = w2 + b2

    def excess(q: Array) -> Array:
        return next_variance(activation, sigma_w, sigma_b, q) - q

    def scanned(q: Array) -> Array:
        if not isinstance(activation.mean_square, MeanOfSquare):
            return excess(q)
        return w2 * activation.mean_square.interpolated(q) + b2 - q

    if excess(np.array([start]))[0] > 0:
        scan = np.geomspace(start, max(LARGEST, 10 * start), _SCAN)
        over = scanned(scan)
        below = np.flatnonzero(over <= 0)
        if len(below) == 0 and np.isnan(over).any():
            raise SpecError(
                f"The variance of {activation.name} with sigma_w = {sigma_w:g} and sigma_b = "
                f"{sigma_b:g} grows beyond {scan[np.argmax(np.isnan(over))]:.3g}, where quadrature "
                "fails; give the activation mean_square and mean_square_slope in closed form."
            )
        if len(below) == 0:
            return math.inf
        ends = (scan[below[0] - 1], scan[below[0]])
    else:
        lowest = 1e-12 * start
        if lowest == 0:
            return 0.0
        scan = np.geomspace(lowest, start, _SCAN)
        above = np.flatnonzero(scanned(scan) > 0)
        if len(above) == 0:
            return 0.0  # the map stays below the diagonal down to zero
        ends = (scan[above[-1]], scan[min(above[-1] + 1, _SCAN - 1)])
    if ends[0] == ends[1]:
        return float(ends[0])

    def single(q: float) -> float:
        return float(excess(np.array([q]))[0])

    if single(ends[0]) * single(ends[1]) > 0:  # an end is a root, to what interpolation knows
        return float(min(ends, key=lambda q: abs(single(q))))
    return float(scipy.optimize.brentq(single, *ends, xtol=1e-300, rtol=1e-14))


def critical_sigma_w(activation: str, sigma_b: float, largest: float = 100.0) -> float:
    """The sigma_w at which a network of that sigma_b is critical: ordered below, chaotic above.

    Where chi_1 jumps over 1 because the variance loses its fixed point (gelu with small sigma_b),
    that is the line.

    Raises:
        ValueError: if there is none up to ``largest``: erf with a very large sigma_b.
    """
    of = get(activation)
    if of.homogeneous:
        return math.sqrt(1 / _growth_of(of))

    def chaotic(sigma_w: float) -> bool:
        return criticality(activation, sigma_w, sigma_b).chi > 1

    low, high = 1e-3, 1.0
    while not chaotic(high):
        low, high = high, 1.5 * high
        if low > largest:
            raise ValueError(f"{activation} with sigma_b = {sigma_b:g} is ordered everywhere")
    while high - low > 1e-7 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if chaotic(middle) else (middle, high)
    return (low + high) / 2


def critical_sigma_b(
    activation: str, sigma_w: float, lowest: float, highest: float
) -> tuple[float, ...]:
    """The sigma_b in an interval at which a network of that sigma_w changes its phase.

    None for homogeneous activations, relu and linear, whose chi_1 does not depend on sigma_b.
    """
    if get(activation).homogeneous:
        return ()

    def chaotic(sigma_b: float) -> bool:
        return criticality(activation, sigma_w, sigma_b).chi > 1

    grid = np.linspace(lowest, highest, 40)
    found = []
    for left, right in itertools.pairwise(grid):
        if chaotic(float(left)) == chaotic(float(right)):
            continue
        low, high = float(left), float(right)
        while high - low > 1e-6 * max(high, 1e-3):
            middle = (low + high) / 2
            low, high = (middle, high) if chaotic(middle) == chaotic(float(left)) else (low, middle)
        found.append((low + high) / 2)
    return tuple(found)


def describe(activation: str, sigma_w: float, sigma_b: float) -> str:
    """On which side of the critical line a network is, in a sentence."""
    found = criticality(activation, sigma_w, sigma_b)
    network = f"{activation} with σ_w = {sigma_w:.4g} and σ_b = {sigma_b:.4g}"
    if found.phase is Phase.CRITICAL:
        return f"{network} is critical (χ₁ = 1): signals reach deep layers." + _growth(found)
    away = abs(found.depth_scale or math.inf)
    scale = f"χ₁ = {found.chi:.3g}, a factor e in {away:.2g} layers"
    if found.phase is Phase.ORDERED:
        return f"{network} is ordered ({scale}): nearby inputs become alike, gradients die out."
    if found.q is not None and math.isinf(found.q):
        return (
            f"{network} is beyond the critical line ({scale}): signals and gradients grow with "
            "every layer."
        )
    return f"{network} is chaotic ({scale}): nearby inputs part, gradients grow."


def _growth(found: Criticality) -> str:
    if found.q is not None and math.isinf(found.q):
        return " Their variance grows with depth, because σ_b is not 0."
    return ""
