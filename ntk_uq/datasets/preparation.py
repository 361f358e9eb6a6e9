"""From what the files hold to what the network sees.

Statistics are taken over the whole pool, never over the test set, and never over a training
subset: the inputs of an example are then the same at every N_D, which nested kernels need.
"""

import hashlib
import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Real

from ntk_uq import settings
from ntk_uq.datasets.base import Dataset, Examples, Rows
from ntk_uq.datasets.files import read_derived, write_derived
from ntk_uq.errors import DataError

WORDS = {
    "sphere": ("inputs centred by the pool's mean, then each put on the sphere of radius sqrt(d)"),
    "scale": (
        "inputs centred by the pool's mean, then all divided by one common scale, the pool's "
        "root mean square; no example is normalized on its own"
    ),
    "classification": "targets one-hot minus 1/C",
    "regression": "targets standardized by the pool's mean and standard deviation",
    "log": (
        "natural logarithms of the targets, standardized by their mean and standard deviation "
        "in the pool"
    ),
}
_ROWS = 4096  # rows turned to float64 at a time: the pool stays in its small type
_BLOCK_BYTES = 2**26  # float64 values of rows that are read from a file at a time
_VERSION = 1  # of the statistics kept on disk: to be raised whenever they are computed otherwise


@dataclass(frozen=True)
class Preparation:
    """The pool's statistics, and the maps that they define.

    Attributes:
        kind: ``sphere`` or ``scale``, a key of :data:`WORDS`.
        centre: (d,) mean of the pool's inputs.
        scale: root mean square of the pool's centred input values (used by ``scale``).
        n_outputs: C for classification, 0 for regression.
        target_mean, target_scale: the pool's, in the target's unit (used in regression).
        log: whether they are those of the target's natural logarithm, which then is the target.
    """

    kind: str
    centre: Float[np.ndarray, "d"]
    scale: float
    n_outputs: int
    target_mean: float
    target_scale: float
    log: bool = False

    def inputs(self, raw: Real[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """Prepared inputs, float64: on the sphere ``|x|^2 = d``, otherwise that on average.

        Raises:
            DataError: for an example that equals the pool's mean and so has no direction.
        """
        x = raw.astype(np.float64) - self.centre
        if self.kind == "scale":
            return x / self.scale
        norm = np.sqrt(np.mean(x * x, axis=1, keepdims=True))
        if not norm.all():
            row = int(np.flatnonzero(norm == 0)[0])
            raise DataError(
                f"Example {row} equals the mean of the pool; it cannot be put on the sphere."
            )
        return x / norm

    def targets(self, raw: Real[np.ndarray, "n"]) -> Float[np.ndarray, "n c"]:
        """One-hot rows minus 1/C, or one standardized column; float64.

        Raises:
            DataError: for a target without a logarithm, where that is asked for.
        """
        if self.n_outputs:
            return np.eye(self.n_outputs)[raw] - 1 / self.n_outputs
        values = _logarithm(raw) if self.log else raw.astype(np.float64)
        return ((values - self.target_mean) / self.target_scale)[:, None]


def fit_preparation(dataset: Dataset, examples: Examples) -> Preparation:
    """The preparation of a data set, with the statistics of its pool.

    Raises:
        DataError: if all of the pool's targets are the same, or all of its inputs where they are
            to be divided by their scale; or the pool cannot be read.
    """
    pool = examples.pool_inputs
    centre, scale = _streamed_moments(pool) if isinstance(pool, Rows) else _moments(pool)
    return _preparation(dataset, examples, centre, scale)


def load_preparation(dataset: Dataset, examples: Examples, fingerprint: str) -> Preparation:
    """As :func:`fit_preparation`, but statistics of rows in a file are taken from it only once.

    They are kept in the cache directory under the data's fingerprint, with a checksum.
    """
    pool = examples.pool_inputs
    if not isinstance(pool, Rows):
        return fit_preparation(dataset, examples)
    key = hashlib.sha256(f"{_VERSION} {fingerprint}".encode()).hexdigest()[:32]
    path = settings.cache_directory() / f"{dataset.name}-{key}.statistics"
    kept = read_derived(path)
    if kept is None or kept["centre"].shape != pool.shape[1:]:
        preparation = fit_preparation(dataset, examples)
        write_derived(path, centre=preparation.centre, scale=np.array(preparation.scale))
        return preparation
    return _preparation(dataset, examples, kept["centre"], float(kept["scale"]))


def _preparation(
    dataset: Dataset, examples: Examples, centre: Float[np.ndarray, "d"], scale: float
) -> Preparation:
    classes, log = dataset.task == "classification", dataset.target == "log"
    targets = _logarithm(examples.pool_targets) if log else examples.pool_targets
    prepare = Preparation(
        kind=dataset.preparation,
        centre=centre,
        scale=scale,
        n_outputs=dataset.n_outputs if classes else 0,
        target_mean=0.0 if classes else float(targets.mean()),
        target_scale=1.0 if classes else float(targets.std()),
        log=log,
    )
    if not classes and targets.min() == targets.max():
        raise DataError(
            f"All {len(targets)} examples in the pool of {dataset.name} have the same target, "
            f"{examples.pool_targets[0]:g} ({dataset.target_unit}): there is nothing to learn."
        )
    if prepare.kind == "scale" and not scale:
        raise DataError(f"All inputs in the pool of {dataset.name} are the same.")
    return prepare


def _moments(pool: Real[np.ndarray, "n d"]) -> tuple[Float[np.ndarray, "d"], float]:
    """Mean of each input value, and the root mean square of all about it."""
    blocks = range(0, len(pool), _ROWS)
    centre = sum(pool[i : i + _ROWS].sum(axis=0, dtype=np.float64) for i in blocks) / len(pool)
    squares = sum(np.sum((pool[i : i + _ROWS] - centre) ** 2) for i in blocks)
    return np.asarray(centre), float(np.sqrt(squares / pool.size))


def _streamed_moments(pool: Rows) -> tuple[Float[np.ndarray, "d"], float]:
    """As :func:`_moments` in one pass, since reading the file is what takes time.

    Sums of squares about the mean of what was read before and of the new block add up with
    ``n m / (n + m) |difference of the means|^2`` (Chan, Golub, LeVeque 1983).
    """
    n, d = pool.shape
    step = min(_ROWS, max(1, _BLOCK_BYTES // (8 * d)))
    centre, squares = np.zeros(d), 0.0
    for start in range(0, n, step):
        block = pool[start : start + step].astype(np.float64)
        mean = block.mean(axis=0)
        block -= mean
        shift, after = mean - centre, start + len(block)
        squares += float(np.vdot(block, block))
        squares += start * len(block) / after * float(shift @ shift)
        centre += shift * (len(block) / after)
    return centre, math.sqrt(squares / (n * d))


def _logarithm(values: Real[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    numbers = values.astype(np.float64)
    if not (numbers > 0).all():
        raise DataError(
            f"A target is {numbers[~(numbers > 0)][0]:g}; its logarithm is asked for, so it must "
            "be above zero."
        )
    return np.log(numbers)


def describe(dataset: Dataset) -> str:
    """The preparation in words, for results and plots."""
    targets = "log" if dataset.target == "log" else dataset.task
    return f"{WORDS[dataset.preparation]}; {WORDS[targets]}"
