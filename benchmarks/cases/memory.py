"""Peak memory of a curve, beside that of the arrays which it cannot do without."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from benchmarks.inputs import N_FEATURES
from benchmarks.machine import ROOT
from benchmarks.plan import Plan
from benchmarks.report import Report, Target, Value, at_most
from benchmarks.timing import quartiles
from ntk_uq.base import settings

NEEDED = "kernels and factors"
ALONE, KEEPING = "of the curve alone", "with kernels kept for the next one"


def run(plan: Plan) -> Iterator[Report]:
    """A new process for each repetition evaluates one curve and tells its peak."""
    n, t = plan.size((4000, 1000), (400, 100))
    sizes = tuple(n // 2**k for k in range(5, -1, -1))
    needed = 8 * (2 * n**2 + 2 * n * t + t**2)
    report = Report("memory", f"one converged curve to N_D = {n}, N_T = {t}", plan.inputs.label)
    report.values.append(Value(f"{NEEDED}: K, L; K_dt, A; K_tt", needed / 2**20, "MiB"))
    # What is kept for the next curve is within a budget of its own.
    for title, budget, target in ((ALONE, "0", at_most(1.3)), (KEEPING, "", None)):
        found = [_measure(t, sizes, budget) for _ in range(plan.few)]
        peaks = [one["peak"] - one["before"] for one in found]
        report.values += _values(title, peaks, needed, target)
        before = f"{found[-1]['before'] / 2**20:.0f} MiB; {found[-1]['how']}"
        report.notes.append(f"{title}: before it {before}")
    inputs = 8 * (n + t) * N_FEATURES / 2**20
    report.values.append(Value("the prepared inputs, for comparison", inputs, "MiB"))
    yield report


def _measure(n_test: int, sizes: Sequence[int], budget: str) -> dict[str, Any]:
    """What :mod:`benchmarks.peak` tells, with that budget for kernels of the next curve."""
    command = [sys.executable, "-m", "benchmarks.peak", str(n_test), *map(str, sizes)]
    environment = {**os.environ, settings.KERNEL_CACHE: budget}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _values(title: str, peaks: Sequence[float], needed: int, target: Target | None) -> list[Value]:
    middle, (low, high) = float(np.median(peaks)), quartiles(tuple(peaks))
    spread = low / needed, high / needed
    return [
        Value(f"peak {title}", middle / 2**20, "MiB", (low / 2**20, high / 2**20)),
        Value(f"peak {title} / {NEEDED}", middle / needed, "", spread, target),
    ]
