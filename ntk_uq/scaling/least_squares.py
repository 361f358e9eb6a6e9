"""Weighted polynomial least squares with an honest covariance, for at most a few dozen points."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import special

GAUSSIAN_95 = float(special.ndtri(0.975))


@dataclass(frozen=True)
class Polynomial:
    """``y = sum_k c_k u^k`` with ``u = (x - center) / half``.

    Attributes:
        center: error-weighted mean of x, where value and slope of a line are uncorrelated.
        half: half the range of x, so that u is of order one and the equations well conditioned.
        coefficients, covariance: c_k and their covariance, scaled as :func:`fit_polynomial` says.
        scale: the factor by which the covariance of the errors was multiplied.
        chi2: sum of squared residuals over squared errors; None where no errors were given.
        dof: points minus coefficients.
        residuals: y minus the polynomial.
    """

    center: float
    half: float
    coefficients: Float[np.ndarray, "k"]
    covariance: Float[np.ndarray, "k k"]
    scale: float
    chi2: float | None
    dof: int
    residuals: Float[np.ndarray, "n"]

    @property
    def scatter(self) -> float:
        """Residual standard deviation, every point counted alike."""
        return math.sqrt(float(self.residuals @ self.residuals) / self.dof)

    @property
    def p_value(self) -> float | None:
        """Probability of a larger chi2 if the polynomial is true; None without errors."""
        return None if self.chi2 is None else float(special.chdtrc(self.dof, self.chi2))

    def half_width(self, k: int) -> float:
        """Half the 95 % interval of c_k.

        Without errors, Student's t with ``dof`` times the standard error; with errors,
        :func:`half_interval` times what the errors as given make of it.
        """
        standard = math.sqrt(float(self.covariance[k, k]))
        if self.chi2 is None:
            return student_quantile(self.dof, 0.95) * standard
        return half_interval(self.chi2, self.dof) * standard / math.sqrt(self.scale)


def fit_polynomial(
    x: Float[np.ndarray, "n"],
    y: Float[np.ndarray, "n"],
    error: Float[np.ndarray, "n"] | None,
    degree: int,
) -> Polynomial | None:
    """Least squares of y on powers of x; None if the points do not determine it with an error.

    With errors, the covariance is that of the errors times ``max(1, chi2 / dof)``: more scatter
    than the errors explain widens it, less never narrows it (the errors are then too large, or
    positively correlated, as nested training subsets are). Without, it is ``s^2 (X'X)^-1`` with
    ``s^2`` the residual variance, at least the rounding of y.

    Args:
        x, y: the points.
        error: standard errors of y, all positive, or None.
        degree: of the polynomial.
    """
    dof = len(x) - degree - 1
    if dof < 1:
        return None
    sigma = np.ones_like(x) if error is None else error
    weight = (float(sigma.min()) / sigma) ** 2  # relative to the largest: cannot overflow
    center = float(weight @ x / weight.sum())
    half = float(x[-1] - x[0]) / 2
    if half <= 0:
        return None
    design = np.vander((x - center) / half, degree + 1, increasing=True)
    q, r = np.linalg.qr(design / sigma[:, None])
    diagonal = np.abs(np.diag(r))
    if diagonal.min() <= 1e-10 * diagonal.max():  # rank deficient in double precision
        return None
    inverse = np.linalg.inv(r)
    coefficients = inverse @ (q.T @ (y / sigma))
    residuals = y - design @ coefficients
    chi2 = float(np.sum((residuals / sigma) ** 2))
    if error is None:
        rounding = 4 * np.finfo(float).eps * max(1.0, float(np.abs(y).max()))
        scale = max(chi2 / dof, rounding**2)
    else:
        scale = max(1.0, chi2 / dof)
    return Polynomial(
        center=center,
        half=half,
        coefficients=coefficients,
        covariance=scale * inverse @ inverse.T,
        scale=scale,
        chi2=None if error is None else chi2,
        dof=dof,
        residuals=residuals,
    )


def half_interval(chi2: float, dof: int) -> float:
    """Half of a 95 % interval over the standard error that the errors as given make.

    The wider of two intervals: Gaussian with the errors as given, and Student's t with the scatter
    found, each exact where its premise holds. Student's t on top of ``max(1, chi2 / dof)`` would
    guard twice and cover 99 % and more below ten points.
    """
    return max(GAUSSIAN_95, student_quantile(dof, 0.95) * math.sqrt(chi2 / dof))


def student_quantile(dof: int, level: float) -> float:
    """Half-width, in standard errors, of the central ``level`` interval of Student's t."""
    return float(special.stdtrit(dof, 0.5 + level / 2))
