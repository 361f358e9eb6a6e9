"""Data sets through one registry: what there is, how it is prepared, how it is split."""

from ntk_uq.base.errors import MissingDataError, SpecError
from ntk_uq.datasets import own
from ntk_uq.datasets.base import Dataset, Examples, Rows
from ntk_uq.datasets.defaults import within
from ntk_uq.datasets.recipes import canonical, describe, loss_unit, recipe
from ntk_uq.datasets.registry import REGISTRY, register, registered
from ntk_uq.datasets.splits import (
    SPLITS,
    Split,
    check_sizes,
    inputs_identity,
    label_noise,
    load_split,
    pool_sample,
    training_order,
)
from ntk_uq.specs import DataSpec


def get(name: str) -> Dataset:
    """The data set of that name: one of the registry, or an uploaded one.

    Raises:
        SpecError: if there is none, naming those that there are.
        MissingDataError: if it was uploaded, but is not kept here.
        DataError: if it was uploaded, and what is kept is damaged.
    """
    if name.startswith(own.PREFIX):
        return own.get(name)
    if name not in REGISTRY:
        raise SpecError(f"There is no data set {name!r}; choose one of {', '.join(REGISTRY)}.")
    return REGISTRY[name]


def get_for(
    spec: DataSpec,
    n_train: int,
    dataset: Dataset | None = None,
    called: str = "N_D",
    folds: int | None = None,
) -> Dataset:
    """The data set of a spec, which has ``n_train`` examples to train on and ``n_test`` to test.

    Args:
        spec: the data.
        n_train: the largest N_D that is wanted of it.
        dataset: to be used instead of the one of that name.
        called: what ``n_train`` is called where it is asked for.
        folds: that are tested on; None where it is the test set.

    Raises:
        SpecError, MissingDataError, DataError: as :func:`get` and :func:`check_sizes`; SpecError,
            too, if the examples cannot be tested on folds.
    """
    try:
        dataset = dataset or get(spec.dataset)
        check_sizes(dataset, spec, n_train, called)
        if folds is not None and dataset.no_folds:
            raise SpecError(
                f"Examples of {dataset.title} cannot be tested on folds: {dataset.no_folds}. "
                "Choose the held-out test set."
            )
    except MissingDataError as error:
        error.data = spec  # of several, the one to be fetched
        raise
    return dataset


__all__ = [
    "REGISTRY",
    "SPLITS",
    "Dataset",
    "Examples",
    "Rows",
    "Split",
    "canonical",
    "check_sizes",
    "describe",
    "get",
    "get_for",
    "inputs_identity",
    "label_noise",
    "load_split",
    "loss_unit",
    "own",
    "pool_sample",
    "recipe",
    "register",
    "registered",
    "training_order",
    "within",
]
