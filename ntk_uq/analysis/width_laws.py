"""How finite networks approach infinite width: the correction in 1/width, and what it means."""

import functools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ntk_uq.analysis.comparisons import Comparison
from ntk_uq.results.ensembles.records import EnsemblePoint, Estimate, MemberResult
from ntk_uq.results.ensembles.statistics import STATISTICS, final_losses, resampled
from ntk_uq.results.points import QUANTITIES
from ntk_uq.scaling import NeededWidth, WidthFit, fit_width_law, needed_width, refit_width_law

AGREE = 2.0
"""Standard errors between the fitted limit and the theory up to which they agree."""

DISAGREE = 3.0
"""Standard errors between the fitted limit and the theory from which on they do not agree."""


@dataclass(frozen=True)
class WidthLaw:
    """One quantity at one N_D against width, and the laws fitted to it.

    Attributes:
        quantity: ``mu``, ``sigma`` or ``epsilon``. n_train: N_D.
        theory: its infinite-width value at the same eta and k; None where there is none yet.
        points: the ensembles, narrow ones first.
        free: ``q_inf (1 + c / w)``, the limit fitted. free_power: the same with a power of w.
        anchored: the limit is the theory's, c is fitted. anchored_power: the same with a power.
        bootstrap_error: standard error of c by resampling members, in the fit of ``best``; None
            where there are too few.
    """

    quantity: str
    n_train: int
    theory: float | None
    points: tuple[EnsemblePoint, ...]
    free: WidthFit
    free_power: WidthFit
    anchored: WidthFit | None
    anchored_power: WidthFit | None
    bootstrap_error: float | None

    @property
    def pull(self) -> float | None:
        """``(q_inf - theory) / error``: how many standard errors the fitted limit is off."""
        error = self.free.q_inf_error
        if not self.free.valid or self.theory is None or not error or self.free.q_inf is None:
            return None
        return (self.free.q_inf - self.theory) / error

    @property
    def best(self) -> WidthFit:
        """The fit that answers questions: the anchored one where it holds, else the free one."""
        return self.anchored if self.anchored is not None and self.anchored.valid else self.free

    @property
    def trusted(self) -> bool:
        """Whether :attr:`best` describes the approach to the theory's value: a law that points
        elsewhere does not, however well it fits."""
        return self.best.valid and (
            self.best.anchored or self.pull is None or abs(self.pull) < DISAGREE
        )

    @property
    def verdict(self) -> str:
        """Whether the finite networks point to the theory's value."""
        if self.theory is None:
            return "no theory to compare with"
        if self.pull is None:
            return f"not tested, the networks alone give no limit: {self.free.describe()}"
        if not self.free.carries:
            return f"not tested: {self.free.n_points} widths leave nothing to check a limit by"
        far = abs(self.pull)
        found = "agrees" if far < AGREE else "differs" if far >= DISAGREE else "not decided"
        return f"{found}: {far:.1f} standard errors {'above' if self.pull > 0 else 'below'}"

    def needed(self, tolerance: float) -> NeededWidth:
        """How wide networks must be for the quantity to be within ``tolerance`` of its limit.

        Where no law answers, the widest networks themselves may: if they are farther off than the
        tolerance by two standard errors, wider ones are needed.

        Raises:
            SpecError: if the tolerance is not above 0 and below 1.
        """
        if self.best.valid and not self.trusted and self.pull is not None:
            words = f"not known: the fitted limit is {self.pull:+.1f} standard errors off"
            found = NeededWidth(tolerance, None, None, None, False, words)
        else:
            found = needed_width(self.best, tolerance)
        widest = self._widest_off(tolerance) if found.width is None else None
        if widest is None:
            return found
        return NeededWidth(tolerance, None, widest, None, True, f"wider than {widest:g}")

    def _widest_off(self, tolerance: float) -> float | None:
        """The widest networks' width, if they are not within the tolerance for certain."""
        found = [(p.width, e) for p in self.points if (e := getattr(p, self.quantity)) is not None]
        if not found or not self.theory:
            return None
        width, ratio = found[-1][0], found[-1][1].over(self.theory)
        off = abs(ratio.value - 1) - tolerance
        return float(width) if ratio.error is not None and off > AGREE * ratio.error else None

    def to_json(self) -> dict[str, Any]:
        """The laws as JSON's own types."""
        return {
            "quantity": self.quantity,
            "n_train": self.n_train,
            "theory": self.theory,
            "pull": self.pull,
            "bootstrap_error": self.bootstrap_error,
            "free": self.free.to_json(),
            "free_power": self.free_power.to_json(),
            "anchored": None if self.anchored is None else self.anchored.to_json(),
            "anchored_power": (
                None if self.anchored_power is None else self.anchored_power.to_json()
            ),
        }


