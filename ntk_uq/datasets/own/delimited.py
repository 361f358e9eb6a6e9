"""CSV and its relatives: text in UTF-8, a header row, fields between commas, semicolons, tabs or
blanks.

Arrow splits the text; numbers are read from it here, column by column and block by block, so that
the first value that is none is known by its line, and memory grows with the numbers alone.
"""

import csv
import io
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from jaxtyping import Float

from ntk_uq.base import settings
from ntk_uq.base.errors import DataError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets.own.arrays import Labels
from ntk_uq.datasets.own.casting import cast, cast_commas, decimal_commas, no_points
from ntk_uq.datasets.own.first_lines import (
    BLOCK,
    MARKS,
    NOTHING,
    FirstLines,
    first_lines,
    is_passed_over,
    not_utf8,
)
from ntk_uq.datasets.own.first_lines import SEPARATORS as MARKS_BETWEEN
from ntk_uq.datasets.own.layout import SEPARATORS, Layout
from ntk_uq.datasets.own.source import OwnFile
from ntk_uq.datasets.own.spaced import is_spaced, with_tabs
from ntk_uq.datasets.own.table import (
    Column,
    Numbers,
    Place,
    Table,
    TextColumn,
    check_columns,
    check_name,
    listed,
    quoted,
    shown,
)
from ntk_uq.datasets.own.words import is_number, not_a_number

_MOST_ASIDE = 10_000  # lines below the header that are none of the table
_LOOKED_AT = 20  # rows, for whether each has a name in front
_ROW_NAMES = (
    "Each line has one value more than the first line has names; the first of them is taken for "
    "the name of its row, as R and pandas write row names, and left out."
)
_COMMAS_TAKEN = (
    "The comma is taken for the decimal sign of all numbers, as in {}. Choose the point if it is "
    "none."
)
_USUAL = Layout()


def read_csv(source: OwnFile, layout: Layout = _USUAL) -> Table:
    """The columns of a delimited text file.

    Args:
        source: the file.
        layout: how it is to be read where that is not left to be found.

    Raises:
        DataError: if it is not one, naming the line and what would be accepted.
    """
    opening = first_lines(source, layout.header == "none")
    comments = opening.comments
    if is_spaced(opening, layout):
        source, more = with_tabs(source, opening)
        comments += more
        opening = first_lines(source, layout.header == "none")
    header = _header(source, opening, layout)
    start = opening.start if layout.header == "none" else opening.end
    notes: tuple[str, ...] = ()
    if _has_row_names(source, header):
        header.row_names = True
        notes += (_ROW_NAMES,)
    with source.open() as file:
        file.seek(start)
        comma = layout.decimal == "comma"
        columns, rows = _numbers(source, header, _blocks(source, header, file), comma)
        if layout.decimal == "auto" and header.separator != "," and no_points(columns):
            names = _with_commas(source, header, columns, start)
            if names:
                file.seek(start)
                columns, rows = _numbers(source, header, _blocks(source, header, file), True)
                comma = True
                notes += (_COMMAS_TAKEN.format(listed(names, 4)),)
        bad = {i: column for i, column in enumerate(columns) if isinstance(column, tuple)}
        lines = _lines(source, header, {row for row, _ in bad.values()})
        file.seek(start)
        blocks = _blocks(source, header, file, tuple(bad))
        text = _text(bad, lines, header, blocks, comma) if bad else {}
    found: list[Column] = [
        _booleans(text[i]) if isinstance(values, tuple) else Numbers(header.names[i], values)
        for i, values in enumerate(columns)
    ]
    if header.lines_above or layout.header == "first":
        _check_second_header(source, header, found, lines.get(0, ""), rows)
    comments += header.comments
    if comments:
        what = "1 line that begins" if comments == 1 else f"{comments} lines that begin"
        left = "is a comment and" if comments == 1 else "are comments and"
        notes += (f"{what} with # or % {left} left out.",)
    return Table(source.name, tuple(found), _place(source, header, rows), notes)


