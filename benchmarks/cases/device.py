"""Everything that an accelerator is for, in one run of some minutes: curves, kernels, finite time,
training, and the engine's latencies. On a processor it runs with small sizes.

A part that would begin after :data:`BUDGET` seconds is left out, in words. Each is small, since it
is written when it is there.
"""

import time
import traceback
from collections.abc import Callable, Iterator

import jax
import jax.numpy as jnp
import psutil

from benchmarks import ceilings, engine_latency
from benchmarks.comparison import COMPILED, OURS, TUNED, Moments, Problem, difference, ours
from benchmarks.inputs import N_FEATURES, N_OUTPUTS
from benchmarks.operations import curve_operations
from benchmarks.plan import Plan
from benchmarks.references.neural_tangents import compiled_kernels, documented_loop
from benchmarks.references.tuned_loop import tuned_loop
from benchmarks.report import Line, Report, Value, at_least, at_most, ratio, share
from benchmarks.timing import Compute, alternate
from benchmarks.training_problem import Problem as Training
from ntk_uq.base.errors import MemoryLimitError
from ntk_uq.specs import ArchitectureSpec, TrainingSpec
from ntk_uq.theory.card.kernels import CardExamples, CardKernels
from ntk_uq.theory.card.posterior import CardPosterior
from ntk_uq.theory.kernels import Kernels
from ntk_uq.training.members import lanes
from ntk_uq.training.program import in_span

BUDGET = 200.0
"""Seconds after which no other part begins: four minutes less what the dearest one takes."""

MATRICES = 8
"""How many matrices of all pairs of points the loops over neural-tangents hold at their peak."""

NETWORK = ArchitectureSpec(depth=2)

_STEPS = 200
"""Of gradient descent, in each timing of a training."""


def run(plan: Plan) -> Iterator[Report]:
    """The parts, dearest last."""
    end = time.monotonic() + BUDGET
    for name, part in _parts(plan):
        if time.monotonic() < end:
            start = time.monotonic()
            try:
                report = part()
            except Exception as error:  # noqa: BLE001 (the other parts are wanted all the same)
                traceback.print_exc()
                report = Report("device", name)
                report.notes.append(f"ended with an error: {type(error).__name__}: {error}")
            report.notes.append(f"took {time.monotonic() - start:.0f} s in all")
        else:
            report = Report("device", name)
            report.notes.append(f"left out: {BUDGET:.0f} s had passed")
        yield report


def _parts(plan: Plan) -> Iterator[tuple[str, Callable[[], Report]]]:
    yield "engine", lambda: engine_latency.report(plan)
    for depth in plan.size((1, 3, 8), (1, 3)):
        yield f"kernels of depth {depth}", lambda depth=depth: _kernels(depth, plan)
    for n in plan.size((2000, 4000, 8000), (100, 200)):
        yield f"finite time at {n}", lambda n=n: _finite_time(n, plan)
    for width in plan.size((128, 512, 1024, 4096), (32,)):
        yield f"training at width {width}", lambda width=width: _training(width, plan)
    for sizes in _grids(plan):
        yield f"curve to {sizes[-1]}", lambda sizes=sizes: _curve(sizes, plan)


