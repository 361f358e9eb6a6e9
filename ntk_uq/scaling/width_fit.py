"""A fitted approach to infinite width, as a record."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ntk_uq.base.errors import SpecError
from ntk_uq.scaling.notation import format_value
from ntk_uq.scaling.records import Finding, FitRecord, Flag, obstacles

INFORM = frozenset({Finding.NARROW_WIDTHS_DROPPED})
"""Findings of a fit in width's own that forbid nothing."""


CARRIES = 2
"""Degrees of freedom from which on a law is believed beyond the widest network."""


@dataclass(frozen=True)
class WidthFit(FitRecord):
    """``q(w) = q_inf (1 + c / w^p)``, or ``q_inf (1 + c / w + c2 / w^2)``, fitted to widths w.

    Attributes:
        order: of the expansion in 1/w: 1, or 2 where there is a c2.
        anchored: whether q_inf is the theory's value, and only c (and p) were fitted.
        q_inf, q_inf_error: the value at infinite width, in the quantity's unit; the error is None
            where it is the theory's.
        c, c_error: the correction, in units of width^p. c_interval: its 95 % interval; with a free
            power it is that of ln |c|, which c and p, closely correlated, leave nearer to normal.
        c2, c2_error: the second order, in units of width^2, or None. correlation: of c and c2.
        power, power_error: p; the error is None where p = 1 was imposed.
        factor: half of a 95 % interval over the standard error, see :func:`fit_width_law`.
        window: narrowest and widest w in the fit. n_points: how many.
        chi2, dof: of the fit. p_value: the probability of a larger chi2.
        flags: findings; ``valid`` is False where one of them forbids to quote the fit.
    """

    anchored: bool
    order: int
    q_inf: float | None
    q_inf_error: float | None
    c: float | None
    c_error: float | None
    c_interval: tuple[float, float] | None
    c2: float | None
    c2_error: float | None
    correlation: float | None
    power: float | None
    power_error: float | None
    factor: float | None
    window: tuple[float, float] | None
    n_points: int
    chi2: float | None
    dof: int
    p_value: float | None
    flags: tuple[Flag, ...]
    valid: bool

    @property
    def carries(self) -> bool:
        """Whether enough points are left to check it by for it to be asked beyond the widest."""
        return self.valid and self.dof >= CARRIES

    def predict(self, widths: Sequence[float] | Float[np.ndarray, "m"]) -> Float[np.ndarray, "m"]:
        """``q(w)``.

        Raises:
            SpecError: if there is no fit, or a width is not positive.
        """
        w = np.asarray(widths, dtype=float)
        if not np.all(w > 0):
            raise SpecError("A width is zero or negative; widths must be positive.")
        if self.q_inf is None or self.c is None or self.power is None:
            raise SpecError(f"There is no law to draw ({self.describe()}).")
        return self.q_inf * (1 + self.c * w**-self.power + (self.c2 or 0.0) * w**-2)

    def describe(self) -> str:
        """One line: ``c = 12.3 ± 0.4`` with q_inf and p where they were fitted, or why not."""
        if not self.valid:
            reasons = [flag.reason for flag in obstacles(self.flags, INFORM)]
            return "; ".join(reasons) or "the limit would not be positive"
        parts = [f"c = {format_value(self.c, self.c_error)}"]
        if not self.anchored:
            parts.insert(0, f"q_inf = {format_value(self.q_inf, self.q_inf_error)}")
        if self.c2 is not None:
            parts.append(f"c2 = {format_value(self.c2, self.c2_error)}")
        if self.power_error is not None:
            parts.append(f"p = {format_value(self.power, self.power_error)}")
        return ", ".join(parts)
