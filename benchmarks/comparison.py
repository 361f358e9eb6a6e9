"""A curve by ours and by loops over neural-tangents: seconds, numbers, and their difference."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks import ceilings
from benchmarks.inputs import N_FEATURES, N_OUTPUTS
from benchmarks.plan import Plan
from benchmarks.references.neural_tangents import documented_loop
from benchmarks.references.tuned_loop import tuned_loop
from benchmarks.report import Line, Report, Target, Value, at_most, ratio, share
from benchmarks.timing import alternate
from ntk_uq.specs import ArchitectureSpec, CurveSpec, TrainingSpec
from ntk_uq.theory.curve import evaluate_draw
from ntk_uq.theory.tile_cache import CACHE

OURS = "ntk_uq"
REMEMBERED = "ntk_uq, kernels remembered"
DOCUMENTED = "neural-tangents, documented"
COMPILED = "neural-tangents, documented, kernel jitted"
TUNED = "JAX, tuned"

Moments = list[tuple[float, float]]


@dataclass(frozen=True)
class Problem:
    """Which curve.

    Attributes:
        sizes: N_D. n_test: N_T.
        architecture, training: of the networks; training with a time, or to convergence.
        operations: what a textbook counts, from sizes, N_T, d and C.
        targets: by contestant, for its seconds over ours.
        agreement: the largest relative difference of mu and sigma that may be.
    """

    sizes: tuple[int, ...]
    n_test: int
    architecture: ArchitectureSpec
    training: TrainingSpec
    operations: Callable[[Sequence[int], int, int, int], float]
    targets: Mapping[str, Target]
    agreement: float = 1e-6


def ours(problem: Problem, plan: Plan, remembered: bool = False) -> Moments:
    """One draw of the curve, as the program evaluates it; data come from its cache in memory.

    Args:
        remembered: whether it may find the kernels that the last one has left there.
    """
    if not remembered:
        CACHE.clear()
    spec = CurveSpec(
        plan.inputs.data(problem.n_test), problem.architecture, problem.training, problem.sizes
    )
    points = list(evaluate_draw(spec, 0))
    failures = [p.failure for p in points if p.failure]
    if failures:
        raise RuntimeError(failures[0])
    return [(p.mu, p.sigma) for p in points]


def compare(case: str, title: str, problem: Problem, plan: Plan, repetitions: int) -> Report:
    """The report on one curve."""
    split = plan.inputs.split(problem.sizes[-1], problem.n_test)
    network, time, sizes = problem.architecture, problem.training.time, problem.sizes
    loops = {
        DOCUMENTED: documented_loop(network, split, time, compiled=False),
        COMPILED: documented_loop(network, split, time, compiled=True),
        TUNED: tuned_loop(network, split, time),
    }
    product = ceilings.double_product()
    found: dict[str, Moments] = {}

    def kept(who: str, compute: Callable[[], Moments]) -> Callable[[], None]:
        def call() -> None:
            found[who] = compute()

        return call

    contestants = {
        OURS: kept(OURS, lambda: ours(problem, plan)),
        REMEMBERED: kept(REMEMBERED, lambda: ours(problem, plan, remembered=True)),
    }
    for who, loop in loops.items():
        contestants[who] = kept(who, lambda loop=loop: loop(sizes))
    timings = alternate({**contestants, product.name: product.compute}, repetitions)
    report = Report(case, title, plan.inputs.label)
    report.lines = [Line("whole curve", who, timings[who]) for who in contestants]
    report.lines.append(Line("ceiling", product.name, timings[product.name]))
    for who in loops:
        what = f"{who} / {OURS}"
        report.values.append(ratio(what, timings[who], timings[OURS], problem.targets.get(who)))
    work = problem.operations(sizes, problem.n_test, N_FEATURES, N_OUTPUTS)
    ceiling = (product.amount, timings[product.name])
    for who in (OURS, *loops):
        what = f"textbook operations at the product's rate: {who}"
        report.values.append(share(what, (work, timings[who]), ceiling))
    report.values.append(
        Value(
            "largest relative difference of mu and sigma",
            max(difference(found[who], found[OURS]) for who in loops),
            target=at_most(problem.agreement, any_size=True),
        )
    )
    report.tables["mu and sigma"] = _table(sizes, found)
    return report


def difference(theirs: Moments, ours: Moments) -> float:
    """The largest relative one of all mu and sigma."""
    pairs = zip(theirs, ours, strict=True)
    return max(abs(a / b - 1) for left, right in pairs for a, b in zip(left, right, strict=True))


def _table(sizes: Sequence[int], found: Mapping[str, Moments]) -> list[dict[str, object]]:
    """All digits that can be compared; as numbers they would be rounded to three for the eye."""
    short = {OURS: "ours", DOCUMENTED: "documented", COMPILED: "jitted", TUNED: "tuned"}
    rows = []
    for place, n in enumerate(sizes):
        row: dict[str, object] = {"N_D": n}
        for which, quantity in enumerate(("mu", "sigma")):
            for who, moments in found.items():
                if who == REMEMBERED:
                    continue
                row[f"{quantity} {short[who]}"] = f"{moments[place][which]:.9g}"
        rows.append(row)
    return rows
