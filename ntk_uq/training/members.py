"""From a specification to trained members, chunk by chunk."""

import functools
import importlib.metadata
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int

from ntk_uq import datasets, optimizers
from ntk_uq.base import settings
from ntk_uq.costs.training import check_card_memory, check_memory, required_bytes
from ntk_uq.datasets import Dataset, Split
from ntk_uq.results.ensembles.records import MemberResult
from ntk_uq.results.ensembles.schedule import recorded_steps
from ntk_uq.results.losses import test_loss
from ntk_uq.specs import ArchitectureSpec, DataSpec, EnsembleSpec
from ntk_uq.theory.device import accelerator_memory
from ntk_uq.theory.provenance import provenance
from ntk_uq.training.program import Trajectory, train
from ntk_uq.training.seeds import key_data, seed
from ntk_uq.training.step_size import ntk_lambda_max

_FILL = 2**22
"""Values of a layer, of all networks of a program together, that give an accelerator enough to do:
a product of that size takes ten times as long as it takes to start."""

_MOST_LANES = 256


def lanes(width: int, n_train: int) -> int:
    """How many networks one compiled program trains side by side.

    One on a CPU, where a batch of networks is slower than one after the other (measured at widths
    16 to 1024). On an accelerator small networks alone would leave it idle: a power of two that
    fills it (counted, and not yet measured). A constant of the platform and the shapes, and never
    of the memory or the chunk, since products of another batch may round otherwise.
    """
    if jax.default_backend() == "cpu":
        return 1
    fit = max(1, _FILL // (width * max(width, n_train)))
    return min(_MOST_LANES, 1 << (fit.bit_length() - 1))


def threads() -> int:
    """How many programs run at the same time: this process's share of the cores.

    XLA runs small products, and everything that is no product, on one core. On two cores two
    programs at a time are twice as fast up to width 256 and 1.1 to 1.3 times at 512 and 1024.
    """
    if jax.default_backend() != "cpu":
        return 1
    return settings.cores()


def train_members(
    spec: EnsembleSpec,
    width: int,
    n_train: int,
    members: Iterable[int],
    draw: int = 0,
    dataset: Dataset | None = None,
    side_by_side: int | None = None,
    at_once: int | None = None,
    tf32: bool = False,
) -> Iterator[MemberResult]:
    """Trains some members of one ensemble, and yields each, in the order asked for, when ready.

    A member's numbers are the same bytes on one machine whichever chunk it is trained in: it has
    a seed of its own, and every program trains the same number of networks, the last one filled
    up with copies. Closing the iterator ends the work after the networks that are being trained.

    Args:
        spec: the ensembles. width, n_train: which of them.
        members: indices of the members to train, in any order.
        draw: which of the training subsets.
        dataset: the data set, if it is not the registered one of that name.
        side_by_side: instead of :func:`lanes`.
        at_once: instead of :func:`threads`; fewer where the memory does not hold so many.
        tf32: whether products may be TF32's, as :func:`ntk_uq.base.settings.tf32` says; it is no
            part of the seed, so that the network starts as the same one.

    Raises:
        SpecError: if the data set is not as large, or the kernel overflows.
        DataError: if its files are missing or damaged.
        MemoryLimitError: if it does not fit.
        SingularKernelError: if the NTK vanishes, so that eta means nothing.
    """
    wanted = list(members)
    if not wanted:
        return
    beside = side_by_side or lanes(width, n_train)
    groups = [wanted[low : low + beside] for low in range(0, len(wanted), beside)]
    dataset = datasets.get_for(spec.data, n_train, dataset)
    shape = (width, n_train, dataset.n_features, dataset.n_outputs)
    check_memory(spec, *shape, beside)
    memory = accelerator_memory()
    if memory is not None:
        check_card_memory(spec, *shape, lambda w: side_by_side or lanes(w, n_train), limit=memory)
    at_once = min(at_once or threads(), len(groups))
    while required_bytes(spec, *shape, beside * at_once) > settings.memory_limit():
        at_once -= 1  # it fits at one, as was checked
    split = datasets.load_split(dataset, spec.data, n_train, draw)
    step_size, lambda_max = spec.optimizer.eta, None
    if optimizers.get(spec.optimizer.optimizer).normalized:
        lambda_max = _lambda_max(
            spec.architecture, spec.data, n_train, draw, dataset, dataset.fingerprint()
        )
        step_size /= lambda_max
    recorded = recorded_steps(spec.optimizer.steps)
    origin = _provenance(dataset, spec.data, split)
    if tf32:
        origin["products"] = "TF32, 10 bits of mantissa, where the device has it"

    def run(seeds: Sequence[int], steps: Int[np.ndarray, "r"]) -> Trajectory:
        filled = [*seeds, *[seeds[-1]] * (beside - len(seeds))]
        return train(
            spec.architecture,
            spec.optimizer,
            width,
            np.stack([key_data(value) for value in filled]),
            (split.x_train, split.y_train, split.x_test),
            step_size,
            steps,
            tf32=tf32,
        )

    def train_group(indices: Sequence[int]) -> list[MemberResult]:
        clock = time.perf_counter()
        seeds = [seed(spec.member(width, n_train, i, draw)) for i in indices]
        train_outputs, test_outputs, ended = (np.asarray(a) for a in run(seeds, recorded))
        seconds = (time.perf_counter() - clock) / len(indices)
        return [
            MemberResult(
                width=width,
                n_train=n_train,
                draw=draw,
                member=index,
                seed=value,
                lambda_max=lambda_max,
                step_size=step_size,
                seconds=seconds,
                provenance=origin,
                **_result(
                    train_outputs[place], test_outputs[place], int(ended[place]), recorded, split
                ),
            )
            for place, (index, value) in enumerate(zip(indices, seeds, strict=True))
        ]

    if at_once > 1:
        # No step: compiles what the threads would else compile all at the same time.
        run([0], 0 * recorded)
    for results in _in_threads(train_group, groups, at_once):
        yield from results


def _in_threads(
    work: Callable[[Sequence[int]], list[MemberResult]],
    groups: Sequence[Sequence[int]],
    at_once: int,
) -> Iterator[list[MemberResult]]:
    """``map(work, groups)``, some at the same time and no further ahead than that."""
    if at_once == 1:
        yield from map(work, groups)
        return
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="training")
    ahead: deque[Future[list[MemberResult]]] = deque()
    try:
        for group in groups:
            ahead.append(pool.submit(work, group))
            if len(ahead) > at_once:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        # Also where the reader has stopped reading: what has not begun never does.
        pool.shutdown(cancel_futures=True)


