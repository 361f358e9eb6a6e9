"""From a table to examples: which columns are the target, which kind of task, what is refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Float64, Int, Int64, Real, Shaped

from ntk_uq.base import settings, streams
from ntk_uq.base.counting import counted
from ntk_uq.base.errors import DataError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets.own.division import SHUFFLE, TEST_SHARE, Division
from ntk_uq.datasets.own.guesses import guess_task
from ntk_uq.datasets.own.joining import joined
from ntk_uq.datasets.own.one_hot import looks_one_hot
from ntk_uq.datasets.own.table import (
    MOST_CLASSES,
    MOST_COLUMNS,
    Column,
    Numbers,
    Table,
    TextColumn,
    Unusable,
    listed,
    shown,
)
from ntk_uq.datasets.own.words import EXACT, is_missing

TASKS = ("auto", "classification", "regression")
FEWEST = 10
_INDEX = re.compile(r"Unnamed: \d+|__index_level_\d+__")
_LONGEST_LABEL = 200


@dataclass(frozen=True, eq=False)  # arrays do not compare to one truth
class Own:
    """A user's examples in their canonical form: what the name of the data set is made from.

    Attributes:
        inputs: (n, d) in the order of the split: first the test part, then the pool. float32 where
            that holds every value exactly, otherwise float64, whatever the file's type.
        targets: (n,) class numbers 0 .. C-1, or (n,) or (n, k) quantities.
        shape: of one input; its product is d.
        task: ``classification`` or ``regression``.
        class_names: C of them, in the order of the class numbers; () in regression.
        feature_names: d of them, or () where an input is a block of another shape, or d is beyond
            the number of columns that a table may have.
        target_names: one, or k of them.
        title: the name of the file that they came from; no part of what they are.
        n_test: how many of the first examples are the test part; None is :func:`n_test_of`.
        rows: (n,) the row of its file (from 0) that each example is, where that does not follow
            from their numbers (:func:`row_of`); no part of what they are.
        apart: what says that examples belong together, :attr:`Division.apart`.
    """

    inputs: Float[np.ndarray, "n d"]
    targets: Int64[np.ndarray, "n"] | Float64[np.ndarray, "n"] | Float64[np.ndarray, "n k"]
    shape: tuple[int, ...]
    task: str
    class_names: tuple[str, ...]
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]
    title: str
    n_test: int | None = None
    rows: Int64[np.ndarray, "n"] | None = None
    apart: Mapping[str, str] = field(default_factory=dict)


def n_test_of(n: int) -> int:
    """How many of n examples are the test part: a fifth, and at least one."""
    return max(1, round(TEST_SHARE * n))


def make(
    table: Table,
    targets: tuple[str, ...],
    task: str = "auto",
    ignore: tuple[str, ...] = (),
    test: float | Division | Table | None = None,
) -> Own:
    """The examples of a table.

    Args:
        table: from one of the readers.
        targets: names of the target columns; several are the outputs of one regression.
        task: ``auto``, ``classification`` or ``regression``.
        ignore: names of columns to leave out. All others are inputs.
        test: the share of the test part, drawn at random and fixed for ever (a fifth, where it is
            None); how the rows are divided otherwise; or a table of the same columns that is the
            test part.

    Raises:
        DataError: for anything that no network can be trained on, naming file, column and row.
    """
    if task not in TASKS:
        raise DataError(f"The task is {shown(task)}; choose one of {', '.join(TASKS)}.")
    targets = tuple(targets)
    test = test if isinstance(test, Table) else Division.of(test)
    if isinstance(test, Table):
        used = tuple(name for name in table.names if name not in ignore)
        n_test: int | None = len(test)
        table, ignore = joined(test, table, used), ()
    else:
        ignore = _without(table, targets, ignore, test)
    features = _features(table, targets, ignore)
    n = len(table)
    if n < FEWEST:
        raise DataError(
            f"{table.source} holds {counted(n, 'example')}; at least {FEWEST} are needed."
        )
    if isinstance(test, Table):
        later = streams.permutation(SHUFFLE, n - len(test)) + len(test)
        order = np.concatenate([np.arange(len(test)), later])
    elif test.at_random:
        order, n_test = streams.permutation(SHUFFLE, n), _n_test(table, test.share)
    else:
        order, n_test = test.order(table)
    task = guess_task(table, targets) if task == "auto" else task
    class_names: tuple[str, ...] = ()
    if task == "classification":
        values, class_names = _classes(table, targets)
        names = targets
    else:
        values, names = _quantities(table, targets)
    values = values[order]
    _check_pool(table, values, names, n_test_of(n) if n_test is None else n_test)
    inputs, shape, feature_names = _inputs(table, features, order)
    chosen = not isinstance(test, Table) and not test.at_random
    return Own(
        *(inputs, values, shape, task, class_names, feature_names, names, table.source, n_test),
        rows=order if chosen else None,
        apart=test.apart if isinstance(test, Division) else {},
    )


def _without(
    table: Table, targets: tuple[str, ...], ignore: tuple[str, ...], division: Division
) -> tuple[str, ...]:
    """What is left out besides, since it says which examples are the test part."""
    for name in division.columns:
        if name in targets:
            raise DataError(
                f"{table.source}: column {name!r} is the target, and cannot say which examples are "
                "the test part. Choose another."
            )
    return (*ignore, *(name for name in division.columns if name not in ignore))


def row_of(example: int, n_pool: int, n_test: int, test_apart: bool) -> int:
    """The row (from 0) of its file that an example of the pool is.

    Args:
        example: its place in the pool. n_pool, n_test: numbers of examples.
        test_apart: whether the test part is a table of its own.
    """
    if test_apart:
        return int(streams.permutation(SHUFFLE, n_pool)[example])
    return int(streams.permutation(SHUFFLE, n_pool + n_test)[n_test + example])


def _n_test(table: Table, share: float | None) -> int | None:
    """How many examples a share is; None for the usual one."""
    if share is None:
        return None
    n, n_test = len(table), max(1, round(share * len(table)))
    if n - n_test < 2:
        raise DataError(
            f"A test share of {share:g} leaves {n - n_test} of the {n} examples of {table.source} "
            "for the pool; at least 2 are needed. Choose a smaller one."
        )
    return None if n_test == n_test_of(n) else n_test


def _features(table: Table, targets: tuple[str, ...], ignore: tuple[str, ...]) -> list[Column]:
    if not targets:
        raise DataError(
            f"No target is chosen for {table.source}; its columns are {listed(table.names)}."
        )
    for name in (*targets, *ignore):
        table[name]
    both = [name for name in targets if name in ignore]
    if both or len(set(targets)) < len(targets):
        what = f"{both[0]!r} both as target and to be left out" if both else "a target twice"
        raise DataError(f"The columns of {table.source} name {what}; name each column once.")
    features = [c for c in table.columns if c.name not in targets and c.name not in ignore]
    if not features:
        raise DataError(
            f"{table.source} has no columns beside the target and those left out; at least one "
            "must be an input."
        )
    for column in features:
        if _INDEX.fullmatch(column.name):
            raise DataError(
                f"{table.source} has a column {column.name!r}, which is how pandas writes the "
                "numbers of rows. Leave it out, or save the file without it (index=False)."
            )
        _check_numbers(table, column, "or leave the column out", "Encode it")
    return features


def _check_numbers(
    table: Table, column: Column, otherwise: str, of_text: str
) -> Shaped[np.ndarray, "n ..."]:
    """The values of a column, all of them finite numbers that float64 holds.

    Args:
        table: the column's. column: the column.
        otherwise: what else to do than to mend it, as the end of a sentence.
        of_text: what to do about text, as the start of one.
    """
    if isinstance(column, Unusable):
        remedy = column.remedy or "Save it as numbers"
        raise DataError(
            f"{table.source}: column {column.name!r} cannot be used: {column.problem}. {remedy}, "
            f"{otherwise}."
        )
    if isinstance(column, TextColumn):
        code = int(column.codes[column.problem_row])
        missing = code >= 0 and is_missing(column.labels[code])
        remedy = "Fill it in, leave the row out" if missing else of_text
        raise DataError(
            f"{table.source}: column {column.name!r}, {column.problem}. Numbers are needed there. "
            f"{remedy}, {otherwise}."
        )
    values = column.values
    if values.dtype.kind == "f":
        # In blocks: a mask of the whole would be another array of its size.
        for start in range(0, len(values), 4096):
            finite = np.isfinite(values[start : start + 4096])
            if not finite.all():
                at = np.argwhere(~finite)[0]
                row = start + int(at[0])
                where = f"{table.place(row)}{_inside(at[1:])}"
                got = values[(row, *at[1:])]
                raise DataError(
                    f"{table.source}: column {column.name!r}, {where} is {got}; every value must "
                    f"be a finite number. Fill it in, leave the row out, {otherwise}."
                )
    elif values.dtype.kind in "iu" and values.dtype.itemsize == 8:
        for start in range(0, len(values), 4096):
            block = values[start : start + 4096]
            large = (block > EXACT) | (block < -EXACT if values.dtype.kind == "i" else False)
            if large.any():
                at = np.argwhere(large)[0]
                raise DataError(
                    f"{table.source}: column {column.name!r}, {table.place(start + int(at[0]))} is "
                    f"{block[tuple(at)]}, beyond the whole numbers that float64 holds (2^53). Is "
                    "it an identifier? Then leave the column out."
                )
    return values


def _inside(at: Int[np.ndarray, "k"]) -> str:
    return f" at {tuple(int(i) for i in at)}" if len(at) else ""


def _classes(
    table: Table, targets: tuple[str, ...]
) -> tuple[Int64[np.ndarray, "n"], tuple[str, ...]]:
    """Class numbers and names, sorted: numbers by size, text by its characters."""
    if len(targets) != 1:
        raise DataError(
            f"{len(targets)} targets are chosen in {table.source}; a classification has one column "
            "of labels. Choose one, or regression."
        )
    column = table[targets[0]]
    if isinstance(column, TextColumn):
        labels, codes = list(column.labels), column.codes
        missing = next((i for i, label in enumerate(labels) if _no_label(label)), None)
        if missing is not None:
            where = table.place(int(np.flatnonzero(codes == missing)[0]))
            raise DataError(
                f"{table.source}: column {column.name!r}, {where} has no label "
                f"({shown(labels[missing])}). Fill it in, or leave the row out."
            )
        _check_classes(table, column.name, len(labels), column.problem)
        if max(map(len, labels)) > _LONGEST_LABEL:
            raise DataError(
                f"{table.source}: column {column.name!r} has a label of more than {_LONGEST_LABEL} "
                f"characters ({shown(max(labels, key=len))}). Choose another column, or shorter "
                "labels."
            )
        order = sorted(range(len(labels)), key=labels.__getitem__)
        rank = np.argsort(order)
        return rank[codes].astype(np.int64), tuple(labels[i] for i in order)
    values = _check_numbers(table, column, "or choose another target", "Save it as labels")
    if values.shape[1:] not in ((), (1,)):
        raise DataError(
            f"{table.source}: {column.name} has the shape {values.shape}; labels have the shape "
            "(n,). Of one-hot rows give the numbers of the classes, argmax(axis=1)."
        )
    values = values.ravel()
    if values.dtype.kind == "f":
        broken = values != np.trunc(values)
        if broken.any():
            row = int(np.flatnonzero(broken)[0])
            raise DataError(
                f"{table.source}: column {column.name!r}, {table.place(row)} is {values[row]:g}, "
                "which is no label of a class: labels are whole numbers or text. Choose "
                "regression."
            )
    distinct, codes = np.unique(values, return_inverse=True)
    _check_classes(table, column.name, len(distinct))
    names = tuple(str(v if values.dtype.kind == "b" else int(v)) for v in distinct.tolist())
    return codes.astype(np.int64), names


def _check_classes(table: Table, name: str, count: int, first: str = "") -> None:
    """Raises DataError for numbers of classes that make no classification; ``first`` is why the
    first value is no number."""
    n = len(table)
    quantity = f"Is it a quantity{f' ({first})' if first else ''}? Then choose regression"
    if count == 1:
        raise DataError(
            f"{table.source}: all {n} examples have one and the same label in column {name!r}; a "
            "classification needs two classes at least."
        )
    if count > MOST_CLASSES:
        raise DataError(
            f"{table.source}: column {name!r} has more than {MOST_CLASSES} different labels; that "
            f"is the most. {quantity}."
        )
    if count > n / 2:
        raise DataError(
            f"{table.source}: column {name!r} has {count} classes among {n} examples; a "
            f"class needs two examples on average. {quantity}; or another column."
        )


def _quantities(
    table: Table, targets: tuple[str, ...]
) -> tuple[Float64[np.ndarray, "n"] | Float64[np.ndarray, "n k"], tuple[str, ...]]:
    """Targets of a regression: (n,) if it is one, otherwise (n, k)."""
    blocks, names = [], []
    for name in targets:
        column = table[name]
        values = _check_numbers(
            table,
            column,
            "or choose another target",
            "Correct it, choose classification for labels",
        )
        if values.ndim > 2:
            raise DataError(
                f"{table.source}: the target {name} has the shape {values.shape}; it must be (n,) "
                "or (n, k)."
            )
        block = values.astype(np.float64).reshape(len(values), -1)
        names += _names_in(name, block.shape[1], alone=len(targets) == 1)
        blocks.append(block)
    if len(names) > MOST_CLASSES:
        raise DataError(
            f"{table.source} has {len(names)} targets; at most {MOST_CLASSES} are taken."
        )
    together = np.concatenate(blocks, axis=1) + 0.0  # -0.0 becomes 0.0: the names must agree
    classes = (
        " Its rows look like classes: give their numbers, argmax(axis=1)."
        if looks_one_hot(together)
        else ""
    )
    for i, name in enumerate(names):
        if together[:, i].min() == together[:, i].max():
            raise DataError(
                f"{table.source}: the target {name!r} is {together[0, i]:g} in all {len(table)} "
                f"examples: there is nothing to learn. Choose another.{classes}"
            )
    return (together[:, 0] if together.shape[1] == 1 else together), tuple(names)


def _names_in(name: str, width: int, alone: bool) -> list[str]:
    """Names of the values in a block: x0, x1, ... as a table has them, x[0] beside others."""
    if width == 1:
        return [name]
    return [f"{name}{i}" if alone else f"{name}[{i}]" for i in range(width)]


def _check_pool(
    table: Table, values: Real[np.ndarray, "n ..."], names: tuple[str, ...], n_test: int
) -> None:
    """Raises DataError where only the test part has examples that differ in a target."""
    pool = values[n_test:].reshape(-1, len(names))
    for i, name in enumerate(names):
        if pool[:, i].min() == pool[:, i].max():
            raise DataError(
                f"{table.source}: the target {name!r} is the same in all {len(pool)} examples of "
                "the pool; those that differ are in the test part. More examples that "
                "differ are needed."
            )


def _inputs(
    table: Table, features: list[Column], order: Int[np.ndarray, "n"]
) -> tuple[Float[np.ndarray, "n d"], tuple[int, ...], tuple[str, ...]]:
    """The inputs in the given order of rows, the shape of one, and the names of its values."""
    columns = [column for column in features if isinstance(column, Numbers)]
    n, alone = len(table), len(columns) == 1
    flat = [column.values.reshape(n, -1) for column in columns]
    d = sum(block.shape[1] for block in flat)
    dtype = np.float32 if all(_fits_float32(block) for block in flat) else np.float64
    size, limit = n * d * np.dtype(dtype).itemsize, settings.upload_expanded()
    if size > limit:
        raise DataError(
            f"The inputs of {table.source} take {format_bytes(size)} as {np.dtype(dtype)}; at most "
            f"{format_bytes(limit)} are kept. Take a part of them, or set "
            f"{settings.UPLOAD_EXPANDED}."
        )
    inputs = np.empty((n, d), dtype)
    low = 0
    for block in flat:
        # In pieces: a copy in the order of the split would be one more array of its size.
        for start in range(0, n, 4096):
            rows = order[start : start + 4096]
            inputs[start : start + 4096, low : low + block.shape[1]] = block[rows]
        low += block.shape[1]
    inputs += 0.0
    if d > MOST_COLUMNS or (alone and len(columns[0].shape) > 1):
        return inputs, (columns[0].shape if alone else ()) or (d,), ()
    names = [
        name
        for column, block in zip(columns, flat, strict=True)
        for name in _names_in(column.name, block.shape[1], alone)
    ]
    return inputs, (d,), tuple(names)


def _fits_float32(values: Shaped[np.ndarray, "n d"]) -> bool:
    """Whether float32 holds every value exactly."""
    if values.dtype.kind == "b" or values.dtype.itemsize < 3 or values.dtype == np.float32:
        return True
    with np.errstate(over="ignore"):
        for start in range(0, len(values), 4096):
            block = values[start : start + 4096].astype(np.float64)
            if not np.array_equal(block.astype(np.float32), block):
                return False
    return True


def _no_label(label: str) -> bool:
    return label.strip().lower() in ("", "nan")
