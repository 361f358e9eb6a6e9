"""Ensembles and theory whose values are given, in place of trained networks."""

from dataclasses import dataclass

from ntk_uq.analysis.comparisons import Comparison
from ntk_uq.results.curves import Curve
from ntk_uq.results.ensembles.records import EnsemblePoint, Estimate
from ntk_uq.results.ensembles.stored import Ensembles
from ntk_uq.results.points import Point
from ntk_uq.specs import CurveSpec, EnsembleSpec


@dataclass(frozen=True)
class Member:
    """As much of a trained network as its loss is read from."""

    test_loss: tuple[float, ...]
    diverged: bool = False


def planted(widths, sizes, finite, infinite, error=0.02):
    """Values ``finite(width, n_train)`` and ``infinite(n_train)`` for mu, sigma and epsilon alike.

    Args:
        widths, sizes: of the ensembles.
        finite: the value of an ensemble; None where there is no network.
        infinite: the theory's; None for a theory that is not there yet.
        error: of the ensembles, relative.
    """
    spec = EnsembleSpec(widths=widths, n_train=sizes, members=10)
    points = tuple(
        EnsemblePoint(width, n, 0, 10, 0, *[Estimate(q, 0.9 * q, 1.1 * q, error * q)] * 3)
        for n in sizes
        for width in widths
        if (q := finite(width, n)) is not None
    )
    raw = tuple(
        Point(n, 0, mu=q, mu_bias=0.0, mu_variance=q, sigma=q, epsilon=q, epsilon_floor=0.0)
        for n in sizes
        if infinite is not None and (q := infinite(n))
    )
    members = {
        (p.width, p.n_train): tuple(Member((p.mu.value * (1 + 0.01 * i),)) for i in range(10))
        for p in points
    }
    return Comparison(Ensembles(spec, members, points), Curve(CurveSpec(n_train=sizes), raw))
