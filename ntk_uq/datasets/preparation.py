"""From what the files hold to what the network sees.

Statistics are taken over the whole pool, never over the test set, and never over a training
subset: the inputs of an example are then the same at every N_D, which nested kernels need.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Real

from ntk_uq.datasets.base import Dataset, Examples
from ntk_uq.errors import DataError

WORDS = {
    "sphere": ("inputs centred by the pool's mean, then each put on the sphere of radius sqrt(d)"),
    "scale": (
        "inputs centred by the pool's mean, then all divided by one common scale, the pool's "
        "root mean square; no example is normalized on its own"
    ),
    "classification": "targets one-hot minus 1/C",
    "regression": "targets standardized by the pool's mean and standard deviation",
}
_ROWS = 4096  # rows turned to float64 at a time: the pool stays in its small type


@dataclass(frozen=True)
class Preparation:
    """The pool's statistics, and the maps that they define.

    Attributes:
        kind: ``sphere`` or ``scale``, a key of :data:`WORDS`.
        centre: (d,) mean of the pool's inputs.
        scale: root mean square of the pool's centred input values (used by ``scale``).
        n_outputs: C for classification, 0 for regression.
        target_mean, target_scale: the pool's, in the target's unit (used in regression).
    """

    kind: str
    centre: Float[np.ndarray, "d"]
    scale: float
    n_outputs: int
    target_mean: float
    target_scale: float

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
        """One-hot rows minus 1/C, or one standardized column; float64."""
        if self.n_outputs:
            return np.eye(self.n_outputs)[raw] - 1 / self.n_outputs
        return ((raw.astype(np.float64) - self.target_mean) / self.target_scale)[:, None]


def fit_preparation(dataset: Dataset, examples: Examples) -> Preparation:
    """The preparation of a data set, with the statistics of its pool."""
    pool = examples.pool_inputs
    blocks = range(0, len(pool), _ROWS)
    centre = sum(pool[i : i + _ROWS].sum(axis=0, dtype=np.float64) for i in blocks) / len(pool)
    squares = sum(np.sum((pool[i : i + _ROWS] - centre) ** 2) for i in blocks)
    classes = dataset.task == "classification"
    return Preparation(
        kind=dataset.preparation,
        centre=np.asarray(centre),
        scale=float(np.sqrt(squares / pool.size)),
        n_outputs=dataset.n_outputs if classes else 0,
        target_mean=0.0 if classes else float(examples.pool_targets.mean()),
        target_scale=1.0 if classes else float(examples.pool_targets.std()),
    )


def describe(dataset: Dataset) -> str:
    """The preparation in words, for results and plots."""
    return f"{WORDS[dataset.preparation]}; {WORDS[dataset.task]}"
