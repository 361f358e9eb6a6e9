"""Checksums, and files that appear whole or not at all."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from ntk_uq.base import private, settings
from ntk_uq.base.errors import DataError
from ntk_uq.base.lock import locked
from ntk_uq.datasets.files import digest

PIECE = 2**18


def checksum(path: Path, algorithm: str) -> str:
    """``algorithm:hexadecimal digits`` of a file.

    Raises:
        DataError: if it cannot be read.
    """
    return f"{algorithm}:{digest(path, algorithm)}"


def matches(path: Path, expected: str) -> bool:
    """Whether a file has the checksum ``algorithm:hexadecimal digits``.

    Raises:
        DataError: if it cannot be read.
    """
    return checksum(path, expected.partition(":")[0]) == expected


def short(digest: str) -> str:
    """A checksum for people: its first eight digits."""
    return f"{digest.rpartition(':')[2][:8]}…"


@contextlib.contextmanager
def workplace(
    folder: Path,
    name: str,
    waiting: Callable[[], None] | None = None,
    variable: str = settings.DATA,
) -> Iterator[tuple[Path, Callable[[], None]]]:
    """An empty directory inside ``folder`` for half-written files, for one process at a time.

    Its name starts with a dot and no file in it is ever read; what a killed process left there is
    removed by the next one. Gives the directory and the lock's sign of life. ``variable`` is the
    environment variable by which a user moves the folder elsewhere.

    Raises:
        DataError: if the folder cannot be written, also from inside the block: nothing there may
            raise an OSError for another reason.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / f".{name}.lock", waiting) as alive:
            temporary = folder / f".{name}.partial"
            if temporary.exists():
                shutil.rmtree(temporary)
            temporary.mkdir()
            try:
                yield temporary, alive
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise DataError(
            f"{folder} cannot be written: {error.strerror or error}. Make room or give the right "
            f"to write there, or set {variable} to another directory."
        ) from None


def publish(temporary: Path, target: Path, *, kept: bool = False) -> None:
    """Gives a finished file of the workplace its name, replacing what was there.

    Args:
        temporary: the file. target: its name.
        kept: whether it is for this account or its group alone, and not as the umask says.

    Raises:
        OSError: if that is not possible; then the old file is as it was.
    """
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())  # or a power cut leaves a file of the right name and no content
    if kept:
        private.keep(temporary)
    else:
        temporary.chmod(_ordinary_mode(temporary.parent))
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary.replace(target)


def _ordinary_mode(folder: Path) -> int:
    """The mode that the umask gives new files; asked of a file, since os.umask sets for all."""
    probe = folder / ".mode"
    os.close(os.open(probe, os.O_WRONLY | os.O_CREAT, 0o666))
    mode = probe.stat().st_mode & 0o777
    probe.unlink()
    return mode
