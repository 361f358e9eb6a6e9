"""From a specification to trained members, chunk by chunk."""

import functools
import importlib.metadata
import time
from collections.abc import Iterable, Iterator
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int

from ntk_uq import datasets
from ntk_uq.datasets import Dataset, Split
from ntk_uq.ensembles.estimate import check_memory
from ntk_uq.ensembles.records import MemberResult
from ntk_uq.ensembles.schedule import recorded_steps
from ntk_uq.ensembles.seeds import key_data, seed
from ntk_uq.ensembles.step_size import ntk_lambda_max
from ntk_uq.ensembles.training import train
from ntk_uq.specs import ArchitectureSpec, DataSpec, EnsembleSpec
from ntk_uq.theory.moments import test_loss
from ntk_uq.theory.provenance import provenance


def lanes() -> int:
    """How many networks one compiled program trains side by side.

    One on a CPU: its products use every core, and a batch of them is slower (measured at widths
    16 to 1024). On an accelerator small networks alone would leave it idle. A constant of the
    platform and never of the memory or the chunk, since products of another batch may round
    otherwise.
    """
    return 1 if jax.default_backend() == "cpu" else 8


def train_members(
    spec: EnsembleSpec,
    width: int,
    n_train: int,
    members: Iterable[int],
    draw: int = 0,
    dataset: Dataset | None = None,
    side_by_side: int | None = None,
) -> Iterator[MemberResult]:
    """Trains some members of one ensemble, and yields each as soon as it is ready.

    A member's numbers are the same bytes on one machine whichever chunk it is trained in: it has
    a seed of its own, and every program trains the same number of networks, the last one filled
    up with copies.

    Args:
        spec: the ensembles. width, n_train: which of them.
        members: indices of the members to train, in any order.
        draw: which of the training subsets.
        dataset: the data set, if it is not the registered one of that name.
        side_by_side: instead of :func:`lanes`.

    Raises:
        SpecError: if the data set is not as large, or the kernel overflows.
        DataError: if its files are missing or damaged.
        MemoryLimitError: if it does not fit.
        SingularKernelError: if the NTK vanishes, so that eta means nothing.
    """
    wanted = list(members)
    if not wanted:
        return
    at_once = side_by_side or lanes()
    dataset = dataset or datasets.get(spec.data.dataset)
    datasets.check_sizes(dataset, spec.data, n_train)
    check_memory(spec, width, n_train, dataset.n_features, dataset.n_outputs, at_once)
    split = datasets.load_split(dataset, spec.data, n_train, draw)
    step_size, lambda_max = spec.optimizer.eta, None
    if spec.optimizer.optimizer != "adam":
        lambda_max = _lambda_max(
            spec.architecture, spec.data, n_train, draw, dataset, dataset.fingerprint()
        )
        step_size /= lambda_max
    recorded = recorded_steps(spec.optimizer.steps)
    origin = _provenance(dataset, spec.data, split)
    for low in range(0, len(wanted), at_once):
        clock = time.perf_counter()
        indices = wanted[low : low + at_once]
        seeds = [seed(spec.member(width, n_train, i, draw)) for i in indices]
        filled = seeds + seeds[-1:] * (at_once - len(seeds))
        trajectory = train(
            spec.architecture,
            spec.optimizer,
            width,
            np.stack([key_data(s) for s in filled]),
            (split.x_train, split.y_train, split.x_test),
            step_size,
            recorded,
        )
        seconds = (time.perf_counter() - clock) / len(indices)
        train_outputs, test_outputs, ended = (np.asarray(a) for a in trajectory)
        for place, (index, value) in enumerate(zip(indices, seeds, strict=True)):
            found = _result(
                train_outputs[place], test_outputs[place], int(ended[place]), recorded, split
            )
            yield MemberResult(
                width=width,
                n_train=n_train,
                draw=draw,
                member=index,
                seed=value,
                lambda_max=lambda_max,
                step_size=step_size,
                seconds=seconds,
                provenance=origin,
                **found,
            )


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
