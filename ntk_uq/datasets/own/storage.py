"""Where users' own data sets are kept: one file each, named by what is in it.

The name is ``own-`` and the first 40 hexadecimal digits of SHA-256 over a description in JSON,
which holds SHA-256 of the arrays' bytes in its turn. Thus the description can be trusted without
reading the arrays, equal data are one file, and whoever has a name has the data it was made for.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ntk_uq.base import private, settings
from ntk_uq.base.errors import DataError, MissingDataError, SpecError
from ntk_uq.datasets.base import OWN_PREFIX
from ntk_uq.datasets.fetching.files import publish, workplace
from ntk_uq.datasets.files import read_sealed, write_sealed
from ntk_uq.datasets.own.examples import Own, n_test_of

PREFIX = OWN_PREFIX
_DIGITS = 40
_FORMAT = 1  # of the description and of the split; raised whenever their meaning changes
_NAME = re.compile(rf"{PREFIX}[0-9a-f]{{{_DIGITS}}}")


def is_own(name: str) -> bool:
    """Whether a name is that of a user's own data set, kept here or not."""
    return _NAME.fullmatch(name) is not None


def path_of(name: str) -> Path:
    """Where the data set of that name is kept.

    Raises:
        SpecError: if it is not such a name.
    """
    if not is_own(name):
        raise SpecError(
            f"There is no data set {name[:60]!r}; the name of an uploaded one is {PREFIX} and "
            f"{_DIGITS} hexadecimal digits."
        )
    return settings.own_directory() / f"{name}.npz"


def names_kept() -> frozenset[str]:
    """The names of all data sets that are kept here."""
    folder = settings.own_directory()
    found = folder.glob(f"{PREFIX}*.npz") if folder.is_dir() else ()
    return frozenset(path.stem for path in found if is_own(path.stem))


@dataclass(frozen=True)
class Kept:
    """What is known of a kept data set without its arrays.

    Attributes:
        name: of the data set.
        about: the description that its name is made from.
        title: the name of the file that it came from.
        choices: how that file was read, by the names of the options of ``ntk-uq data add``; empty
            where everything was left to the program.
    """

    name: str
    about: dict[str, Any]
    title: str
    choices: dict[str, Any] = field(default_factory=dict)

    @property
    def n_test(self) -> int:
        """How many of the examples are the test part."""
        n = int(self.about["inputs"]["shape"][0])
        return int(self.about.get("n_test", n_test_of(n)))


def keep(own: Own, choices: Mapping[str, Any] | None = None) -> str:
    """Keeps examples and gives their name; equal examples are kept once, under one name.

    The file appears whole or not at all; one that is there and whole is left as it is.

    Args:
        own: the examples.
        choices: how their file was read, as JSON's own types; kept beside them, and no part of what
            they are.

    Raises:
        DataError: if the directory cannot be written, as on a full disk.
    """
    description = _canonical(_describe(own))
    name = PREFIX + hashlib.sha256(description).hexdigest()[:_DIGITS]
    target = path_of(name)
    try:
        private.make_folder(target.parent, parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(
            f"{target.parent} cannot be made: {error.strerror or error}. Set {settings.OWN} to "
            "another directory."
        ) from None
    with workplace(target.parent, "own", variable=settings.OWN) as (temporary, _):
        if read_sealed(target, ()) is None:
            with (temporary / target.name).open("wb+") as file:
                write_sealed(
                    file,
                    description=np.frombuffer(description, np.uint8),
                    title=np.frombuffer(own.title.encode(), np.uint8),
                    choices=np.frombuffer(_canonical(dict(choices or {})), np.uint8),
                    inputs=own.inputs,
                    targets=own.targets,
                    **({} if own.rows is None else {"rows": own.rows}),
                )
            publish(temporary / target.name, target, kept=True)
    return name


def look(name: str) -> Kept:
    """What a kept data set is.

    Raises:
        SpecError: if the name is not one of an own data set.
        MissingDataError: if it is not kept here.
        DataError: if its file is damaged.
    """
    arrays = _open(name, ("description", "title"))
    about, title = _description(name, arrays), bytes(arrays["title"]).decode()
    # Files of an earlier version have none.
    more = read_sealed(path_of(name), ("choices",))
    return Kept(name, about, title, json.loads(bytes(more["choices"])) if more else {})


def read(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets of a kept data set, their checksums compared.

    Raises:
        as :func:`look`.
    """
    arrays = _open(name, ("description", "inputs", "targets"))
    about = _description(name, arrays)
    inputs, targets = arrays["inputs"], arrays["targets"]
    if _about(inputs) != about["inputs"] or _about(targets) != about["targets"]:
        raise _damaged(name)
    inputs.flags.writeable = targets.flags.writeable = False
    return inputs, targets


def rows(name: str) -> np.ndarray | None:
    """(n,) the row of its file that each example of a kept data set is; None where that follows
    from their numbers."""
    found = read_sealed(path_of(name), ("rows",))
    return None if found is None else found["rows"]


def _open(name: str, members: tuple[str, ...]) -> dict[str, np.ndarray]:
    path = path_of(name)
    if not path.is_file():
        raise MissingDataError(
            f"The uploaded data set {name} is not kept here ({path.parent}). Upload its file "
            f"again, or set {settings.OWN} to the directory that holds it."
        )
    try:
        path.open("rb").close()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    arrays = read_sealed(path, members)
    if arrays is None:
        raise _damaged(name)
    return arrays


def _description(name: str, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    text = bytes(arrays["description"])
    if PREFIX + hashlib.sha256(text).hexdigest()[:_DIGITS] != name:
        raise _damaged(name)
    return json.loads(text)


def _damaged(name: str) -> DataError:
    return DataError(
        f"{path_of(name)} is damaged, or is not the data set of its name. Upload its file again, "
        "which replaces it."
    )


def _describe(own: Own) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "task": own.task,
        "shape": list(own.shape),
        "classes": list(own.class_names),
        "features": list(own.feature_names),
        "target": list(own.target_names),
        "inputs": _about(own.inputs),
        "targets": _about(own.targets),
        # What is usual is not written: names of before stay what they are.
        **({} if own.n_test is None else {"n_test": own.n_test}),
        **({"apart": dict(own.apart)} if own.apart else {}),
    }


def _about(array: np.ndarray) -> dict[str, Any]:
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return {
        "dtype": little.dtype.str,
        "shape": list(little.shape),
        "sha256": hashlib.sha256(little.view(np.uint8).ravel().data).hexdigest(),
    }


def _canonical(description: dict[str, Any]) -> bytes:
    return json.dumps(description, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
