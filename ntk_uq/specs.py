"""What to compute: frozen specifications that are cache key, permalink and job in one.

They hold plain values only, are validated on construction, and have a stable digest, a JSON form
and a form for links (see :mod:`ntk_uq.fields`).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ntk_uq.errors import SpecError
from ntk_uq.fields import Choice, Increasing, Maybe, Name, Real, Spec, Whole, checked, same_as

ACTIVATIONS = ("relu", "erf", "gelu", "linear")
POSTERIORS = ("trained", "bayes")
PREPARATIONS = ("default", "sphere", "standardize", "scale", "none")
TARGETS = ("default", "raw", "standardize", "log")
OPTIMIZERS = ("gd", "momentum", "sgd", "adam")

N_TRAIN = Whole(1, 1_000_000)
DEPTH = Whole(1, 32)
DRAWS = Whole(1, 100)
WIDTH = Whole(1, 16_384)
MEMBERS = Whole(1, 10_000)


@dataclass(frozen=True)
class DataSpec(Spec):
    """Which data: a data set, the size of its test set, the seed of the splits, and how inputs
    and targets are prepared (see :mod:`ntk_uq.datasets.recipes`)."""

    dataset: str = checked(
        Name(), "digits", "name of a data set; on the command line, also the path of a data file"
    )
    n_test: int = checked(Whole(1, 100_000), 400, "test examples N_T, shared by all draws")
    seed: int = checked(Whole(0, 2**32 - 1), 0, "seed of the test set and the training subsets")
    preparation: str = checked(
        Choice(PREPARATIONS),
        "default",
        "inputs: put on a sphere, standardized feature by feature, divided by one common scale, "
        "as they are, or the data set's own choice",
        since=2,
    )
    zca: float | None = checked(
        Maybe(Real(0, 1e6, above=True)),
        None,
        "ZCA whitening of the inputs with this regularization, in units of the mean eigenvalue "
        "of their covariance; the smaller, the whiter",
        since=2,
    )
    target: str = checked(
        Choice(TARGETS),
        "default",
        "regression targets: as they are, standardized, their logarithm standardized, or the "
        "data set's own choice",
        since=2,
    )


@dataclass(frozen=True)
class ArchitectureSpec(Spec):
    """A fully connected network in NTK parameterization.

    ``h_1 = sigma_w / sqrt(d) W_1 x + sigma_b b_1``, then ``depth`` times an activation and
    another such affine map, all weights and biases standard normal.
    """

    depth: int = checked(DEPTH, 2, "number of hidden layers")
    activation: str = checked(Choice(ACTIVATIONS), "relu", "activation of the hidden layers")
    sigma_w: float = checked(
        Real(0, 100, above=True), math.sqrt(2), "standard deviation of the weights, sigma_w"
    )
    sigma_b: float = checked(Real(0, 100), 0.0, "standard deviation of the biases, sigma_b")


@dataclass(frozen=True)
class TrainingSpec(Spec):
    """How the networks are trained, or that they are Bayesian.

    ``trained`` is gradient descent on ``sum |f - y|^2 / 2`` from random initialization: to
    convergence, for gradient-flow time ``time``, or for ``steps`` steps of size
    ``eta / lambda_max``. ``bayes`` is the posterior of the network as a Gaussian process.
    """

    posterior: str = checked(
        Choice(POSTERIORS), "trained", "gradient descent or Bayesian posterior"
    )
    time: float | None = checked(
        Maybe(Real(0, 1e15, above=True)), None, "gradient-flow time t, in units of 1/eigenvalue"
    )
    steps: int | None = checked(
        Maybe(Whole(1, 10**9)), None, "gradient-descent steps k instead of convergence"
    )
    eta: float = checked(
        Real(0, 2, above=True, below=True),
        1.0,
        "step size in units of 1/lambda_max of the NTK on the training subset",
    )
    jitter: float = checked(
        Real(0, 1), 0.0, "ridge on the kernel's diagonal, relative to the mean diagonal"
    )

    def validate(self) -> None:
        if self.posterior == "bayes" and (self.time is not None or self.steps is not None):
            raise SpecError(
                "A Bayesian posterior has no training time: leave out time and steps, "
                "or choose the trained posterior."
            )
        if self.time is not None and self.steps is not None:
            raise SpecError("Give either a gradient-flow time or a number of steps, not both.")
        if self.steps is None and self.eta != 1.0:
            raise SpecError(
                f"eta is {self.eta:g}, but a step size means something only together with steps."
            )

    @property
    def converged(self) -> bool:
        """Whether training runs to convergence (always so for the Bayesian posterior)."""
        return self.time is None and self.steps is None


@dataclass(frozen=True)
class PointSpec(Spec):
    """One N_D of one draw: the unit in which results are kept.

    Training subsets are nested, so a point is the same whichever grid it was computed on.
    """

    data: DataSpec
    architecture: ArchitectureSpec
    training: TrainingSpec
    n_train: int = checked(N_TRAIN, 100, "training examples N_D")
    draw: int = checked(Whole(0, 99), 0, "which of the independent training subsets")


@dataclass(frozen=True)
class CurveSpec(Spec):
    """A scaling curve of the infinite-width theory: several N_D, one or more draws."""

    data: DataSpec = field(default_factory=DataSpec)
    architecture: ArchitectureSpec = field(default_factory=ArchitectureSpec)
    training: TrainingSpec = field(default_factory=TrainingSpec)
    n_train: tuple[int, ...] = checked(
        Increasing(N_TRAIN), (50, 100, 200, 400, 800), "training-set sizes N_D"
    )
    draws: int = checked(DRAWS, 1, "independent random training subsets")

    @property
    def n_points(self) -> int:
        """How many points there are to compute: N_D times draws."""
        return len(self.n_train) * self.draws

    def point(self, n_train: int, draw: int) -> PointSpec:
        """The specification of one point of this curve."""
        return PointSpec(self.data, self.architecture, self.training, n_train, draw)


def check_window(
    low: float | None, high: float | None, n_train: Iterable[int] = ()
) -> tuple[float, float]:
    """The bounds of a fit window as numbers; None is no bound.

    Raises:
        SpecError: if the window is upside down, or holds none of ``n_train`` where these are given.
    """
    bounds = (0.0 if low is None else low, float("inf") if high is None else high)
    if bounds[0] >= bounds[1]:
        raise SpecError(
            f"The fit window goes from {bounds[0]:g} to {bounds[1]:g}; "
            "its upper end must be above its lower end."
        )
    grid = tuple(n_train)
    if grid and not any(bounds[0] <= n <= bounds[1] for n in grid):
        raise SpecError(
            f"The fit window {bounds[0]:g} to {bounds[1]:g} holds no N_D of this range, "
            f"{grid[0]} to {grid[-1]}; widen it or leave it empty."
        )
    return bounds


@dataclass(frozen=True)
class FetchSpec(Spec):
    """Which public files to fetch."""

    name: str = checked(Name(), "mnist", "what to fetch, as `data fetch` calls it")


@dataclass(frozen=True)
class ReportSpec(Spec):
    """Which data set to look through."""

    dataset: str = checked(Name(), "digits", "name of a registered data set")


@dataclass(frozen=True)
class SpectrumSpec(Spec):
    """The eigenvalues of the kernels on a sample of the pool; ``data.n_test`` does not matter."""

    data: DataSpec = field(default_factory=DataSpec)
    architecture: ArchitectureSpec = field(default_factory=ArchitectureSpec)
    n: int = checked(Whole(2, 4000), 1000, "examples of the pool on which kernels are evaluated")


USUAL: Mapping[str, Mapping[str, Any]] = {"momentum": {"momentum": 0.9}, "sgd": {"batch_size": 32}}
"""What an optimizer needs besides, where nobody says otherwise."""


@dataclass(frozen=True)
class OptimizerSpec(Spec):
    """How finite networks are trained: full-batch gradient descent, or a departure from it.

    All minimize ``sum |f - y|^2 / 2``; ``lambda_max`` is the largest eigenvalue of the
    infinite-width NTK on the training subset.

    - ``gd``: steps of size ``eta / lambda_max``; the finite counterpart of
      :attr:`counterpart`, the theory at the same eta and k.
    - ``momentum``: Polyak's heavy ball with that step size. Its slowest modes move as those of
      gradient descent with ``eta / (1 - momentum)``; it is stable up to ``2 (1 + momentum)``.
    - ``sgd``: each step on ``batch_size`` examples, in an order shuffled anew for each pass, its
      gradient scaled by ``n_train / batch_size`` to that of all examples in the mean.
    - ``adam``: eta is the learning rate itself, about the length of each parameter's step.
      Parameters are standard normal whatever the width, so the same eta moves the outputs of
      wider networks further, in proportion to the width; choose it well below ``1 / width``.
    """

    optimizer: str = checked(
        Choice(OPTIMIZERS), "gd", "full-batch gradient descent, or a departure from the theory"
    )
    steps: int = checked(Whole(1, 1_000_000), 1000, "optimizer steps k")
    eta: float = checked(
        Real(0, 4, above=True, below=True),
        1.0,
        "step size in units of 1/lambda_max of the NTK on the training subset; "
        "for adam the learning rate itself",
    )
    momentum: float | None = checked(
        Maybe(Real(0, 1, above=True, below=True)),
        None,
        "share of the last step that the next one keeps; for momentum only, usually 0.9",
    )
    batch_size: int | None = checked(
        Maybe(N_TRAIN), None, "examples in each step's batch; for sgd only, usually 32"
    )

    def validate(self) -> None:
        for name, owner in (("momentum", "momentum"), ("batch_size", "sgd")):
            value = getattr(self, name)
            if self.optimizer == owner and value is None:
                raise SpecError(f"{name} is empty; the optimizer {owner} needs it.")
            if self.optimizer != owner and value is not None:
                raise SpecError(
                    f"{name} is {value:g}, but only the optimizer {owner} has one; leave it empty."
                )
        limit = {"gd": 2.0, "sgd": 2.0, "adam": 1.0}.get(
            self.optimizer, 2 * (1 + (self.momentum or 0.0))
        )
        if self.eta >= limit:
            why = (
                "each step would move every parameter by more than its own size"
                if self.optimizer == "adam"
                else "the largest mode of the NTK would grow with each step"
            )
            raise SpecError(
                f"eta is {self.eta:g}; with {self.optimizer} it must be below {limit:g}: {why}."
            )

    @property
    def counterpart(self) -> TrainingSpec | None:
        """The infinite-width theory of this training; None where there is none."""
        if self.optimizer != "gd":
            return None
        return TrainingSpec(steps=self.steps, eta=self.eta)


@dataclass(frozen=True)
class MemberSpec(Spec):
    """One network of an ensemble: the unit in which trained networks are kept.

    Its seed is the digest of this specification, so that it is the same network whatever
    ensemble asks for it.
    """

    data: DataSpec
    architecture: ArchitectureSpec
    optimizer: OptimizerSpec
    width: int = checked(WIDTH, 256, "units of each hidden layer")
    n_train: int = checked(N_TRAIN, 100, "training examples N_D")
    draw: int = checked(Whole(0, 99), 0, "which of the independent training subsets")
    member: int = checked(Whole(0, MEMBERS.high - 1), 0, "which of the ensemble's networks")

    def validate(self) -> None:
        _check_batch(self.optimizer, self.n_train)


@dataclass(frozen=True)
class EnsembleSpec(Spec):
    """Ensembles of trained finite networks: some widths, some N_D, the same number of members."""

    data: DataSpec = field(default_factory=DataSpec)
    architecture: ArchitectureSpec = field(default_factory=ArchitectureSpec)
    optimizer: OptimizerSpec = field(default_factory=OptimizerSpec)
    widths: tuple[int, ...] = checked(
        Increasing(WIDTH), (64, 256), "units of each hidden layer, one ensemble each"
    )
    n_train: tuple[int, ...] = checked(Increasing(N_TRAIN), (100,), "training-set sizes N_D")
    members: int = checked(MEMBERS, 20, "independently initialized networks at each point")

    def validate(self) -> None:
        _check_batch(self.optimizer, self.n_train[0])

    @property
    def n_members(self) -> int:
        """How many networks there are to train: widths times N_D times members."""
        return len(self.widths) * len(self.n_train) * self.members

    def member(self, width: int, n_train: int, member: int, draw: int = 0) -> MemberSpec:
        """The specification of one network of these ensembles."""
        return MemberSpec(
            self.data, self.architecture, self.optimizer, width, n_train, draw, member
        )


@dataclass(frozen=True)
class HistorySpec(Spec):
    """The infinite-width losses at some steps of one training by gradient descent."""

    data: DataSpec = field(default_factory=DataSpec)
    architecture: ArchitectureSpec = field(default_factory=ArchitectureSpec)
    eta: float = same_as(TrainingSpec, "eta")
    steps: tuple[int, ...] = checked(
        Increasing(Whole(0, 1_000_000), longest=200),
        (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
        "steps k at which the losses are evaluated; 0 is initialization",
    )
    n_train: int = same_as(PointSpec, "n_train")
    draw: int = same_as(PointSpec, "draw")
    jitter: float = same_as(TrainingSpec, "jitter")


def _check_batch(optimizer: OptimizerSpec, n_train: int) -> None:
    if optimizer.batch_size is not None and optimizer.batch_size > n_train:
        raise SpecError(
            f"batch_size is {optimizer.batch_size}, but the training set holds {n_train} "
            f"examples; choose at most {n_train}."
        )


@dataclass(frozen=True)
class CalibrationSpec(Spec):
    """How fast the engine's workers train: measured once and kept."""
