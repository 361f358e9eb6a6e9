"""Trained networks beside Bayesian ones: the same data and kernels, two posteriors, their ratio."""

import math
from dataclasses import dataclass, replace
from typing import Any

from ntk_uq.analysis.curve_ratios import Ratio, within_draws
from ntk_uq.base.errors import SpecError
from ntk_uq.results.curves import Curve
from ntk_uq.results.points import QUANTITIES
from ntk_uq.scaling import PowerLawFit, format_value
from ntk_uq.specs import CurveSpec, TrainingSpec


def bayesian(spec: CurveSpec) -> CurveSpec:
    """The Bayesian counterpart of a curve of trained networks: same data, network and jitter.

    Raises:
        SpecError: if the curve is that of a Bayesian posterior already.
    """
    if spec.training.posterior == "bayes":
        raise SpecError(
            "The curve is Bayesian already; compare from a trained one: choose gradient descent."
        )
    return replace(spec, training=TrainingSpec("bayes", jitter=spec.training.jitter))


@dataclass(frozen=True)
class ExponentPair:
    """The power laws of one quantity of trained and of Bayesian networks."""

    trained: PowerLawFit
    bayes: PowerLawFit

    @property
    def valid(self) -> bool:
        """Whether both exponents may be quoted, and so their difference."""
        return _quoted(self.trained) is not None and _quoted(self.bayes) is not None

    def describe(self) -> str:
        """``Δα = 0.012 ± 0.004``, or which of the two has no exponent, and why.

        The errors of the two exponents are added in squares, although draws are shared: the
        difference is known at least as well as that.
        """
        left, right = _quoted(self.trained), _quoted(self.bayes)
        if left is None:
            return f"trained: {self.trained.describe()}"
        if right is None:
            return f"Bayesian: {self.bayes.describe()}"
        return f"Δα = {format_value(left[0] - right[0], math.hypot(left[1], right[1]))}"


def _quoted(fit: PowerLawFit) -> tuple[float, float] | None:
    """The exponent with its error; None where it may not be quoted."""
    if not fit.valid or fit.alpha is None or fit.alpha_error is None:
        return None
    return fit.alpha, fit.alpha_error


@dataclass(frozen=True)
class PosteriorPair:
    """Both posteriors' curves, as far as they are there.

    Draws are the same training subsets for both, so that ratios are taken within a draw, where
    most of what distinguishes draws cancels.
    """

    trained: Curve
    bayes: Curve

    def ratios(self, quantity: str) -> tuple[Ratio, ...]:
        """Trained over Bayesian at every N_D that both have; zero over zero has no ratio."""
        return within_draws(self.trained, self.bayes, quantity)

    def exponents(
        self, quantity: str, low: float | None = None, high: float | None = None
    ) -> ExponentPair:
        """The power laws of mu or sigma of both.

        Args:
            quantity: ``mu`` or ``sigma``.
            low, high: the fit window, as :meth:`ntk_uq.results.curves.Curve.fits` takes it.
        """
        curves = (self.trained, self.bayes)
        return ExponentPair(*(getattr(curve.fits(low, high), quantity) for curve in curves))

    def difference(self, quantity: str, low: float | None = None, high: float | None = None) -> str:
        """``alpha_trained - alpha_Bayesian`` in words: :meth:`exponents`, described."""
        return self.exponents(quantity, low, high).describe()

    def to_json(self, low: float | None = None, high: float | None = None) -> dict[str, Any]:
        """Both curves and their ratios as JSON's own types."""
        return {
            "trained": self.trained.to_json(low, high),
            "bayes": self.bayes.to_json(low, high),
            "ratios": {name: [vars(ratio) for ratio in self.ratios(name)] for name in QUANTITIES},
        }
