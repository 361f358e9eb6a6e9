"""A kept data set as the rest of the program knows data sets."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ntk_uq.base.counting import counted
from ntk_uq.datasets.base import Dataset, Examples
from ntk_uq.datasets.files import state
from ntk_uq.datasets.own.division import Division
from ntk_uq.datasets.own.examples import row_of
from ntk_uq.datasets.own.showing import title_of
from ntk_uq.datasets.own.storage import Kept, look, path_of, read, rows
from ntk_uq.datasets.own.table import listed

_OF_TEXT = ("separator", "decimal", "header")


def get(name: str) -> Dataset:
    """The data set of a name that :func:`~ntk_uq.datasets.own.storage.keep` gave.

    Equal names give the same object while the file is there and is called the same.

    Raises:
        SpecError: if it is not such a name.
        MissingDataError: if it is not kept here; its file is to be uploaded again.
        PrivateDataError: if it is not shown to whoever looks.
        DataError: if what is kept is damaged.
    """
    path, title = path_of(name), title_of(name)
    if not path.is_file():
        look(name)  # says so in its words
    return _dataset(path, name, title)


@functools.lru_cache(maxsize=256)
def _dataset(path: Path, name: str, title: str | None) -> Dataset:  # noqa: ARG001 (another
    # directory has other files)
    kept = look(name)
    kept = replace(kept, title=title or kept.title)
    files = _File(name, *_sizes(kept), isinstance(kept.choices.get("test"), str))
    about = kept.about
    shape = tuple(about["shape"])
    image = len([side for side in shape if side > 1]) > 1
    return Dataset(
        name=name,
        title=kept.title,
        about=_about(kept, *files.sizes()),
        task=about["task"],
        n_outputs=len(about["classes"]) or len(about["target"]),
        shape=shape,
        input_unit="as given",
        target_unit=", ".join(_with_unit(target) for target in about["target"]),
        preparation="sphere" if image else "standardize",
        citation=f"Your own file {kept.title}",
        sizes=files.sizes,
        fingerprint=files.fingerprint,
        load=files.load,
        files=files.files,
        unit=_common_unit(about["target"]),
        classes=tuple(about["classes"]),
        features=tuple(about["features"]),
        row_of=files.row_of,
        no_folds=Division(**about.get("apart", {})).no_folds,
    )


@dataclass(frozen=True)
class _File:
    name: str
    n_pool: int
    n_test: int
    test_apart: bool  # whether the test part is another file, or other arrays

    def row_of(self, example: int) -> int:
        known = rows(self.name)
        if known is not None:
            return int(known[self.n_test + example])
        return row_of(example, self.n_pool, self.n_test, self.test_apart)

    def sizes(self) -> tuple[int, int]:
        return self.n_pool, self.n_test

    def fingerprint(self) -> str:
        return self.name  # made from the content: other examples have another name

    def files(self) -> tuple[Path, ...]:
        return (path_of(self.name),)

    def load(self) -> Examples:
        path = path_of(self.name)
        if not path.is_file():
            look(self.name)
        return _load(path, self.name, *state(path))


@functools.lru_cache(maxsize=2)
def _load(path: Path, name: str, modified: int, size: int) -> Examples:  # noqa: ARG001 (the key)
    inputs, targets = read(name)
    n_test = look(name).n_test
    return Examples(inputs[n_test:], targets[n_test:], inputs[:n_test], targets[:n_test])


def _sizes(kept: Kept) -> tuple[int, int]:
    n = int(kept.about["inputs"]["shape"][0])
    return n - kept.n_test, kept.n_test


def _about(kept: Kept, n_pool: int, n_test: int) -> str:
    about = kept.about
    n, d = about["inputs"]["shape"]
    inputs = " × ".join(map(str, about["shape"])) + " values" if len(about["shape"]) > 1 else None
    named = f" ({listed(about['features'], 6)})" if about["features"] else ""
    inputs = inputs or f"{counted(d, 'value')}{named}"
    target = listed(about["target"], 6)
    if about["task"] == "classification":
        what = f"{len(about['classes'])} classes of {target}: {listed(about['classes'], 10)}"
    else:
        what = f"a regression of {target}"
    return (
        f"Uploaded from {kept.title}: {n} examples of {inputs}; {what}. {_split(kept)}: {n_pool} "
        f"in the pool, {n_test} for the test set.{_choices(kept)}"
    )


def _split(kept: Kept) -> str:
    """Which examples are the test part."""
    chosen, test = kept.choices, kept.choices.get("test")
    if isinstance(test, str):
        return f"The test set is {test}"
    if "split" in chosen:
        return f"Column {chosen['split']!r} says which examples are the test part"
    if "groups" in chosen:
        return f"The test part has whole groups of equal {chosen['groups']!r}, drawn at random"
    if "last" in chosen:
        order = repr(chosen["last"]) if chosen["last"] else "the rows"
        return f"The last examples in the order of {order} are the test part"
    if "n_test" in kept.about:
        return "A fixed random part is the test part"
    return "A fixed random fifth is the test part"


def _choices(kept: Kept) -> str:
    """How its file was read, where that was chosen."""
    chosen = {name: value for name, value in kept.choices.items() if name in _OF_TEXT}
    said = ", ".join(f"{name} {value}" for name, value in chosen.items())
    return f" Read with {said}." if said else ""


def _with_unit(name: str) -> str:
    """``energy [GeV]`` as ``energy in GeV``."""
    quantity, unit = _parts(name)
    return f"{quantity} in {unit}" if unit else name


def _common_unit(names: Sequence[str]) -> str:
    """The unit of all targets, if they have one and the same."""
    units = {_parts(name)[1] for name in names}
    return units.pop() if len(units) == 1 else ""


def _parts(name: str) -> tuple[str, str]:
    """``energy [GeV]`` as energy and GeV; a name without a unit and nothing."""
    match = re.fullmatch(r"(.*\S)\s*\[([^\[\]]+)\]", name)
    # y[0] is a place in a block and no unit.
    if match is None or match[2].strip().isdecimal():
        return name, ""
    return match[1], match[2].strip()
