"""Showers and their incident energies from HDF5 files, whose rows are read as they are needed.

A file holds ``incident_energies`` (N, 1) and ``showers`` (N, voxels), both in MeV, as those of the
Fast Calorimeter Simulation Challenge do. Files reach gigabytes.
"""

import functools
import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Real

from ntk_uq.base.errors import DataError
from ntk_uq.datasets.base import Examples, Rows
from ntk_uq.datasets.files import kept_md5, state
from ntk_uq.datasets.remote import SLACK, RemoteFile, Source

ENERGIES, SHOWERS = _NAMES = "incident_energies", "showers"
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_MIB = 2**20
_BAND = 1024  # rows asked of HDF5 at once; it takes its time over long lists of rows
# What h5py raises for damage, by where in the file it is.
_DAMAGE = (OSError, RuntimeError, ValueError, KeyError, TypeError, OverflowError)


@dataclass(frozen=True)
class ShowerRows(Rows):
    """The showers of one file, read when they are asked for.

    Attributes:
        path: the file.
        shape: (n, voxels).
        state: time of its last change and its size when it was first looked at; rows of a file
            that has changed since are refused.
    """

    path: Path
    shape: tuple[int, int]
    state: tuple[int, int]

    def __getitem__(self, index: slice | Int[np.ndarray, "k"]) -> Real[np.ndarray, "k d"]:
        wanted = np.arange(len(self))[index]
        rows, back = np.unique(wanted, return_inverse=True)  # HDF5 reads in increasing order only
        if state(self.path) != self.state:
            raise DataError(f"{self.path} has changed while it was in use; start again.")
        with _opened(self.path) as file:
            data = file[SHOWERS]
            # Whole chunks at a time: HDF5 unpacks all of a chunk for any row in it.
            chunk = data.chunks[0] if data.chunks else 1
            band = chunk * max(1, _BAND // chunk)
            found = np.empty((len(rows), self.shape[1]), data.dtype)
            edges = np.searchsorted(rows, np.arange(0, len(self) + band, band))
            for low, high in itertools.pairwise(edges):
                if low < high:
                    found[low:high] = _read(data, rows[low:high])
        finite = np.isfinite(found).all(axis=1)
        if not finite.all():
            row = int(rows[~finite][0])
            raise DataError(f"{self.path}: row {row} of {SHOWERS} holds a value that is no number.")
        return found[back]


def _read(data: Any, rows: Int[np.ndarray, "k"]) -> Real[np.ndarray, "k d"]:
    """Increasing rows of an HDF5 dataset; a slice where they are contiguous, which is faster."""
    first, last = int(rows[0]), int(rows[-1])
    return data[first : last + 1] if last - first + 1 == len(rows) else data[rows]


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """An HDF5 file open for reading; whatever is wrong with it is told in words.

    Raises:
        DataError: if it is not HDF5, damaged or not readable.
    """
    # Imported here: only who reads showers needs it, and the web process seldom does.
    import h5py

    try:
        with path.open("rb") as raw:
            head = raw.read(len(_SIGNATURE))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    if head != _SIGNATURE:
        what = "is empty" if not head else "is not an HDF5 file"
        raise DataError(f"{path} {what}; copy or download it again.")
    try:
        with h5py.File(path, "r", locking="best-effort") as file:
            yield file
    except _DAMAGE as error:
        raise DataError(
            f"{path} is damaged or truncated ({error}); copy or download it again."
        ) from None


def _numbers(path: Path, name: str, data: Any, there: str) -> tuple[int, ...]:
    """The shape of one of the two HDF5 datasets, if that is what it is."""
    if not hasattr(data, "shape"):
        raise DataError(
            f"{path} has no dataset {name!r}; it holds {there}. A CaloChallenge file has "
            f"{' and '.join(map(repr, _NAMES))}."
        )
    if data.dtype.kind not in "fiu" or data.shape is None:
        raise DataError(f"{path}: {name} does not hold numbers.")
    return tuple(data.shape)


def _shape(path: Path, voxels: int) -> tuple[int, int]:
    """(N, voxels) of a file with the documented structure.

    Raises:
        DataError: if it has another, naming what is there.
    """
    return _shape_of(path, voxels, *state(path))


@functools.lru_cache(maxsize=16)
def _shape_of(path: Path, voxels: int, modified: int, size: int) -> tuple[int, int]:  # noqa: ARG001
    with _opened(path) as file:
        there = ", ".join(file) or "nothing"
        energies, showers = (_numbers(path, name, file.get(name), there) for name in _NAMES)
    if len(energies) != 2 or energies[1] != 1:
        raise DataError(f"{path}: {ENERGIES} has the shape {energies}; it must be (N, 1).")
    if len(showers) != 2 or showers[1] != voxels:
        raise DataError(f"{path}: {SHOWERS} has the shape {showers}; it must be (N, {voxels}).")
    if energies[0] != showers[0]:
        raise DataError(f"{path} holds {energies[0]} energies but {showers[0]} showers.")
    if not showers[0]:
        raise DataError(f"{path} holds no showers.")
    return int(showers[0]), int(showers[1])


@functools.lru_cache(maxsize=16)
def _ends(path: Path, modified: int, size: int) -> str:  # noqa: ARG001 (the cache's key)
    """SHA-256 of the first and the last MiB."""
    try:
        with path.open("rb") as file:
            content = file.read(_MIB)
            file.seek(max(_MIB, size - _MIB))
            return hashlib.sha256(content + file.read()).hexdigest()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None


@functools.lru_cache(maxsize=16)
def _energies(path: Path, modified: int, size: int) -> Float[np.ndarray, "n"]:  # noqa: ARG001
    """The incident energies of one file in MeV.

    Raises:
        DataError: if one of them is not a number above zero.
    """
    with _opened(path) as file:
        energies = np.asarray(file[ENERGIES][:, 0], dtype=np.float64)
    wrong = ~(np.isfinite(energies) & (energies > 0))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"{path}: row {row} of {ENERGIES} is {energies[row]:g} MeV; it must be a number above "
            "zero."
        )
    energies.flags.writeable = False
    return energies