def _with_commas(
    source: OwnFile,
    header: "_Header",
    columns: list[Float[np.ndarray, "n"] | tuple[int, str]],
    start: int,
) -> tuple[str, ...]:
    """The columns of numbers with a decimal comma, if one of them cannot be anything else."""
    open_ones = [i for i, column in enumerate(columns) if isinstance(column, tuple)]
    with source.open() as file:
        file.seek(start)
        blocks = _blocks(source, header, file, tuple(open_ones))
        found = decimal_commas(len(open_ones), (block.columns for block in blocks))
    return tuple(header.names[open_ones[i]] for i in found)


class _Header:
    """The names of the columns, the separator, and the lines up to the end of the header.

    ``hint`` is a sentence for errors that may come from a header that is none, or nothing.
    """

    def __init__(
        self, names: tuple[str, ...], separator: str, lines: int, hint: str, lines_above: bool
    ) -> None:
        self.names, self.separator, self.lines, self.hint = names, separator, lines, hint
        self.lines_above = lines_above  # whether one of the lines names the columns
        self.aside = 0  # lines below it that are none of the table
        self.comments = 0  # of these, those that are comments
        self.row_names = False  # whether each row has a name in front, for which there is none

    @property
    def width(self) -> int:
        """How many values a row has."""
        return len(self.names) + self.row_names


def _header(source: OwnFile, opening: FirstLines, layout: Layout = _USUAL) -> _Header:
    raw, lines = opening.header, opening.lines
    if b"\r" in raw.rstrip(b"\r\n"):
        raise DataError(
            f"{source.name} ends its lines with carriage returns alone; save it with the line ends "
            "of any current system."
        )
    check_columns(source.name, max(raw.count(mark.encode()) for mark in MARKS_BETWEEN) + 1)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise DataError(not_utf8(source.name, lines)) from None
    try:
        splits = {
            mark: next(csv.reader([text], delimiter=mark, skipinitialspace=True))
            for mark in MARKS_BETWEEN
        }
    except csv.Error as error:
        raise DataError(f"{source.name}: the header cannot be read ({quoted(error)}).") from None
    separator = max(MARKS_BETWEEN, key=lambda mark: len(splits[mark]))
    if layout.separator != "auto":
        # A tab stands for each run of blanks by now.
        separator = SEPARATORS[layout.separator].replace(" ", "\t")
    # np.savetxt writes its header as a comment.
    names = tuple(name.strip() for name in splits[separator])
    hint = ""
    if opening.marked:
        hint = (
            f" Line {lines} starts with {names[0][:1]}: if it is a comment and not "
            "the header, leave it out, as all comments."
        )
        names = (names[0].lstrip("".join(MARKS)).lstrip(), *names[1:])
    if len(names) < 2:
        raise DataError(
            f"{source.name} has one column only, {shown(names[0])}. Inputs and a target are "
            f"needed, in columns between commas, semicolons, tabs or blanks.{hint}"
        )
    if layout.header == "none":
        made = tuple(f"column{i + 1}" for i in range(len(names)))
        return _Header(made, separator, opening.above, "", False)
    if not names[-1]:
        raise DataError(
            f"The header of {source.name} ends in a separator, so that its last column has no "
            "name. Leave it out in all lines, or give that column a name."
        )
    if all(is_number(name) for name in names):
        raise DataError(
            f"{source.name} has no header: line {lines} holds numbers only ({listed(names, 4)}). "
            "Its first line must name the columns; a name may not be a number. Choose to read it "
            "without a header if it has none."
        )
    for number, name in enumerate(names, 1):
        check_name(source.name, name, number)
    return _Header(names, separator, lines, hint, True)


