"""Bootstrap errors of a law: fitted again to resampled curves."""

import dataclasses
import math

import numpy as np
from jaxtyping import Float

from ntk_uq.scaling.law_fit import quoted
from ntk_uq.scaling.law_record import Fitted, LawFit
from ntk_uq.scaling.nonlinear import refit


def with_bootstrap(fitted: Fitted, y: Float[np.ndarray, "b n"], factor: float) -> LawFit:
    """A fit with its bootstrap errors, half the central 68 % of each parameter over the refits.

    Args:
        fitted: the fit; one without a law is returned as it is.
        y: (b, n), ln q of each resampled curve at the points of the fit.
        factor: of the errors, above 1 where what was resampled is too few to tell its variance.
    """
    if fitted.problem is None or fitted.solution is None:
        return fitted.fit
    theta = refit(fitted.problem, fitted.solution.theta, y)
    parameters = []
    for index, parameter in enumerate(fitted.fit.parameters):
        found = quoted(fitted.problem, index)(theta)
        if parameter.symbol in fitted.problem.law.logarithmic:
            with np.errstate(all="ignore"):
                found = np.exp(found)
        low, high = np.nanquantile(found, (0.16, 0.84))
        half = factor * float(high - low) / 2
        parameters.append(
            dataclasses.replace(parameter, bootstrap_error=half if math.isfinite(half) else None)
        )
    return dataclasses.replace(fitted.fit, parameters=tuple(parameters))
