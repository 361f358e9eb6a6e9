"""Tables whose columns stand between blanks, rewritten with tabs."""

import io
import re

from ntk_uq.datasets.own.first_lines import MARKS, SEPARATORS, FirstLines, fields_of
from ntk_uq.datasets.own.layout import Layout
from ntk_uq.datasets.own.source import OwnFile
from ntk_uq.datasets.own.words import COMMA_NUMBER, is_number, with_point

_MARKS = tuple(mark.encode() for mark in MARKS)
_FIELD = re.compile(rb'"(?:[^"]|"")*"|[^\s"]\S*')
"""What stands between blanks; in quotes, blanks are part of it."""


def is_spaced(opening: FirstLines, layout: Layout) -> bool:
    """Whether columns stand between blanks, as NumPy's savetxt and R's write.table write them."""
    if layout.separator != "auto":
        return layout.separator == "blanks"
    names, values = _names(opening.header), _FIELD.findall(opening.row)
    texts = [value.decode("utf-8", "replace").strip('"') for value in values]
    if len(names) < 2 or len(values) < 2 or not any(is_number(with_point(t)) for t in texts):
        return False
    as_many = len(values) - len(names) in (0, 1)  # R and pandas give each row a name in front
    row = opening.row.strip()
    if b"\t" in row:
        # Tabs and blanks together: it is the one that makes as many columns of both lines.
        by_tabs = len(fields_of(opening.header)) == len(fields_of(opening.row))
        return not by_tabs and len(values) == len(names) and not any(m in row for m in b",;")
    if any(mark.encode() in row for mark in SEPARATORS):
        # A comma in numbers, and none in the header, is no separator.
        commas = all(re.match(COMMA_NUMBER, text) for text in texts)
        return commas and b"," not in opening.header and b";" not in row and as_many
    # The names may have commas between them where the values have blanks; not the other way round.
    return len(values) == len(names) if b"," in opening.header else b";" not in opening.header


def with_tabs(source: OwnFile, opening: FirstLines) -> tuple[OwnFile, int]:
    """The text with a tab for each run of blanks, line by line, so that lines keep their numbers;
    and how many comments were in it, which become empty lines."""
    out, comments = io.BytesIO(), 0
    with source.open() as file:
        out.write(b"\n" * opening.above)
        out.write(b"\t".join(_names(opening.header)) + b"\n" * (opening.lines - opening.above))
        file.seek(opening.end)
        for line in file:
            if line.lstrip().startswith(_MARKS):
                comments, line = comments + 1, b""
            quoted = b'"' in line
            out.write(b"\t".join(_FIELD.findall(line) if quoted else line.split()) + b"\n")
    content = out.getvalue()
    return OwnFile(source.name, None, content, len(content)), comments


def _names(header: bytes) -> list[bytes]:
    """The names in a header between blanks, its mark left out; commas between them, too."""
    marked = header.lstrip().startswith(_MARKS)
    text = header.lstrip().lstrip(b"#%") if marked else header
    if b"," in text and b'"' not in text:
        text = text.replace(b",", b" ")
    return _FIELD.findall(text)
