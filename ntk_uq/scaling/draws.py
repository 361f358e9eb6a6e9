"""The error of an exponent from the scatter of independent draws."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from ntk_uq.scaling.least_squares import student_quantile
from ntk_uq.scaling.power_law import PowerLawFit, fit_power_law, flat_flag
from ntk_uq.scaling.records import Finding, is_valid, without


def widen_by_draws(
    fit: PowerLawFit, n_train: Sequence[float], draws: Sequence[Sequence[float]]
) -> PowerLawFit:
    """The fit of a mean over draws, with an error no smaller than the draws' own scatter.

    Points of one draw share most of their training examples, so they scatter together, and the
    regression, which takes them as independent, finds too small an error (up to a factor of about
    3 on dense grids). Whole draws are independent: each gives an exponent of its own in the same
    window, and the standard error of their mean, ``std / sqrt(draws)``, needs no assumption about
    what happens within one. The larger of the two errors is kept; the interval likewise, with
    Student's t of ``draws - 1``.

    Args:
        fit: of the mean over draws.
        n_train: N_D of all points, increasing.
        draws: the quantity at each N_D, one sequence a draw; at least two draws.
    """
    if fit.alpha is None or fit.alpha_error is None or fit.alpha_interval is None:
        return fit
    alphas = [fit_power_law(n_train, values, None, fit.window).alpha for values in draws]
    known = [alpha for alpha in alphas if alpha is not None]
    if len(known) < 2:
        return fit
    error = float(np.std(known, ddof=1)) / math.sqrt(len(known))
    half = max(
        student_quantile(len(known) - 1, 0.95) * error,
        (fit.alpha_interval[1] - fit.alpha_interval[0]) / 2,
    )
    error = max(error, fit.alpha_error)
    flags = without(fit.flags, Finding.FLAT) + flat_flag(fit.alpha, error)
    return dataclasses.replace(
        fit,
        alpha_error=error,
        alpha_interval=(fit.alpha - half, fit.alpha + half),
        flags=flags,
        valid=fit.valid and is_valid(flags),
    )
