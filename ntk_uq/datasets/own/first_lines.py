"""The first lines of a text: comments, the line that names the columns, the first one of values."""

import codecs
import csv
import io
import re
from dataclasses import dataclass

from ntk_uq.base.errors import DataError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets.own.source import OwnFile
from ntk_uq.datasets.own.words import is_number

BLOCK = 2**24  # bytes; no row may be longer
SEPARATORS = ",;\t"
MARKS = ("#", "%")
"""What comments begin with: in NumPy's and gnuplot's files, and in MATLAB's and LaTeX's."""

NOTHING = " \t\r\n\f\v\x1a"
"""Of what lines without values consist; the last one ends a file in DOS."""

_MARKS = tuple(mark.encode() for mark in MARKS)
_PIECE = 2**16
_EXCEL = re.compile(rb'"?sep=.?"?', re.IGNORECASE)
"""What Excel may write above the header, and nobody else reads; the separator is found anyway."""
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


@dataclass(frozen=True)
class FirstLines:
    """How a text begins.

    Attributes:
        header: the line that names the columns, with those that a quote in it goes on to.
        start, end: where it begins and ends in the file.
        above, lines: how many lines are above it, and down to its end.
        comments: how many of those above are comments.
        row: the first line below it that is neither empty nor a comment.
    """

    header: bytes
    start: int
    end: int
    above: int
    lines: int
    comments: int
    row: bytes

    @property
    def marked(self) -> bool:
        """Whether the header is written as a comment."""
        return self.header.lstrip().startswith(_MARKS)


def first_lines(source: OwnFile, values_only: bool = False) -> FirstLines:
    """How a text begins.

    The header is the first line that is no comment; or the last comment above it, if that line
    has a number in it, as NumPy's savetxt writes headers.

    Args:
        source: the text.
        values_only: whether there is no header; the first line of values is given for it.

    Raises:
        DataError: if it is no text in UTF-8, or there is none in it.
    """
    _check_encoding(source)
    comments, marked = 0, None
    with source.open() as file:
        found = _next(source, file, 0)
        while found is not None and found.marked:
            comments, marked = comments + 1, found
            found = _next(source, file, found.lines)
        has_values = found is None or _has_number(found.header)
        if marked is not None and has_values and not values_only:
            chosen, comments = marked, comments - 1
        else:
            if found is None:
                raise _no_text(source, "holds no text")
            chosen, found = found, _next(source, file, found.lines)
            while found is not None and found.marked:
                found = _next(source, file, found.lines)
    row = b"" if found is None else found.header
    head = chosen
    return FirstLines(head.header, head.start, head.end, head.above, head.lines, comments, row)


def fields_of(line: bytes) -> list[str]:
    """A line's values between the separator that it has most of, or between blanks."""
    text = line.decode("utf-8", "replace")
    separator = max(SEPARATORS, key=text.count)
    if separator not in text:
        return text.split()
    try:
        return next(csv.reader([text], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return []


def is_passed_over(line: str) -> bool:
    """Whether a line that is no row of its table is none of it: without values, or a comment."""
    text = line.strip(NOTHING)
    return not text or text.startswith(MARKS)


def too_long(line: int) -> str:
    """What is wrong with such a line."""
    return f"line {line} is longer than {format_bytes(BLOCK)}"


def not_utf8(name: str, line: int) -> str:
    """What is wrong with such a line, as a sentence."""
    return (
        f"{name}: line {line} is not UTF-8 (is it Latin-1, Windows-1252?). Save the file as UTF-8 "
        "(CSV UTF-8 in Excel)."
    )


def _check_encoding(source: OwnFile) -> None:
    """Raises DataError for text of two or four bytes a character."""
    head = source.head()[:4]
    if head.startswith(_UTF32_MARKS) or head[:3] == bytes(3) or head[1:] == bytes(3):
        what = "UTF-32"
    elif head.startswith(_UTF16_MARKS) or b"\x00" in (head[:1], head[1:2]):
        what = "UTF-16"
    else:
        return
    raise DataError(f"{source.name} is text in {what}; save it as UTF-8 (CSV UTF-8 in Excel).")


def _is_open(line: bytes) -> bool:
    """Whether a quote goes on in the next line; one in a comment does not."""
    return line.count(b'"') % 2 == 1 and not line.lstrip().startswith(_MARKS)


def _has_number(line: bytes) -> bool:
    return any(is_number(value) for value in fields_of(line))


def _next(source: OwnFile, file: io.BytesIO | io.BufferedReader, lines: int) -> FirstLines | None:
    """The next line that is not empty, with those that a quote in it goes on to; None at the end.

    ``lines`` are before it.
    """
    raw, start, above = b"", 0, lines
    while not raw.strip() or _is_open(raw):
        if not raw.strip():
            lines += _pass_over_empty(file)
            start, above = file.tell(), lines
        line = file.readline(BLOCK)
        while start < 2 * len(codecs.BOM_UTF8) and not raw and line.startswith(codecs.BOM_UTF8):
            line, start = line[len(codecs.BOM_UTF8) :], start + len(codecs.BOM_UTF8)
        if not line:
            if raw.strip():
                raise _no_text(source, "has a quote that does not end")
            return None
        if b"\x00" in line:
            raise DataError(f"{source.name} is not text: it holds zero bytes.")
        if len(line) >= BLOCK:
            raise DataError(f"{source.name} is not a table: {too_long(lines + 1)}.")
        line = b"" if _EXCEL.fullmatch(line.strip()) else line
        raw, lines = (raw + line if raw.strip() else line), lines + 1
    return FirstLines(raw, start, file.tell(), above, lines, 0, b"")


def _pass_over_empty(file: io.BytesIO | io.BufferedReader) -> int:
    """Passes over empty lines, of which there may be millions; how many they were."""
    lines = 0
    while piece := file.read(_PIECE):
        rest = piece.lstrip(b" \t\r\n\f\v")
        blank = piece[: len(piece) - len(rest)]
        ended = blank.rfind(b"\n") + 1
        lines += blank.count(b"\n")
        file.seek(ended - len(piece), 1)
        if rest or not ended:
            break
    return lines


def _no_text(source: OwnFile, what: str) -> DataError:
    return DataError(f"{source.name} {what}; its first line must name the columns.")
