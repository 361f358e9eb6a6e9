"""What is to be seen in a figure, in words, for those who cannot see it."""

import html
import math
import re
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go


def spoken(figure: go.Figure) -> str:
    """A figure's title, what it is against, and of each curve from where to where it goes.

    A curve is called as in the legend, where its fit stands, too.
    """
    title = _plain(figure.layout.title.text or "A figure")
    axes = [_plain(axis.title.text or "") for axis in figure.select_xaxes()]
    against = next(filter(None, axes), "")
    told = [f"{title} against {against}" if against else title]
    seen = set[str]()
    for trace in figure.data:
        name = _plain(trace.name or "")
        if not name or name in seen or trace.showlegend is False:
            continue
        ends = _ends(trace)
        if ends is not None:
            seen.add(name)
            (x0, y0), (x1, y1) = ends
            place = f"{y0} at {x0}" if x0 == x1 else f"from {y0} at {x0} to {y1} at {x1}"
            told.append(f"{name}, {place}" if ":" in name else f"{name}: {place}")
    return ". ".join(told) + "."


def _ends(trace: Any) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """The first and the last point with a value."""
    xs, ys = getattr(trace, "x", None), getattr(trace, "y", None)
    if trace.type not in ("scatter", "bar") or xs is None or ys is None:
        return None
    known = [(x, y) for x, y in zip(xs, ys, strict=False) if _finite(y) and x is not None]
    if not known:
        return None
    return _point(known[0]), _point(known[-1])


def _point(point: Sequence[Any]) -> tuple[str, str]:
    x, y = (v if isinstance(v, str) else _number(float(v)) for v in point)
    return x, y


def _number(value: float) -> str:
    """Three digits, and whole numbers in full."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.3g}"


def _finite(value: Any) -> bool:
    return value is not None and not isinstance(value, str) and math.isfinite(value)


def _plain(text: str) -> str:
    """Plotly's text without its marks: a power is read as ``^``."""
    text = text.replace("<sup>", "^").replace("<sub>", "_").replace("<br>", " ")
    return html.unescape(re.sub(r"<[^>]*>", "", text)).strip()
