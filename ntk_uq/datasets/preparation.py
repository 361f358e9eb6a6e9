"""From what the files hold to what the network sees."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Real

from ntk_uq.base.errors import DataError
from ntk_uq.datasets.base import Dataset, Examples
from ntk_uq.datasets.recipes import Recipe
from ntk_uq.datasets.statistics import Covariance, kept_covariance, kept_moments

_WHITENED_ROWS = 256


@dataclass(frozen=True)
class Preparation:
    """The maps of inputs and targets, with the pool's statistics in them.

    Inputs become ``(x - centre) whitening / scale``, and on the sphere ``sqrt(d)`` times their
    direction instead of the division; targets ``(y - target_centre) / target_scale`` or the same
    of ``ln y``, or one-hot rows minus 1/C.

    Attributes:
        sphere: whether each input is put on the sphere of radius sqrt(d).
        centre: (d,) mean of the pool's inputs, or zero.
        scale: (d,) or () what centred (and whitened) input values are divided by.
        whitening: (d, d) symmetric, or None.
        n_classes: C, or 0 for a regression.
        target_centre, target_scale: (k,) for k targets of a regression, in their unit or, if
            ``log``, of the logarithm.
        log: whether the logarithm of a target is the target.
    """

    sphere: bool
    centre: Float[np.ndarray, "d"]
    scale: Float[np.ndarray, "..."]
    whitening: Float[np.ndarray, "d d"] | None
    n_classes: int
    target_centre: Float[np.ndarray, "k"]
    target_scale: Float[np.ndarray, "k"]
    log: bool = False

    def inputs(self, raw: Real[np.ndarray, "n d"]) -> Float[np.ndarray, "n d"]:
        """Prepared inputs, float64.

        Raises:
            DataError: for an example that equals the pool's mean and is to be put on a sphere:
                it has no direction.
        """
        x = raw.astype(np.float64) - self.centre
        if self.whitening is not None:
            x = _product(x, self.whitening)
        if not self.sphere:
            return x / self.scale
        norm = np.sqrt(np.mean(x * x, axis=1, keepdims=True))
        if not norm.all():
            row = int(np.flatnonzero(norm == 0)[0])
            raise DataError(
                f"Example {row} equals the mean of the pool; it cannot be put on the sphere. "
                "Choose another preparation of the inputs."
            )
        return x / norm

    def targets(
        self, raw: Int[np.ndarray, "n"] | Real[np.ndarray, "n"] | Real[np.ndarray, "n k"]
    ) -> Float[np.ndarray, "n c"]:
        """One-hot rows minus 1/C, or a prepared column for each target; float64.

        Raises:
            DataError: for a target without a logarithm, where that is asked for.
        """
        if self.n_classes:
            return np.eye(self.n_classes)[raw] - 1 / self.n_classes
        values = _columns(raw)
        return ((_logarithm(values) if self.log else values) - self.target_centre) / (
            self.target_scale
        )


def fit_preparation(
    dataset: Dataset, examples: Examples, recipe: Recipe, fingerprint: str | None = None
) -> Preparation:
    """A recipe with the statistics of a pool.

    Args:
        dataset: what it is, for messages.
        examples: the data.
        recipe: what is to be done.
        fingerprint: of the data: statistics that take a while are then kept in the cache
            directory under it, with a checksum.

    Raises:
        DataError: if all of the pool's targets are the same, or all of its inputs where they are
            to be divided by their scale; if one has no logarithm that needs it; or the pool
            cannot be read.
    """
    d, pool = dataset.n_features, examples.pool_inputs
    centre, scale, whitening = np.zeros(d), np.array(1.0), None
    if recipe.inputs != "none" or recipe.zca is not None:
        found = kept_moments(pool, dataset.name, fingerprint)
        centre, variance = found.centre, found.variance
        if not np.isfinite(variance).all():
            raise DataError(_too_large(dataset, "inputs"))
        if not variance.any() and recipe.inputs != "sphere":
            raise DataError(f"All inputs in the pool of {dataset.name} are the same.")
        if recipe.zca is not None:
            spread = kept_covariance(pool, centre, dataset.name, fingerprint)
            whitening, white = _whitening(spread, recipe.zca)
            # A constant value has no variance after it, either, but for rounding.
            variance = np.where(variance > 0, white, 0.0)
        if recipe.inputs == "scale":
            scale = np.asarray(np.sqrt(np.mean(variance)))
        elif recipe.inputs == "standardize":
            # A constant value has no deviation to be divided by.
            scale = np.where(variance > 0, np.sqrt(variance), 1.0)
    classes = recipe.targets == "classes"
    target_centre, target_scale = np.zeros(0), np.ones(0)
    if not classes:
        target_centre, target_scale = _target_statistics(dataset, examples, recipe)
    return Preparation(
        sphere=recipe.inputs == "sphere",
        centre=centre,
        scale=scale,
        whitening=whitening,
        n_classes=dataset.n_outputs if classes else 0,
        target_centre=target_centre,
        target_scale=target_scale,
        log=recipe.targets == "log",
    )


def _whitening(
    covariance: Covariance, strength: float
) -> tuple[Float[np.ndarray, "d d"], Float[np.ndarray, "d"]]:
    """``U (D + strength tr(D) / d)^(-1/2) U'`` of a covariance ``U D U'``, and the variance of
    each input value after it (Lee et al., arXiv:2007.15801, on regularized ZCA whitening)."""
    values, vectors = covariance.values, covariance.vectors
    shifted = values + strength * values.mean()
    matrix = (vectors / np.sqrt(shifted)) @ vectors.T
    return (matrix + matrix.T) / 2, vectors**2 @ (values / shifted)


def _product(x: Float[np.ndarray, "n d"], matrix: Float[np.ndarray, "d d"]) -> np.ndarray:
    """``x matrix`` in products of one shape: the rows of equal examples then come out equal to
    the bit wherever they stand, which the kernels' closed forms need."""
    out = np.empty_like(x)
    block = np.zeros((_WHITENED_ROWS, x.shape[1]))
    for start in range(0, len(x), _WHITENED_ROWS):
        rows = x[start : start + _WHITENED_ROWS]
        block[: len(rows)] = rows
        out[start : start + _WHITENED_ROWS] = (block @ matrix)[: len(rows)]
    return out


