"""Parquet files, read in blocks of rows by Arrow."""

from decimal import Decimal
from typing import Any

import numpy as np

from ntk_uq.base import settings
from ntk_uq.base.errors import DataError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets.own.arrays import Labels, NotAColumn, column_of, too_large
from ntk_uq.datasets.own.source import OwnFile
from ntk_uq.datasets.own.table import Column, Table, Unusable, check_columns, quoted, shown

_ROWS = 2**16
_FOOTER = 2**25  # bytes of a file's own description
_CONTAINER = 2**18  # things in one list of it


def read_parquet(source: OwnFile) -> Table:
    """The columns of a Parquet file.

    Raises:
        DataError: if it is damaged, has no rows, or is too large when unpacked.
    """
    import pyarrow
    import pyarrow.parquet

    _check_footer(source)
    try:
        with source.open() as raw:
            options: dict[str, Any] = {
                "thrift_string_size_limit": _FOOTER,
                "thrift_container_size_limit": _CONTAINER,
            }
            schema = pyarrow.parquet.ParquetFile(raw, **options).schema_arrow
            # Text stays as its file packs it: a long label is there once and not in every row.
            packed = [field.name for field in schema if _is_text(field.type)]
            file = pyarrow.parquet.ParquetFile(raw, read_dictionary=packed, **options)
            return _read(source, file)
    except MemoryError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        raise DataError(
            f"{source.name} is damaged or cannot be read ({quoted(error)}); save or upload it "
            "again."
        ) from None


def _check_footer(source: OwnFile) -> None:
    try:
        with source.open() as file:
            file.seek(-min(8, source.size), 2)
            end = file.read(8)
    except OSError as error:
        raise DataError(f"{source.name} cannot be read: {error.strerror or error}.") from None
    if len(end) < 8 or end[4:] != b"PAR1":
        raise DataError(f"{source.name} is truncated: a Parquet file ends in PAR1. Copy it again.")
    if int.from_bytes(end[:4], "little") > _FOOTER:
        raise DataError(
            f"{source.name} describes itself in more than {format_bytes(_FOOTER)}; save its "
            "columns as arrays of an NPZ file."
        )


