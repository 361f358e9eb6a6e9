"""A figure on the other ground: what was drawn for a dark page, for paper; and back."""

import re
from typing import Any

import plotly.graph_objects as go

from ntk_uq.figures.pictures import HEAT
from ntk_uq.figures.style import PALETTE, Style

_HEX = re.compile(r"#[0-9A-Fa-f]{6}\b")
_RGBA = re.compile(r"rgba\((\d+),\s*(\d+),\s*(\d+),")


def on_ground(figure: go.Figure, dark: bool) -> go.Figure:
    """A copy of a figure on light or dark ground; the figure's own ground is found from it.

    Every colour of :class:`~ntk_uq.figures.style.Style` becomes its counterpart, wherever it
    stands: in lines, bands, axes and words. Other colours stay as they are.
    """
    ground = figure.layout.paper_bgcolor
    was_dark = isinstance(ground, str) and ground.upper() == Style(dark=True).ground
    copy = go.Figure(figure)
    if was_dark == dark:
        return copy
    # Not the template: that is Plotly's own, the same on either ground.
    plain = copy.to_plotly_json()
    template = plain["layout"].pop("template", None)
    changed = _changed(plain, _counterparts(dark), dark)
    changed["layout"]["template"] = template
    return go.Figure(changed)


def _counterparts(dark: bool) -> dict[str, str]:
    """For each colour of one ground, by its hexadecimal digits, that of the other."""
    old, new = Style(dark=not dark), Style(dark=dark)
    pairs = zip(PALETTE[not dark], PALETTE[dark], strict=True)
    names = ("ink", "ground", "grey", "grid")
    return {a.upper(): b for a, b in pairs} | {
        getattr(old, name).upper(): getattr(new, name) for name in names
    }


def _changed(value: Any, colors: dict[str, str], dark: bool) -> Any:
    if isinstance(value, dict):
        return {
            key: HEAT[dark]
            if key == "colorscale" and _is_heat(item, not dark)
            # Data are no colours, though a name in them may look like one.
            else item
            if key in ("x", "y", "z", "text", "customdata") and not isinstance(item, str)
            else _changed(item, colors, dark)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_changed(item, colors, dark) for item in value]
    return _recolored(value, colors) if isinstance(value, str) else value


def _is_heat(scale: Any, dark: bool) -> bool:
    return isinstance(scale, list | tuple) and [list(stop) for stop in scale] == HEAT[dark]


def _recolored(text: str, colors: dict[str, str]) -> str:
    text = _HEX.sub(lambda found: colors.get(found[0].upper(), found[0]), text)

    def faded(found: re.Match[str]) -> str:
        old = "#" + "".join(f"{int(part):02X}" for part in found.groups())
        if old not in colors:
            return found[0]
        red, green, blue = (int(colors[old][i : i + 2], 16) for i in (1, 3, 5))
        return f"rgba({red},{green},{blue},"

    return _RGBA.sub(faded, text)