def _target_statistics(
    dataset: Dataset, examples: Examples, recipe: Recipe
) -> tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k"]]:
    raw = _columns(examples.pool_targets)
    for column in raw.T:
        if column.min() == column.max():
            raise DataError(
                f"All {len(column)} examples in the pool of {dataset.name} have the same target, "
                f"{column[0]:g} ({dataset.target_unit}): there is nothing to learn."
            )
    if recipe.targets == "raw":
        return np.zeros(raw.shape[1]), np.ones(raw.shape[1])
    values = _logarithm(raw) if recipe.targets == "log" else raw
    with np.errstate(over="ignore", invalid="ignore"):
        centre, scale = values.mean(axis=0), values.std(axis=0)
    if not np.isfinite(scale).all():
        raise DataError(_too_large(dataset, "targets"))
    return centre, scale


def _too_large(dataset: Dataset, what: str) -> str:
    return (
        f"The {what} of {dataset.name} are so large that their variance is not finite in float64; "
        "give them in a larger unit."
    )


def _columns(raw: Real[np.ndarray, "n"] | Real[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
    return raw.astype(np.float64).reshape(len(raw), -1)


def _logarithm(values: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
    if not (values > 0).all():
        raise DataError(
            f"A target is {values[~(values > 0)][0]:g}; its logarithm is asked for, so it must "
            "be above zero. Choose another preparation of the target."
        )
    return np.log(values)
