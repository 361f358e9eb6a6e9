"""Nested training subsets and a test set that never meets the pool."""

import functools
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from ntk_uq.base import streams
from ntk_uq.base.errors import SpecError
from ntk_uq.datasets.base import Dataset, Examples
from ntk_uq.datasets.preparation import Preparation, fit_preparation
from ntk_uq.datasets.recipes import Recipe, recipe
from ntk_uq.specs import DataSpec

_TEST_STREAM, _TRAIN_STREAM, _NOISE_STREAM = 0, 1, 2


@dataclass(frozen=True)
class Split:
    """Prepared arrays; the first n training rows are the subset of n_train = n.

    Attributes:
        x_train: (n_train, d). y_train: (n_train, C), label noise included.
        x_test: (n_test, d). y_test: (n_test, C).
        notices: sentences that belong into every result made from this split.
    """

    x_train: Float[np.ndarray, "n_train d"]
    y_train: Float[np.ndarray, "n_train c"]
    x_test: Float[np.ndarray, "n_test d"]
    y_test: Float[np.ndarray, "n_test c"]
    notices: tuple[str, ...] = ()


def check_sizes(dataset: Dataset, spec: DataSpec, n_train: int, called: str = "N_D") -> None:
    """Raises SpecError if the data set has no ``n_train`` or no ``spec.n_test`` examples.

    ``called`` is what the number of training examples is where it is asked for.
    """
    n_pool, n_test = dataset.sizes()
    if n_train > n_pool:
        raise SpecError(
            f"{called} is {n_train:,}, but the pool of {dataset.name} holds {n_pool:,} examples; "
            f"choose at most {n_pool:,}."
        )
    if spec.n_test > n_test:
        raise SpecError(
            f"N_T is {spec.n_test:,}, but the test part of {dataset.name} holds {n_test:,} "
            f"examples; choose at most {n_test:,}."
        )


def load_split(dataset: Dataset, spec: DataSpec, n_train: int, draw: int) -> Split:
    """The first ``n_train`` examples of draw ``draw``, and the test set, prepared.

    Every draw is its own seeded permutation of the whole pool; the test set is the first
    ``spec.n_test`` of one seeded permutation of the test part, the same for all draws.

    Training targets are ``y + spec.noise z`` with z of :func:`label_noise`; test targets are clean.

    Raises:
        SpecError: if there are not so many examples, or they cannot be prepared as asked.
        DataError: if the files are missing or damaged.
    """
    check_sizes(dataset, spec, n_train)
    examples = dataset.load()
    prepare = _preparation(dataset, dataset.fingerprint(), recipe(dataset, spec))
    train = training_order(dataset, spec, n_train, draw)
    test = _permutation(len(examples.test_inputs), spec.seed, _TEST_STREAM, 0)[: spec.n_test]
    y_train = prepare.targets(examples.pool_targets[train])
    if spec.noise:
        y_train += spec.noise * label_noise(dataset, spec, n_train, draw)
    return Split(
        prepare.inputs(examples.pool_inputs[train]),
        y_train,
        prepare.inputs(examples.test_inputs[test]),
        prepare.targets(examples.test_targets[test]),
        examples.notices,
    )


class Splits:
    """The splits that were asked for last, for one process: another network wants the same again.

    Args:
        most: how many are kept; each as large as its arrays.
    """

    def __init__(self, most: int = 2) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Split] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, dataset: Dataset, spec: DataSpec, n_train: int, draw: int) -> Split:
        """As :func:`load_split`; its arrays cannot be written to."""
        key = dataset.name, dataset.fingerprint(), spec, n_train, draw
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        split = load_split(dataset, spec, n_train, draw)
        for array in (split.x_train, split.y_train, split.x_test, split.y_test):
            array.flags.writeable = False
        with self._lock:
            self._kept[key] = split
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return split


SPLITS = Splits()
"""The process's own."""


def label_noise(
    dataset: Dataset, spec: DataSpec, n_train: int, draw: int
) -> Float[np.ndarray, "n_train c"]:
    """Noise on the training targets of a draw, for a label noise of 1; ``spec.noise`` is not used.

        z_ic = scale_c g_ic,    g_ic standard normal and independent

    scale_c is the root mean square over the pool, about zero, of the prepared target c; of labels,
    that over all classes together, ``sqrt(C - 1) / C`` for one-hot rows minus 1/C, so that the
    noise is alike in all directions. g follows from the seed, the draw and the example's place in
    it: a larger subset keeps the noise of its first examples, and levels of noise share g.
    """
    normal = streams.normals((spec.seed, _NOISE_STREAM, draw), (n_train, dataset.n_outputs))
    return normal * _target_scale(dataset, dataset.fingerprint(), recipe(dataset, spec))


def training_order(
    dataset: Dataset, spec: DataSpec, n_train: int, draw: int
) -> Int[np.ndarray, " n_train"]:
    """Which examples of the pool are the first ``n_train`` of a draw."""
    return _permutation(dataset.sizes()[0], spec.seed, _TRAIN_STREAM, draw)[:n_train]


def inputs_identity(dataset: Dataset, spec: DataSpec, draw: int | None) -> Hashable:
    """Tells prepared inputs in their order, of one draw and the test set, from all others.

    Splits with the same identity have the same first examples, however many they hold; their
    targets may differ. None instead of a draw stands for the pool as stored, and the test set.
    """
    how = recipe(dataset, spec)
    return dataset.name, dataset.fingerprint(), how.inputs, how.zca, spec.seed, draw


def pool_sample(dataset: Dataset, spec: DataSpec, n: int) -> Float[np.ndarray, "n d"]:
    """The first ``n`` prepared inputs of the pool as stored: the same for every seed and draw."""
    examples: Examples = dataset.load()
    prepare = _preparation(dataset, dataset.fingerprint(), recipe(dataset, spec))
    return prepare.inputs(examples.pool_inputs[:n])


def _permutation(n: int, seed: int, stream: int, draw: int) -> np.ndarray:
    return streams.permutation((seed, stream, draw), n)


@functools.lru_cache(maxsize=16)
def _target_scale(dataset: Dataset, fingerprint: str, recipe: Recipe) -> Float[np.ndarray, "c"]:
    """Root mean square of each prepared target over the pool; of classes, over all together."""
    prepared = _preparation(dataset, fingerprint, recipe).targets(dataset.load().pool_targets)
    squares = np.mean(prepared**2, axis=0)
    return np.sqrt(
        np.full_like(squares, squares.mean()) if recipe.targets == "classes" else squares
    )


@functools.lru_cache(maxsize=4)
def _preparation(dataset: Dataset, fingerprint: str, recipe: Recipe) -> Preparation:
    return fit_preparation(dataset, dataset.load(), recipe, fingerprint)
