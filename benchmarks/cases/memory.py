"""Peak memory of a curve, beside that of the arrays which it cannot do without."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import numpy as np

from benchmarks.inputs import N_FEATURES
from benchmarks.machine import ROOT
from benchmarks.plan import Plan
from benchmarks.report import Report, Value, at_most
from benchmarks.timing import quartiles


def run(plan: Plan) -> Iterator[Report]:
    """A new process for each repetition evaluates one curve and tells its peak."""
    n, t = plan.size((4000, 1000), (400, 100))
    sizes = tuple(n // 2**k for k in range(5, -1, -1))
    command = [sys.executable, "-m", "benchmarks.peak", str(t), *map(str, sizes)]
    found = []
    for _ in range(plan.few):
        done = subprocess.run(
            command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=True
        )
        found.append(json.loads(done.stdout.splitlines()[-1]))
    peaks = [one["peak"] - one["before"] for one in found]
    needed = 8 * (2 * n**2 + 2 * n * t + t**2)
    report = Report("memory", f"one converged curve to N_D = {n}, N_T = {t}", plan.inputs.label)
    middle, (low, high) = float(np.median(peaks)), quartiles(tuple(peaks))
    report.values = [
        Value(
            "peak, less what was there before", middle / 2**20, "MiB", (low / 2**20, high / 2**20)
        ),
        Value("kernels and factors: K, L; K_dt, A; K_tt", needed / 2**20, "MiB"),
        Value(
            "peak / kernels and factors",
            middle / needed,
            "",
            (low / needed, high / needed),
            at_most(1.3),
        ),
        Value("the prepared inputs, for comparison", 8 * (n + t) * N_FEATURES / 2**20, "MiB"),
    ]
    report.notes.append(f"before: {found[-1]['before'] / 2**20:.0f} MiB; {found[-1]['how']}")
    yield report