def _grids(plan: Plan) -> list[tuple[int, ...]]:
    full = [(n // 4, n // 2, n) for n in (10_000, 20_000)]
    full.append(tuple(2500 * k for k in range(1, 25)))
    return plan.size(full, [(50, 100, 200), (100, 200, 400)])


def _curve(sizes: tuple[int, ...], plan: Plan) -> Report:
    n_test = plan.size(1000, 50)
    problem = Problem(sizes, n_test, NETWORK, TrainingSpec(), curve_operations, {})
    title = f"{len(sizes)} N_D to {sizes[-1]}, N_T = {n_test}, depth 2, to convergence"
    report = Report("device", title, plan.inputs.label)
    found: dict[str, Moments] = {}
    contestants: dict[str, Callable[[], object]] = {}
    for who, compute in _candidates(problem, plan, report).items():
        start = time.perf_counter()
        try:
            found[who] = compute()  # compiles, and tells whether it fits
        except (MemoryLimitError, MemoryError, jax.errors.JaxRuntimeError) as error:
            report.notes.append(f"{who} left out: {str(error).splitlines()[0]}")
        else:
            contestants[who] = compute
            first = time.perf_counter() - start
            report.values.append(Value(f"{who}: first call, compilation included", first, "s"))
    product = ceilings.double_product()
    timings = alternate({**contestants, product.name: product.compute}, plan.few)
    report.lines = [Line("whole curve", who, timings[who]) for who in contestants]
    report.lines.append(Line("ceiling", product.name, timings[product.name]))
    if OURS not in found:
        return report
    work = curve_operations(problem.sizes, problem.n_test, N_FEATURES, N_OUTPUTS)
    what = f"textbook operations at the product's rate: {OURS}"
    ceiling = (product.amount, timings[product.name])
    report.values.append(share(what, (work, timings[OURS]), ceiling))
    peak = (jax.devices()[0].memory_stats() or {}).get("peak_bytes_in_use")
    if peak:
        report.values.append(Value("peak of the device's memory so far", peak / 2**30, "GiB"))
    if sizes[-1] >= 60_000:
        seconds = timings[OURS].median
        report.values.append(Value("24 points", seconds, "s", target=at_most(5)))
    for who in found:
        if who != OURS:
            target = at_least(1) if who == TUNED else None
            report.values += [
                ratio(f"{who} / {OURS}", timings[who], timings[OURS], target),
                Value(
                    f"{who}: largest relative difference of mu and sigma",
                    difference(found[who], found[OURS]),
                    target=at_most(problem.agreement, any_size=True),
                ),
            ]
    return report


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


def _kernels(depth: int, plan: Plan) -> Report:
    """Whole kernels where JAX computes, beside neural-tangents, a copy and a product."""
    n = plan.size(4000, 300)
    x = plan.inputs.split(n, 1).x_train
    report = Report(
        "device", f"NNGP and NTK of {n} x {n} examples, left on the device", plan.inputs.label
    )
    copy, product = ceilings.xla_copy(2 * n**2), ceilings.xla_product("float64", n)
    network = ArchitectureSpec(depth=depth)
    kernels = Kernels(network)
    with jax.enable_x64(True):
        examples = CardExamples(kernels, x)

    def evaluate() -> object:
        with jax.enable_x64(True):
            return CardKernels(kernels).between(examples, examples, ("nngp", "ntk"))

    contestants = {
        OURS: evaluate,
        "neural-tangents, jit": compiled_kernels(network, x),
        copy.name: copy.compute,
        product.name: product.compute,
    }
    timings = alternate(contestants, plan.repetitions)
    report.lines = [Line(f"depth {depth}", who, timing) for who, timing in timings.items()]
    mine, theirs = timings[OURS], timings["neural-tangents, jit"]
    report.values.append(ratio(f"depth {depth}: neural-tangents / ours", theirs, mine))
    # The product of the inputs is that of the ceiling's, d columns instead of n.
    least = 2 * timings[copy.name].median
    least += timings[product.name].median * x.shape[1] / n
    what = f"depth {depth}: ours over twice the copy and the product"
    report.values.append(Value(what, mine.median / least, target=at_most(1)))
    return report


def _finite_time(n: int, plan: Plan) -> Report:
    """One N_D after gradient flow for a time, beside the bare eigenvectors."""
    n_test = plan.size(1000, 50)
    report = Report("device", f"one N_D at finite time, N_T = {n_test}", plan.inputs.label)
    split, training = plan.inputs.split(n, n_test), TrainingSpec(time=1.0)

    def point() -> object:
        return list(CardPosterior(Kernels(NETWORK), split, 0.0, training).moments_at([n]))

    bare = ceilings.xla_eigenvectors(n)
    timings = alternate({OURS: point, bare.name: bare.compute}, plan.few)
    report.lines = [Line(f"N_D = {n}", who, timing) for who, timing in timings.items()]
    report.values.append(
        ratio(f"N_D = {n}: ours / bare eigenvectors", *timings.values(), target=at_most(1.3))
    )
    return report


def _training(width: int, plan: Plan) -> Report:
    """Steps of as many networks as one program trains, beside a bare float32 product."""
    steps = plan.size(_STEPS, 10)
    report = Report("device", f"{steps} steps of gradient descent, float32")
    report.inputs = "random, on the sphere"
    product = ceilings.xla_product("float32", plan.size(4096, 256))
    with jax.enable_x64(False):
        jnp.zeros(1).block_until_ready()
    problem = Training(plan.size(500, 60), 784, width, 2)
    span, beside = in_span("gd", problem.n, problem.d), lanes(width, problem.n)
    train = problem.ours(span, beside)
    contestants: dict[str, Compute] = {OURS: lambda: train(steps), product.name: product.compute}
    timings = alternate(contestants, plan.few)
    amount = problem.operations_done(span) * beside * steps
    more = {"networks": beside, "TF/s": amount / timings[OURS].median / 1e12}
    report.lines.append(Line(str(problem), OURS, timings[OURS], more))
    what = f"{problem}, {beside} networks: operations done, of the product's rate"
    target = at_least(0.5) if width == 512 else None
    ceiling = product.amount, timings[product.name]
    report.values.append(share(what, (amount, timings[OURS]), ceiling, target))
    return report
