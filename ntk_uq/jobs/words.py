"""What specifications say, in words: the pieces of which kinds of jobs and pages make theirs."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from ntk_uq import datasets
from ntk_uq.base.counting import counted
from ntk_uq.datasets import own
from ntk_uq.specs import ArchitectureSpec, Axis, DataSpec, OptimizerSpec, TrainingSpec

_titles: ContextVar[Callable[[str], str | None]] = ContextVar("titles", default=lambda _: None)


@contextmanager
def own_titles(of: Callable[[str], str | None]) -> Iterator[None]:
    """While the block runs, uploaded data sets are called what ``of`` says of their names; where it
    says None, as for everybody."""
    token = _titles.set(of)
    try:
        yield
    finally:
        _titles.reset(token)


def title(name: str) -> str:
    """A data set's name for people; of an uploaded one, the beginning of its name.

    Everybody sees what is computed here, and what a file was called is its owner's business: only
    within :func:`own_titles` it is called so.
    """
    if name.startswith(own.PREFIX):
        return _titles.get()(name) or f"own data {name[len(own.PREFIX) :][:8]}"
    return datasets.REGISTRY[name].title if name in datasets.REGISTRY else name


def network(spec: ArchitectureSpec) -> tuple[str, ...]:
    """Depth and activation, and the variances where they are not the usual ones."""
    parts = [f"depth {spec.depth}", spec.activation]
    if not math.isclose(spec.sigma_w, math.sqrt(2)):
        parts.append(f"σ_w {spec.sigma_w:g}")
    if spec.sigma_b:
        parts.append(f"σ_b {spec.sigma_b:g}")
    return tuple(parts)


def training(spec: TrainingSpec) -> str:
    """How the networks are trained."""
    if spec.posterior == "bayes":
        text = "Bayesian posterior"
    elif spec.time is not None:
        text = f"gradient flow to t {spec.time:g}"
    elif spec.steps is not None:
        text = f"{spec.steps} steps, η {spec.eta:g}"
    else:
        text = "to convergence"
    return f"{text}, jitter {spec.jitter:g}" if spec.jitter else text


def optimizer(spec: OptimizerSpec, called: str = "") -> str:
    """How finite networks are trained; ``called`` instead of the optimizer's short name."""
    text = f"{called or spec.optimizer}, {spec.steps} steps, η {spec.eta:g}"
    if spec.momentum is not None:
        text += f", momentum {spec.momentum:g}"
    return text if spec.batch_size is None else f"{text}, batches of {spec.batch_size}"


def preparation(spec: DataSpec) -> tuple[str, ...]:
    """Seed and preparation, where they are not the usual ones."""
    parts = [f"seed {spec.seed}"] if spec.seed else []
    if spec.preparation != "default":
        parts.append(f"inputs {spec.preparation}")
    if spec.zca is not None:
        parts.append(f"ZCA {spec.zca:g}")
    if spec.target != "default":
        parts.append(f"target {spec.target}")
    if spec.noise:
        parts.append(f"label noise {spec.noise:g}")
    return tuple(parts)


def span(name: str, values: Sequence[float]) -> str:
    """The first and the last of some increasing numbers."""
    first, last = (str(v) if isinstance(v, int) else f"{v:g}" for v in (values[0], values[-1]))
    return f"{name} {first}" if len(values) == 1 else f"{name} {first} to {last}"


def draws(number: int) -> str:
    """How many training subsets."""
    return counted(number, "draw")


def axis(of: Axis) -> str:
    """An axis of a map with its range, or with its names."""
    first, last = (v if isinstance(v, str) else f"{v:g}" for v in (of.values[0], of.values[-1]))
    if of.categorical:
        return ", ".join(of.values)
    return f"{axis_symbol(of.name)} {first} to {last}"


def axis_symbol(name: str) -> str:
    """What an axis of a map is called."""
    return _SYMBOLS.get(name, name)


_SYMBOLS = {
    "sigma_w": "σ_w",
    "sigma_b": "σ_b",
    "n_train": "N_D",
    "n_test": "N_T",
    "time": "t",
    "steps": "k",
}