def _read(source: OwnFile, file: Any) -> Table:
    schema, rows, limit = file.schema_arrow, file.metadata.num_rows, settings.upload_expanded()
    check_columns(source.name, len(schema))
    if not len(schema) or not rows:
        raise DataError(f"{source.name} holds no rows.")
    problems = {field.name: _problem(field.type) for field in schema}
    wanted = [field.name for field in schema if problems[field.name] is None]
    if len(problems) < len(schema):
        twice = next(n for n in schema.names if schema.names.count(n) > 1)
        raise DataError(
            f"{source.name} has two columns named {shown(twice)}; give each a name of its own."
        )
    widths = sum(_width(schema.field(name).type) for name in wanted)
    description = file.metadata
    stated = sum(
        description.row_group(i).total_byte_size for i in range(description.num_row_groups)
    )
    if rows * widths > limit or stated > limit:
        raise DataError(
            f"{source.name} unpacks to more than {format_bytes(limit)} ({rows} rows). Take a part "
            f"of it, or set {settings.UPLOAD_EXPANDED}."
        )
    left = limit - rows * widths
    growing = {name: _Growing(source.name, name, schema.field(name).type, rows) for name in wanted}
    # Wide tables by fewer rows, so that a block stays a few megabytes.
    step = max(64, min(_ROWS, 2**23 // max(1, widths)))
    read = 0
    for block in file.iter_batches(batch_size=step, columns=wanted, use_threads=False):
        block.validate(full=True)  # a damaged file may name labels that there are not
        read += len(block)
        if read > rows:
            break
        for name, column in zip(wanted, block.columns, strict=True):
            left -= growing[name].add(column, left)
    if wanted and read != rows:
        raise DataError(f"{source.name} is damaged: it promises {rows} rows and has {read}.")
    columns: list[Column] = []
    for field in schema:
        try:
            if problem := problems[field.name]:
                raise NotAColumn(*problem)
            columns.append(growing.pop(field.name).column())
        except NotAColumn as problem:
            columns.append(Unusable(field.name, str(problem), rows, problem.remedy))
    return Table(source.name, tuple(columns))


class _Growing:
    """One column while it is read, into an array that takes memory as it is filled."""

    def __init__(self, source: str, name: str, kind: Any, rows: int) -> None:
        import pyarrow.types as types

        self.source, self.name, self.text = source, name, _is_text(kind)
        self.list = _is_list(kind)
        one = _one_of(kind)
        self.decimal = types.is_decimal(one)
        of = np.float64 if self.decimal else None if self.text else one.to_pandas_dtype()
        self.dtype = np.dtype(np.int32 if self.text else of)
        # How long lists are is known when they come.
        self.values = np.empty(0 if self.list else rows, self.dtype)
        self.length = -1
        self.problem = self.remedy = ""
        self.labels = Labels()
        self.rows, self.all_rows = 0, rows
        self.missing: int | None = None

    def add(self, column: Any, left: int) -> int:
        """Takes the next rows; the bytes that this took beside what the schema told."""
        import pyarrow
        import pyarrow.compute as compute

        if column.null_count and self.missing is None:
            self.missing = self.rows + int(np.flatnonzero(compute.is_null(column))[0])
        start, self.rows = self.rows, self.rows + len(column)
        if self.missing is not None or self.problem:
            return 0  # a column with holes is refused where it is used
        if pyarrow.types.is_dictionary(column.type) and not self.text:
            column = column.dictionary_decode()
        if self.list:
            return self._add_lists(column, start, left)
        self._add_values(column, start)
        return 0

    def _add_lists(self, column: Any, start: int, left: int) -> int:
        """Lists of one length, as a block each."""
        import pyarrow.compute as compute

        lengths = compute.list_value_length(column).to_numpy(zero_copy_only=False)
        taken = 0
        if self.length < 0:
            self.length = int(lengths[0])
            taken = self.all_rows * self.length * self.dtype.itemsize
            if taken > left:
                shape = self.all_rows, self.length
                self.problem, self.remedy = str(too_large(shape)), too_large(shape).remedy
                return 0
            self.values = np.empty((self.all_rows, self.length), self.dtype)
        other = np.flatnonzero(lengths != self.length)
        if len(other):
            row = start + int(other[0])
            self.problem = (
                f"index {row}: it holds lists of {self.length} and of {lengths[other[0]]} values"
            )
            self.remedy = "Make them equally long"
            return 0
        flat = column.flatten()
        if flat.null_count:
            row = int(np.flatnonzero(compute.is_null(flat))[0]) // max(1, self.length)
            self.missing = start + row
            return 0
        block = flat.to_numpy(zero_copy_only=False).reshape(len(column), self.length)
        self.values[start : start + len(column)] = block
        return taken

    def _add_values(self, column: Any, start: int) -> None:
        import pyarrow

        if self.decimal:
            self._add_decimals(column, start)
            return
        if not self.text:
            self.values[start : self.rows] = column.to_numpy(zero_copy_only=False)
            return
        if pyarrow.types.is_string_view(column.type):
            column = column.cast(pyarrow.string())
        if not pyarrow.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        indices = column.indices.to_numpy(zero_copy_only=False)
        used, back = np.unique(indices, return_inverse=True)
        codes = self.labels.codes([column.dictionary[int(i)].as_py() for i in used])
        self.values[start : self.rows] = codes[back]

    def _add_decimals(self, column: Any, start: int) -> None:
        """Decimal numbers as float64, which has 15 of their digits: where it has not all of a
        value, that is told."""
        exact = column.to_pylist()
        self.values[start : self.rows] = values = np.array([float(value) for value in exact])
        digits = 15
        for row, (value, near) in enumerate(zip(exact, values.tolist(), strict=True)):
            if len(value.as_tuple().digits) > digits and value != Decimal(near):
                self.problem = (
                    f"index {start + row}: a decimal number of more digits than float64 holds"
                )
                self.remedy = "Round it, or save it as float64"
                break

    def column(self) -> Column:
        if self.missing is not None:
            what = f"index {self.missing}: the value is missing"
            raise NotAColumn(what, "Fill it in, leave the row out")
        if self.problem:
            raise NotAColumn(self.problem, self.remedy)
        if not self.text:
            return column_of(self.source, self.name, self.values)
        return self.labels.column(self.name, self.values)


def _is_text(kind: Any) -> bool:
    import pyarrow.types as types

    if types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def _is_list(kind: Any) -> bool:
    import pyarrow.types as types

    return types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)


def _one_of(kind: Any) -> Any:
    """The type of one value: of what a dictionary or a list holds."""
    import pyarrow.types as types

    return kind.value_type if types.is_dictionary(kind) or _is_list(kind) else kind


def _is_number(kind: Any) -> bool:
    import pyarrow.types as types

    return types.is_floating(kind) or types.is_integer(kind) or types.is_boolean(kind)


def _is_bytes(kind: Any) -> bool:
    import pyarrow.types as types

    return (
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_binary_view(kind)
        or types.is_fixed_size_binary(kind)
    )


def _problem(kind: Any) -> tuple[str, str] | None:
    """Why a column of an Arrow type cannot be used, and what to do about it; or None."""
    import pyarrow.types as types

    one = _one_of(kind)
    if _is_text(kind) or _is_number(one) or (types.is_decimal(one) and not _is_list(kind)):
        return None
    shown_type = str(kind)[:60]
    storage = getattr(one, "storage_type", one)  # of an extension such as a UUID
    if _is_bytes(storage):
        return f"it holds bytes ({shown_type})", "Save text as strings"
    if types.is_temporal(one):
        return f"it holds dates or times ({kind})", "Save them as numbers, such as seconds"
    if types.is_nested(kind):
        return (
            f"it holds lists or records ({shown_type}), not numbers, and not as many in each row",
            "Save each value as a column of its own",
        )
    if types.is_null(kind):
        return "index 0: the value is missing, as all others are", "Fill them in"
    return f"it holds values of the type {shown_type}", "Save it as numbers or as text"


def _width(kind: Any) -> int:
    import pyarrow.types as types

    if _is_list(kind):
        return 0  # known when they come
    if types.is_decimal(kind):
        return 8  # of the float64 that becomes of it
    return 4 if _is_text(kind) else max(1, _one_of(kind).bit_width // 8)
