"""Reports as text: readable in a terminal 100 columns wide."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchmarks.report import Line, Report, Value


def text(report: Report, quick: bool) -> str:
    """The whole report."""
    return "\n".join(_blocks(report, quick))


def _blocks(report: Report, quick: bool) -> Iterator[str]:
    yield f"== {report.case}: {report.title}"
    if report.inputs:
        yield f"   inputs: {report.inputs}"
    if report.lines:
        head = ("", "", "median", "quartiles", "first", "")
        yield from _aligned(head, map(_line, report.lines), words=2)
    if report.values:
        rows = (_value(value, quick) for value in report.values)
        yield from _aligned(("", "value", "spread", "target", ""), rows)
    for title, rows in report.tables.items():
        if rows:
            yield f"   {title}"
            yield from _aligned(tuple(rows[0]), ([number(v) for v in r.values()] for r in rows))
    for note in report.notes:
        yield f"   note: {note}"
    yield ""


def _line(line: Line) -> tuple[str, ...]:
    low, high = line.timing.quartiles
    return (
        line.what,
        line.who,
        duration(line.timing.median),
        f"{duration(low)} – {duration(high)}",
        "-" if line.timing.first is None else duration(line.timing.first),
        _more(line.more),
    )


def _more(more: Mapping[str, float | int | str]) -> str:
    return ", ".join(f"{name} {number(value)}" for name, value in more.items())


def _value(value: Value, quick: bool) -> tuple[str, ...]:
    spread = (
        "" if value.spread is None else f"{number(value.spread[0])} – {number(value.spread[1])}"
    )
    return (
        value.what,
        f"{number(value.value)} {value.unit}".strip(),
        spread,
        "" if value.target is None else str(value.target),
        value.verdict(quick),
    )


def _aligned(head: Sequence[str], rows: Iterator[Sequence[str]], words: int = 1) -> Iterator[str]:
    """Rows under their head: the first ``words`` columns to the left, the others to the right."""
    everything = [tuple(head), *(tuple(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*everything, strict=True)]
    for row in everything:
        padded = list(zip(row, widths, strict=True))
        cells = [cell.ljust(width) for cell, width in padded[:words]]
        cells += [cell.rjust(width) for cell, width in padded[words:]]
        yield f"   {'  '.join(cells)}".rstrip()


def duration(seconds: float) -> str:
    """Seconds with a unit that suits them, three digits."""
    for scale, unit in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= scale:
            return f"{number(seconds / scale)} {unit}"
    return f"{number(seconds / 1e-6)} µs"


def number(value: Any) -> str:
    """Three digits, but every digit of a whole number; words as they are."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if 100 <= abs(value) < 1e6 else f"{value:#.3g}".rstrip(".")
