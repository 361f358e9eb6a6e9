"""Which data sets there are: each is a file of this folder and a line here."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Name
from ntk_uq.datasets.base import OWN_PREFIX, Dataset
from ntk_uq.datasets.recipes import INPUTS, TARGETS

FILES = (
    "digits",
    "calorimeter",
    "mnist",
    "cifar10",
    "calochallenge",
)
"""The files of this folder with data sets in them, each in its ``DATASETS``, in the order in which
pages and commands list them. docs/contributing/data-set.md shows how one is added."""

REGISTRY: dict[str, Dataset] = {}
"""Every public data set by its name. What the pages and commands offer, what can be fetched and
what is cited follow from it whenever they are asked."""


def register(*added: Dataset) -> None:
    """Adds data sets to :data:`REGISTRY`; all of them, or none if one is refused.

    Raises:
        SpecError: for a name that is no identifier, begins as those of users' own data sets do, or
            is taken, for files to be fetched under another name, and for a reference whose key
            another one has.
    """
    known = dict(REGISTRY)
    for dataset in added:
        _check(dataset, known)
        known[dataset.name] = dataset
    REGISTRY.update(known)


@contextmanager
def registered(*added: Dataset) -> Iterator[None]:
    """Adds data sets while a block runs, and takes them out again: for tests and notebooks.

    Raises:
        SpecError: as :func:`register`.
    """
    register(*added)
    try:
        yield
    finally:
        for dataset in added:
            REGISTRY.pop(dataset.name, None)


def _check(dataset: Dataset, known: dict[str, Dataset]) -> None:
    if not isinstance(dataset, Dataset):
        raise SpecError(f"This is {dataset!r:.80}; it must be a Dataset.")
    name, title = dataset.name, dataset.title
    Name().check(f"The name of the data set {title!r}", name)
    if name.startswith(OWN_PREFIX):
        raise SpecError(
            f"The data set {title!r} is called {name!r}; names that begin with {OWN_PREFIX} are "
            "those of users' own files. Call it something else."
        )
    if name in known:
        raise SpecError(
            f"Two data sets are called {name!r}: {known[name].title!r} and {title!r}. Give one of "
            "them another name, or take one out of ntk_uq/datasets/registry.py."
        )
    if dataset.source is not None and dataset.source.name != name:
        raise SpecError(
            f"The data set {name!r} has the source {dataset.source.name!r}; its files are fetched "
            "under its own name. Give both the same name."
        )
    _check_form(dataset)
    for other in known.values():
        _check_references(dataset, other)


def _check_form(dataset: Dataset) -> None:
    """What is wrong here would come up far from its cause, or not at all."""
    allowed = {
        "task": ("classification", "regression"),
        "preparation": tuple(INPUTS),
        "target": tuple(name for name in TARGETS if name != "classes"),
    }
    for field, names in allowed.items():
        value = getattr(dataset, field)
        if value not in names:
            raise SpecError(
                f"The data set {dataset.name!r} has the {field} {value!r}; choose one of "
                f"{', '.join(names)}."
            )
    if dataset.classes and len(dataset.classes) != dataset.n_outputs:
        raise SpecError(
            f"The data set {dataset.name!r} names {len(dataset.classes)} classes and has "
            f"n_outputs = {dataset.n_outputs}; give a name for each, or none."
        )


def _check_references(dataset: Dataset, other: Dataset) -> None:
    ours, theirs = dataset.reference, other.reference
    if ours is None or theirs is None or ours.key != theirs.key or ours == theirs:
        return
    raise SpecError(
        f"The data sets {other.name!r} and {dataset.name!r} cite different things under the key "
        f"{ours.key!r}. Give one of the references another key."
    )


for _file in FILES:
    register(*importlib.import_module(f"ntk_uq.datasets.{_file}").DATASETS)
