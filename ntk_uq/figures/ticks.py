"""Which values of a logarithmic axis have a label: powers of ten, or 1, 2 and 5 of each decade.

Plotly's own choice takes only powers of ten or all nine digits, so that an axis over a third of a
decade has no label or nine on top of each other.
"""

import itertools
import math
import re
from collections.abc import Iterable, Sequence

_LINE, _LETTER, _GAP = 24.0, 8.5, 10.0  # pixels
_MOST = 8


def log_ticks(low: float, high: float, length: float, across: bool = False) -> list[float]:
    """Labelled values between ``low`` and ``high``, which have room along ``length`` pixels.

    Args:
        low, high: ends of the axis, positive.
        length: of the axis in pixels.
        across: whether labels stand side by side, and not one above the other.

    Returns:
        1, 2 and 5 of each decade where three or more of them lie inside; otherwise steps of 1, 2 or
        5 times a power of ten; powers of ten, and in the end only some of them, where these crowd.
    """
    per_decade = length / max(math.log10(high / low), 1e-12)
    inside = _inside(itertools.product(_powers(low, high), (1, 2, 5)), low, high)
    several = len(inside) >= 3
    finer = [] if several else [_steps(low, high, parts) for parts in (8, 6, 4, 3, 2, 1)]
    powers = _inside(((k, 1) for k in _powers(low, high)), low, high)
    coarser = [powers[::stride] for stride in range(1, 1 + max(len(powers) - 1, 1))]
    for ticks in (*([inside] if several else finer), *coarser):
        if 2 <= len(ticks) <= _MOST and _fits(ticks, per_decade, across):
            return ticks
    return _thinned(finer[0] if finer else inside, per_decade, across)


def labels(ticks: Sequence[float]) -> list[str] | None:
    """What stands at such values: powers of ten as such where they are long; None for Plotly's own
    way, the number in full."""
    if all(1e-3 <= tick < 1e6 for tick in ticks):
        return None
    return [power(_exponent(t)) if _whole(t) else f"{t:.12g}" for t in ticks]


def power(exponent: int) -> str:
    """A whole power of ten for an axis."""
    return f"10<sup>{exponent}</sup>".replace("-", "−")


def _exponent(value: float) -> int:
    return round(math.log10(value))


def _whole(value: float) -> bool:
    return math.isclose(value, 10.0 ** _exponent(value))


def _powers(low: float, high: float) -> range:
    return range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)


def _inside(parts: Iterable[tuple[int, int]], low: float, high: float) -> list[float]:
    # 10.0**-1 * 3 is 0.30000000000000004, and so would be its label.
    values = (float(f"{digit}e{power}") for power, digit in parts)
    return [v for v in values if low * (1 - 1e-9) <= v <= high * (1 + 1e-9)]


def _steps(low: float, high: float, parts: int) -> list[float]:
    """Multiples of the smallest 1, 2 or 5 times a power of ten that is no less than a part."""
    span = (high - low) / parts
    power = math.floor(math.log10(span))
    step, scale = next(
        (digit, power + more)
        for more, digit in itertools.product((0, 1), (1, 2, 5))
        if digit * 10.0 ** (power + more) >= span * (1 - 1e-9)
    )
    unit = step * 10.0**scale
    counts = range(math.ceil(low / unit * (1 - 1e-12)), math.floor(high / unit * (1 + 1e-12)) + 1)
    return [float(f"{count * step}e{scale}") for count in counts if count > 0]


def _fits(ticks: Sequence[float], per_decade: float, across: bool) -> bool:
    return len(_thinned(ticks, per_decade, across)) == len(ticks)


def _thinned(ticks: Sequence[float], per_decade: float, across: bool) -> list[float]:
    """Those that have room beside the ones before them."""
    said = labels(ticks) or [f"{t:.12g}" for t in ticks]
    letters = [len(re.sub("<[^>]*>", "", text)) for text in said]
    widths = [_LETTER * count + _GAP if across else _LINE for count in letters]
    kept: list[tuple[float, float]] = []
    for tick, width in zip(ticks, widths, strict=True):
        room = per_decade * math.log10(tick / kept[-1][0]) if kept else math.inf
        if not kept or room >= (width + kept[-1][1]) / 2:
            kept.append((tick, width))
    return [tick for tick, _ in kept]
