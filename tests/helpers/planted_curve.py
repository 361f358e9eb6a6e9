"""Curves whose epsilon has a given population part and floor."""

import numpy as np

from helpers.scaling_planted import correlated_draws, planted
from ntk_uq.results.curves import Curve
from ntk_uq.results.points import Point
from ntk_uq.specs import CurveSpec, DataSpec

GRID = (40, 65, 106, 172, 279, 455, 738, 1200)


def made(own, floor=0.0, grid=GRID, draws=3):
    """Curves of mu as a power law, and of epsilon from its population part and a floor."""
    n = np.array(grid, dtype=float)
    rng = np.random.default_rng(3)
    losses = correlated_draws(planted("power")(n), n, draws, rng)
    parts = correlated_draws(own(n), n, draws, rng)
    raw = []
    for d in range(draws):
        for i, size in enumerate(grid):
            epsilon = float(np.hypot(floor, np.sqrt(1 - 1 / 50) * parts[d, i]))
            point = Point(
                size,
                d,
                mu=losses[d, i],
                mu_bias=0.0,
                mu_variance=losses[d, i],
                sigma=losses[d, i] * epsilon,
                epsilon=epsilon,
                epsilon_floor=floor,
                epsilon_population=parts[d, i],
            )
            raw.append(point)
    return Curve(CurveSpec(DataSpec(n_test=50), n_train=grid, draws=draws), tuple(raw))
