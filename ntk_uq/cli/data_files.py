"""``ntk_uq data fetch``, ``verify`` and ``import``: the files of public data sets."""

import argparse
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ntk_uq import datasets
from ntk_uq.base.errors import DataError
from ntk_uq.base.settings import DATA, format_bytes
from ntk_uq.datasets import fetching


def add_parsers(inner: Any) -> None:
    """Adds the commands to those of ``ntk_uq data``."""
    names = ", ".join(fetching.SOURCES)

    fetch = inner.add_parser(
        "fetch",
        help="download public data sets",
        description=(
            "Downloads what is missing of public data sets into the data directory and checks it. "
            "Files that are there and right are not fetched again."
        ),
    )
    fetch.add_argument("names", nargs="+", metavar="NAME", help=f"one of {names}")
    fetch.add_argument("--quiet", action="store_true", help="no progress bar")
    fetch.set_defaults(run=_fetch)

    verify = inner.add_parser(
        "verify",
        help="compare files with the official ones",
        description=(
            "Says of every file whether it is the official one, by checksum. Exit code 1 if one "
            "is not, or is missing."
        ),
    )
    verify.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"any of {names} (default: those of which there is a file)",
    )
    verify.set_defaults(run=_verify)

    importing = inner.add_parser(
        "import",
        help="take in files that were copied by hand",
        description=(
            "Copies official files to where they are looked for. They are recognized by checksum "
            "or by name, also packed as they are published."
        ),
    )
    importing.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="a file, or a directory to look through"
    )
    importing.add_argument(
        "--accept-unofficial",
        action="store_true",
        help="take a file of an official name though its checksum is another",
    )
    importing.set_defaults(run=_import)


def status_line(name: str) -> str | None:
    """Whether the files of a data set are there, and what to do; None if it needs no files."""
    source = fetching.SOURCES.get(name)
    if source is None:
        return None
    folder = source.directory()
    missing = sum(not path.is_file() for path in fetching.needed(source))
    if not missing:
        return f"present in {folder}"
    size = "" if source.size is None else f" ({format_bytes(source.size)})"
    return (
        f"missing, {missing} of {len(fetching.needed(source))} files not in {folder}: "
        f"`data fetch {name}`{size}, `data import` a copy, or name the directory in {DATA}"
    )


def _fetch(options: argparse.Namespace) -> int:
    # Loaded here: requests takes a while, and only this command needs it.
    from ntk_uq.datasets.fetching.fetch import fetch

    built_in = set(datasets.REGISTRY) - set(fetching.SOURCES)
    for name in options.names:
        if name not in built_in:
            fetching.get(name)  # every mistake before the first download
    failed = False
    for name in options.names:
        if name in built_in:
            print(f"{name}: needs no files")
            continue
        bar = _Bar(options.quiet)
        try:
            paths = fetch(name, bar.update, lambda: _say("another process fetches it; waiting"))
        except DataError as error:
            failed = True
            bar.close()
            _say(str(error))
        else:
            bar.close()
            print(f"{name}: {len(paths)} files in {paths[0].parent}")
        finally:
            bar.close()
    return 1 if failed else 0


def _verify(options: argparse.Namespace) -> int:
    sources = [fetching.get(name) for name in options.names] or [
        source
        for source in fetching.SOURCES.values()
        if any(path.exists() for path in fetching.needed(source))
    ]
    if not sources:
        raise DataError("There is no file of any data set; `data list` says where they belong.")
    good = True
    for source in sources:
        for file in fetching.status(source):
            good &= file.state is fetching.State.OK
            reason = f" ({file.reason})" if file.reason else ""
            print(f"{file.path}: {file.state.value}{reason}")
    return 0 if good else 1


def _import(options: argparse.Namespace) -> int:
    failed = False
    for given in options.paths:
        try:
            paths = fetching.candidates(given)
        except DataError as error:
            failed = True
            _say(str(error))
            continue
        for path in paths:
            try:
                done = fetching.import_file(path, options.accept_unofficial)
            except DataError as error:
                failed = True
                _say(str(error))
            else:
                print(f"{path}: {_outcome(done)}")
    return 1 if failed else 0


def _outcome(done: fetching.Imported) -> str:
    if done.already_there:
        return f"there already, {done.target}"
    kind = "official" if done.official else "not the official file"
    return f"copied to {done.target} ({kind})"


def _say(sentence: str) -> None:
    print(f"ntk_uq: {sentence}", file=sys.stderr)


class _Bar:
    """A progress bar on stderr, a new one for each file and each mirror that is tried."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: Any = None
        self._done = 0

    def update(self, name: str, done: int, total: int | None) -> None:
        if self._bar is None or done == 0:
            self.close()
            self._bar = tqdm(
                desc=name,
                total=total,
                unit="B",
                unit_scale=True,
                unit_divisor=1024,
                file=sys.stderr,
                disable=self._quiet,
            )
            self._done = 0
        self._bar.update(done - self._done)
        self._done = done

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
        self._bar = None
