"""A scaling curve at finite training time, where no factor serves more than one N_D."""

from collections.abc import Iterator

from benchmarks.comparison import Problem, compare
from benchmarks.operations import training_time_operations
from benchmarks.plan import Plan
from benchmarks.report import Report
from ntk_uq.specs import ArchitectureSpec, TrainingSpec

TIME = 1.0
"""In units of 1/eigenvalue: the largest modes are learned, the smallest are not."""


def run(plan: Plan) -> Iterator[Report]:
    """Gradient flow for a time: ours beside the documented loop, and beside a tuned one."""
    sizes = plan.size((125, 250, 500, 1000, 2000, 4000), (50, 100))
    n_test = plan.size(1000, 50)
    problem = Problem(
        sizes,
        n_test,
        ArchitectureSpec(depth=2),
        TrainingSpec(time=TIME),
        training_time_operations,
        {},
    )
    title = (
        f"N_D = {sizes[0]} ... {sizes[-1]}, N_T = {n_test}, depth 2, gradient flow, t = {TIME:g}"
    )
    yield compare("finite_time", title, problem, plan, plan.few)
