"""Tables that take the width there is: nothing is cut, and nothing is scrolled to sideways.

Where a table's columns have room beside each other, it is a table. Where they have not, each row
becomes a card: what the row is, and below it the cells, each with the name of its column. Which of
the two it is, the browser decides by the room that the table has (a container query), from the
width that its own texts need.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import streamlit as st

from ntk_uq.base.shared import Shared

_PREFIX = "fitted_"
_ROWS_SEEN = 14
_HEIGHT = 620  # pixels; further rows are scrolled to, below a header that stays

_CHARACTER = 6.6  # pixels of a character in a table, somewhat more than they have on average
_PADDING = 16  # pixels of a cell, left and right, with its line
_SHORT = 26  # characters: up to here a text is one piece
_LEAST_TEXT = 150  # pixels: where what is longer can still be read
_LEAST_CARD = 84  # pixels of a cell of a card


def draw(rows: Sequence[Mapping[str, Any]], key: str, keys: int = 1) -> None:
    """A row each; of many rows, some are seen and the others scrolled to.

    Args:
        rows: their cells as Markdown, by the columns' names, all with the same; none of them, and
            nothing is drawn.
        key: of the table in the page.
        keys: how many of the first columns say what a row is: they are grey, and head its card.
    """
    if not rows:
        return
    name = f"{_PREFIX}{key}"
    texts = tuple(tuple((str(column), str(cell)) for column, cell in row.items()) for row in rows)
    table, style = _TABLES.get((name, texts, keys), lambda: _made(name, texts, keys))
    with st.container(key=name, gap=None):
        # In the place itself: Streamlit would add what is style alone at the end of the run.
        st.markdown(f"<style>{style}</style>", unsafe_allow_html=True)
        height: int | Literal["content"] = _HEIGHT if len(rows) > _ROWS_SEEN else "content"
        st.table(table, height=height, hide_index=False, hide_header=False)


def _made(name: str, texts: Sequence[Sequence[tuple[str, str]]], keys: int) -> tuple[pa.Table, str]:
    """The table, in the form in which it is sent, and its style."""
    frame = pd.DataFrame([dict(row) for row in texts])
    columns = list(frame.columns)
    style = style_of(name, columns, [list(frame[column]) for column in columns], keys)
    return pa.Table.from_pandas(frame.set_index(columns[:keys])), style


# By all that is in them: of equal tables all sessions are drawn one, which is never changed.
_TABLES: Shared[tuple[pa.Table, str]] = Shared(
    256, lambda made: int(made[0].nbytes) + len(made[1]), 32 * 2**20
)


def style_of(
    name: str, columns: Sequence[str], cells: Sequence[Sequence[str]], keys: int = 1
) -> str:
    """The style of one table.

    Args:
        name: key of the container that it stands in.
        columns: their names.
        cells: the texts of each column.
        keys: how many of the first columns say what a row is.
    """
    here = f".st-key-{name}"
    widths = [_width(column, texts) for column, texts in zip(columns, cells, strict=True)]
    short = [_longest(texts) <= _SHORT for texts in cells]
    card = max(
        [_LEAST_CARD]
        + [_pixels(_longest(t)) for t, s in zip(cells[keys:], short[keys:], strict=True) if s]
    )
    cards = _CARDS.replace("HERE", here).replace("CARD", f"{card:.0f}px")
    for place, column in enumerate(columns):
        of = f"{here} {_cell(place, keys)}"
        if place >= keys or column.strip():
            cards += f"{of}::before {{ content: {_quoted(column)}; }} "
        if place >= keys and not short[place]:
            cards += f"{of} {{ width: auto; }} "
    whole = " ".join(
        f"{here} {_cell(place, keys)} p {{ white-space: nowrap; }}"
        for place, one in enumerate(short)
        if one
    )
    needed = sum(widths)
    return (
        f"{here} {{ container-type: inline-size; }} {here} table {{ width: 100%; }} "
        f"@container (min-width: {needed:.0f}px) {{ {whole} }} "
        f"@container (max-width: {needed - 0.02:.2f}px) {{ {cards} }}"
    )


_CARDS = (
    "HERE table, HERE tbody { display: block; } "
    # Not display: none, which would take the names from who cannot see.
    "HERE thead { position: absolute; width: 1px; height: 1px; overflow: hidden; "
    "clip-path: inset(50%); } "
    "HERE tbody tr { display: block; padding: 6px 8px; "
    "border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); } "
    "HERE tbody tr > * { border: none; padding: 0; min-width: 0; position: static; } "
    "HERE tbody tr > *, HERE tbody tr > * > div { max-width: 100%; } "
    "HERE tbody tr > th { display: inline; white-space: normal; } "
    "HERE tbody tr > th:not(:last-of-type) { margin-right: 14px; } "
    "HERE tbody tr > th p { font-weight: 600; } "
    # What heads a card is a line of its own.
    "HERE tbody tr > th:last-of-type::after { content: ''; display: block; height: 3px; } "
    "HERE tbody tr > td { display: inline-block; vertical-align: top; margin: 0 10px 3px 0; "
    "width: min(CARD, 100%); } "
    "HERE tbody tr > *::before { font-size: 12px; line-height: 1.3; font-weight: 400; "
    "color: color-mix(in srgb, currentColor 70%, transparent); } "
    "HERE tbody tr > td::before { display: block; } HERE tbody tr > td p { max-width: none; } "
    "HERE tbody tr > th::before { margin-right: 5px; } "
)
"""The rows as cards."""


def _cell(place: int, keys: int) -> str:
    """What a cell of the body is called: those that say what the row is are headers."""
    kind, nth = ("th", place) if place < keys else ("td", place - keys)
    return f"tbody tr > {kind}:nth-of-type({nth + 1})"


def _width(column: str, texts: Sequence[str]) -> float:
    """What a column needs: its longest cell where that is short, and the name's longest word."""
    longest, word = _longest(texts), _longest([w for t in texts for w in t.split()])
    own = _pixels(longest) if longest <= _SHORT else max(_LEAST_TEXT, _pixels(word))
    return max(own, _pixels(_longest(column.split()))) + _PADDING


def _pixels(characters: int) -> float:
    return _CHARACTER * characters


def _longest(texts: Sequence[str]) -> int:
    return max((len(_seen(text)) for text in texts), default=0)


def _seen(markdown: str) -> str:
    """The text without the signs that protect it from being read as Markdown."""
    return re.sub(r"\\(.)", r"\1", markdown)


def _quoted(text: str) -> str:
    """A text as a string of CSS: of what is neither letter, digit nor blank, the code stands in it,
    so that a name from somebody's file ends neither the string nor the style, and is no Markdown.
    """
    return '"' + re.sub(r"[^\w ]", lambda c: f"\\{ord(c[0]):x} ", _seen(text)) + '"'
