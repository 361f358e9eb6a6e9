"""A view as it is taken home: what every format is written from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

from ntk_uq.fields import Spec

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
        page: the page's name in the address, such as ``scaling_curves``; "" for the first page.
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
