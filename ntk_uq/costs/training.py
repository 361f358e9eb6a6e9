"""What an ensemble costs, told before it starts: operations, memory, seconds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ntk_uq import datasets, optimizers
from ntk_uq.base import settings
from ntk_uq.base.errors import CostLimitError, MemoryLimitError
from ntk_uq.costs.memory import BASE, CARD_BASE, within
from ntk_uq.results.ensembles.schedule import recorded_steps
from ntk_uq.results.ensembles.stored import Place
from ntk_uq.results.speed import DEFAULT_SPEED, Speed, stored_speed
from ntk_uq.specs import EnsembleSpec
from ntk_uq.store import ResultsCache


def parameters(n_features: int, width: int, depth: int, n_outputs: int) -> int:
    """Weights and biases of a network."""
    weights = n_features * width + (depth - 1) * width**2 + width * n_outputs
    return weights + depth * width + n_outputs


def forward_flops(n: int, n_features: int, width: int, depth: int, n_outputs: int) -> int:
    """Operations of the products in one evaluation: ``2 n (d w + (depth - 1) w^2 + w C)``."""
    return 2 * n * (n_features * width + (depth - 1) * width**2 + width * n_outputs)


def step_flops(n: int, n_features: int, width: int, depth: int, n_outputs: int) -> int:
    """Operations of one step: forward, and twice that backward less the inputs' gradient.

    Counted is the textbook's step, with all examples against all parameters. Training the first
    layer in the span of the data (:mod:`ntk_uq.training.program`) takes fewer.
    """
    forward = forward_flops(n, n_features, width, depth, n_outputs)
    return 3 * forward - 2 * n * n_features * width


def span_step_flops(n: int, width: int, depth: int, n_outputs: int) -> int:
    """Operations of one step with the first layer in the span of the data."""
    return 2 * n * n * width + 3 * forward_flops(n, 0, width, depth, n_outputs)


def member_flops(
    spec: EnsembleSpec, width: int, n_train: int, n_features: int, n_outputs: int
) -> int:
    """Operations of one member: all steps, and its evaluation where it is looked at."""
    shape = (n_features, width, spec.architecture.depth, n_outputs)
    batch = spec.optimizer.batch_size or n_train
    looks = len(recorded_steps(spec.optimizer.steps))
    return spec.optimizer.steps * step_flops(batch, *shape) + looks * forward_flops(
        n_train + spec.data.n_test, *shape
    )


def member_seconds(
    spec: EnsembleSpec,
    width: int,
    n_train: int,
    n_features: int,
    n_outputs: int,
    speed: Speed,
) -> float:
    """About how long one member takes, compilation (seconds, once an ensemble) left out.

    Products at the rate of large ones, each parameter read or written ten times a step, and each
    activation of a hidden layer eight times; good to a factor of two or three.
    """
    batch = spec.optimizer.batch_size or n_train
    depth = spec.architecture.depth
    touched = 10 * parameters(n_features, width, depth, n_outputs) + 8 * depth * batch * width
    products = member_flops(spec, width, n_train, n_features, n_outputs) / speed.products
    return products + spec.optimizer.steps * (4 * touched / speed.traffic + speed.overhead)


def required_bytes(
    spec: EnsembleSpec,
    width: int,
    n_train: int,
    n_features: int,
    n_outputs: int,
    side_by_side: int = 1,
) -> int:
    """Peak memory of a chunk in bytes, whatever the number of its members.

    Counted are, for each network of a program, in float32: start, displacement, gradient, the
    sum of the first two and the optimizer's memory; values, slopes and gradients of the hidden
    layers; outputs at each recorded step, twice. And once: the split in float64 and float32, the
    Gram matrix, and the float64 kernel of lambda_max with LAPACK's copy.
    """
    arrays = _program_bytes(spec, width, n_train, n_features, n_outputs, side_by_side)
    values = (n_train + spec.data.n_test) * (n_features + n_outputs)
    return BASE + arrays + 8 * values + 16 * n_train**2


def card_training_bytes(
    spec: EnsembleSpec,
    width: int,
    n_train: int,
    n_features: int,
    n_outputs: int,
    side_by_side: int = 1,
) -> int:
    """Peak of an accelerator's own memory, in bytes: what :func:`required_bytes` counts for the
    networks of a program, the split and the Gram matrix in float32."""
    return CARD_BASE + _program_bytes(spec, width, n_train, n_features, n_outputs, side_by_side)


def _program_bytes(
    spec: EnsembleSpec,
    width: int,
    n_train: int,
    n_features: int,
    n_outputs: int,
    side_by_side: int,
) -> int:
    depth, n_test = spec.architecture.depth, spec.data.n_test
    memory = optimizers.get(spec.optimizer.optimizer).memory
    looks = len(recorded_steps(spec.optimizer.steps))
    network = (
        (5 + memory) * parameters(n_features, width, depth, n_outputs)
        + 4 * depth * width * max(n_train, n_test)
        + 2 * looks * (n_train + n_test) * n_outputs
    )
    values = (n_train + n_test) * (n_features + n_outputs)
    return 4 * (side_by_side * network + values + n_train**2)


def check_card_memory(
    spec: EnsembleSpec,
    width: int,
    n_train: int,
    n_features: int,
    n_outputs: int,
    lanes: Callable[[int], int],
    limit: int,
) -> int:
    """The estimate of an accelerator's own memory, in bytes.

    Args:
        lanes: how many networks of a width one program trains.
        limit: bytes of that memory.

    Raises:
        MemoryLimitError: if it exceeds ``limit``, with the largest width that does not.
    """

    def needed(width: int) -> int:
        return card_training_bytes(spec, width, n_train, n_features, n_outputs, lanes(width))

    if needed(width) > limit:
        fits = (w for w in range(width - 1, 0, -1) if needed(w) <= limit)
        largest = next(fits, None)
        advice = "Choose a smaller n_train or n_test."
        if largest is not None:
            advice = f"The largest width that fits is {largest}."
        raise MemoryLimitError(
            f"Training networks of width {width} with n_train = {n_train} and n_test = "
            f"{spec.data.n_test}, {lanes(width)} at a time, needs about "
            f"{settings.format_bytes(needed(width))} of the accelerator's memory; it has "
            f"{settings.format_bytes(limit)}. {advice}"
        )
    return needed(width)


def check_memory(
    spec: EnsembleSpec,
    width: int,
    n_train: int,
    n_features: int,
    n_outputs: int,
    side_by_side: int = 1,
    limit: int | None = None,
) -> int:
    """The estimate of a chunk's memory, in bytes.

    Raises:
        MemoryLimitError: if it exceeds ``limit`` (default: the settings').
    """
    limit = settings.memory_limit() if limit is None else limit
    needed = required_bytes(spec, width, n_train, n_features, n_outputs, side_by_side)
    n_test = spec.data.n_test
    return within(
        limit,
        needed,
        f"Training networks of width {width} with N_D = {n_train} and N_T = {n_test} needs",
        "Choose a smaller width, N_D or N_T.",
    )


@dataclass(frozen=True)
class Cost:
    """What is still to be done of some ensembles.

    Attributes:
        members: networks that are not there yet.
        flops: floating-point operations of their training.
        seconds: about how long that takes on one worker.
        bytes: memory of a worker.
    """

    members: int
    flops: float
    seconds: float
    bytes: int


def cost(
    spec: EnsembleSpec,
    missing: Mapping[tuple[int, int], int],
    n_features: int,
    n_outputs: int,
    speed: Speed,
) -> Cost:
    """What the ``missing`` networks of each width and N_D cost."""
    flops, seconds = 0.0, 0.0
    for (width, n_train), count in missing.items():
        shape = (spec, width, n_train, n_features, n_outputs)
        flops += count * member_flops(*shape)
        seconds += count * member_seconds(*shape, speed)
    largest = (spec.widths[-1], spec.n_train[-1], n_features, n_outputs)
    return Cost(sum(missing.values()), flops, seconds, required_bytes(spec, *largest))


def check_cost(
    spec: EnsembleSpec,
    missing: Mapping[tuple[int, int], int],
    n_features: int,
    n_outputs: int,
    speed: Speed,
) -> Cost:
    """As :func:`cost`.

    Raises:
        CostLimitError: if it would take longer than the settings allow.
    """
    found = cost(spec, missing, n_features, n_outputs, speed)
    limit = settings.training_limit()
    if found.seconds > 3600 * limit:
        raise CostLimitError(
            f"Training {found.members:,} networks takes about {found.seconds / 3600:,.0f} hours on "
            f"one worker; the limit is {limit:g} hours ({settings.TRAINING_HOURS}). Choose fewer "
            "members, steps or widths, or smaller ones."
        )
    return found


def cost_of(
    results: ResultsCache, spec: EnsembleSpec, missing: Mapping[Place, Sequence[int]]
) -> Cost:
    """What the missing networks of some ensembles cost, at the measured speed if there is one.

    Raises:
        SpecError: for an unknown or too small data set.
        MissingDataError: if its files are not there.
        MemoryLimitError, CostLimitError: beyond the settings' limits.
    """
    dataset = datasets.get_for(spec.data, spec.n_train[-1])
    shape = (dataset.n_features, dataset.n_outputs)
    check_memory(spec, spec.widths[-1], spec.n_train[-1], *shape)
    counts = {place: len(indices) for place, indices in missing.items()}
    return check_cost(spec, counts, *shape, stored_speed(results) or DEFAULT_SPEED)
