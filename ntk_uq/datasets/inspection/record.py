"""What is in a data set, for somebody who decides whether to trust it: plain records."""

from dataclasses import dataclass

from ntk_uq.base.records import Record

INSPECTION_VERSION = 1
"""Part of every inspection's key: raised when inspections change."""


@dataclass(frozen=True)
class Histogram(Record):
    """Counts between edges.

    Attributes:
        edges: one more than counts, rising, in the unit of what is counted; two equal ones where
            all values are.
        counts: from each edge up to the next; the last bin holds its upper edge, too.
        logarithmic: whether the edges have a common ratio and not a common distance.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    logarithmic: bool


@dataclass(frozen=True)
class TargetSummary(Record):
    """One target of a regression over the pool, in its unit.

    Attributes:
        name: which one.
        minimum, maximum, mean, std, median: of its values; std is the population's.
        histogram: in 64 bins, or fewer where the values are nearly equal.
        values, counts: its distinct values and how often each occurs, where there are at most 64;
            otherwise empty.
    """

    name: str
    minimum: float
    maximum: float
    mean: float
    std: float
    median: float
    histogram: Histogram
    values: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class ClassSummary(Record):
    """One class: its name, and how many examples of it the pool and the test part hold."""

    name: str
    n_pool: int
    n_test: int


@dataclass(frozen=True)
class InputSummary(Record):
    """All input values of the pool, in the input's unit.

    Attributes:
        minimum, maximum, mean, std: over examples and values; std is the population's.
        zeros: fraction of values that are zero.
        constant: how many of the d values are the same in all examples.
        constant_indices: the first of them, counted in C order over the shape.
    """

    minimum: float
    maximum: float
    mean: float
    std: float
    zeros: float
    constant: int
    constant_indices: tuple[int, ...]


@dataclass(frozen=True)
class Duplicates(Record):
    """Examples whose inputs are equal in every value.

    Attributes:
        pool: examples of the pool whose input another one of the pool has, too.
        conflicting: those of them that belong to inputs with more than one target.
        test: examples of the test part whose input is in the pool.
        pool_pairs: some pairs of indices into the pool, conflicting ones first.
        test_pairs: some pairs of an index into the test part and one into the pool.
    """

    pool: int
    conflicting: int
    test: int
    pool_pairs: tuple[tuple[int, int], ...]
    test_pairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Response(Record):
    """Sum of a shower's cells over its incident energy, both in one unit, over the pool.

    About 1 where cells and energies have the units that they should, less where energy leaks or
    the sampling fraction is not corrected for, off by powers of ten where a unit is wrong.

    Attributes:
        mean, std, median: over examples.
    """

    mean: float
    std: float
    median: float


@dataclass(frozen=True)
class Sample(Record):
    """One example of the pool.

    Attributes:
        index: its place in the pool.
        inputs: its d raw values in C order, rounded to float32.
        targets: its label, or its targets in their unit.
    """

    index: int
    inputs: tuple[float, ...]
    targets: tuple[float, ...]


@dataclass(frozen=True)
class Inspection(Record):
    """What a data set holds.

    Attributes:
        dataset, fingerprint: which data.
        n_pool, n_test: numbers of examples.
        shape: of one input; its product is d.
        classes: of a classification, by label; empty for a regression.
        targets: of a regression; empty for a classification.
        inputs: the pool's inputs.
        duplicates: equal examples.
        response: for showers with known incident energies, otherwise None.
        samples: some examples, of every class as far as they go.
        notices: sentences that belong into every result made from these data.
    """

    dataset: str
    fingerprint: str
    n_pool: int
    n_test: int
    shape: tuple[int, ...]
    classes: tuple[ClassSummary, ...]
    targets: tuple[TargetSummary, ...]
    inputs: InputSummary
    duplicates: Duplicates
    response: Response | None
    samples: tuple[Sample, ...]
    notices: tuple[str, ...]

    @property
    def d(self) -> int:
        """The number of values in one input."""
        d = 1
        for side in self.shape:
            d *= side
        return d
