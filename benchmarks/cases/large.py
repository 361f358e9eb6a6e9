"""Curves that need an accelerator, or patience: N_D = 10,000, 20,000 and 60,000."""

from collections.abc import Callable, Iterator

import jax
import psutil

from benchmarks import ceilings
from benchmarks.comparison import COMPILED, OURS, TUNED, Moments, Problem, difference, ours
from benchmarks.inputs import N_FEATURES, N_OUTPUTS
from benchmarks.operations import curve_operations
from benchmarks.plan import Plan
from benchmarks.references.neural_tangents import documented_loop
from benchmarks.references.tuned_loop import tuned_loop
from benchmarks.report import Line, Report, Value, at_most, ratio, share
from benchmarks.timing import alternate
from ntk_uq.base.errors import MemoryLimitError
from ntk_uq.specs import ArchitectureSpec, TrainingSpec

MATRICES = 8
"""How many matrices of all pairs of points the loops over neural-tangents hold at their peak."""


def run(plan: Plan) -> Iterator[Report]:
    """A report for each size, three N_D each, with what fits into the device's memory."""
    n_test = plan.size(1000, 50)
    for n in plan.size((10_000, 20_000, 60_000), (200, 400)):
        problem = Problem(
            (n // 4, n // 2, n),
            n_test,
            ArchitectureSpec(depth=2),
            TrainingSpec(),
            curve_operations,
            {},
        )
        title = f"N_D = {n // 4}, {n // 2}, {n}, N_T = {n_test}, depth 2, to convergence"
        report = Report("large", title, plan.inputs.label)
        _compare(problem, plan, report)
        yield report


def _compare(problem: Problem, plan: Plan, report: Report) -> None:
    found: dict[str, Moments] = {}
    contestants: dict[str, Callable[[], object]] = {}
    for who, compute in _candidates(problem, plan, report).items():
        try:
            found[who] = compute()  # compiles, and tells whether it fits
        except (MemoryLimitError, MemoryError, jax.errors.JaxRuntimeError) as error:
            report.notes.append(f"{who} left out: {str(error).splitlines()[0]}")
        else:
            contestants[who] = compute
    product = ceilings.double_product()
    timings = alternate({**contestants, product.name: product.compute}, plan.few)
    report.lines = [Line("whole curve", who, timings[who]) for who in contestants]
    report.lines.append(Line("ceiling", product.name, timings[product.name]))
    if OURS not in found:
        return
    work = curve_operations(problem.sizes, problem.n_test, N_FEATURES, N_OUTPUTS)
    what = f"textbook operations at the product's rate: {OURS}"
    ceiling = (product.amount, timings[product.name])
    report.values.append(share(what, (work, timings[OURS]), ceiling))
    for who in found:
        if who != OURS:
            report.values += [
                ratio(f"{who} / {OURS}", timings[who], timings[OURS]),
                Value(
                    f"{who}: largest relative difference of mu and sigma",
                    difference(found[who], found[OURS]),
                    target=at_most(problem.agreement, any_size=True),
                ),
            ]


def _candidates(problem: Problem, plan: Plan, report: Report) -> dict[str, Callable[[], Moments]]:
    candidates = {OURS: lambda: ours(problem, plan)}
    needed = 8 * MATRICES * (problem.sizes[-1] + problem.n_test) ** 2
    free = _free_memory()
    if needed > free:
        report.notes.append(
            f"neural-tangents left out: about {needed / 2**30:.0f} GiB are needed, and "
            f"{free / 2**30:.0f} GiB are free"
        )
        return candidates
    split = plan.inputs.split(problem.sizes[-1], problem.n_test)
    for who, loop in (
        (COMPILED, documented_loop(problem.architecture, split, None, compiled=True)),
        (TUNED, tuned_loop(problem.architecture, split, None)),
    ):
        candidates[who] = lambda loop=loop: loop(problem.sizes)
    return candidates


def _free_memory() -> int:
    """Bytes that JAX's default device has to give."""
    statistics = jax.devices()[0].memory_stats() or {}
    if "bytes_limit" in statistics:
        return statistics["bytes_limit"] - statistics.get("bytes_in_use", 0)
    return psutil.virtual_memory().available
