"""What takes the room: results by kind of job, data sets, caches, the tables."""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ntk_uq.base import settings
from ntk_uq.base.errors import NtkUqError
from ntk_uq.datasets import own
from ntk_uq.jobs import kinds
from ntk_uq.store import ASIDE, Store, files_in, volume

OTHER = "other"
"""Results of a kind that this version does not know."""


@dataclass(frozen=True)
class Share:
    """What one thing takes.

    Attributes:
        name: of kinds of jobs, or of a data set.
        count: how many results, or files.
        bytes: in all.
        title: what the data set's file was called; empty where that is not known.
    """

    name: str
    count: int
    bytes: int
    title: str = ""


@dataclass(frozen=True)
class Usage:
    """What a server's folders take, in bytes; files in use by others are counted as they are.

    Attributes:
        results: files and table of the results.
        database: the table of jobs, with the logs.
        logs: texts of the logs, within ``database``.
        views: named views and reports.
        aside: damaged files that a repair has put aside.
        own: users' own data sets.
        data: files of public data sets.
        cache: what can be made again.
        free: on the store's disk.
        kinds: results by kind of job, the largest first.
        data_sets: own ones file by file and public ones folder by folder, the largest first.
    """

    results: int
    database: int
    logs: int
    views: int
    aside: int
    own: int
    data: int
    cache: int
    free: int
    kinds: tuple[Share, ...]
    data_sets: tuple[Share, ...]

    @property
    def parts(self) -> dict[str, int]:
        """What there is, by name, nothing of it twice."""
        return {
            "results": self.results,
            "database": self.database,
            "views": self.views,
            "set aside": self.aside,
            "own data": self.own,
            "public data": self.data,
            "cache": self.cache,
        }


def usage(store: Store) -> Usage:
    """What everything takes now. Reads no result, and looks at every file of the folders.

    Raises:
        StoreError: if the store cannot be read.
        OSError: if its directory is not there.
    """
    held = volume(store)
    own_sets, public = tuple(_own()), tuple(_public())
    return Usage(
        held.result_files + held.result_table,
        held.job_table,
        store.jobs.log_bytes(),
        sum(folder_size(d)[1] for d in (store.views.directory, store.saved.directory)),
        sum(folder_size(folder)[1] for folder in store.directory.glob(f"{ASIDE}*")),
        sum(share.bytes for share in own_sets),
        sum(share.bytes for share in public),
        folder_size(settings.cache_directory())[1],
        shutil.disk_usage(store.directory).free,
        _by_kind(store),
        _sorted((*own_sets, *public)),
    )


def folder_size(folder: Path) -> tuple[int, int]:
    """How many files there are in a folder and all below it, and their bytes."""
    sizes = [size for _, size in files_in(folder)]
    return len(sizes), sum(sizes)


def _by_kind(store: Store) -> tuple[Share, ...]:
    names: dict[str, list[str]] = {}
    for kind in kinds.REGISTRY.values():
        for beginning in kind.beginnings:
            names.setdefault(beginning, []).append(kind.name)
    found: dict[str, tuple[int, int]] = {}
    for entry in store.results.entries():
        beginning, slash, _ = entry.key.partition("/")
        name = ", ".join(names.get(beginning, ())) if slash else ""
        count, total = found.get(name or OTHER, (0, 0))
        found[name or OTHER] = count + 1, total + entry.bytes
    return _sorted(tuple(Share(name, *amount) for name, amount in found.items()))


def own_sizes() -> dict[str, int]:
    """Bytes of each of users' own data sets, by its name."""
    folder, found = settings.own_directory(), {}
    for path in sorted(folder.glob(f"{own.PREFIX}*.npz")) if folder.is_dir() else ():
        with contextlib.suppress(OSError):
            found[path.stem] = path.lstat().st_size
    return found


def _own() -> Iterator[Share]:
    for name, size in own_sizes().items():
        title = ""
        with contextlib.suppress(NtkUqError, OSError):
            title = own.look(name).title
        yield Share(name, 1, size, title)


def _public() -> Iterator[Share]:
    folder = settings.data_directory()
    for inner in sorted(folder.iterdir()) if folder.is_dir() else ():
        if inner.is_dir() and not inner.is_symlink():
            yield Share(inner.name, *folder_size(inner))


def _sorted(shares: tuple[Share, ...]) -> tuple[Share, ...]:
    return tuple(sorted(shares, key=lambda share: (-share.bytes, share.name)))
