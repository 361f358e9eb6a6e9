"""Finite width beside infinite width: ensembles with the theory at the same eta and k."""

from dataclasses import dataclass
from typing import Any

from ntk_uq import optimizers
from ntk_uq.results.curves import Curve, stored_curve
from ntk_uq.results.ensembles.records import EnsemblePoint, Estimate
from ntk_uq.results.ensembles.stored import Ensembles, stored_ensembles, theory_of
from ntk_uq.results.points import QUANTITIES, CurvePoint
from ntk_uq.specs import EnsembleSpec
from ntk_uq.store import ResultsCache


@dataclass(frozen=True)
class Comparison:
    """Ensembles, and the curve of infinite width where their training has such a counterpart.

    ``theory`` may be growing still, and so may the ensembles.
    """

    ensembles: Ensembles
    theory: Curve | None

    @property
    def departs(self) -> bool:
        """Whether the training has no counterpart in the theory."""
        return self.ensembles.spec.optimizer.counterpart is None

    @property
    def departure(self) -> str:
        """What a plot has to say where the training has no counterpart in the theory, else ""."""
        how = optimizers.get(self.ensembles.spec.optimizer.optimizer).departure
        return f"trained with {how}: a departure from the theory" if how else ""

    def infinite(self, n_train: int) -> CurvePoint | None:
        """The theory at one N_D, if it is there."""
        points = () if self.theory is None else self.theory.points
        return next((p for p in points if p.n_train == n_train), None)

    def ratio(self, point: EnsemblePoint, quantity: str) -> Estimate | None:
        """A quantity of finite width over that of infinite width, which has no error here.

        Both are those of one training subset and one test set.
        """
        finite: Estimate | None = getattr(point, quantity)
        infinite = self.infinite(point.n_train)
        if finite is None or infinite is None or not getattr(infinite, quantity) > 0:
            return None
        return finite.over(float(getattr(infinite, quantity)))

    def to_json(self) -> dict[str, Any]:
        """Every point with the theory beside it, as JSON's own types."""
        return {
            "spec": self.ensembles.spec.to_json(),
            "digest": self.ensembles.spec.digest(),
            "points": [self.point_json(p) for p in self.ensembles.points],
            "warnings": list(self.ensembles.warnings),
            "provenance": self.ensembles.provenance(),
        }

    def point_json(self, point: EnsemblePoint) -> dict[str, Any]:
        """One point: its numbers, bootstrap intervals as pairs, and the theory or None."""
        out: dict[str, Any] = {
            name: getattr(point, name) for name in ("width", "n_train", "members", "diverged")
        }
        for name in QUANTITIES:
            estimate: Estimate | None = getattr(point, name)
            out[name] = None if estimate is None else estimate.value
            has_bounds = estimate is not None and estimate.low is not None
            out[f"{name}_ci"] = [estimate.low, estimate.high] if estimate and has_bounds else None
        infinite = self.infinite(point.n_train)
        return {
            **out,
            "confidence": point.confidence,
            "mu_bias": point.mu_bias,
            "mu_variance": point.mu_variance,
            "ensemble_loss": point.ensemble_loss,
            "train_loss": None if point.train_loss is None else point.train_loss.value,
            "lambda_max": point.lambda_max,
            "failure": point.failure,
            "theory": None if infinite is None else infinite.to_json(),
        }


def stored_comparison(results: ResultsCache, spec: EnsembleSpec) -> Comparison:
    """Networks and theory as far as a store has them.

    Raises:
        SpecError, MissingDataError: as :func:`~ntk_uq.results.ensembles.stored.member_keys`.
    """
    theory = theory_of(spec)
    curve = None if theory is None else stored_curve(results, theory)
    return Comparison(stored_ensembles(results, spec), curve)
