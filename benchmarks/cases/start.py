"""Cold starts: a new process each time, with and without compiled kernels from an earlier one."""

import tempfile
from collections.abc import Callable, Iterator

from benchmarks.plan import Plan
from benchmarks.processes import clean_environment, first_sign, python
from benchmarks.report import Line, Report, Value
from benchmarks.timing import Timing, seconds
from ntk_uq.base import settings

IMPORTS = {
    "nothing": "pass",
    "import ntk_uq": "import ntk_uq",
    "import jax": "import jax",
    "neural-tangents by ntk_uq.networks.architecture": (
        "from ntk_uq.networks.architecture import build; "
        "from ntk_uq.specs import ArchitectureSpec; build(ArchitectureSpec())"
    ),
}
CURVE = (
    *("-m", "ntk_uq", "curve", "--no-store"),
    *("--dataset", "digits", "--depth", "2", "--n-test", "200", "--n-train"),
)
SIGN = b"%|"
"""What the progress bar prints first: it appears with the first point."""


def run(plan: Plan) -> Iterator[Report]:
    """Imports, and the command line to the first point and to its table, all in turns."""
    report = Report("start", "a new process to its first result", "digits")
    with clean_environment() as environment:
        command = [*CURVE, plan.size("50,100,200,400,800", "50,100")]

        def imported(code: str) -> Callable[[], None]:
            return lambda: python("-c", code, environment=environment)

        turns = {what: imported(code) for what, code in IMPORTS.items()}
        found: dict[str, list[float]] = {what: [] for what in turns}
        curves: dict[str, list[tuple[float, float]]] = {"cold": [], "warm": []}
        first_sign(command, environment, SIGN)  # fills the cache, and that of files
        for _ in range(plan.repetitions):
            for what, compute in turns.items():
                found[what].append(seconds(compute))
            with tempfile.TemporaryDirectory() as empty:
                cold = {**environment, settings.CACHE: empty}
                curves["cold"].append(first_sign(command, cold, SIGN))
            curves["warm"].append(first_sign(command, environment, SIGN))
    timings = {what: Timing(tuple(values)) for what, values in found.items()}
    report.lines = [Line("python -c", what, timing) for what, timing in timings.items()]
    for cache, pairs in curves.items():
        for what, values in zip(("first point", "table"), zip(*pairs, strict=True), strict=True):
            line = Line(f"python -m ntk_uq curve, {cache} cache", f"to its {what}", Timing(values))
            report.lines.append(line)
    bare = timings["nothing"].median
    for what in list(timings)[1:]:
        value = timings[what].median - bare
        report.values.append(Value(f"{what}, less the interpreter", value, "s"))
    yield report
