"""A view as it is taken home: what every format is written from."""

import math
import re
import urllib.parse
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ntk_uq.base.fields import Spec, about, check_of
from ntk_uq.views import page_name

Value = float | int | str | bool | None
"""A cell of a table; None where there is no value."""


@dataclass(frozen=True)
class Plot:
    """One figure of a view.

    Attributes:
        name: short, for file names: letters, digits and hyphens.
        title: one line for people.
        figure: as the page draws it.
    """

    name: str
    title: str
    figure: go.Figure

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z0-9-]{1,60}", self.name):
            raise ValueError(f"{self.name!r} cannot be a part of a file's name")


@dataclass(frozen=True)
class Column:
    """One column of the table behind the figures.

    Attributes:
        name: for programs.
        unit: "" for a number without one, and for words.
        about: what it is, one sentence.
    """

    name: str
    unit: str
    about: str


@dataclass(frozen=True)
class Exhibit:
    """A view with all that belongs to it.

    Attributes:
        page: the page's name in the address, such as ``training_time``; "" for the first page.
        title: one line for people.
        caption: data, preparation and training in words.
        view: the specification of the page; its link form is the address.
        plots: the figures.
        columns: what the table's columns are; every row has exactly these.
        rows: every plotted point, plain values.
        findings: what was concluded, sentence by sentence: fits, limits, warnings.
        details: further results for programs (fits, say), JSON's own types.
        provenance: versions, device, dtype, data.
        python: a script that computes the same numbers.
        shell: commands that do, one a line.
        sources: keys of :data:`ntk_uq.export.bibliography.SOURCES` that the view rests on.
    """

    page: str
    title: str
    caption: str
    view: Spec
    plots: tuple[Plot, ...]
    columns: tuple[Column, ...]
    rows: tuple[Mapping[str, Value], ...]
    findings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    python: str = ""
    shell: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Makes plain values of NumPy's, and None of what is not finite: no format has NaN.

        Raises:
            ValueError: if a row has other columns than the table, or holds no plain value.
        """
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError(f"columns share a name: {names}")
        rows = []
        for row in self.rows:
            if set(row) != set(names):
                raise ValueError(f"a row has {sorted(row)}, the table {sorted(names)}")
            rows.append({name: _cell(name, row[name]) for name in names})
        # Frozen for everybody else: the one place that writes normalized values.
        object.__setattr__(self, "rows", tuple(rows))
        object.__setattr__(self, "details", plain(self.details))
        object.__setattr__(self, "provenance", plain(self.provenance))

    @property
    def stem(self) -> str:
        """The beginning of a file's name."""
        return stem_of(self.view)

    @property
    def link(self) -> str:
        """The view's address, relative to where the program is."""
        return f"{self.page}?{urllib.parse.urlencode(self.view.to_query())}"


def stem_of(view: Spec) -> str:
    """The beginning of the name of a view's files: its page, and a few digits of its digest."""
    return f"{page_name(view).replace('_', '-')}-{view.digest()[:8]}"


def spec_columns(
    *specs: Spec, without: Collection[str] = ()
) -> tuple[tuple[Column, ...], dict[str, Value]]:
    """Columns for what is the same in all rows: the plain fields of some specifications.

    Tables of several views can then be put one below the other.

    Args:
        specs: the specifications.
        without: fields that differ from row to row, and are left out.

    Returns:
        The columns, and the values; lists of numbers as words such as ``10,20``.
    """
    columns, values = [], {}
    for spec in specs:
        for name, value in spec.to_json().items():
            if isinstance(value, Mapping) or name in without:
                continue
            listed = isinstance(value, list)
            values[name] = check_of(type(spec), name).format(tuple(value)) if listed else value
            columns.append(Column(name, "", about(type(spec), name)))
    return tuple(columns), values


def plain(value: Any) -> Any:
    """The value as JSON's own types; a number that is not finite is None.

    Raises:
        ValueError: for what JSON has no type for.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    raise ValueError(f"{type(value).__name__} is no type of JSON")


def _cell(name: str, value: Any) -> Value:
    cell = plain(value)
    if isinstance(cell, list | dict):
        raise ValueError(f"{name} holds a {type(value).__name__}; a cell is one plain value")
    return cell
