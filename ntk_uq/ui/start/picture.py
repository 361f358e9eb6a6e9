"""The small picture of the start: epsilon, its floor and the networks' own part against N_D."""

import base64
import functools
import math

from ntk_uq.figures import Style

_WIDTH, _HEIGHT = 330, 214
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 12, 10, 34
_FLOOR, _FIRST, _SLOPE = 0.02, 0.1, 0.5
_SPAN = 3.0  # decades of N_D
_LOW, _HIGH = 0.002, 0.14
_POINTS = 40


def picture(style: Style) -> str:
    """An SVG of planted curves: the own part falls as ``N_D^-1/2``, the floor stays, and epsilon,
    the root of the sum of their squares, levels off at it."""
    steps = [_SPAN * i / (_POINTS - 1) for i in range(_POINTS)]
    own = [_FIRST * 10 ** (-_SLOPE * s) for s in steps]
    total = [math.hypot(o, _FLOOR) for o in own]
    lines = (
        (total, style.color(0), "", "3", "ε", (8, -8), 0.3),
        (own, style.color(1), "7 4", "2.5", "own part (population)", (-8, 8), 0.75),
        ([_FLOOR] * _POINTS, style.color(2), "2 4", "2.5", "floor of the test set", (6, 17), 0.0),
    )
    drawn = "".join(
        _line(steps, values, color, dash, width) for values, color, dash, width, *_ in lines
    )
    words = "".join(
        _text(
            _x(_SPAN * at) + dx,
            _y(values[round(at * (_POINTS - 1))]) + dy,
            name,
            color,
            "end" if dx < 0 else "start",
        )
        for values, color, _, _, name, (dx, dy), at in lines
    )
    frame = (
        f"<rect x='{_LEFT}' y='{_TOP}' width='{_WIDTH - _LEFT - _RIGHT}' "
        f"height='{_HEIGHT - _TOP - _BOTTOM}' fill='none' stroke='{style.grey}'/>"
    )
    below = _text(_WIDTH / 2, _HEIGHT - 10, "training examples (log)", style.ink, "middle")
    beside = (
        f"<text transform='translate(20 {_HEIGHT / 2 - 8}) rotate(-90)' text-anchor='middle' "
        f"fill='{style.ink}'>relative spread (log)</text>"
    )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_WIDTH} {_HEIGHT}' "
        f"width='{_WIDTH}' height='{_HEIGHT}' font-family='sans-serif' font-size='13'>"
        f"{frame}{drawn}{words}{below}{beside}</svg>"
    )


@functools.cache
def image(style: Style) -> str:
    """The picture as HTML, with what is to be seen in it for those who cannot see it."""
    content = base64.b64encode(picture(style).encode()).decode()
    return (
        f'<img src="data:image/svg+xml;base64,{content}" alt="{_ALT}" '
        f'style="display:block;width:100%;max-width:{_WIDTH}px">'
    )


_ALT = (
    "The networks' own part of epsilon falls with the number of training examples; the floor of "
    "the test set stays; epsilon falls with the own part until it levels off at the floor."
)


def _x(step: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * step / _SPAN


def _y(value: float) -> float:
    share = math.log(value / _LOW) / math.log(_HIGH / _LOW)
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * share


def _line(steps: list[float], values: list[float], color: str, dash: str, width: str) -> str:
    points = " ".join(f"{_x(s):.1f},{_y(v):.1f}" for s, v in zip(steps, values, strict=True))
    return (
        f"<polyline points='{points}' fill='none' stroke='{color}' stroke-width='{width}' "
        f"stroke-dasharray='{dash}'/>"
    )


def _text(x: float, y: float, words: str, color: str, anchor: str = "start") -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' fill='{color}' text-anchor='{anchor}'>{words}</text>"
