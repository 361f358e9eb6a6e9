"""The page of scaling curves."""

import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ntk_uq.base.errors import LinkError, SpecError
from ntk_uq.base.fields import (
    Choice,
    Increasing,
    Maybe,
    Real,
    Spec,
    Switch,
    Whole,
    check_of,
    checked,
    same_as,
)
from ntk_uq.base.fields.text import Text
from ntk_uq.specs import (
    DEPTH,
    MEMBERS,
    N_TRAIN,
    WIDTH,
    ArchitectureSpec,
    CurveSpec,
    DataSpec,
    EnsembleSpec,
    ForeseenSpec,
    OptimizerSpec,
    TrainingSpec,
    check_window,
    logarithmic_grid,
)
from ntk_uq.specs.foreseen import CARRIES
from ntk_uq.specs.varied import VARIED, VariedValues, varied

_LONGEST_LINK = 4000

SAMPLE = 800
"""Examples of the pool from which a curve is foreseen, where nothing else is chosen: seconds."""

MOST_CURVES = 8
"""More traces than this cannot be told apart on a projector."""


@dataclass(frozen=True)
class CurvesView(Spec):
    """Everything that the page of scaling curves shows.

    One curve per value of one field, over a logarithmic grid of N_D: per depth of ``depths``, or,
    where ``vary`` names another field, per entry of ``values``. ``fit_low`` and
    ``fit_high`` bound the window of the fits; a bound that is None is chosen from the curve itself.
    """

    data: DataSpec = field(default_factory=DataSpec)
    depths: tuple[int, ...] = checked(
        Increasing(DEPTH, MOST_CURVES), (1, 2, 4), "numbers of hidden layers, one curve each"
    )
    activation: str = same_as(ArchitectureSpec, "activation")
    sigma_w: float = same_as(ArchitectureSpec, "sigma_w")
    sigma_b: float = same_as(ArchitectureSpec, "sigma_b")
    training: TrainingSpec = field(default_factory=TrainingSpec)
    n_low: int = checked(N_TRAIN, 40, "smallest N_D")
    n_high: int = checked(N_TRAIN, 1200, "largest N_D")
    n_points: int = checked(Whole(2, 40), 8, "number of N_D, evenly spaced in the logarithm")
    draws: int = same_as(CurveSpec, "draws", 3)
    fit_low: float | None = checked(Maybe(Real(1, 1e6)), None, "smallest N_D in the fits")
    fit_high: float | None = checked(Maybe(Real(1, 1e6)), None, "largest N_D in the fits")
    parts: bool = checked(Switch(), False, "show the bias and variance parts of mu")
    axis: str = checked(Choice(("log", "linear")), "log", "scale of the value axes")
    law: str = checked(
        Choice(("power", "auto", "offset", "broken")),
        "power",
        "law of the fits: power laws with a plateau of epsilon, the best of all laws by AICc, or "
        "one of the others",
        since=3,
    )
    extrapolate: int | None = checked(
        Maybe(Whole(1, 1_000_000_000)),
        None,
        "N_D beyond the data at which mu, sigma and epsilon are expected",
        since=3,
    )
    bayes: bool = checked(
        Switch(),
        False,
        "draw the Bayesian posterior beside the trained networks, and the ratio of the two",
        since=3,
    )
    vary: str = checked(
        Choice(VARIED), "depth", "the field of which there is a curve for each value", since=4
    )
    values: tuple[float | str, ...] = checked(
        VariedValues(MOST_CURVES),
        (),
        "values of the field that varies, where that is not the depth; numbers or names, and "
        "converged for a training time without end",
        since=4,
    )
    baseline: str | None = checked(
        Maybe(Text(_LONGEST_LINK, 1)),
        None,
        "link of the view that is drawn in grey beneath",
        since=4,
    )

    finite: bool = checked(
        Switch(), False, "draw trained networks of these widths over the theory", since=4
    )
    widths: tuple[int, ...] = checked(
        Increasing(WIDTH, MOST_CURVES), (256,), "units of each hidden layer", since=4
    )
    members: int = checked(
        MEMBERS, 20, "independently initialized networks of each width and N_D", since=4
    )
    net_steps: int = checked(
        check_of(OptimizerSpec, "steps"),
        1000,
        "steps k of the networks' training, where the theory's is not by steps",
        since=4,
    )
    net_eta: float = checked(
        check_of(OptimizerSpec, "eta"),
        1.0,
        "their step size in units of 1/lambda_max, where the theory's is not by steps",
        since=4,
    )

    test: str = same_as(CurveSpec, "test")

    foreseen: bool = checked(
        Switch(),
        False,
        "draw over mu what is foreseen of it from the kernel of a sample, and the ratio",
        since=7,
    )
    sample: int | None = checked(
        Maybe(check_of(ForeseenSpec, "sample")),
        None,
        "examples of that sample, twice the largest N_D that is foreseen; the more, the longer it "
        "takes",
        since=7,
    )

    def validate(self) -> None:
        self._check_values()
        if self.baseline and self.pinned().baseline:
            raise SpecError("The baseline has a baseline of its own; pin a view without.")
        if self.finite:
            self.networks()  # what concerns several fields is said there
        if self.bayes and self.training.posterior == "bayes":
            raise SpecError(
                "These curves are Bayesian already; to draw both posteriors, choose gradient "
                "descent."
            )
        if self.n_low >= self.n_high:
            raise SpecError(
                f"The range of N_D goes from {self.n_low} to {self.n_high}; "
                "the largest must be above the smallest."
            )
        sizes = self.base.sizes  # what cannot be tested on folds is said there
        check_window(self.fit_low, self.fit_high, sizes)

    def as_baseline(self) -> str:
        """This view as the field ``baseline`` of another."""
        return urllib.parse.urlencode(replace(self, baseline=None).to_query())

    def pinned(self) -> "CurvesView":
        """The view of the field ``baseline``, which must be there.

        Raises:
            SpecError: if it is no link to scaling curves.
        """
        try:
            return CurvesView.from_query(dict(urllib.parse.parse_qsl(self.baseline or "")))
        except LinkError as error:
            raise SpecError(f"The baseline cannot be opened: {error}") from None

    def _check_values(self) -> None:
        """Raises SpecError where what varies does not go together with the rest."""
        if self.vary == "depth":
            if self.values:
                raise SpecError("values are there, but depth varies; give them as depths.")
            return
        if not self.values:
            raise SpecError(f"{self.vary} varies, and has no values; give 1 to {MOST_CURVES}.")
        if len(self.depths) > 1:
            raise SpecError(
                f"There are {len(self.depths)} depths, but {self.vary} varies; give one depth, or "
                "have the depth vary."
            )
        if self.bayes and self.vary in ("posterior", "time"):
            raise SpecError(
                f"{self.vary} varies, so the Bayesian posterior cannot be drawn beside each; "
                "choose posterior to have both, or leave it out."
            )
        self.curves()  # what a value cannot be is said there

    @property
    def n_train(self) -> tuple[int, ...]:
        """The grid of N_D: logarithmic, rounded, without repetitions."""
        return logarithmic_grid(self.n_low, self.n_high, self.n_points)

    @property
    def base(self) -> CurveSpec:
        """The curve of which the others differ in the field that varies."""
        network = ArchitectureSpec(self.depths[0], self.activation, self.sigma_w, self.sigma_b)
        return CurveSpec(self.data, network, self.training, self.n_train, self.draws, self.test)

    def curves(self) -> tuple[CurveSpec, ...]:
        """The specification of each curve, in the order of the depths or values."""
        return varied(self.base, self.vary, self.depths if self.vary == "depth" else self.values)

    def networks(self) -> tuple[EnsembleSpec | None, ...]:
        """The finite networks of each curve, on its draw 0, by gradient descent without ridge.

        None for a Bayesian posterior, and where those of a curve before are the same: networks
        have no training time but their steps.
        """
        return networks_of(self.curves(), self.widths, self.members, self.net_steps, self.net_eta)

    def sample_of(self, n_pool: int) -> int:
        """Examples from which curves are foreseen, of a data set that has so many for training."""
        return self.sample or min(n_pool, SAMPLE)

    def foreseen_of(self, curve: CurveSpec, n_pool: int) -> ForeseenSpec | None:
        """What foresees one of the curves, at those of its N_D that the sample carries.

        Args:
            curve: one of :meth:`curves`.
            n_pool: examples that its data set has for training.

        Returns:
            None where nothing can be foreseen: its networks are not trained to convergence, or all
            of its N_D are too large for the sample.
        """
        sample = self.sample_of(n_pool)
        sizes = tuple(n for n in curve.sizes if CARRIES * n <= sample)
        smallest = check_of(ForeseenSpec, "sample").low
        if not sizes or sample < smallest or not curve.training.converged:
            return None
        # The test set does not matter here.
        data = replace(curve.data, n_test=1)
        return ForeseenSpec(data, curve.architecture, curve.training, sample, sizes)


