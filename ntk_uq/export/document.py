"""A view, and a report of several, as JSON: written here, read again here.

``schema.json`` beside this file says what is in it. What is read may come from anywhere: it is
held against the schema before anything is made of it.
"""

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jsonschema
import plotly.graph_objects as go
import plotly.io as pio

from ntk_uq.base.errors import ExportError
from ntk_uq.base.version import VERSION
from ntk_uq.export.bibliography import bibtex
from ntk_uq.export.exhibit import Exhibit
from ntk_uq.figures import on_ground
from ntk_uq.figures.no_links import linkless_json, without_links

SCHEMA = Path(__file__).with_name("schema.json")
FORMAT = 1
"""Of both documents: raised when one that was written before can no longer be read."""

Document = dict[str, Any]
"""A view as JSON's own types."""


def document_of(exhibit: Exhibit, address: str = "", figures: bool = False) -> Document:
    """A view as JSON's own types; no number in it is NaN or infinite.

    Args:
        exhibit: the view.
        address: where it can be opened.
        figures: whether to take the figures along, on light ground.
    """
    out: Document = {
        "format": "ntk_uq view",
        "version": FORMAT,
        "program": f"ntk_uq {VERSION}",
        "page": exhibit.page,
        "title": exhibit.title,
        "caption": exhibit.caption,
        "link": address or exhibit.link,
        "view": exhibit.view.to_json(),
        "columns": [asdict(column) for column in exhibit.columns],
        "rows": [dict(row) for row in exhibit.rows],
        "findings": list(exhibit.findings),
        "details": exhibit.details,
        "provenance": exhibit.provenance,
        "python": exhibit.python,
        "shell": list(exhibit.shell),
        "sources": list(dict.fromkeys(exhibit.sources)),
        "bibtex": bibtex(exhibit.sources),
    }
    if figures:
        out["figures"] = [
            {"name": plot.name, "title": plot.title, "figure": figure_json(plot.figure)}
            for plot in exhibit.plots
        ]
    return out


def figure_json(figure: go.Figure) -> dict[str, Any]:
    """A figure on light ground as JSON's own types, without the template that all of them have."""
    data = json.loads(linkless_json(on_ground(figure, dark=False)))
    return {"data": data["data"], "layout": {**data["layout"], "template": None}}


def figure_of(data: Mapping[str, Any]) -> go.Figure:
    """The figure that :func:`figure_json` wrote."""
    return go.Figure({**data, "layout": {**data["layout"], "template": pio.templates["plotly"]}})


def json_of(document: Mapping[str, Any]) -> str:
    """The text of a document."""
    return json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)


def read(text: str | bytes, what: str) -> Document:
    """The document that :func:`json_of` wrote.

    Args:
        text: a file's content.
        what: ``view`` or ``report``.

    Raises:
        ExportError: if it is none, saying where it departs from the schema.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):  # UnicodeDecodeError is one of the first
        raise ExportError(f"This file is no JSON; open a {what} that was saved here.") from None
    got = data.get("version") if isinstance(data, dict) else None
    if isinstance(got, int) and got > FORMAT:
        raise ExportError(
            f"This {what} has version {got}; this program reads versions up to {FORMAT}. Open it "
            "with the program that wrote it, or a newer one."
        )
    error = next(iter(validator(what).iter_errors(data)), None)
    if error is not None:
        where = ".".join(map(str, error.absolute_path)) or "at its beginning"
        raise ExportError(f"This is no {what} that was saved here: {where}: {error.message:.200}")
    views = [item["view"] for item in data["items"]] if what == "report" else [data]
    for figure in (figure for view in views for figure in view.get("figures", ())):
        figure["figure"] = without_links(figure["figure"])
    return dict(data)


def validator(what: str) -> jsonschema.Draft202012Validator:
    """The schema of a ``view`` or a ``report``, ready to be applied."""
    return jsonschema.Draft202012Validator({**_schema(), "$ref": f"#/$defs/{what}"})


@functools.cache
def _schema() -> dict[str, Any]:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return {key: value for key, value in schema.items() if key != "oneOf"}
