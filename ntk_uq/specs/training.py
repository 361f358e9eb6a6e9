"""How networks are trained: in the theory, and real ones."""

from dataclasses import dataclass

from ntk_uq import optimizers
from ntk_uq.base.counting import listed
from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Choice, Maybe, Real, Spec, Whole, checked
from ntk_uq.specs.ranges import N_TRAIN

POSTERIORS = ("trained", "bayes")
OPTIMIZERS = optimizers.REGISTRY
"""The names of all optimizers that this process knows."""


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


def _about_eta() -> str:
    lengths = [name for name in OPTIMIZERS if not optimizers.get(name).normalized]
    return (
        "step size in units of 1/lambda_max of the NTK on the training subset; "
        f"for {listed(lengths)} the learning rate itself"
    )


def _about_momentum() -> str:
    return f"share of the last step that the next one keeps; {_owners_in_words('momentum')}"


def _about_batch_size() -> str:
    return f"examples in each step's batch; {_owners_in_words('batch_size')}"


def _owners(parameter: str) -> list[str]:
    """The optimizers that need a parameter."""
    return [name for name in OPTIMIZERS if parameter in optimizers.get(name).needs]


def _owners_in_words(parameter: str) -> str:
    owners = _owners(parameter)
    usual = dict.fromkeys(f"{optimizers.get(name).needs[parameter]:g}" for name in owners)
    return f"for {listed(owners)} only, usually {listed(list(usual))}"


@dataclass(frozen=True)
class OptimizerSpec(Spec):
    """How finite networks are trained: full-batch gradient descent, or a departure from it.

    All minimize ``sum |f - y|^2 / 2``; ``lambda_max`` is the largest eigenvalue of the
    infinite-width NTK on the training subset. Each optimizer's rule, the bound on its eta and what
    else it needs are in its file, ``ntk_uq/optimizers/NAME.py``.

    - ``gd``: steps of size ``eta / lambda_max``; the finite counterpart of
      :attr:`counterpart`, the theory at the same eta and k.
    - ``momentum``: Polyak's heavy ball with that step size.
    - ``sgd``: each step on ``batch_size`` examples.
    - ``adam``: eta is the learning rate itself, about the length of each parameter's step.
    """

    optimizer: str = checked(
        Choice(OPTIMIZERS), "gd", "full-batch gradient descent, or a departure from the theory"
    )
    steps: int = checked(Whole(1, 1_000_000), 1000, "optimizer steps k")
    eta: float = checked(Real(0, 4, above=True, below=True), 1.0, _about_eta)
    momentum: float | None = checked(
        Maybe(Real(0, 1, above=True, below=True)), None, _about_momentum
    )
    batch_size: int | None = checked(Maybe(N_TRAIN), None, _about_batch_size)

    def validate(self) -> None:
        chosen = optimizers.get(self.optimizer)
        for name in optimizers.PARAMETERS:
            value, needed = getattr(self, name), name in chosen.needs
            if needed and value is None:
                raise SpecError(f"{name} is empty; the optimizer {self.optimizer} needs it.")
            if not needed and value is not None:
                owners = _owners(name)
                have = f"s {listed(owners)} have" if len(owners) > 1 else f" {owners[0]} has"
                raise SpecError(
                    f"{name} is {value:g}, but only the optimizer{have} one; leave it empty."
                )
        limit = chosen.bound(self.settings)
        if self.eta >= limit:
            raise SpecError(
                f"eta is {self.eta:g}; with {self.optimizer} it must be below {limit:g}: "
                f"{chosen.why}."
            )

    @property
    def settings(self) -> optimizers.Settings:
        """What the optimizer needs besides eta and steps."""
        return optimizers.Settings(self.momentum, self.batch_size)

    @property
    def counterpart(self) -> TrainingSpec | None:
        """The infinite-width theory of this training; None where there is none."""
        if optimizers.get(self.optimizer).departure:
            return None
        return TrainingSpec(steps=self.steps, eta=self.eta)
