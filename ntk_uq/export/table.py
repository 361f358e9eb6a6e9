"""The table behind a view as CSV and Parquet.

CSV has comments above its header, lines that begin with ``#``: what it is, and of every column the
unit and the meaning. ``pandas.read_csv(path, comment="#")`` reads it, and so do R and gnuplot;
a spreadsheet shows the comments above the table. :func:`plain_csv` has none of them, for
programs that want none, and :func:`columns_csv` has the units beside it. Parquet keeps units with
its fields and everything else with its schema. Nothing in a CSV is a formula to a spreadsheet
(:mod:`ntk_uq.export.harmless`).
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ntk_uq.base.version import VERSION
from ntk_uq.export import harmless
from ntk_uq.export.exhibit import Column, Exhibit, Value

METADATA = "ntk_uq"
"""The key of the JSON in a Parquet file's schema."""


def csv_of(exhibit: Exhibit, address: str = "") -> str:
    """The table with comments above it.

    Args:
        exhibit: the view.
        address: where the view can be opened.
    """
    about = [exhibit.title, exhibit.caption, f"ntk_uq {VERSION}"]
    about += [f"link: {harmless.address(address)}"] if address else []
    about += [f"view: {harmless.json_words(exhibit.view.to_json())}"]
    about += [f"{key}: {_words(value)}" for key, value in exhibit.provenance.items()]
    about += [f"found: {finding}" for finding in exhibit.findings]
    about += [
        f"column {c.name}{f' [{c.unit}]' if c.unit else ''}: {c.about}" for c in exhibit.columns
    ]
    lines = "".join(f"# {harmless.words(_one_line(text))}\n" for text in about if text)
    return lines + plain_csv(exhibit)


def plain_csv(exhibit: Exhibit) -> str:
    """The table, a header and a line a row; empty where there is no value.

    Words stand in quotes, numbers do not; numbers have all of their digits.
    """
    names = [column.name for column in exhibit.columns]
    return _written(names, ([row[name] for name in names] for row in exhibit.rows))


def columns_csv(exhibit: Exhibit) -> str:
    """The companion of :func:`plain_csv`: name, unit and meaning of each column."""
    return _written(
        ["column", "unit", "about"], ([c.name, c.unit, c.about] for c in exhibit.columns)
    )


def parquet_of(exhibit: Exhibit, address: str = "") -> bytes:
    """The table as a Parquet file.

    Fields have ``unit`` and ``about`` in their metadata; the schema has, under ``ntk_uq``, a JSON
    object with title, caption, view, link, findings, details and provenance.
    """
    fields, arrays = [], []
    for column in exhibit.columns:
        values = [row[column.name] for row in exhibit.rows]
        kind = _type(column, values)
        if kind == pa.string():
            values = [None if v is None else str(v) for v in values]
        arrays.append(pa.array(values, kind))
        fields.append(pa.field(column.name, kind, metadata=_about(column)))
    about = {
        "version": VERSION,
        "title": exhibit.title,
        "caption": exhibit.caption,
        "link": address,
        "view": exhibit.view.to_json(),
        "findings": list(exhibit.findings),
        "details": exhibit.details,
        "provenance": exhibit.provenance,
    }
    schema = pa.schema(fields, metadata={METADATA: json.dumps(about, allow_nan=False)})
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), sink)
    return bytes(sink.getvalue().to_pybytes())


def _about(column: Column) -> dict[str, str]:
    return {"unit": column.unit, "about": column.about}


def _type(column: Column, values: Sequence[Value]) -> pa.DataType:
    """The type that holds all values of a column; of an empty one, words where it has no unit."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    if kinds and kinds <= {int, float}:
        return pa.float64()
    if not kinds:
        return pa.float64() if column.unit else pa.string()
    return pa.string()


def _written(names: Sequence[str], rows: Iterable[Sequence[Value]]) -> str:
    lines = [names, *rows]
    return "".join(f"{','.join(map(_written_cell, line))}\n" for line in lines)


def _written_cell(value: Value) -> str:
    """Words in quotes, so that a # in one is no comment (the csv module quotes None, too)."""
    if value is None:
        return ""
    if isinstance(value, str):
        return '"' + harmless.words(value).replace('"', '""') + '"'
    return repr(value)


def _words(value: Any) -> str:
    return value if isinstance(value, str) else harmless.json_words(value)


def _one_line(text: str) -> str:
    return " ".join(text.split())
