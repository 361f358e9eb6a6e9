"""How networks are trained: in the theory, and real ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Choice, Maybe, Real, Spec, Whole, checked
from ntk_uq.specs.ranges import N_TRAIN

POSTERIORS = ("trained", "bayes")
OPTIMIZERS = ("gd", "momentum", "sgd", "adam")


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