@dataclass(frozen=True)
class WidthLaws:
    """Ensembles of one architecture over widths, with a law for each quantity and N_D.

    Attributes:
        comparison: the ensembles and the theory, complete or growing.
        laws: for each N_D of the specification, mu, sigma and epsilon.
    """

    comparison: Comparison
    laws: tuple[WidthLaw, ...]

    @property
    def depth(self) -> int:
        """Number of hidden layers."""
        return self.comparison.ensembles.spec.architecture.depth

    def law(self, quantity: str, n_train: int) -> WidthLaw:
        """The law of a quantity at one N_D.

        Raises:
            StopIteration: if the specification has no such N_D.
        """
        return next(law for law in self.laws if (law.quantity, law.n_train) == (quantity, n_train))

    def to_json(self) -> dict[str, Any]:
        """Ensembles, theory and laws as JSON's own types."""
        return {**self.comparison.to_json(), "laws": [law.to_json() for law in self.laws]}


def width_laws(comparison: Comparison) -> WidthLaws:
    """The laws of all quantities at all N_D of some ensembles, as far as these are there."""
    laws = []
    for n_train in comparison.ensembles.spec.n_train:
        points = sorted(
            (p for p in comparison.ensembles.points if p.n_train == n_train), key=lambda p: p.width
        )
        members = tuple(comparison.ensembles.members[p.width, n_train] for p in points)
        infinite = comparison.infinite(n_train)
        for name in QUANTITIES:
            theory = None if infinite is None else float(getattr(infinite, name))
            laws.append(_law(name, n_train, theory, tuple(points), members))
    return WidthLaws(comparison, tuple(laws))


@functools.lru_cache(maxsize=1024)
def _law(
    quantity: str,
    n_train: int,
    theory: float | None,
    points: tuple[EnsemblePoint, ...],
    members: tuple[tuple[MemberResult, ...], ...],
) -> WidthLaw:
    """One law; remembered, since a page looks again every two seconds while networks come."""
    estimates: list[Estimate | None] = [getattr(p, quantity) for p in points]
    columns = (
        [float(p.width) for p in points],
        [None if e is None else e.value for e in estimates],
        [None if e is None else e.error for e in estimates],
    )
    law = WidthLaw(
        quantity,
        n_train,
        theory,
        points,
        free=fit_width_law(*columns, highest=2),
        free_power=fit_width_law(*columns, free_power=True),
        anchored=None if theory is None else fit_width_law(*columns, theory, highest=2),
        anchored_power=None if theory is None else fit_width_law(*columns, theory, free_power=True),
        bootstrap_error=None,
    )
    return replace(law, bootstrap_error=_bootstrap_error(law, members))


def _bootstrap_error(law: WidthLaw, members: tuple[tuple[MemberResult, ...], ...]) -> float | None:
    """The standard deviation of c over resampled members, refitted with the same weights."""
    fit = law.best
    if not fit.valid or fit.window is None:
        return None
    widths, weights, curves = [], [], []
    for point, found in zip(law.points, members, strict=True):
        estimate: Estimate | None = getattr(point, law.quantity)
        if estimate is None or not estimate.error:
            continue
        if fit.window[0] <= point.width <= fit.window[1]:
            relative = estimate.error / estimate.value
            widths.append(float(point.width))
            weights.append(relative * float(fit.predict([point.width])[0]))
            curves.append(resampled(final_losses(found), STATISTICS[law.quantity], point.width))
    corrections = refit_width_law(fit, np.array(widths), np.stack(curves, 1), np.array(weights))
    return float(np.std(corrections, ddof=1))
