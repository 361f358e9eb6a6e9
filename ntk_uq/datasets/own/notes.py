"""What a user should know of how a file was read, in sentences."""

from ntk_uq.datasets.own.table import Numbers, Table, TextColumn, listed, shown
from ntk_uq.datasets.own.words import is_missing


def notes(table: Table, targets: tuple[str, ...], task: str) -> tuple[str, ...]:
    """The table's own notes, and what was made of a target that could have been read otherwise.

    Args:
        table: from one of the readers. targets: names of its target columns.
        task: ``classification`` or ``regression``, as it was chosen or guessed.
    """
    said = list(table.notes)
    for name in targets:
        column = table[name]
        if isinstance(column, TextColumn) and task == "classification":
            doubtful = [label for label in column.labels if is_missing(label)]
            if doubtful:
                said.append(
                    f"{listed([shown(label) for label in doubtful])} in column {name!r} is taken "
                    "for a class, and not for a missing value. Leave those rows out if it is one."
                )
        if isinstance(column, Numbers) and task == "regression" and _is_one_hot(column):
            said.append(
                f"Every row of {name!r} is a single 1 among zeros, which looks like classes, and "
                "is taken for a regression of as many quantities. For a classification give the "
                f"numbers of the classes, {name}.argmax(axis=1)."
            )
    return tuple(said)


def _is_one_hot(column: Numbers) -> bool:
    values = column.values
    if values.ndim != 2 or values.shape[1] < 2:
        return False
    ones = values == 1
    return bool(
        (ones.sum(axis=1) == 1).all() and ((values == 0) | ones).all() and ones.any(0).all()
    )
