"""Planted laws and the noise of real curves, for tests of fits."""

import numpy as np

from ntk_uq.scaling.laws import SHARPNESS

PLANTED = {
    "power": {"A": 2.0, "alpha": 0.4},
    "offset": {"q_inf": 0.05, "A": 1.5, "alpha": 0.7},
    "broken": {"A": 2.0, "alpha_1": 0.3, "alpha_2": 0.7, "n_break": 250.0},
}


def planted(law):
    """The law as a function of N_D, written out from its definition."""
    p = PLANTED[law]
    if law == "power":
        return lambda n: p["A"] * n ** -p["alpha"]
    if law == "offset":
        return lambda n: p["q_inf"] + p["A"] * n ** -p["alpha"]
    step = (p["alpha_2"] - p["alpha_1"]) * SHARPNESS
    return lambda n: (
        p["A"] * n ** -p["alpha_1"] * (1 + (n / p["n_break"]) ** (1 / SHARPNESS)) ** -step
    )


def correlated_draws(truth, grid, count, rng, length=0.9):
    """Draws that scatter as those of the digits data do (depth 1 and 3, N_D = 40 to 1200): by 4.5 %
    at N_D = 40, falling as N_D^-0.65, neighbours at a factor 1.6 correlated by about a half."""
    x = np.log(grid)
    correlation = 0.95 * np.exp(-np.abs(x[:, None] - x) / length) + 0.05 * np.eye(len(x))
    noise = rng.standard_normal((count, len(x))) @ np.linalg.cholesky(correlation).T
    return truth * np.exp(0.045 * (grid / 40) ** -0.65 * noise)
