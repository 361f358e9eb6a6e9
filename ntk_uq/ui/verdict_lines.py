"""What curves do, in sentences above their plots, in a room of its own: the plots stand still."""

import re
from collections.abc import Sequence

import streamlit as st

_LINE = 28  # pixels
_SEEN = 4  # further ones are scrolled to
_POWER = re.compile(r"N_D\^(-?[\d.]+(?:\(\d+\.?\d*\))?)")
_SIZE = re.compile(r"N_D(?![\^\w])")


def draw(lines: Sequence[tuple[str, str | None]], nothing: str = "", rows: int = 3) -> None:
    """A paragraph a curve.

    Args:
        lines: of each curve its name, as Markdown, and the sentences; None until there are any.
        nothing: what is to be done where there are none of any curve, in a sentence.
        rows: that a curve's sentences take in a window of 1440 pixels.
    """
    with st.container(height=_LINE * max(rows * min(len(lines), _SEEN), 3), border=False):
        if nothing and all(text is None for _, text in lines):
            st.info(nothing, icon=":material/school:")
            return
        told = (f"**{name}:** {'…' if text is None else typeset(text)}" for name, text in lines)
        st.markdown("  \n".join(told))


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
