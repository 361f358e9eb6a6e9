"""The page of training time."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import (
    Choice,
    Increasing,
    Maybe,
    Spec,
    Switch,
    Whole,
    check_of,
    checked,
    default_of,
    same_as,
)
from ntk_uq.specs import (
    DEPTH,
    WIDTH,
    ArchitectureSpec,
    DataSpec,
    EnsembleSpec,
    OptimizerSpec,
    TrainingSpec,
    TrainingTimeSpec,
)
from ntk_uq.specs.training_time import TIME, time_grid
from ntk_uq.views.scaling_curves import MOST_CURVES, CurvesView

FAMILIES = ("none", "depth", "noise", "jitter")
AXES = ("time", "jitter", "noise")

_LONGEST_AXIS = 40


@dataclass(frozen=True)
class Line:
    """One curve of the page: which specification, which level of noise, which jitter."""

    label: str
    spec: TrainingTimeSpec
    noise: float
    jitter: float


@dataclass(frozen=True)
class TrainingTimeView(Spec):
    """Everything that the page of training time shows.

    ``family`` says what differs from curve to curve, ``against`` what is on the axis. Whichever of
    label noise and jitter is neither has one value, ``data.noise`` and ``jitter``; the others have
    ``noises`` and ``jitters``. Finite networks are those of one of the curves.
    """

    data: DataSpec = field(default_factory=DataSpec)
    architecture: ArchitectureSpec = field(default_factory=ArchitectureSpec)
    n_train: int = same_as(TrainingTimeSpec, "n_train", 200)
    draws: int = same_as(TrainingTimeSpec, "draws", 3)
    tau_low: float = checked(TIME, 0.1, "first training time tau = t lambda_max")
    tau_high: float = checked(TIME, 1e5, "last training time tau = t lambda_max")
    n_times: int = checked(Whole(2, 200), 37, "number of times, evenly spaced in the logarithm")
    family: str = checked(Choice(FAMILIES), "noise", "what differs from curve to curve")
    against: str = checked(Choice(AXES), "time", "what is on the axis")
    depths: tuple[int, ...] = checked(
        Increasing(DEPTH, MOST_CURVES), (1, 2, 4), "numbers of hidden layers, one curve each"
    )
    noises: tuple[float, ...] = checked(
        Increasing(check_of(DataSpec, "noise"), _LONGEST_AXIS),
        (0.0, 1.0, 2.0, 4.0),
        "levels of label noise, in units of the targets' root mean square",
    )
    jitters: tuple[float, ...] = checked(
        Increasing(check_of(TrainingSpec, "jitter"), _LONGEST_AXIS),
        (0.0, 1e-3, 1e-2, 1e-1),
        "ridges on the kernel's diagonal, relative to the mean diagonal",
    )
    jitter: float = same_as(TrainingSpec, "jitter")
    parts: bool = checked(Switch(), False, "show bias and variance, floor and population parts")
    training: bool = checked(Switch(), False, "show the training loss beside the test loss")
    axis: str = same_as(CurvesView, "axis")
    finite: bool = checked(Switch(), False, "show finite networks over the theory")
    widths: tuple[int, ...] = checked(
        Increasing(WIDTH, MOST_CURVES - 1), (256,), "units of each hidden layer, an ensemble each"
    )
    members: int = same_as(EnsembleSpec, "members")
    eta: float = checked(
        check_of(OptimizerSpec, "eta"),
        0.5,
        "step size in units of 1/lambda_max of the NTK on the training subset",
    )
    steps: int = same_as(OptimizerSpec, "steps")
    networks: float | None = checked(
        Maybe(check_of(DataSpec, "noise")),
        None,
        "the depth or level of noise whose finite networks are shown; none is the first curve's",
    )

    def validate(self) -> None:
        if self.tau_low >= self.tau_high:
            raise SpecError(
                f"The range of training times goes from {self.tau_low:g} to {self.tau_high:g}; "
                "the largest must be above the smallest."
            )
        if self.family == self.against:
            raise SpecError(
                f"{self.against} is on the axis and cannot differ from curve to curve as well; "
                "choose another family of curves, or none."
            )
        values = {"depth": self.depths, "noise": self.noises, "jitter": self.jitters}
        count = len(values.get(self.family, ()))
        if count > MOST_CURVES:
            raise SpecError(
                f"There are {count} values of {self.family}, a curve each; "
                f"choose at most {MOST_CURVES}."
            )
        if self.against != "time" and len(values[self.against]) < 2:
            raise SpecError(f"{self.against} is on the axis and has one value; give at least two.")
        self.training_times()  # what concerns several fields is said there
        if self.finite:
            self.ensembles()

    @property
    def times(self) -> tuple[float, ...]:
        """The grid of tau, evenly spaced in the logarithm."""
        return time_grid(self.tau_low, self.tau_high, self.n_times)

    def levels(self, name: str) -> tuple[float, ...]:
        """The values of ``noise`` or ``jitter``: a list where it is on the axis or makes curves."""
        if name in (self.family, self.against):
            return {"noise": self.noises, "jitter": self.jitters}[name]
        return (self.data.noise if name == "noise" else self.jitter,)

    def training_times(self) -> tuple[TrainingTimeSpec, ...]:
        """What is to be computed: one specification, or one a depth."""
        one = TrainingTimeSpec(
            replace(self.data, noise=0.0),
            self.architecture,
            self.n_train,
            self.times,
            self.levels("jitter"),
            self.levels("noise"),
            self.draws,
        )
        if self.family != "depth":
            return (one,)
        return tuple(
            replace(one, architecture=replace(self.architecture, depth=depth))
            for depth in self.depths
        )

    def lines(self) -> tuple[Line, ...]:
        """The curves against time, or one line an entry of the axis: noise by noise."""
        return tuple(
            Line(self._label(spec, noise, jitter), spec, noise, jitter)
            for spec in self.training_times()
            for noise, jitter in itertools.product(spec.noises, spec.jitters)
        )

    def curves(self) -> Iterator[tuple[str, tuple[Line, ...]]]:
        """A label and the lines of each curve: one line against time, one an entry of the axis
        otherwise."""
        for label, lines in itertools.groupby(self._sorted(), key=lambda line: line.label):
            yield label, tuple(lines)

    def _sorted(self) -> list[Line]:
        order = list(dict.fromkeys(line.label for line in self.lines()))
        return sorted(self.lines(), key=lambda line: order.index(line.label))

    def _label(self, spec: TrainingTimeSpec, noise: float, jitter: float) -> str:
        return {
            "none": "infinite width",
            "depth": f"depth {spec.architecture.depth}",
            "noise": f"label noise {noise:g}",
            "jitter": f"jitter {jitter:g}",
        }[self.family]

    @property
    def choices(self) -> tuple[float, ...]:
        """The depths, or levels of noise, one of which ``networks`` names; none for one curve."""
        if self.family == "depth":
            return self.depths
        return self.noises if self.family == "noise" else ()

    @property
    def shown(self) -> Line:
        """The curve whose finite networks are shown."""
        lines = self.lines()
        index = self.choices.index(self.networks) if self.networks in self.choices else 0
        return lines[index]

    def ensembles(self) -> EnsembleSpec:
        """The finite networks, trained on draw 0 by gradient descent without ridge."""
        line = self.shown
        return EnsembleSpec(
            replace(self.data, noise=line.noise),
            line.spec.architecture,
            OptimizerSpec("gd", self.steps, self.eta),
            self.widths,
            (self.n_train,),
            self.members,
        )


def training_time_view_of(spec: TrainingTimeSpec) -> TrainingTimeView:
    """The view that shows a specification, or the closest there is.

    Where its times are evenly spaced in the logarithm, ``view.training_times() == (spec,)``. Of
    many levels of noise or many jitters the axis has what does not make a curve each.
    """
    several = {"noise": len(spec.noises) > 1, "jitter": len(spec.jitters) > 1}
    family, against = "none", "time"
    if all(several.values()):
        # Fewer curves than entries of the axis.
        few = len(spec.noises) <= len(spec.jitters)
        family, against = ("noise", "jitter") if few else ("jitter", "noise")
    elif several["noise"]:
        family, against = (
            ("noise", "time") if len(spec.noises) <= MOST_CURVES else ("none", "noise")
        )
    elif several["jitter"]:
        fits = len(spec.jitters) <= MOST_CURVES
        family, against = ("jitter", "time") if fits else ("none", "jitter")
    low, high = spec.times[0], spec.times[-1]
    if low == high:
        low = high / 10
    usual = TrainingTimeView
    noises = spec.noises if several["noise"] else default_of(usual, "noises")
    jitters = spec.jitters if several["jitter"] else default_of(usual, "jitters")
    return TrainingTimeView(
        data=replace(spec.data, noise=0.0 if several["noise"] else spec.noises[0]),
        architecture=spec.architecture,
        n_train=spec.n_train,
        draws=spec.draws,
        tau_low=low,
        tau_high=high,
        n_times=max(2, len(spec.times)),
        family=family,
        against=against,
        noises=noises[:MOST_CURVES] if family == "noise" else noises,
        jitters=jitters[:MOST_CURVES] if family == "jitter" else jitters,
        jitter=0.0 if several["jitter"] else spec.jitters[0],
    )
