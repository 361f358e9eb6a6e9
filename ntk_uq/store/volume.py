"""How much there is in a store, told from a few rows and the sizes of three files."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ntk_uq.store.check import CACHE, JOBS, RESULTS

if TYPE_CHECKING:
    from ntk_uq.store import Store


@dataclass(frozen=True)
class Volume:
    """How much there is in a store, in bytes where nothing else is said.

    Attributes:
        results: how many.
        result_files: of those that are files of their own.
        result_table: the table of results, which holds the small ones.
        job_table: the table of jobs, with their logs.
    """

    results: int
    result_files: int
    result_table: int
    job_table: int

    @property
    def total(self) -> int:
        """All of it, in bytes."""
        return self.result_files + self.result_table + self.job_table


def volume(store: "Store") -> Volume:
    """How much there is in a store. Takes the same time however much it is.

    Raises:
        StoreError: if it cannot be read.
    """
    count, files = store.results.totals()
    return Volume(
        count,
        files,
        table_bytes(store.directory / RESULTS / CACHE),
        table_bytes(store.directory / JOBS),
    )


def files_in(folder: Path) -> Iterator[tuple[Path, int]]:
    """The files in a folder and all below it, with their bytes; links are not followed, and what
    goes meanwhile, a file or a folder, is left out. None where there is no folder."""
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                path = Path(where, name)
                yield path, path.lstat().st_size


def table_bytes(path: Path) -> int:
    """Bytes of a SQLite file and of what SQLite keeps beside it; 0 where there is none."""
    found = 0
    for end in ("", "-wal", "-shm", "-journal"):
        with contextlib.suppress(FileNotFoundError):  # the log goes with the last that closes it
            found += path.with_name(f"{path.name}{end}").stat().st_size
    return found
