"""CSV and its relatives: text in UTF-8, a header row, fields between commas, semicolons, tabs or
blanks.

Arrow splits the text; numbers are read from it here, column by column and block by block, so that
the first value that is none is known by its line, and memory grows with the numbers alone.
"""

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from jaxtyping import Float

from ntk_uq.base import settings
from ntk_uq.base.errors import DataError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets.own.arrays import Labels
from ntk_uq.datasets.own.casting import cast, cast_commas, decimal_commas, no_points
from ntk_uq.datasets.own.layout import SEPARATORS, Layout
from ntk_uq.datasets.own.source import OwnFile
from ntk_uq.datasets.own.table import (
    Column,
    Numbers,
    Table,
    TextColumn,
    check_columns,
    check_name,
    listed,
    quoted,
    shown,
)
from ntk_uq.datasets.own.words import (
    COMMA_NUMBER,
    is_number,
    not_a_number,
    with_point,
)

_BLOCK = 2**24  # bytes; no row may be longer
_SEPARATORS = ",;\t"
_EXCEL = re.compile(rb'"?sep=[,;\t]"?', re.IGNORECASE)
"""What Excel may write above the header, and nobody else reads; the separator is found anyway."""
_COMMAS_TAKEN = (
    "The comma is taken for the decimal sign of all numbers, as in {}. Choose the point if it is "
    "none."
)
_USUAL = Layout()
_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_csv(source: OwnFile, layout: Layout = _USUAL) -> Table:
    """The columns of a delimited text file.

    Args:
        source: the file.
        layout: how it is to be read where that is not left to be found.

    Raises:
        DataError: if it is not one, naming the line and what would be accepted.
    """
    source = _with_tabs(source, layout)
    notes: tuple[str, ...] = ()
    with source.open() as file:
        header = _header(source, file, layout)
        start = file.tell()
        comma = layout.decimal == "comma"
        columns, rows = _numbers(source, header, _blocks(source, header, file), comma)
        if layout.decimal == "auto" and header.separator != "," and no_points(columns):
            names = _with_commas(source, header, columns, start)
            if names:
                file.seek(start)
                columns, rows = _numbers(source, header, _blocks(source, header, file), True)
                notes = (_COMMAS_TAKEN.format(listed(names, 4)),)
        bad = {i: column for i, column in enumerate(columns) if isinstance(column, tuple)}
        lines = _lines(source, header, {row for row, _ in bad.values()})
        file.seek(start)
        text = _text(bad, lines, header, _blocks(source, header, file, tuple(bad))) if bad else {}
    found: list[Column] = [
        _booleans(text[i]) if isinstance(values, tuple) else Numbers(header.names[i], values)
        for i, values in enumerate(columns)
    ]
    if header.lines_above or layout.header == "first":
        _check_second_header(source, header, found, lines.get(0, ""), rows)
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


def _with_tabs(source: OwnFile, layout: Layout = _USUAL) -> OwnFile:
    """A table whose columns stand between blanks, as NumPy's savetxt writes it, with a tab for each
    run of them; line by line, so that lines keep their numbers. Another file as it is."""
    if layout.separator not in ("auto", "blanks"):
        return source
    with source.open() as file:
        lines = (line for line in file if line.strip(b" \t\r\n" + _UTF8_MARK))
        first, second = (next(lines, b"")[:_BLOCK] for _ in range(2))
    chosen = layout.separator == "blanks"
    marks = (b"\x00",) if chosen else (b",", b";", b"\t", b'"', b"\x00")
    first = first.removeprefix(_UTF8_MARK)
    fields = second.decode("utf-8", "replace").split()
    # A comma in numbers, and none in the header, is no separator.
    decimal = b"," not in first and all(re.match(COMMA_NUMBER, text) for text in fields)
    if any(mark in (first if mark == b"," and decimal else first + second) for mark in marks):
        return source
    names = (
        first.replace(b"#", b" ", 1).split() if first.lstrip().startswith(b"#") else first.split()
    )
    numeric = any(is_number(with_point(text)) for text in fields)
    if not chosen and (len(names) < 2 or len(fields) < 2 or not numeric):
        return source
    if decimal and not chosen and len(names) != len(fields):
        return source
    out, started = io.BytesIO(), False
    with source.open() as file:
        for line in file:
            text = line if started else line.removeprefix(_UTF8_MARK)
            if not started and text.strip():
                started = True
                text = b" ".join(names)
            out.write(b"\t".join(text.split()) + b"\n")
    content = out.getvalue()
    return OwnFile(source.name, None, content, len(content))


class _Header:
    """The names of the columns, the separator, and the lines up to the end of the header.

    ``hint`` is a sentence for errors that may come from a header that is none, or nothing.
    """

    def __init__(
        self, names: tuple[str, ...], separator: str, lines: int, hint: str, lines_above: bool
    ) -> None:
        self.names, self.separator, self.lines, self.hint = names, separator, lines, hint
        self.lines_above = lines_above  # whether one of the lines names the columns


