"""What several commands share: data, network and output options, the store, a progress bar."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from ntk_uq.base import settings
from ntk_uq.base.errors import StoreError
from ntk_uq.cli import own_data
from ntk_uq.cli.options import add_fields, read
from ntk_uq.specs import ArchitectureSpec, DataSpec
from ntk_uq.store import ResultsCache, Store, is_store, open_store
from ntk_uq.views.commands import DATA, NETWORK


def add_data(parser: argparse.ArgumentParser, own_test: bool = True) -> None:
    """Adds the options of :class:`DataSpec`, and those of a data file of the user's own, as
    :func:`~ntk_uq.cli.own_data.add_options` does."""
    add_fields(parser, *DATA)
    own_data.add_options(parser, own_test)


def read_data(options: argparse.Namespace) -> DataSpec:
    """The data that the options name; a file becomes a data set first.

    Raises:
        SpecError, DataError: as the checks of the fields, and the readers of files.
    """
    options.dataset = own_data.dataset_name(options.dataset, options)
    return DataSpec(**read(options, DataSpec, DATA.names))


def add_network(parser: argparse.ArgumentParser) -> None:
    """Adds the options of :class:`ArchitectureSpec`."""
    add_fields(parser, *NETWORK)


def read_network(options: argparse.Namespace) -> ArchitectureSpec:
    """The network that the options name."""
    return ArchitectureSpec(**read(options, ArchitectureSpec, NETWORK.names))


def add_output(
    parser: argparse.ArgumentParser, kept: bool = True, json: str = "print one JSON object"
) -> None:
    """Adds the options of what is printed; ``kept`` results can be left out of the store."""
    parser.add_argument("--json", action="store_true", help=json)
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    if kept:
        parser.add_argument(
            "--no-store", action="store_true", help="compute everything anew and keep nothing"
        )


def existing_directory() -> Path:
    """Where the store is.

    Raises:
        StoreError: if there is none.
    """
    directory = settings.store_directory().absolute()
    if not directory.is_dir():
        raise StoreError(f"There is no store in {directory}; {settings.STORE} says where it is.")
    return directory


def existing_store() -> Store:
    """The store, opened; none is made. Raises StoreError where there is none."""
    directory = existing_directory()
    if not is_store(directory):
        raise StoreError(
            f"{directory} is not a store, or not whole; `ntk-uq store check` tells what is wrong."
        )
    return open_store(directory)


def open_results() -> ResultsCache | None:
    """The store's results, or None and a word about it where the store cannot be used."""
    try:
        return open_store(settings.store_directory()).results
    except StoreError as error:
        print(f"ntk_uq: results are not kept: {error}", file=sys.stderr)
        return None


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows of a table as lines, every column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows]


@contextmanager
def progress_bar(unit: str, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """A function that takes how many are done, and of how many; the first call starts the bar."""
    bar = None

    def progress(done: int, total: int) -> None:
        # From the first one on: a mistake is one line, not one below an empty bar.
        nonlocal bar
        if done and bar is None:
            # What was there before counts as done, not as done in no time.
            bar = tqdm(total=total, initial=done, unit=unit, file=sys.stderr, disable=quiet)
        if bar is not None:
            bar.update(done - bar.n)

    try:
        yield progress
    finally:
        if bar is not None:
            bar.close()
