"""What loaders share: checksums of data files, and derived arrays kept in the cache directory."""

import contextlib
import functools
import hashlib
import io
import os
import tempfile
from collections.abc import Callable, Iterable
from io import BufferedRandom
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np

from ntk_uq.base import settings
from ntk_uq.base.errors import DataError
from ntk_uq.base.lock import locked

Made = TypeVar("Made")

_CHECKSUM = 32  # bytes of SHA-256 in front of derived arrays


def sha256(path: Path) -> str:
    """SHA-256 of a file's content in hexadecimal; read again only when the file has changed.

    Raises:
        DataError: if the file cannot be read.
    """
    return _digest(path, "sha256", *state(path))


def md5(path: Path) -> str:
    """As :func:`sha256`, for files whose publishers give only this sum."""
    return _digest(path, "md5", *state(path))


def kept_md5(path: Path) -> str:
    """As :func:`md5`, for files of gigabytes: kept on disk until the file changes."""
    modified, size = state(path)
    name = hashlib.sha256(f"{path.absolute()} {modified} {size}".encode()).hexdigest()[:32]
    kept = settings.cache_directory() / f"{name}.md5"

    def read() -> str | None:
        known = read_derived(kept)
        return None if known is None else bytes(known["md5"]).hex()

    def make() -> str:
        found = md5(path)
        write_derived(kept, md5=np.frombuffer(bytes.fromhex(found), np.uint8))
        return found

    return made_once(kept, read, make)


def state(path: Path) -> tuple[int, int]:
    """Time of the last change in nanoseconds, and size in bytes: the file changed if these did.

    Raises:
        DataError: if the file is not there any more or may not be looked at.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    return found.st_mtime_ns, found.st_size


def digest(path: Path, algorithm: str) -> str:
    """A file's checksum by hashlib's name of the algorithm, in hexadecimal; always read anew.

    Raises:
        DataError: if the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            # Sums here tell files apart; none of them is a matter of security.
            new = functools.partial(hashlib.new, algorithm, usedforsecurity=False)
            return hashlib.file_digest(file, new).hexdigest()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None


@functools.lru_cache(maxsize=64)
def _digest(path: Path, algorithm: str, modified: int, size: int) -> str:  # noqa: ARG001 (the key)
    return digest(path, algorithm)


def forget() -> None:
    """Has every file read again by :func:`sha256` and :func:`md5`.

    To be called where a file is replaced by one of the same time and size.
    """
    _digest.cache_clear()


def read_sealed(
    source: Path | bytes, names: Iterable[str] | None = None
) -> dict[str, np.ndarray] | None:
    """Arrays that :func:`write_sealed` wrote, all or those named; None where they are damaged.

    So they are, too, if there is no such file, it cannot be read, or it lacks one of the names.
    """
    try:
        with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
            checksum = file.read(_CHECKSUM)
            # A checksum of our own: a flipped bit in a header makes NumPy read other numbers, or
            # raise anything from TokenError to NotImplementedError, before zip looks at its sum.
            if _checksum_of_rest(file) != checksum:
                return None
            file.seek(_CHECKSUM)
            with np.load(file, allow_pickle=False) as arrays:
                wanted = arrays.files if names is None else list(names)
                if not set(wanted) <= set(arrays.files):
                    return None
                return {name: arrays[name] for name in wanted}
    except OSError:
        return None


def write_sealed(file: BufferedRandom | io.BytesIO, **arrays: np.ndarray) -> None:
    """Writes arrays to a file, open to be written and read, with a checksum in front.

    Raises:
        OSError: if the disk is full, for instance.
    """
    file.write(bytes(_CHECKSUM))
    np.savez(file, **arrays)  # type: ignore[arg-type]
    file.seek(_CHECKSUM)
    checksum = _checksum_of_rest(file)
    file.seek(0)
    file.write(checksum)


def _checksum_of_rest(file: BinaryIO) -> bytes:
    """SHA-256 from where the file stands. (hashlib.file_digest takes all of a BytesIO.)"""
    digest = hashlib.sha256()
    while piece := file.read(2**20):
        digest.update(piece)
    return digest.digest()


def sealed(**arrays: np.ndarray) -> bytes:
    """What :func:`write_sealed` would write."""
    file = io.BytesIO()
    write_sealed(file, **arrays)
    return file.getvalue()


def made_once(path: Path, read: Callable[[], Made | None], make: Callable[[], Made]) -> Made:
    """What is kept at a path, or is made now: by one alone, of all threads and processes that want
    it, while the others wait: it takes seconds, and pages run again and again meanwhile.

    Args:
        path: where it is kept.
        read: what is kept there; None where that is missing or damaged.
        make: makes it, and keeps it there.
    """
    found = read()
    if found is not None:
        return found
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # where nothing can be kept, everybody makes it
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = path.with_name(f"{path.name}.lock")
            held.enter_context(locked(lock))
            # Who comes after that finds what is kept, and needs no lock.
            held.callback(_remove, lock)
        found = read()
        return make() if found is None else found


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):  # another account's, say
        path.unlink()


def read_derived(path: Path, names: Iterable[str] | None = None) -> dict[str, np.ndarray] | None:
    """Arrays that :func:`write_derived` kept, all or those named; None where they are damaged.

    So they are, too, if there is no such file, or it lacks one of the names.
    """
    return read_sealed(path, names)


def write_derived(path: Path, **arrays: np.ndarray) -> None:
    """Keeps arrays: a temporary file, then a rename, so that no reader finds half a file.

    A cache that cannot be written costs making them again next time and nothing else.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=path.suffix)
    except OSError:
        return
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb+") as file:
            write_sealed(file, **arrays)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
