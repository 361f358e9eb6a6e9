"""The worker's side of data from the engine: a folder in its cache with exactly those files.

Every bundle has a folder of its own, ``data/KEY`` in the cache directory, laid out as the data
directory is. It gets its name when all of its files are there with the right checksums.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from ntk_uq import datasets
from ntk_uq.base import settings
from ntk_uq.base.errors import DataError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets.fetching.files import workplace
from ntk_uq.datasets.files import forget, sha256, state
from ntk_uq.engine.bundle import Bundle, DataFile, describe
from ntk_uq.engine.data_server import PIECE_BYTES

Ask = Callable[[str, int, int], bytes]
"""(SHA-256 of a file, offset, size) -> that part of it, from the engine. Raises NtkUqError."""

_SECOND = 10**9


def place(
    bundle: Bundle, ask: Ask, tell: Callable[[str], None], piece: int = PIECE_BYTES
) -> Path | None:
    """Where a bundle's files are on this machine; None for the machine's own directories.

    Those are used where they hold the same; otherwise the files come from the engine, once for all
    workers that share a cache directory.

    Args:
        bundle: what is needed.
        ask: gets a part of a file.
        tell: called with words now and then; may raise to end the transfer.
        piece: bytes asked for at a time.

    Raises:
        DataError: if a file does not arrive whole, or the cache directory cannot be written.
    """
    if _mine(bundle):
        return None
    folder = settings.cache_directory() / "data"
    view = folder / bundle.key
    if not _holds(view, bundle):
        _check_paths(bundle)

        def waiting() -> None:
            tell(f"{bundle.title}: another worker on this machine is getting the files")

        with workplace(folder, bundle.key, waiting, settings.CACHE) as (temporary, alive):
            # Another worker may have brought them while this one waited.
            if not _holds(view, bundle):
                done = 0
                for file in bundle.files:
                    target = temporary / "new" / file.path
                    target.parent.mkdir(parents=True, exist_ok=True)

                    def count(n: int) -> None:
                        nonlocal done
                        alive()
                        done += n
                        of = f"{format_bytes(done)} of {format_bytes(bundle.size)}"
                        tell(f"{bundle.title}: {of} sent to a worker")

                    _fetch(file, target, ask, count, piece)
                if view.exists():
                    view.rename(temporary / "old")  # damaged; removed with the workplace
                    forget()
                (temporary / "new").rename(view)
    _check_fingerprints(view, bundle)
    return view


def _mine(bundle: Bundle) -> bool:
    """Whether this machine's own directories hold the same data."""
    try:
        # First what is quick: fingerprints do not read all of a large file.
        if any(datasets.get(name).fingerprint() != mark for name, mark in bundle.sets):
            return False
        mine, _ = describe(tuple(name for name, _ in bundle.sets))
    except DataError:
        return False
    return mine.sets == bundle.sets and _contents(mine) == _contents(bundle)


def _contents(bundle: Bundle) -> list[tuple[str, str]]:
    return sorted((file.path, file.sha256) for file in bundle.files)


def _holds(view: Path, bundle: Bundle) -> bool:
    """Whether the folder has every file; their content is read once in a worker's life."""
    try:
        for file in bundle.files:
            path = view / file.path
            modified, size = state(path)
            same_time = modified // _SECOND == file.modified // _SECOND
            if size != file.size or not same_time or sha256(path) != file.sha256:
                return False
    except DataError:
        return False
    return True


def _check_paths(bundle: Bundle) -> None:
    for file in bundle.files:
        path = PurePosixPath(file.path)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise DataError(f"The engine names a file {file.path!r} outside its data directory.")


def _fetch(
    file: DataFile, target: Path, ask: Ask, count: Callable[[int], None], piece: int
) -> None:
    digest = hashlib.sha256()
    with target.open("xb") as out:
        for offset in range(0, file.size, piece):
            size = min(piece, file.size - offset)
            content = ask(file.sha256, offset, size)
            if len(content) != size:
                raise DataError(f"The engine sent {len(content)} bytes of {file.path}, not {size}.")
            digest.update(content)
            out.write(content)
            count(size)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != file.sha256:
        raise DataError(f"{file.path} arrived damaged at a worker; ask for the job again.")
    os.utime(target, ns=(file.modified, file.modified))


def _check_fingerprints(view: Path, bundle: Bundle) -> None:
    with settings.data_from(view):
        for name, mark in bundle.sets:
            got = datasets.get(name).fingerprint()
            if got != mark:
                raise DataError(
                    f"The same files of {name} have another fingerprint on the worker ({got}) than "
                    f"at the engine ({mark}): give both the same version of the program."
                )
