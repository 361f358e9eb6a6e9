"""What a user should know of how a file was read, in sentences."""

import unicodedata

import numpy as np

from ntk_uq.datasets.own.one_hot import looks_one_hot
from ntk_uq.datasets.own.table import Column, Numbers, Table, TextColumn, listed, shown
from ntk_uq.datasets.own.words import is_missing


def notes(table: Table, targets: tuple[str, ...], task: str) -> tuple[str, ...]:
    """The table's own notes, and what was made of a target that could have been read otherwise.

    Args:
        table: from one of the readers. targets: names of its target columns.
        task: ``classification`` or ``regression``, as it was chosen or guessed.
    """
    return (*table.notes, *notes_of([table[name] for name in targets], task))


def notes_of(targets: list[Column], task: str) -> list[str]:
    """What was made of targets that could have been read otherwise."""
    if task == "classification":
        return [said for column in targets for said in _of_labels(column)]
    names = [column.name for column in targets]
    if not _are_one_hot(targets):
        return []
    return [
        f"Every row of {listed(names)} is one value among others that are equal, which looks like "
        "classes, and is taken for a regression of as many quantities. For a classification give "
        f"the numbers of the classes, {names[0] if len(names) == 1 else 'y'}.argmax(axis=1)."
    ]


def _of_labels(column: Column) -> list[str]:
    if not isinstance(column, TextColumn):
        return []
    said, name = [], column.name
    doubtful = [label for label in column.labels if is_missing(label)]
    if doubtful:
        said.append(
            f"{listed([shown(label) for label in doubtful])} in column {name!r} is taken for a "
            "class, and not for a missing value. Leave those rows out if it is one."
        )
    return said + [
        f"{' and '.join(map(shown, alike))} in column {name!r} differ in capitals, blanks or "
        f"accents alone, and are taken for {len(alike)} classes. Write them alike if they are one."
        for alike in _alike(column.labels)
    ]


def _alike(labels: tuple[str, ...]) -> list[list[str]]:
    """Labels that people would take for one and the same."""
    found: dict[str, list[str]] = {}
    for label in labels:
        key = " ".join(unicodedata.normalize("NFKC", label).casefold().split())
        found.setdefault(key, []).append(label)
    return [alike for alike in found.values() if len(alike) > 1]


def _are_one_hot(columns: list[Column]) -> bool:
    """Whether the targets of a regression, a block or several columns, look like classes."""
    numbers = [column.values for column in columns if isinstance(column, Numbers)]
    if len(numbers) < len(columns) or not columns:
        return False
    if len(columns) == 1:
        return looks_one_hot(numbers[0])
    return all(v.ndim == 1 for v in numbers) and looks_one_hot(np.stack(numbers, axis=1))
