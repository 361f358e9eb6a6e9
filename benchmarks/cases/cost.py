"""How the cost of a curve grows: with N_D, N_T, depth, and the number of its points."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.plan import Plan
from benchmarks.report import Line, Report, Value, at_most, ratio
from benchmarks.timing import Timing, alternate
from ntk_uq.specs import ArchitectureSpec, CurveSpec, logarithmic_grid
from ntk_uq.theory.curve import evaluate_draw
from ntk_uq.theory.tile_cache import CACHE


@dataclass(frozen=True)
class Axis:
    """One quantity that is varied.

    Attributes:
        name: of it. fixed: what the others are, in words.
        specs: the curve at each of its values.
    """

    name: str
    fixed: str
    specs: Mapping[int, CurveSpec]


def run(plan: Plan) -> Iterator[Report]:
    """One quantity after the other, its values in turns; exponents are of medians."""
    report = Report("cost", "how the time of a converged curve grows", plan.inputs.label)
    n, t = plan.size((4000, 1000), (200, 50))
    points = _points(n, t, plan)
    for axis in (_n_train(n, t, plan), _n_test(n // 2, t, plan), _depth(n // 2, t, plan), points):
        timings = _measure(axis, plan, report)
    few, *_, many = points.specs
    report.values.append(
        ratio(f"{many} points / the largest alone", timings[many], timings[few], at_most(2))
    )
    report.notes.append("exponents by least squares in the logarithms, with one standard error")
    yield report


def _n_train(n: int, t: int, plan: Plan) -> Axis:
    sizes = (n // 8, n // 4, n // 2, n)
    return Axis("N_D", f"one point, N_T = {t}", {m: _spec(plan, t, (m,)) for m in sizes})


def _n_test(n: int, t: int, plan: Plan) -> Axis:
    sizes = (t // 4, t // 2, t, 2 * t)
    return Axis("N_T", f"one point, N_D = {n}", {m: _spec(plan, m, (n,)) for m in sizes})


def _depth(n: int, t: int, plan: Plan) -> Axis:
    base = _spec(plan, t, (n,))
    depths = plan.size((1, 2, 4, 8), (1, 2, 4))
    specs = {depth: replace(base, architecture=ArchitectureSpec(depth)) for depth in depths}
    return Axis("depth", f"one point, N_D = {n}, N_T = {t}", specs)


def _points(n: int, t: int, plan: Plan) -> Axis:
    """Grids that are evenly spaced in the logarithm from n / 32 to n; one point is n alone."""
    counts = plan.size((1, 6, 12, 24), (1, 6, 24))
    grids = {c: (n,) if c == 1 else logarithmic_grid(n // 32, n, c) for c in counts}
    specs = {count: _spec(plan, t, grid) for count, grid in grids.items()}
    return Axis("points", f"N_D up to {n}, N_T = {t}", specs)


def _spec(plan: Plan, n_test: int, sizes: tuple[int, ...]) -> CurveSpec:
    return CurveSpec(plan.inputs.data(n_test), ArchitectureSpec(depth=2), n_train=sizes)


def _measure(axis: Axis, plan: Plan, report: Report) -> dict[int, Timing]:
    contestants = {str(x): lambda spec=spec: _evaluate(spec) for x, spec in axis.specs.items()}
    timings = {int(x): t for x, t in alternate(contestants, plan.repetitions).items()}
    report.lines += [Line(f"{axis.name} {x}", axis.fixed, t) for x, t in timings.items()]
    report.values.append(_exponent(f"exponent of {axis.name}, {axis.fixed}", timings))
    return timings


def _evaluate(spec: CurveSpec) -> None:
    CACHE.clear()  # of kernels, which another curve has left there
    list(evaluate_draw(spec, 0))


def _exponent(what: str, timings: Mapping[int, Timing]) -> Value:
    """Of ``seconds ~ x^p``, with the standard error that the residuals tell."""
    x = np.log(list(timings))
    y = np.log([timing.median for timing in timings.values()])
    design = np.stack([x, np.ones_like(x)], axis=1)
    solution, *_ = np.linalg.lstsq(design, y, rcond=None)
    residual = y - design @ solution
    variance = residual @ residual / (len(x) - 2)
    error = float(np.sqrt(variance * np.linalg.inv(design.T @ design)[0, 0]))
    power = float(solution[0])
    return Value(what, power, spread=(power - error, power + error))
