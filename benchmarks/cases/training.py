"""How fast finite networks are trained: beside a bare product, plain JAX and PyTorch.

Operations of a step are the textbook's (``ntk_uq.costs.training.step_flops``): with the first
layer in the span of the data fewer are done, and the share of the product's rate can exceed 1;
that of the operations that are done is told beside it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks import ceilings
from benchmarks.plan import Plan
from benchmarks.references import plain_jax
from benchmarks.report import Line, Report, Target, Value, at_least, at_most, ratio, share
from benchmarks.timing import Timing, alternate, seconds
from benchmarks.training_problem import Problem, Train, at_once
from ntk_uq.training.members import lanes, threads
from ntk_uq.training.program import in_span

SHAPES = (  # n_train, features, width, depth: MNIST's and digits' inputs
    (500, 784, 128, 2),
    (500, 784, 512, 2),
    (500, 784, 1024, 2),
    (2000, 784, 512, 2),
    (100, 64, 64, 2),
    (100, 64, 256, 2),
    (100, 64, 1024, 2),
)
OTHERS = SHAPES[:3]
"""Where the same is trained in plain JAX and in PyTorch, too."""
TARGET_WIDTH = 512
PRODUCT, PRODUCTS = 1024, 10
CHECK_STEPS = 100


@dataclass(frozen=True)
class Contestant:
    """Something that trains networks.

    Attributes:
        run: takes the number of steps. members: how many networks that trains.
        done: operations of one step of one network, as they are done.
    """

    run: Callable[[int], object]
    members: int
    done: int


def run(plan: Plan) -> Iterator[Report]:
    """Shape by shape: every way of training in turns with the product."""
    shapes = plan.size(SHAPES, ((100, 64, 64, 2),))
    report = Report("training", "seconds a step of one network, full batch, float32")
    report.inputs = "random, on the sphere"
    for shape in shapes:
        beside = others(Problem(*shape), report) if plan.quick or shape in OTHERS else {}
        _shape(Problem(*shape), beside, plan, report)
    yield report


def others(problem: Problem, report: Report) -> dict[str, Train]:
    """The trainings that are not ours; PyTorch's where there is one."""
    found = {"plain JAX": plain_jax.trainer(problem)}
    try:
        from benchmarks.references import pytorch
    except (ImportError, OSError) as error:  # a library that it needs may be missing
        note = f"PyTorch cannot be loaded ({error}): its rows are left out"
        report.notes += [note] * (note not in report.notes)
    else:
        found["PyTorch"] = pytorch.trainer(problem)
    return found


def _shape(problem: Problem, beside: Mapping[str, Train], plan: Plan, report: Report) -> None:
    span = in_span("gd", problem.n, problem.d)
    together = lanes(problem.width, problem.n)
    usual = _name(span, together, threads())
    contestants = {
        _name(*variant): _ours(problem, *variant)
        for variant in sorted(
            {(False, 1, 1), (False, 4, 1), (span, 1, 1), (span, together, threads())}
        )
    }
    for who, trainer in beside.items():
        contestants[who] = Contestant(trainer, 1, problem.step_operations)
    steps = {who: _calibrated(c.run, plan.size(1.0, 0.1)) for who, c in contestants.items()}
    products = [make("float32", PRODUCT) for make in (ceilings.xla_product, ceilings.numpy_product)]
    timings = alternate(
        {
            **{who: lambda who=who, c=c: c.run(steps[who]) for who, c in contestants.items()},
            **{p.name: lambda p=p: [p.compute() for _ in range(PRODUCTS)] for p in products},
        },
        plan.repetitions,
    )
    each = {p.name: timings[p.name].over(PRODUCTS) for p in products}
    # Initialization and two evaluations are counted as if they were steps: a difference of two
    # timings can be anything on a busy machine.
    each |= {who: timings[who].over(steps[who] * c.members) for who, c in contestants.items()}
    work = {p.name: p.amount for p in products}
    work |= dict.fromkeys(contestants, problem.step_operations)
    for who, timing in each.items():
        more = {"GF/s": work[who] / timing.median / 1e9}
        report.lines.append(Line(str(problem), who, timing, more))
    ceiling = (products[0].amount, each[products[0].name])
    for who, contestant in contestants.items():
        target = at_least(0.7) if who == usual and problem.width == TARGET_WIDTH else None
        report.values += _shares(
            f"{problem}: {who}", contestant, each[who], problem, ceiling, target
        )
    for who in beside:
        report.values.append(ratio(f"{problem}: {who} / {usual}", each[who], each[usual]))
    if beside:
        report.values.append(_agreement(problem, span, beside))


def _name(span: bool, beside: int, count: int) -> str:
    layer = "first layer in the span" if span else "direct"
    together = f", {beside} in a program" if beside > 1 else ""
    return f"ntk_uq, {layer}{together}" + (f", {count} at once" if count > 1 else "")


def _ours(problem: Problem, span: bool, beside: int, count: int) -> Contestant:
    run = problem.ours(span, beside)
    run(1)  # compiles what threads would else compile all at the same time
    return Contestant(at_once(run, count), beside * count, problem.operations_done(span))


def _calibrated(run: Callable[[int], object], goal: float) -> int:
    """A number of steps that takes about ``goal`` seconds."""
    run(1)
    few = max(1, round(goal / 4 / seconds(lambda: run(2)) * 2))
    return max(2, round(few * goal / seconds(lambda: run(few))))


def _shares(
    what: str,
    contestant: Contestant,
    each: Timing,
    problem: Problem,
    ceiling: tuple[float, Timing],
    target: Target | None,
) -> Iterator[Value]:
    nominal = (problem.step_operations, each)
    yield share(f"{what}, of the product's rate", nominal, ceiling, target)
    if contestant.done != problem.step_operations:
        yield share(f"{what}, operations done", (contestant.done, each), ceiling)


def _agreement(problem: Problem, span: bool, beside: Mapping[str, Train]) -> Value:
    """All start from the same parameters, so that they end with the same outputs."""
    ours = problem.ours(span, 1)(CHECK_STEPS)
    largest = max(np.abs(train(CHECK_STEPS) - ours).max() for train in beside.values())
    return Value(
        f"{problem}: largest difference of outputs after {CHECK_STEPS} steps, of the largest",
        float(largest / np.abs(ours).max()),
        target=at_most(1e-3, any_size=True),
    )
