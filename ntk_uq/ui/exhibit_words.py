"""What exhibits share: captions, sentences about fits, the names of their files."""

from collections.abc import Iterable

from ntk_uq import datasets
from ntk_uq.datasets import Dataset
from ntk_uq.export import commented, needed
from ntk_uq.scaling import format_value
from ntk_uq.specs import DataSpec


def data_in_words(dataset: Dataset, spec: DataSpec, folds: int | None = None) -> str:
    """Which data, the size of the test set or the folds instead, and how they were prepared."""
    tested = f"N_T {spec.n_test}" if folds is None else f"tested on {folds} folds"
    return (
        f"{dataset.title}, {tested}, seed {spec.seed}. "
        f"Preparation: {datasets.describe(dataset, spec)}."
    )


def script(dataset: str, *blocks: str) -> str:
    """A Python script of some blocks, after what has to be there for it."""
    head = "\n".join((*commented(needed(dataset)), "import ntk_uq"))
    return "\n\n".join((head, *blocks)) + "\n"


def commands(dataset: str, lines: Iterable[str]) -> tuple[str, ...]:
    """Some commands after what has to be there for them."""
    return (*commented(needed(dataset)), *lines)


def named(values: Iterable[str]) -> tuple[str, ...]:
    """Sentences, each once, in their order."""
    return tuple(dict.fromkeys(values))


def exponent(value: float | None, error: float | None, valid: bool) -> str:
    """A fitted exponent for a table; in parentheses where it may not be quoted."""
    if value is None:
        return "–"
    told = format_value(value, error)
    return told if valid else f"({told})"