def _blocks(
    source: OwnFile,
    header: _Header,
    file: io.BytesIO | io.BufferedReader,
    only: tuple[int, ...] | None = None,
) -> Iterator[Any]:
    """Arrow's record batches of strings, of all columns or only some."""
    # Imported here: half a second, and only who brings a table needs it.
    import pyarrow
    import pyarrow.csv

    names = [f"c{i}" for i in range(header.width)]
    named = names[header.row_names :]
    wanted = named if only is None else [named[i] for i in only]
    header.comments = header.aside = 0

    def passed_over(row: Any) -> str:
        if not is_passed_over(row.text):
            return "error"
        header.aside += 1
        header.comments += bool(row.text.strip(NOTHING))
        return "skip" if header.aside <= _MOST_ASIDE else "error"

    try:
        yield from pyarrow.csv.open_csv(
            pyarrow.PythonFile(file, mode="r"),
            read_options=pyarrow.csv.ReadOptions(block_size=BLOCK, column_names=names),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=header.separator,
                newlines_in_values=True,
                invalid_row_handler=passed_over,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pyarrow.string()),
                strings_can_be_null=False,
                include_columns=wanted,
            ),
        )
    except pyarrow.ArrowInvalid as error:
        raise DataError(_what_is_wrong(source, header, str(error))) from None
    except OSError as error:
        raise DataError(f"{source.name} cannot be read: {quoted(error)}.") from None


def _numbers(
    source: OwnFile, header: _Header, blocks: Iterator[Any], comma: bool = False
) -> tuple[list[Float[np.ndarray, "n"] | tuple[int, str]], int]:
    """Of every column its numbers, or the row and the text of the first value that is none."""
    parts: list[list[np.ndarray] | tuple[int, str]] = [[] for _ in header.names]
    rows, left = 0, settings.upload_expanded()
    for block in blocks:
        for i, column in enumerate(block.columns):
            kept = parts[i]
            if isinstance(kept, tuple):
                continue
            found = cast_commas(column) if comma else cast(column)
            if isinstance(found, tuple):
                left += sum(part.nbytes for part in kept)
                parts[i] = (rows + found[0], found[1])
                continue
            left -= found.nbytes
            kept.append(found)
        rows += len(block)
        if left < 0:
            raise DataError(
                f"{source.name} holds more than {format_bytes(settings.upload_expanded())} of "
                f"numbers. Take a part of it, or set {settings.UPLOAD_EXPANDED}."
            )
    if not rows:
        raise DataError(f"{source.name} holds a header and no rows of values.")
    columns: list[np.ndarray | tuple[int, str]] = []
    for i, kept in enumerate(parts):
        columns.append(kept if isinstance(kept, tuple) else np.concatenate(kept))
        parts[i] = (0, "")  # free the pieces of a column as soon as it is whole
    return columns, rows


def _text(
    bad: dict[int, tuple[int, str]],
    lines: dict[int, str],
    header: _Header,
    blocks: Iterator[Any],
    comma: bool,
) -> dict[int, TextColumn]:
    """The columns that are not numbers, as text."""
    labels = {i: Labels() for i in bad}
    codes: dict[int, list[np.ndarray]] = {i: [] for i in bad}
    for block in blocks:
        for i, column in zip(bad, block.columns, strict=True):
            encoded = column.dictionary_encode()
            new = labels[i].codes(encoded.dictionary.to_pylist())
            codes[i].append(new[encoded.indices.to_numpy()])
    return {
        i: labels[i].column(
            header.names[i],
            np.concatenate(codes[i]),
            f"{lines[row]}: {not_a_number(text, comma)}",
            row,
        )
        for i, (row, text) in bad.items()
    }


def _booleans(column: TextColumn) -> TextColumn | Numbers:
    """A column of True and False, in small or capital letters, as booleans."""
    values = [label.strip().lower() for label in column.labels]
    if not set(values) <= {"true", "false"}:
        return column
    return Numbers(column.name, np.array([value == "true" for value in values])[column.codes])


def _records(source: OwnFile, header: _Header) -> Iterator[tuple[int, list[str]]]:
    """Line (from 1) and fields of every row that is not empty, the header's left out.

    By the standard library, slower than Arrow and able to tell lines; it says where a mistake is.
    """
    with source.open() as raw:
        for _ in range(header.lines):
            raw.readline()
        text = io.TextIOWrapper(raw, encoding="utf-8", errors="replace", newline="")
        reader = csv.reader(text, delimiter=header.separator)
        before = aside = 0
        with text:
            for fields in reader:
                # As Arrow takes them: what has not as many values may be none of the table.
                odd = bool(fields) and len(fields) != header.width
                if odd and is_passed_over(header.separator.join(fields)):
                    aside += 1
                    if aside > _MOST_ASIDE:
                        return
                elif fields:
                    yield header.lines + before + 1, fields
                before = reader.line_num