def _header(
    source: OwnFile, file: io.BytesIO | io.BufferedReader, layout: Layout = _USUAL
) -> _Header:
    raw, lines, start, above = b"", 0, 0, 0
    while not raw.strip() or raw.count(b'"') % 2:
        if not raw.strip():
            start, above = file.tell(), lines
        line = file.readline(_BLOCK)
        if lines == 0:
            if line.startswith(_UTF16_MARKS) or line[1:2] == b"\x00":
                raise DataError(
                    f"{source.name} is text in UTF-16; save it as UTF-8 (CSV UTF-8 in Excel)."
                )
            if line.startswith(_UTF8_MARK):
                line, start = line[len(_UTF8_MARK) :], len(_UTF8_MARK)
        if not line:
            what = "has a quote that does not end" if raw.strip() else "holds no text"
            raise DataError(f"{source.name} {what}; its first line must name the columns.")
        if b"\x00" in line:
            raise DataError(f"{source.name} is not text: it holds zero bytes.")
        if len(line) >= _BLOCK:
            raise DataError(f"{source.name} is not a table: {_too_long(lines + 1)}.")
        line = b"" if _EXCEL.fullmatch(line.strip()) else line
        raw, lines = (raw + line if raw.strip() else line), lines + 1
    if b"\r" in raw.rstrip(b"\r\n"):
        raise DataError(
            f"{source.name} ends its lines with carriage returns alone; save it with the line ends "
            "of any current system."
        )
    check_columns(source.name, max(raw.count(mark.encode()) for mark in _SEPARATORS) + 1)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise DataError(_not_utf8(source.name, lines)) from None
    try:
        splits = {mark: next(csv.reader([text], delimiter=mark)) for mark in _SEPARATORS}
    except csv.Error as error:
        raise DataError(f"{source.name}: the header cannot be read ({quoted(error)}).") from None
    separator = max(_SEPARATORS, key=lambda mark: len(splits[mark]))
    if layout.separator != "auto":
        # A tab stands for each run of blanks by now.
        separator = SEPARATORS[layout.separator].replace(" ", "\t")
    # np.savetxt writes its header as a comment.
    names = tuple(name.strip() for name in splits[separator])
    hint = ""
    if names[0].startswith("#") and raw.lstrip().startswith(b"#"):  # a name in quotes is one
        hint = (
            f" Line {lines} starts with #: if it is a comment and not the header, leave it out, as "
            "all comments."
        )
        names = (names[0].lstrip("#").lstrip(), *names[1:])
    if len(names) < 2:
        raise DataError(
            f"{source.name} has one column only, {shown(names[0])}. Inputs and a target are "
            f"needed, in columns between commas, semicolons, tabs or blanks.{hint}"
        )
    if layout.header == "none":
        file.seek(start)
        made = tuple(f"column{i + 1}" for i in range(len(names)))
        return _Header(made, separator, above, "", False)
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
    for name in names:
        check_name(source.name, name)
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

    names = [f"c{i}" for i in range(len(header.names))]
    wanted = names if only is None else [names[i] for i in only]
    try:
        yield from pyarrow.csv.open_csv(
            pyarrow.PythonFile(file, mode="r"),
            read_options=pyarrow.csv.ReadOptions(block_size=_BLOCK, column_names=names),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=header.separator, newlines_in_values=True
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
    bad: dict[int, tuple[int, str]], lines: dict[int, str], header: _Header, blocks: Iterator[Any]
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
            header.names[i], np.concatenate(codes[i]), f"{lines[row]}: {not_a_number(text)}", row
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
        before = 0
        with text:
            for fields in reader:
                if fields:
                    yield header.lines + before + 1, fields
                before = reader.line_num


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


def _place(source: OwnFile, header: _Header, rows: int) -> Callable[[int], str]:
    """Where a row is: its line, if every row has one of its own."""
    lines, last = 0, b"\n"
    with source.open() as file:
        while piece := file.read(_BLOCK):
            lines += piece.count(b"\n")
            last = piece[-1:]
    if lines + (last != b"\n") == rows + header.lines:
        return lambda row: f"line {row + 1 + header.lines}"
    return lambda row: f"row {row + 1} below the header"


def _what_is_wrong(source: OwnFile, header: _Header, error: str) -> str:
    """Words for a file that Arrow cannot split."""
    width = len(header.names)
    if "UTF8" in error:
        with source.open() as file:
            for number, raw in enumerate(file, 1):
                try:
                    raw.decode("utf-8")
                except UnicodeDecodeError:
                    return _not_utf8(source.name, number)
    if "Empty CSV" in error:
        return f"{source.name} holds a header and no rows of values."
    try:
        for line, fields in _records(source, header):
            if len(fields) != width:
                return (
                    f"{source.name}: line {line} has {len(fields)} value"
                    f"{'s' * (len(fields) != 1)}, but the header names {width} columns. Every row "
                    f"must have as many.{header.hint or _why(fields, width)}"
                )
    except (csv.Error, OSError):
        pass
    if "straddl" in error:
        return (
            f"{source.name} is not a table: a row is longer than {format_bytes(_BLOCK)}. Does a "
            "quote not end?"
        )
    return f"{source.name} is not a table of text ({quoted(error)})."


def _why(fields: list[str], width: int) -> str:
    """What a row of another length may come from, as a sentence or nothing."""
    if fields[0].lstrip().startswith("#"):
        return " Comments are not read; leave them out."
    if len(fields) != width + 1:
        return ""
    if not fields[-1].strip():
        return " Does the line end in a separator?"
    return " Was a column of row numbers written without a name?"


def _too_long(line: int) -> str:
    return f"line {line} is longer than {format_bytes(_BLOCK)}"


def _not_utf8(name: str, line: int) -> str:
    return (
        f"{name}: line {line} is not UTF-8 (is it Latin-1, Windows-1252?). Save the file as UTF-8 "
        "(CSV UTF-8 in Excel)."
    )


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
