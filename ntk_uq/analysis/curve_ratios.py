"""One curve over another at the N_D that both have: within draws where these are the same."""

import math
from dataclasses import dataclass

import numpy as np

from ntk_uq.results.curves import Curve
from ntk_uq.results.points import standard_error


@dataclass(frozen=True)
class Ratio:
    """A quantity of one curve over that of another at one N_D.

    Attributes:
        n_train: N_D.
        value: of draws that both share, the mean of the ratio within a draw; of others, the ratio
            of the means.
        error: its standard error over draws; None where there is none, of a single draw.
    """

    n_train: int
    value: float
    error: float | None


def within_draws(above: Curve, below: Curve, quantity: str) -> tuple[Ratio, ...]:
    """The ratio where both curves have the same training subsets, so that most of what
    distinguishes draws cancels; zero over zero has none."""
    found: dict[int, list[float]] = {}
    divisors = {
        (p.draw, p.n_train): float(getattr(p, quantity)) for p in below.raw if p.failure is None
    }
    for point in above.raw:
        divisor = divisors.get((point.draw, point.n_train), 0.0)
        if point.failure is None and divisor > 0:
            found.setdefault(point.n_train, []).append(getattr(point, quantity) / divisor)
    return tuple(
        Ratio(n_train, float(np.mean(values)), standard_error(values))
        for n_train, values in sorted(found.items())
    )


def curve_ratios(above: Curve, below: Curve, quantity: str) -> tuple[Ratio, ...]:
    """The ratio at every N_D that both have, within draws where these are the same subsets.

    Of curves of which one is tested on folds there is that of mu alone.

    Of other data, or of subsets that were drawn otherwise, it is the ratio of the means, with
    ``(r error)^2 = (sem_a / a)^2 + (sem_b / b)^2`` in units of the ratio.

    Args:
        above: the curve that is divided.
        below: the curve that it is divided by.
        quantity: ``mu``, ``sigma`` or ``epsilon``.
    """
    if above.spec.test != below.spec.test and quantity != "mu":
        return ()  # another N_T has another floor
    if _subsets(above) == _subsets(below):
        return within_draws(above, below, quantity)
    divisors = {point.n_train: point for point in below.points}
    found = []
    for point in above.points:
        other = divisors.get(point.n_train)
        if other is None or not getattr(other, quantity) > 0:
            continue
        values = [float(getattr(p, quantity)) for p in (point, other)]
        errors = [getattr(p, f"{quantity}_sem") for p in (point, other)]
        ratio = values[0] / values[1]
        known = values[0] > 0 and all(error is not None for error in errors)
        error = (
            ratio * math.hypot(*(e / v for e, v in zip(errors, values, strict=True)))
            if known
            else None
        )
        found.append(Ratio(point.n_train, ratio, error))
    return tuple(found)


def _subsets(curve: Curve) -> tuple[str, int, int, str]:
    """What the training subsets of a draw follow from."""
    data = curve.spec.data
    return data.dataset, data.n_test, data.seed, curve.spec.test
