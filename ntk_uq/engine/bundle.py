"""What a chunk says of its data: which sets, which fingerprints, which files by digest.

A bundle travels with a chunk to a worker on another machine, which then computes from these very
files, whatever lies in its own data directory.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ntk_uq import datasets
from ntk_uq.base import settings
from ntk_uq.base.records import Record
from ntk_uq.datasets import own
from ntk_uq.datasets.files import sha256, state

_KEY = "dataset"


@dataclass(frozen=True)
class DataFile(Record):
    """One file of a data set.

    Attributes:
        path: below the directory of data (or of users' own sets), with slashes.
        sha256: of its content, in hexadecimal.
        size: in bytes.
        modified: time of its last change in nanoseconds; some fingerprints hold it.
    """

    path: str
    sha256: str
    size: int
    modified: int


@dataclass(frozen=True)
class Bundle(Record):
    """The data that one chunk is computed from.

    Attributes:
        sets: name and fingerprint of each data set that has files.
        files: all of their files.
    """

    sets: tuple[tuple[str, str], ...]
    files: tuple[DataFile, ...]

    @property
    def key(self) -> str:
        """The name of the folder that holds exactly these files: a digest of the description."""
        text = json.dumps([file.to_json() for file in self.files], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:40]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def title(self) -> str:
        """The names of the sets, for people."""
        return ", ".join(name for name, _ in self.sets)


def names(payload: Any) -> tuple[str, ...]:
    """The data sets that a chunk's payload names, each once.

    Every kind's payload holds its specification, and every specification calls its data set
    ``dataset``, so that no kind has to say anything more.
    """
    return tuple(dict.fromkeys(_names(payload)))


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get(_KEY), str):
            yield value[_KEY]
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _names(item)


def describe(wanted: tuple[str, ...]) -> tuple[Bundle, tuple[Path, ...]]:
    """The data sets as they are here, and where each file of the bundle is.

    Sets without files are left out. Checksums of large files take a while, the first time.

    Raises:
        SpecError: for an unknown name.
        DataError: if files are missing or cannot be read.
    """
    sets, files, paths = [], [], []
    for name in wanted:
        dataset = datasets.get(name)
        found = dataset.files()
        if not found:
            continue
        base = settings.own_directory() if own.is_own(name) else settings.data_directory()
        sets.append((name, dataset.fingerprint()))
        for path in found:
            modified, size = state(path)
            place = path.relative_to(base).as_posix()
            files.append(DataFile(place, sha256(path), size, modified))
            paths.append(path)
    return Bundle(tuple(sets), tuple(files)), tuple(paths)
