"""Figures without links: Plotly makes one of ``<a`` in any of their texts.

Ours have none. Names of columns and others' reports hold what their authors like, and may lead
nowhere.
"""

import json
import re
from typing import Any

import plotly.graph_objects as go

_LINK = re.compile(r"<(?=/?a[\s>])", re.IGNORECASE)
_PERHAPS = re.compile(r"(?:<|\\u003c)a", re.IGNORECASE)


def without_links(value: Any) -> Any:
    """JSON in whose texts ``<a`` is what it is written as."""
    if isinstance(value, str):
        return _LINK.sub("&lt;", value)
    if isinstance(value, list):
        return [without_links(item) for item in value]
    if isinstance(value, dict):
        return {key: without_links(item) for key, item in value.items()}
    return value


def linkless_json(figure: go.Figure) -> str:
    """A figure as JSON, without links."""
    text: str = figure.to_json(engine="json")
    # Hardly any has one, and reading it again takes as long as writing it.
    return json.dumps(without_links(json.loads(text))) if _PERHAPS.search(text) else text
