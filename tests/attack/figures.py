"""Figures, their aims, and what follows from both: a table, and whether the product is safe."""

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Aim:
    """What is measured.

    Attributes:
        name: as the table has it.
        most: the most that is aimed at; None where the figure is only told.
        unit: of the figure; empty for a count.
        safety: whether more than that means something lost, executed or shown wrongly. A machine's
            noise cannot do that, so it fails the run; whatever else is missed is told.
    """

    name: str
    most: float | None
    unit: str = ""
    safety: bool = False


@dataclass(frozen=True)
class Figure:
    """One measurement.

    Attributes:
        part: the part of the attack.
        aim: what was measured.
        value: in the aim's unit; None where it was not measured.
        note: what belongs to it; why it was not measured.
        left_out: whether it was left out on purpose.
    """

    part: str
    aim: Aim
    value: float | None
    note: str = ""
    left_out: bool = False

    @property
    def verdict(self) -> str:
        """``ok``, ``missed``, ``told``, ``left out`` or ``not measured``."""
        if self.value is None:
            return "left out" if self.left_out else "not measured"
        if self.aim.most is None:
            return "told"
        return "ok" if self.value <= self.aim.most else "missed"

    @property
    def fails(self) -> bool:
        """Whether the run fails by it. What could not be measured is not known to be safe."""
        return self.aim.safety and self.verdict in ("missed", "not measured")

    def to_json(self):
        """The figure as JSON's own types, with its verdict."""
        return {**asdict(self), "verdict": self.verdict, "fails": self.fails}


def exit_code(figures: Iterable[Figure]) -> int:
    """1 where anything was lost, executed or shown wrongly, or not measured; else 0."""
    return int(any(figure.fails for figure in figures))


_HEAD = ("part", "figure", "measured", "aim", "")


def table(figures: Iterable[Figure]) -> str:
    """One row a figure."""
    rows = [_HEAD, *(_row(figure) for figure in figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    lines = []
    for row in rows:
        cells = (row[0].ljust(widths[0]), row[1].ljust(widths[1]))
        numbers = (row[2].rjust(widths[2]), row[3].rjust(widths[3]))
        lines.append("  ".join((*cells, *numbers, row[4])).rstrip())
    return "\n".join(lines)


def _row(figure: Figure) -> tuple[str, ...]:
    aim = figure.aim
    measured = "-" if figure.value is None else _number(figure.value, aim.unit)
    most = "-" if aim.most is None else f"<= {_number(aim.most, aim.unit)}"
    verdict = f"{figure.verdict.upper()}, unsafe" if figure.fails else figure.verdict
    return figure.part, aim.name, measured, most, f"{verdict}  {figure.note}".strip()


def _number(value: float, unit: str) -> str:
    shown = f"{value:.0f}" if math.isclose(value, round(value)) else f"{value:.3g}"
    return f"{shown} {unit}".strip()
