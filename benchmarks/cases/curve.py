"""A scaling curve of networks trained to convergence."""

from collections.abc import Iterator

from benchmarks.comparison import DOCUMENTED, TUNED, Problem, compare
from benchmarks.operations import curve_operations
from benchmarks.plan import Plan
from benchmarks.report import Report, at_least
from ntk_uq.specs import ArchitectureSpec, TrainingSpec


def run(plan: Plan) -> Iterator[Report]:
    """Ours beside neural-tangents' documented loop over N_D, and beside a tuned one."""
    sizes = plan.size((125, 250, 500, 1000, 2000, 4000), (50, 100))
    n_test = plan.size(1000, 50)
    problem = Problem(
        sizes,
        n_test,
        ArchitectureSpec(depth=2),
        TrainingSpec(),
        curve_operations,
        {DOCUMENTED: at_least(12), TUNED: at_least(4)},
    )
    title = f"N_D = {sizes[0]} ... {sizes[-1]}, N_T = {n_test}, depth 2, to convergence"
    yield compare("curve", title, problem, plan, plan.repetitions)