def _has_row_names(source: OwnFile, header: _Header) -> bool:
    """Whether each row has one value more than the header has names, and the first ones count the
    rows, or are texts of which each is there once."""
    if not header.lines_above or header.hint:  # a comment is a guess already
        return False
    try:
        rows = [fields for _, fields in itertools.islice(_records(source, header), _LOOKED_AT)]
    except (csv.Error, OSError):
        return False
    first = [fields[0].strip() for fields in rows]
    as_many = all(len(fields) == len(header.names) + 1 for fields in rows)
    if not as_many or len(set(first)) < len(first) or len(first) < 2:
        return False
    if all(name.isdecimal() for name in first):
        return all(int(b) == int(a) + 1 for a, b in itertools.pairwise(first))
    return not any(is_number(name) for name in first) and any(row[-1].strip() for row in rows)


def _lines(source: OwnFile, header: _Header, rows: set[int]) -> dict[int, str]:
    """In which lines some rows are, in words."""
    found = {row: f"row {row + 1} below the header" for row in rows}
    try:
        for row, (line, _) in enumerate(
            itertools.islice(_records(source, header), max(rows, default=-1) + 1)
        ):
            if row in found:
                found[row] = f"line {line}"
    except (csv.Error, OSError):
        pass
    return found


def _place(source: OwnFile, header: _Header, rows: int) -> Place:
    """Where a row is: its line, if every row has one of its own."""
    lines, last = 0, b"\n"
    with source.open() as file:
        while piece := file.read(BLOCK):
            lines += piece.count(b"\n")
            last = piece[-1:]
    if lines + (last != b"\n") == rows + header.lines:
        return Place("line", 1 + header.lines)
    return Place("row", 1, " below the header")


def _what_is_wrong(source: OwnFile, header: _Header, error: str) -> str:
    """Words for a file that Arrow cannot split."""
    width, names = header.width, len(header.names)
    if header.aside > _MOST_ASIDE:
        return (
            f"{source.name} has more than {_MOST_ASIDE} lines of blanks or comments below its "
            "header. Leave them out."
        )
    if "UTF8" in error:
        with source.open() as file:
            for number, raw in enumerate(file, 1):
                try:
                    raw.decode("utf-8")
                except UnicodeDecodeError:
                    return not_utf8(source.name, number)
    if "Empty CSV" in error:
        return f"{source.name} holds a header and no rows of values."
    try:
        for line, fields in _records(source, header):
            if len(fields) != width:
                more = ", and other rows have a name in front" * header.row_names
                return (
                    f"{source.name}: line {line} has {len(fields)} value"
                    f"{'s' * (len(fields) != 1)}, but the header names {names} columns{more}. "
                    f"Every row must have as many.{header.hint or _why(fields, width)}"
                )
    except (csv.Error, OSError):
        pass
    if "straddl" in error:
        return (
            f"{source.name} is not a table: a row is longer than {format_bytes(BLOCK)}. Does a "
            "quote not end?"
        )
    return f"{source.name} is not a table of text ({quoted(error)})."


def _why(fields: list[str], width: int) -> str:
    """What a row of another length may come from, as a sentence or nothing."""
    if len(fields) != width + 1:
        return ""
    if not fields[-1].strip():
        return " Does the line end in a separator?"
    return " Was a column of row numbers written without a name?"


def _check_second_header(
    source: OwnFile, header: _Header, columns: list[Column], line: str, rows: int
) -> None:
    """Raises DataError where the first row is text above columns of numbers."""
    if rows < 2:
        return
    text = [column for column in columns if isinstance(column, TextColumn)]
    if len(text) < len(columns) or any(column.problem_row for column in text):
        return
    for column in text:
        later = column.codes[1:]
        if 0 in later:
            continue
        if all(is_number(label) for label in column.labels[1:]):
            raise DataError(
                f"{source.name} has a second header: {line} holds text above numbers "
                f"({shown(column.labels[0])} in column {column.name!r}). Leave one of them out; a "
                f"unit may be written into the name, such as 'energy [GeV]'.{header.hint}"
            )
