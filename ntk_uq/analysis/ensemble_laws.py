"""Exponents of ensembles: how mu, sigma and epsilon of finite networks fall with N_D."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ntk_uq.analysis.comparisons import Comparison
from ntk_uq.base.records import Record
from ntk_uq.results.ensembles.statistics import FEWEST, STATISTICS, final_losses, resampled
from ntk_uq.results.points import QUANTITIES
from ntk_uq.scaling import Flag, LawChoice, LawFit, fit_laws, format_value

RESAMPLES = 400


@dataclass(frozen=True)
class Exponent(Record):
    """The power law of one quantity at one width, or why there is none.

    Attributes:
        width: of the hidden layers; None for infinite width.
        quantity: ``mu``, ``sigma`` or ``epsilon``.
        alpha: of ``q = A N_D^-alpha`` [1]; None where there is no such law.
        error: from the covariance of the fit.
        bootstrap_error: half the central 68 % over resampled members; None where there are fewer
            than five at some N_D, and for infinite width.
        low, high: 95 % interval.
        chosen: the law of the smallest AICc that describes the points; None where none does.
        told: the exponent in words, or why it may not be quoted.
        obstacles: what forbids to quote it, of which ``told`` gives the sentences.
    """

    width: int | None
    quantity: str
    alpha: float | None
    error: float | None
    bootstrap_error: float | None
    low: float | None
    high: float | None
    chosen: str | None
    told: str
    obstacles: tuple[Flag, ...] = ()

    @property
    def sentence(self) -> str:
        """``told`` with a full stop; the sentences of obstacles have one already."""
        return self.told if self.obstacles else f"{self.told}."

    def to_json(self) -> dict[str, Any]:
        """The exponent as JSON's own types; the obstacles are in ``told``."""
        out = super().to_json()
        del out["obstacles"]
        return out


def ensemble_laws(comparison: Comparison, width: int, quantity: str) -> LawChoice:
    """The laws of a quantity over N_D at one width, with errors from its members.

    Members at different N_D are different networks: their points are independent, with the
    bootstrap's standard errors. For the bootstrap errors, members are resampled at each N_D, the
    quantity is computed again, and every law fitted again. (All N_D share one nested training
    subset, which is held fixed.)

    Args:
        comparison: the ensembles.
        width: one of theirs.
        quantity: ``mu``, ``sigma`` or ``epsilon``.
    """
    ensembles = comparison.ensembles
    points = sorted(
        (p for p in ensembles.points if p.width == width and getattr(p, quantity) is not None),
        key=lambda p: p.n_train,
    )
    estimates = [getattr(p, quantity) for p in points]
    errors = [e.error for e in estimates]
    columns = []
    for point in points:
        members = ensembles.members[(width, point.n_train)]
        losses = final_losses(members)
        if len(losses) < FEWEST:
            break
        columns.append(resampled(losses, STATISTICS[quantity], point.n_train, RESAMPLES))
    whole = bool(points) and len(columns) == len(points)
    return fit_laws(
        [float(p.n_train) for p in points],
        [e.value for e in estimates],
        # A point without an error would count as one that is known as well as the others.
        None if None in errors else errors,
        samples=np.array(columns).T.tolist() if whole else None,
    )


def exponents(comparison: Comparison) -> tuple[Exponent, ...]:
    """The exponents of every width, the narrowest first, then of infinite width on the same N_D."""
    found = [
        _exponent(width, name, ensemble_laws(comparison, width, name))
        for width in comparison.ensembles.spec.widths
        for name in QUANTITIES
    ]
    if comparison.theory is not None and comparison.theory.complete:
        found += [_exponent(None, name, comparison.theory.laws(name)) for name in QUANTITIES]
    return tuple(found)


def _exponent(width: int | None, quantity: str, choice: LawChoice) -> Exponent:
    fit = choice.fit("power")
    alpha = fit.parameter("alpha")
    if alpha is None:
        nothing = (None,) * 5
        return Exponent(width, quantity, *nothing, choice.chosen, _why(fit), fit.obstacles)
    low, high = alpha.interval or (None, None)
    told = f"α = {format_value(alpha.value, alpha.error)}"
    if alpha.bootstrap_error is not None:
        told += f" (members: ± {alpha.bootstrap_error:.2g})"
    if not fit.valid:
        told += f". No power law: {_why(fit)}"
    elif choice.chosen not in (None, "power"):
        told += f". Better by AICc: {choice.fit(str(choice.chosen)).title}"
    return Exponent(
        width,
        quantity,
        alpha.value,
        alpha.error,
        alpha.bootstrap_error,
        low,
        high,
        choice.chosen,
        told,
        fit.obstacles,
    )


def _why(fit: LawFit) -> str:
    return " ".join(flag.reason for flag in fit.obstacles)
