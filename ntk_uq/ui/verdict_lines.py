"""What curves do, in sentences beside their plots, in a room of its own: the plots stand still."""

import re
from collections.abc import Sequence

import streamlit as st

from ntk_uq.ui import say

_ABOVE = "verdicts"
_LINE = 28  # pixels
_SEEN = 8  # further ones are scrolled to
# Widest window that needs so many times the lines that one of 1440 pixels needs.
_NARROW = ((1300, 1.1), (1100, 1.5), (700, 2.9))
_POWER = re.compile(r"N_D\^(-?[\d.]+(?:\(\d+\.?\d*\))?)")
_SIZE = re.compile(r"N_D(?![\^\w])")


def draw(
    lines: Sequence[tuple[str, str | None]], nothing: str = "", rows: int = 3, key: str = _ABOVE
) -> None:
    """A paragraph a curve; nothing at all where there are no curves.

    Args:
        lines: of each curve its name, as Markdown, and the sentences; None until there are any.
        nothing: what is to be done where there are none of any curve, in a sentence.
        rows: that a curve's sentences take in a window of 1440 pixels.
        key: of the place; there is one above the plots, and there may be others.
    """
    if not lines:
        return
    none = nothing and all(text is None for _, text in lines)
    with st.container(key=key):
        # In the place itself: Streamlit would add what is style alone at the end of the run.
        style = _room(key, len(lines), rows) + ("" if none else _parts(key, rows))
        st.markdown(f"<style>{style}</style>", unsafe_allow_html=True)
        if none:
            say.info(nothing, icon=":material/school:")
            return
        told = (f"**{name}:** {'…' if text is None else typeset(text)}" for name, text in lines)
        st.markdown("\n\n".join(told))


def _room(key: str, count: int, rows: int) -> str:
    """As high from the start as the sentences of so many curves will be, in windows of every width;
    what is more is scrolled to where there are many, and otherwise has its place."""
    few = count <= _SEEN
    lines = max(rows * min(count, _SEEN), 3)
    size, beyond = ("min-height", "visible") if few else ("height", "auto")
    place = f".st-key-{key}"
    return f"{place} {{ flex: none; overflow-y: {beyond}; }} {_high(place, size, lines)}"


def _parts(key: str, rows: int) -> str:
    """A part of the room for each curve: no sentence moves when the ones above it come."""
    part = f".st-key-{key} p"
    return f" {part} {{ margin: 0; }} {_high(part, 'min-height', rows)}"


def _high(selector: str, size: str, lines: int) -> str:
    """As high as so many lines in a window of 1440 pixels, and as they become in narrower ones."""
    rules = [f"{selector} {{ {size}: {_LINE * lines}px; }}"]
    for width, times in _NARROW:
        height = round(times * _LINE * lines)
        rules.append(f"@media (max-width: {width}px) {{ {selector} {{ {size}: {height}px; }} }}")
    return " ".join(rules)


def typeset(text: str) -> str:
    """Sentences as Markdown, with powers of N_D as a formula: ${N_D}^{-0.37(1)}$."""
    out, at = "", 0
    for found in _POWER.finditer(text):
        out += _plain(text[at : found.start()]) + f"${{N_D}}^{{{found[1]}}}$"
        at = found.end()
    return out + _plain(text[at:])


def _plain(text: str) -> str:
    return "$N_D$".join(escaped(piece) for piece in _SIZE.split(text))


def escaped(text: str) -> str:
    """Names such as N_D and σ_∞ as they are, where Markdown would read emphasis."""
    return text.replace("_", r"\_").replace("~", r"\~")
