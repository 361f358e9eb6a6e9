"""What a data set is to the rest of the program."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, Real

from ntk_uq.base.references import Reference
from ntk_uq.datasets.remote import Source

OWN_PREFIX = "own-"
"""What the names of users' own data sets begin with."""


class Rows(ABC):
    """Inputs that stay in their file: as much of an array as splitting and preparing need.

    A base class and not a protocol, which an array of any shape would satisfy, too.

    Attributes:
        shape: (n, d).
    """

    shape: tuple[int, int]

    def __len__(self) -> int:
        return self.shape[0]

    @abstractmethod
    def __getitem__(self, index: slice | Int[np.ndarray, "k"]) -> Real[np.ndarray, "k d"]:
        """The rows of a slice of step 1, or of an index in any order, as an array of their own.

        Raises:
            DataError: if the file cannot be read, has changed, or holds what is no number.
        """


@dataclass(frozen=True)
class Examples:
    """A data set as its files hold it, before preparation.

    Attributes:
        pool_inputs: (n_pool, d) inputs from which training subsets are drawn, in ``input_unit``;
            an array, or rows read when they are asked for.
        pool_targets: (n_pool,) class labels 0 .. C-1, or (n_pool,) or (n_pool, k) physical
            quantities in ``target_unit``.
        test_inputs: (n_test, d) inputs that never meet the pool.
        test_targets: (n_test,) as ``pool_targets``.
        notices: sentences that belong into every result made from these examples.
    """

    pool_inputs: Real[np.ndarray, "n_pool d"] | Rows
    pool_targets: (
        Int[np.ndarray, " n_pool"] | Float[np.ndarray, " n_pool"] | Float[np.ndarray, "n_pool k"]
    )
    test_inputs: Real[np.ndarray, "n_test d"] | Rows
    test_targets: (
        Int[np.ndarray, " n_test"] | Float[np.ndarray, " n_test"] | Float[np.ndarray, "n_test k"]
    )
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layer:
    """One layer of a calorimeter: its values are ``rows`` times ``columns`` of an input.

    Attributes:
        number: which it is.
        rows, columns: how many cells; columns run fastest.
    """

    number: int
    rows: int
    columns: int

    @property
    def name(self) -> str:
        """For people."""
        return f"layer {self.number}"


@dataclass(frozen=True)
class Dataset:
    """One entry of the registry: what the set is, how big it is, and how to get at it.

    Attributes:
        name: the identifier in specifications and links.
        title: the name for people.
        about: two or three sentences for somebody who does not know the set.
        task: ``classification`` or ``regression``.
        n_outputs: C, the number of classes, or of targets.
        shape: shape of one input; its product is d.
        input_unit: unit of one input value.
        target_unit: what the target is and its unit.
        preparation: of the inputs where nothing else is asked for, a key of
            :data:`ntk_uq.datasets.recipes.INPUTS`.
        sizes: () -> (n_pool, n_test), quickly, without reading the examples.
        fingerprint: () -> a string that changes whenever the examples do.
        load: () -> the examples.
        reference: what to cite, in exports by BibTeX; None for a user's own file.
        source: where the files come from; None where there is nothing to fetch.
        files: () -> the files that the examples are read from, below the data directory (or the one
            for users' own sets); none where they are made or come with a library.
        citation: where the data come from, a sentence for people; left empty, it is the reference
            in words.
        target: of a regression where nothing else is asked for, ``standardize`` or, where it
            spans decades, ``log``.
        unit: the unit of the target alone, such as ``GeV``; empty where it has none.
        classes: the names of the classes, by label; empty where the labels are their names.
        features: the names of the d input values, where they have names.
        licence: what the publisher allows, empty where nothing is said.
        layers: where an input is a shower, the layers whose values it holds one after another.
        cells: where an input is a shower, what rows and columns of a layer are.
        paper: as which task it stands for one of the three of arXiv:2503.05938; empty for others.
        row_of: the row (from 0) of the user's own file that an example of the pool is; None for
            other sets.
        no_folds: why its examples cannot be tested on folds, as the end of a sentence: they come in
            groups, or in an order; "" where they can.
    """

    name: str
    title: str
    about: str
    task: str
    n_outputs: int
    shape: tuple[int, ...]
    input_unit: str
    target_unit: str
    preparation: str
    sizes: Callable[[], tuple[int, int]] = field(repr=False)
    fingerprint: Callable[[], str] = field(repr=False)
    load: Callable[[], Examples] = field(repr=False)
    reference: Reference | None = None
    source: Source | None = field(default=None, repr=False)
    files: Callable[[], tuple[Path, ...]] = field(default=tuple, repr=False)
    citation: str = ""
    target: str = "standardize"
    unit: str = ""
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    licence: str = ""
    layers: tuple[Layer, ...] = ()
    cells: tuple[str, str] = ("", "")
    paper: str = ""
    row_of: Callable[[int], int] | None = field(default=None, repr=False)
    no_folds: str = ""

    def __post_init__(self) -> None:
        if not self.citation and self.reference is not None:
            # Frozen for everybody else: what was left empty gets its value once, here.
            object.__setattr__(self, "citation", self.reference.words())

    @property
    def n_features(self) -> int:
        """d, the number of values in one input."""
        return int(np.prod(self.shape))