@dataclass(frozen=True)
class ShowerFiles:
    """The two files of one set.

    Attributes:
        name: of the data set.
        files: names of the pool's file and of the test part's.
        md5: of the official files.
        voxels: values in one shower.
        record: number of the record on Zenodo that has them.
        n_bytes: sizes of the official files, None where nobody has said them.
    """

    name: str
    files: tuple[str, str]
    md5: tuple[str, str]
    voxels: int
    record: int
    n_bytes: tuple[int | None, int | None] = (None, None)

    @property
    def source(self) -> Source:
        """Where the two files come from."""
        files = tuple(
            RemoteFile(
                name=name,
                checksum=f"md5:{md5}",
                urls=(f"https://zenodo.org/records/{self.record}/files/{name}?download=1",),
                # The files of data set 1 are about 170 MB each.
                limit=400 * 10**6 if size is None else size + SLACK,
                size=size,
            )
            for name, md5, size in zip(self.files, self.md5, self.n_bytes, strict=True)
        )
        return Source(self.name, "calochallenge", files)

    def locate(self) -> tuple[Path, Path]:
        """The pool's file and the test part's.

        Raises:
            MissingDataError: naming the directory, the missing files and the setting.
        """
        pool, test = self.source.locate(self.name, "the files of the challenge")
        return pool, test

    def sizes(self) -> tuple[int, int]:
        """Showers in the pool and in the test part."""
        pool, test = (_shape(path, self.voxels)[0] for path in self.locate())
        return pool, test

    def fingerprint(self) -> str:
        """A string that changes with the files, without reading all of them.

        Of each file: size, time of the last change in whole seconds (what copies preserve), the
        shape, and SHA-256 of its first and its last MiB. A file changed in its middle alone, to
        the same size and with its time put back, is not noticed.
        """
        marks = []
        for path in self.locate():
            modified, size = state(path)
            n, voxels = _shape(path, self.voxels)
            marks.append(f"{size} {modified // 10**9} {n}x{voxels} {_ends(path, modified, size)}")
        return f"{self.name}-" + hashlib.sha256("\n".join(marks).encode()).hexdigest()

    def load(self) -> Examples:
        """Energies, and showers that stay in their files until rows are asked for."""
        paths = self.locate()
        states = [state(path) for path in paths]
        now = [(path, *each) for path, each in zip(paths, states, strict=True)]
        shapes = [_shape(path, self.voxels) for path in paths]
        if states[0][1] == states[1][1] and len({_ends(*each) for each in now}) == 1:
            raise DataError(
                f"{paths[0]} and {paths[1]} are the same file; a network would be tested on what "
                "it was trained on. Copy or download them again."
            )
        pool, test = (ShowerRows(*each) for each in zip(paths, shapes, states, strict=True))
        return Examples(
            pool, _energies(*now[0]), test, _energies(*now[1]), notices=self._notices(paths)
        )

    def _notices(self, paths: tuple[Path, Path]) -> tuple[str, ...]:
        pairs = zip(paths, self.md5, strict=True)
        strange = [path.name for path, official in pairs if kept_md5(path) != official]
        if not strange:
            return ()
        return (f"Not the official CaloChallenge files by checksum: {', '.join(strange)}.",)
