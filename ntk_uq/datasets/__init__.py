"""Data sets through one registry: what there is, how it is prepared, how it is split."""

from ntk_uq.datasets import own
from ntk_uq.datasets.base import Dataset, Examples, Rows
from ntk_uq.datasets.calochallenge import ELECTRONS, PHOTONS, PIONS
from ntk_uq.datasets.calorimeter import CALORIMETER
from ntk_uq.datasets.cifar10 import CIFAR10
from ntk_uq.datasets.digits import DIGITS
from ntk_uq.datasets.mnist import MNIST
from ntk_uq.datasets.recipes import canonical, describe, loss_unit, recipe
from ntk_uq.datasets.splits import Split, check_sizes, label_noise, load_split, pool_sample
from ntk_uq.errors import SpecError

REGISTRY: dict[str, Dataset] = {
    d.name: d for d in (DIGITS, CALORIMETER, MNIST, CIFAR10, PHOTONS, PIONS, ELECTRONS)
}


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


__all__ = [
    "REGISTRY",
    "Dataset",
    "Examples",
    "Rows",
    "Split",
    "canonical",
    "check_sizes",
    "describe",
    "get",
    "label_noise",
    "load_split",
    "loss_unit",
    "own",
    "pool_sample",
    "recipe",
]
