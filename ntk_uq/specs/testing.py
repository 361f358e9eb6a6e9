"""What networks are tested on: examples held out for all, or each example in its turn."""

from dataclasses import dataclass
from typing import Any

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields.checks import shown

HELD_OUT = "held-out"
FEWEST, MOST = 2, 100
_FOLDS = "folds="


@dataclass(frozen=True)
class HeldOutOrFolds:
    """``held-out``, or ``folds=K``: a check of a field."""

    def check(self, name: str, value: Any) -> str:
        folds = str(value)[len(_FOLDS) :] if str(value).startswith(_FOLDS) else ""
        number = folds.isascii() and folds.isdecimal() and len(folds) <= len(str(MOST))
        if value == HELD_OUT or (number and FEWEST <= int(folds) <= MOST):
            return HELD_OUT if value == HELD_OUT else f"{_FOLDS}{int(folds)}"
        raise SpecError(
            f"{name} is {shown(value)}; choose {HELD_OUT}, or {_FOLDS}K with K from {FEWEST} to "
            f"{MOST}."
        )

    def format(self, value: str) -> str:
        return value

    def parse(self, name: str, text: str) -> str:  # noqa: ARG002 (one interface for all)
        return text


def folds_of(test: str) -> int | None:
    """How many folds; None for a held-out test set."""
    return None if test == HELD_OUT else int(test.removeprefix(_FOLDS))


def in_folds(folds: int) -> str:
    """The value of a field for so many folds."""
    return f"{_FOLDS}{folds}"


def fold_sizes(n: int, folds: int) -> list[int]:
    """How many of n examples each fold has; they differ by one at most."""
    return [n // folds + (place < n % folds) for place in range(folds)]


def trained_on(n: int, folds: int) -> int:
    """N_D of networks that are trained on n examples but a fold, of the larger ones where n is no
    multiple of the folds."""
    return n - n // folds
