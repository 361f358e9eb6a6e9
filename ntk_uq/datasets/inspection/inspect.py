"""Looking through a data set: counts, ranges, duplicates, a sample."""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator

import numpy as np
from jaxtyping import Float, Int, Real

from ntk_uq.base import streams
from ntk_uq.base.errors import DataError
from ntk_uq.datasets.base import Dataset, Examples, Rows
from ntk_uq.datasets.inspection.record import (
    ClassSummary,
    Duplicates,
    Histogram,
    InputSummary,
    Inspection,
    Response,
    Sample,
    TargetSummary,
)
from ntk_uq.datasets.statistics import RunningMoments, blocks

BINS = 64
MOST_DISTINCT = 64
MOST_SAMPLES = 24
MOST_PAIRS = 10
MOST_CONSTANT = 20
SAMPLE_BYTES = 1_900_000
"""What the samples may take as JSON, so that a whole inspection stays below 2 MB."""

_LOG_RANGE = 100.0
_SEED = 24
_ENERGY = {"eV": 1e-6, "keV": 1e-3, "MeV": 1.0, "GeV": 1e3, "TeV": 1e6}  # in MeV

Tell = Callable[[int, int], None]


def inspect(dataset: Dataset, tell: Tell | None = None) -> Inspection:
    """Looks through a whole data set, block by block where it stays in its file.

    Args:
        dataset: the data set.
        tell: called with examples read, and of all, now and then.

    Raises:
        DataError: if its files are missing or damaged, change meanwhile, or hold what is no
            number.
    """
    # What is too large for float64 is told below, in words.
    with np.errstate(over="ignore", invalid="ignore"):
        return _inspect(dataset, tell or _ignore)


def _inspect(dataset: Dataset, tell: Tell) -> Inspection:
    fingerprint = dataset.fingerprint()
    examples: Examples = dataset.load()
    n_pool, n_test = len(examples.pool_inputs), len(examples.test_inputs)
    seen = _Gathered(dataset, examples)
    for done in seen.read(examples.pool_inputs):
        tell(done, n_pool + n_test)
    places = _groups(seen.digests)
    test_pairs = []
    start = 0
    for block in blocks(examples.test_inputs):
        _check_finite(dataset, "test part", block, start)
        for i, key in enumerate(_digests(block), start):
            if key in places:
                test_pairs.append((i, places[key][0]))
        start += len(block)
        tell(n_pool + start, n_pool + n_test)
    inspection = Inspection(
        dataset=dataset.name,
        fingerprint=fingerprint,
        n_pool=n_pool,
        n_test=n_test,
        shape=tuple(dataset.shape),
        classes=_classes(dataset, examples),
        targets=_targets(dataset, examples),
        inputs=seen.inputs(),
        duplicates=_duplicates(places, examples.pool_targets, test_pairs),
        response=seen.response(),
        samples=_samples(dataset, examples),
        notices=examples.notices,
    )
    sums = [inspection.inputs.std, *(target.std for target in inspection.targets)]
    if not np.isfinite(sums).all():
        raise DataError(
            f"{dataset.name} holds values so large that their variance is not finite in float64; "
            "give them in a larger unit."
        )
    if dataset.fingerprint() != fingerprint:
        raise DataError(
            f"The files of {dataset.name} have changed while they were read; ask again."
        )
    return inspection


def _ignore(done: int, total: int) -> None: ...


class _Gathered:
    """What one pass over the pool's inputs gathers."""

    def __init__(self, dataset: Dataset, examples: Examples) -> None:
        self._dataset = dataset
        d = examples.pool_inputs.shape[1]
        self.digests: list[bytes] = []
        self._moments = RunningMoments(d)
        self._zeros = self._n = 0
        unit = _energy_unit(dataset)
        self._energies = None
        if unit is not None and (examples.pool_targets > 0).all():
            self._energies = unit * examples.pool_targets
        self._responses: list[np.ndarray] = []

    def read(self, pool: Real[np.ndarray, "n d"] | Rows) -> Iterator[int]:
        """Reads the pool; yields how many examples have been read, after each block."""
        for block in blocks(pool):
            _check_finite(self._dataset, "pool", block, self._n)
            self.digests += _digests(block)
            self._zeros += block.size - int(np.count_nonzero(block))
            if self._energies is not None:
                energies = self._energies[self._n : self._n + len(block)]
                self._responses.append(block.sum(axis=1) / energies)
            self._n += len(block)
            self._moments.add(block)  # writes to the block, so it comes last
            yield self._n

    def inputs(self) -> InputSummary:
        found, low, high = self._moments.moments(), self._moments.low, self._moments.high
        mean = float(found.centre.mean())
        constant = np.flatnonzero(low == high)
        return InputSummary(
            minimum=float(low.min()),
            maximum=float(high.max()),
            mean=mean,
            # Within each value, and between the means of the values.
            std=float(np.sqrt(found.variance.mean() + np.mean((found.centre - mean) ** 2))),
            zeros=self._zeros / (self._n * len(low)),
            constant=len(constant),
            constant_indices=tuple(int(i) for i in constant[:MOST_CONSTANT]),
        )

    def response(self) -> Response | None:
        if not self._responses:
            return None
        values = np.concatenate(self._responses)
        return Response(float(values.mean()), float(values.std()), float(np.median(values)))


def _energy_unit(dataset: Dataset) -> float | None:
    """The target's unit in the unit of the inputs, where both are energies of one shower."""
    if not dataset.layers or dataset.task != "regression":
        return None
    if dataset.unit not in _ENERGY or dataset.input_unit not in _ENERGY:
        return None
    return _ENERGY[dataset.unit] / _ENERGY[dataset.input_unit]


