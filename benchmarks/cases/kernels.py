"""NNGP and NTK of many examples with themselves, beside neural-tangents' own, compiled."""

import time
from collections.abc import Iterator

import numpy as np

from benchmarks import ceilings
from benchmarks.plan import Plan
from benchmarks.references.neural_tangents import BOTH, compiled_kernels
from benchmarks.report import Line, Report, Value, at_least, at_most, ratio, share
from benchmarks.timing import alternate
from ntk_uq.specs import ArchitectureSpec
from ntk_uq.theory.kernels import Kernels

ROWS = 512
"""Rows compared at once."""


def run(plan: Plan) -> Iterator[Report]:
    """Depth by depth: ours in turns with neural-tangents and with a copy of as many bytes."""
    n = plan.size(4000, 300)
    x = plan.inputs.split(n, 1).x_train
    report = Report("kernels", f"NNGP and NTK of {n} x {n} examples, float64", plan.inputs.label)
    copy = ceilings.numpy_copy(2 * n**2)
    for depth in plan.size((1, 3, 8), (1, 3)):
        _depth(depth, x, copy, plan, report)
    report.notes.append(
        "ntk_uq returns NumPy arrays, neural-tangents arrays on JAX's device; its compilation is "
        "a value of its own and not in its first call"
    )
    yield report


def _depth(depth: int, x: np.ndarray, copy: ceilings.Ceiling, plan: Plan, report: Report) -> None:
    spec = ArchitectureSpec(depth=depth, activation="relu", sigma_w=np.sqrt(2.0))
    start = time.perf_counter()
    theirs = compiled_kernels(spec, x)
    compilation = time.perf_counter() - start
    what, ours = f"depth {depth}", Kernels(spec, BOTH)
    contestants = {
        "ntk_uq": lambda: ours.symmetric(x),
        "neural-tangents, jit": theirs,
        copy.name: copy.compute,
    }
    timings = alternate(contestants, plan.repetitions)
    report.lines += [Line(what, who, timing) for who, timing in timings.items()]
    ours_timing, theirs_timing, copy_timing = timings.values()
    work = (16.0 * len(x) ** 2, ours_timing)
    report.values += [
        ratio(f"{what}: neural-tangents / ntk_uq", theirs_timing, ours_timing, at_least(5)),
        Value(f"{what}: compilation of neural-tangents", compilation, "s"),
        share(f"{what}: bytes of both at the copy's rate", work, (copy.amount, copy_timing)),
        Value(
            f"{what}: largest relative difference off the diagonal",
            _difference(ours.symmetric(x), theirs()),
            target=at_most(1e-6, any_size=True),
        ),
    ]


def _difference(ours: tuple[np.ndarray, ...], theirs: object) -> float:
    """Of all pairs of two examples, a panel of rows at a time."""
    largest = 0.0
    for name, a in zip(BOTH, ours, strict=True):
        b = np.asarray(getattr(theirs, name))
        for low in range(0, len(a), ROWS):
            difference = np.abs(a[low : low + ROWS] / b[low : low + ROWS] - 1)
            index = np.arange(len(difference))
            difference[index, low + index] = 0
            largest = max(largest, float(difference.max()))
    return largest
