"""What an optimizer is: everything that the program needs of one, in one declaration."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ntk_uq.base.errors import SpecError

PARAMETERS = ("momentum", "batch_size")
"""What an optimizer may need besides a step size: the fields of
:class:`~ntk_uq.specs.OptimizerSpec`, which say what they may hold."""

LARGEST_MODE = "the largest mode of the NTK would grow with each step"
OWN_SIZE = "each step would move every parameter by more than its own size"


class Settings(NamedTuple):
    """What a specification says of an optimizer besides eta and steps; None where it has none."""

    momentum: float | None = None
    batch_size: int | None = None


@dataclass(frozen=True)
class Step:
    """What an update knows besides gradients: the same for all arrays.

    Attributes:
        size: s of the step: ``eta / lambda_max``, or eta itself (:attr:`Optimizer.normalized`).
        number: which step it is, from 1.
        settings: momentum and batch size.
    """

    size: Any
    number: Any
    settings: Settings = field(default_factory=Settings)
    _filled: dict[float, Any] = field(default_factory=dict, repr=False, compare=False)

    def filled(self, decay: float) -> Any:
        """``1 - decay^number``: how much of a mean that began at zero, and keeps the share
        ``decay`` of itself each step, comes from gradients.

        Taken once a step: in a compiled program a power for each array would be slower, and round
        otherwise where it is vectorized.
        """
        if decay not in self._filled:
            self._filled[decay] = 1 - decay**self.number
        return self._filled[decay]


Memory = tuple[Any, ...]

Update = Callable[[Any, Memory, Step], tuple[Any, Memory]]
"""``(gradient, memory, step) -> what is added to the parameter, memory``."""


@dataclass(frozen=True, eq=False)
class Optimizer:
    """How the parameters of finite networks move, from the gradients of ``sum |f - y|^2 / 2``.

    ``update`` is called for each array of parameters on its own, with the gradient by it and the
    ``memory`` arrays of its shape that the last step left; before the first they are zero. It
    takes arrays of NumPy or of JAX, without importing either: arithmetic, and functions such as
    ``gradient.__array_namespace__().sqrt``. It decides nothing by the values of an array.

    Attributes:
        name: as it is written in specifications, links and commands; the file's name.
        title: what a menu calls it, such as "gradient descent with momentum".
        about: a sentence, for people who choose it.
        update: the rule.
        memory: how many arrays of the parameters' size it keeps from step to step.
        needs: which of :data:`PARAMETERS` it has, with the value that is usual. One that needs a
            ``batch_size`` takes each step on a batch, with the gradient scaled to all examples;
            others see all of them.
        normalized: whether eta is in units of 1/lambda_max of the NTK; else it is the step size.
        bound: settings -> what eta must be below. At 4 the specification's own range ends.
        why: what would happen beyond; a clause.
        departure: what networks are said to be "trained with" where no theory describes it. Empty
            for full-batch gradient descent alone, the theory's own.
        linear: whether a step is the same linear combination of the gradients so far for every
            parameter. Then the first layer can be trained in the span of the data, which is faster
            for few examples (:mod:`ntk_uq.training.program`).

    Raises:
        SpecError: for a name that no link could hold, or a parameter that no specification has.
    """

    name: str
    title: str
    about: str
    update: Update
    bound: Callable[[Settings], float]
    why: str
    memory: int = 0
    needs: Mapping[str, float] = field(default_factory=dict)
    normalized: bool = True
    departure: str = ""
    linear: bool = False

    def __post_init__(self) -> None:
        name = self.name
        plain = name.isascii() and name.isidentifier() and name == name.lower() and len(name) <= 64
        if not plain or name == "none":
            raise SpecError(
                f"The optimizer's name is {name!r:.80}; it must be a word of small letters, digits "
                "and _ that begins with a letter."
            )
        unknown = [need for need in self.needs if need not in PARAMETERS]
        if unknown:
            raise SpecError(
                f"The optimizer {name} needs {', '.join(unknown)}, which no specification has; it "
                f"may need {' or '.join(PARAMETERS)}. (Another parameter is a new field of "
                "OptimizerSpec.)"
            )

    @property
    def stochastic(self) -> bool:
        """Whether each step sees a batch of the examples only."""
        return "batch_size" in self.needs

    @property
    def usual(self) -> Settings:
        """The usual value of what it needs."""
        return Settings(**self.needs)  # type: ignore[arg-type]
