"""Which exponents a spectrum foresees, beside those of the learning curve itself."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ntk_uq.results.foreseen import Foreseen, ForeseenPoint, MeanLoss
from ntk_uq.results.spectrum import Decay
from ntk_uq.scaling import PowerLawFit, fit_power_law

PARTS = ("mu_bias", "mu_variance")
"""What has a foreseen exponent: mu is the sum of both, and no power law where these differ."""

RESOLUTION, SMOOTHNESS = "resolution", "smoothness"


@dataclass(frozen=True)
class ForeseenExponent:
    """``mu_part ~ N_D^-exponent`` as the spectrum foresees it, beside the curve.

    With ``lambda_k ~ k^-b`` and a power ``~ k^-a`` along the eigenvectors, what N_D examples leave
    of it falls with ``min(a - 1, 2 b)``: modes beyond rank N_D are not learnt, which leaves
    ``N_D^-(a - 1)``, and the ones before are learnt up to ``(kappa / lambda)^2``, which leaves no
    less than ``N_D^-2b`` (Bahri et al., arXiv:2102.06701; Bordelon et al., arXiv:2002.02561).

    Attributes:
        part: ``mu_bias`` or ``mu_variance``.
        value, error: of the foreseen exponent; None where no decay could be fitted.
        limited_by: ``resolution`` where a - 1 is the smaller one, ``smoothness`` where 2 b is.
        valid: whether both decays may be quoted.
        reasons: why not.
        curve, measured: the exponents of what is foreseen at each N_D where that passed its check,
            and of what was measured on the sample.
    """

    part: str
    value: float | None
    error: float | None
    limited_by: str | None
    valid: bool
    reasons: tuple[str, ...]
    curve: PowerLawFit
    measured: PowerLawFit

    @property
    def pull(self) -> float | None:
        """How many standard errors the foreseen exponent is above the measured one."""
        if self.value is None or self.error is None or self.measured.alpha is None:
            return None
        error = math.hypot(self.error, self.measured.alpha_error or 0.0)
        return (self.value - self.measured.alpha) / error if error else None


def foreseen_exponents(found: Foreseen) -> tuple[ForeseenExponent, ...]:
    """The exponents of both parts of mu."""
    decays = {"mu_bias": found.target_decay, "mu_variance": found.initial_decay}
    return tuple(_exponent(part, found.kernel.decay, decays[part], found.points) for part in PARTS)


def _exponent(
    part: str, kernel: Decay, power: Decay, points: tuple[ForeseenPoint, ...]
) -> ForeseenExponent:
    value, error, limited = None, None, None
    reasons = (*kernel.reasons, *power.reasons)
    if power.alpha is not None and power.alpha <= 0:
        reasons = (
            *reasons,
            f"The power goes as rank^{-(power.exponent or 0.0):.2f} there, too slowly for a tail "
            "that converges, and foresees no exponent.",
        )
    elif power.alpha is not None and kernel.exponent is not None:
        resolution, smoothness = power.alpha, 2 * kernel.exponent
        value, error, limited = resolution, power.error, RESOLUTION
        if smoothness < resolution:
            error = None if kernel.error is None else 2 * kernel.error
            value, limited = smoothness, SMOOTHNESS
    return ForeseenExponent(
        part=part,
        value=value,
        error=error,
        limited_by=limited,
        valid=value is not None and power.valid and kernel.valid,
        reasons=tuple(dict.fromkeys(reasons)),
        curve=_fit(points, part, "foreseen"),
        measured=_fit(points, part, "measured"),
    )


def _fit(points: tuple[ForeseenPoint, ...], part: str, which: str) -> PowerLawFit:
    there: list[tuple[int, MeanLoss]] = list(_there(points, which))
    return fit_power_law([n for n, _ in there], [getattr(loss, part) for _, loss in there])


def _there(points: tuple[ForeseenPoint, ...], which: str) -> Iterator[tuple[int, MeanLoss]]:
    for point in points:
        loss: MeanLoss | None = getattr(point, which)
        if loss is not None and (point.holds or which == "measured"):
            yield point.n_train, loss