def networks_of(
    curves: Sequence[CurveSpec],
    widths: tuple[int, ...],
    members: int,
    net_steps: int,
    net_eta: float,
) -> tuple[EnsembleSpec | None, ...]:
    """The finite networks of each curve: :meth:`CurvesView.networks`, whose fields these are.

    Raises:
        SpecError: for curves that are tested on folds.
    """
    if any(curve.folds is not None for curve in curves):
        raise SpecError(
            "Finite networks are tested on a held-out test set; choose that for the theory, too, "
            "or leave the networks out."
        )
    found: list[EnsembleSpec | None] = []
    for curve in curves:
        steps, eta = curve.training.steps, curve.training.eta
        optimizer = OptimizerSpec(
            "gd", net_steps if steps is None else steps, net_eta if steps is None else eta
        )
        spec = EnsembleSpec(
            curve.data, curve.architecture, optimizer, widths, curve.n_train, members
        )
        there = curve.training.posterior != "bayes" and spec not in found
        found.append(spec if there else None)
    return tuple(found)


def view_of(spec: CurveSpec) -> CurvesView:
    """The view that shows a curve, or the closest there is.

    A view's grid is logarithmic. Where the curve's own is, the view's curve is ``spec`` itself
    (``view.curves() == (spec,)``); otherwise it goes from its first to its last N_D in as many
    steps, and a single N_D becomes the upper end of two.
    """
    sizes = spec.n_train
    low, high = sizes[0], sizes[-1]
    if low == high:
        low, high = (max(1, low // 2), high) if high > 1 else (1, 2)
    points = check_of(CurvesView, "n_points")
    closest = min(max(len(sizes), points.low), points.high)
    # Where neighbours round to the same N_D, a grid has fewer than were asked for.
    same = (n for n in range(closest, points.high + 1) if logarithmic_grid(low, high, n) == sizes)
    return CurvesView(
        data=spec.data,
        depths=(spec.architecture.depth,),
        activation=spec.architecture.activation,
        sigma_w=spec.architecture.sigma_w,
        sigma_b=spec.architecture.sigma_b,
        training=spec.training,
        n_low=low,
        n_high=high,
        n_points=next(same, closest),
        draws=spec.draws,
        test=spec.test,
    )