def _result(
    train_outputs: Float[np.ndarray, "r n c"],
    test_outputs: Float[np.ndarray, "r t c"],
    ended: int,
    recorded: Int[np.ndarray, "r"],
    split: Split,
) -> dict[str, Any]:
    """A network's losses at the recorded steps, its predictions, and whether it diverged."""
    diverged_at = None if ended < 0 else ended
    # What came after a divergence is no training.
    kept = recorded < (np.inf if diverged_at is None else diverged_at)
    return {
        "steps": recorded[kept],
        "train_loss": test_loss(train_outputs[kept].astype(np.float64), split.y_train),
        "test_loss": test_loss(test_outputs[kept].astype(np.float64), split.y_test),
        "predictions": np.array(test_outputs[-1] if diverged_at is None else test_outputs[0, :0]),
        "diverged_at": diverged_at,
    }


@functools.lru_cache(maxsize=64)
def _lambda_max(
    architecture: ArchitectureSpec,
    data: DataSpec,
    n_train: int,
    draw: int,
    dataset: Dataset,
    fingerprint: str,  # noqa: ARG001 (part of the key)
) -> float:
    """Once for each training subset and architecture in a process, whatever the width."""
    return ntk_lambda_max(architecture, datasets.load_split(dataset, data, n_train, draw).x_train)


def _provenance(dataset: Dataset, data: DataSpec, split: Split) -> dict[str, Any]:
    origin = provenance(dataset, data, split)
    versions = {**origin["versions"], "optax": importlib.metadata.version("optax")}
    return {**origin, "versions": versions, "dtype": "float32"}