def _check_finite(dataset: Dataset, part: str, block: Float[np.ndarray, "k d"], start: int) -> None:
    finite = np.isfinite(block).all(axis=1)
    if not finite.all():
        row = start + int(np.flatnonzero(~finite)[0])
        raise DataError(
            f"Example {row} of the {part} of {dataset.name} holds a value that is no number."
        )


def _digests(block: Float[np.ndarray, "k d"]) -> list[bytes]:
    """A short checksum of each row: equal rows, and in practice no others, have the same."""
    block = np.ascontiguousarray(block) + 0.0  # -0.0 equals 0.0
    return [hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in block]


def _groups(digests: list[bytes]) -> dict[bytes, list[int]]:
    places: dict[bytes, list[int]] = {}
    for i, key in enumerate(digests):
        places.setdefault(key, []).append(i)
    return places


def _duplicates(
    places: dict[bytes, list[int]],
    targets: Real[np.ndarray, "n"] | Real[np.ndarray, "n k"],
    test_pairs: list[tuple[int, int]],
) -> Duplicates:
    groups = [group for group in places.values() if len(group) > 1]
    different = [g for g in groups if not np.all(targets[g] == targets[g[0]])]
    pairs = []
    for group in (*different, *groups):
        first = group[0]
        # In a group with several targets, the pair to see is one with two of them.
        other = next((i for i in group if np.any(targets[i] != targets[first])), group[1])
        pairs.append((first, other))
    return Duplicates(
        pool=sum(map(len, groups)),
        conflicting=sum(map(len, different)),
        test=len(test_pairs),
        pool_pairs=tuple(dict.fromkeys(pairs))[:MOST_PAIRS],
        test_pairs=tuple(test_pairs[:MOST_PAIRS]),
    )


def _classes(dataset: Dataset, examples: Examples) -> tuple[ClassSummary, ...]:
    if dataset.task != "classification":
        return ()
    c = dataset.n_outputs
    names = dataset.classes or tuple(map(str, range(c)))
    pool = np.bincount(examples.pool_targets, minlength=c)
    test = np.bincount(examples.test_targets, minlength=c)
    return tuple(ClassSummary(names[i], int(pool[i]), int(test[i])) for i in range(c))


def _targets(dataset: Dataset, examples: Examples) -> tuple[TargetSummary, ...]:
    if dataset.task == "classification":
        return ()
    columns = np.asarray(examples.pool_targets, dtype=np.float64)
    columns = columns.reshape(len(columns), -1)
    names = target_names(dataset, columns.shape[1])
    for name, column in zip(names, columns.T, strict=True):
        if not np.isfinite(column).all():
            row = int(np.flatnonzero(~np.isfinite(column))[0])
            raise DataError(f"{name} of example {row} in the pool of {dataset.name} is no number.")
    return tuple(_target(name, column) for name, column in zip(names, columns.T, strict=True))


def target_names(dataset: Dataset, k: int) -> tuple[str, ...]:
    """What each of the k targets of a regression is called."""
    if k == 1:
        return (dataset.target_unit,)
    named = tuple(dataset.target_unit.split(", "))
    return named if len(named) == k else tuple(f"{dataset.target_unit} [{i}]" for i in range(k))


def _target(name: str, values: Float[np.ndarray, "n"]) -> TargetSummary:
    distinct, counts = np.unique(values, return_counts=True)
    few = len(distinct) <= MOST_DISTINCT
    return TargetSummary(
        name=name,
        minimum=float(values.min()),
        maximum=float(values.max()),
        mean=float(values.mean()),
        std=float(values.std()),
        median=float(np.median(values)),
        histogram=_histogram(values),
        values=tuple(map(float, distinct)) if few else (),
        counts=tuple(map(int, counts)) if few else (),
    )


def _histogram(values: Float[np.ndarray, "n"]) -> Histogram:
    low, high = float(values.min()), float(values.max())
    logarithmic = low > 0 and high / low > _LOG_RANGE
    spaced = np.geomspace if logarithmic else np.linspace
    # Between numbers that are nearly equal there may be no room for so many edges.
    edges = np.unique(spaced(low, high, BINS + 1))
    if len(edges) == 1:
        edges = np.array([low, high])
    counts, _ = np.histogram(values, edges)
    return Histogram(tuple(map(float, edges)), tuple(map(int, counts)), logarithmic)


def _samples(dataset: Dataset, examples: Examples) -> tuple[Sample, ...]:
    chosen = _chosen(dataset, examples.pool_targets)
    inputs = examples.pool_inputs[chosen]
    samples: list[Sample] = []
    left = SAMPLE_BYTES
    for index, row in zip(chosen, inputs, strict=True):
        targets = np.atleast_1d(examples.pool_targets[index])
        sample = Sample(
            int(index), tuple(map(_rounded, row)), tuple(float(value) for value in targets)
        )
        left -= len(json.dumps(sample.to_json())) + 2
        if left < 0:
            break
        samples.append(sample)
    return tuple(samples)


def _chosen(
    dataset: Dataset, targets: Real[np.ndarray, "n"] | Real[np.ndarray, "n k"]
) -> Int[np.ndarray, "m"]:
    """A seeded choice of examples; of a classification one of each class, again and again."""
    order = streams.permutation(_SEED, len(targets))
    if dataset.task != "classification":
        return order[:MOST_SAMPLES]
    by_class = [order[targets[order] == label][:MOST_SAMPLES] for label in range(dataset.n_outputs)]
    turns = itertools.zip_longest(*by_class)
    chosen = [i for turn in turns for i in turn if i is not None]
    return np.array(chosen[:MOST_SAMPLES], dtype=np.int64)


def _rounded(value: np.number) -> float:
    """The value rounded to float32, as the shortest number that says so; whole ones as int."""
    number = float(str(np.float32(value)))
    return int(number) if number.is_integer() else number
