"""Fetches the files of a public data set into the engine's data directory, in one chunk."""

from collections.abc import Iterator
from typing import Any

from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets import fetching
from ntk_uq.datasets.fetching import Source
from ntk_uq.engine.chunks import Chunk, Plan, Progress, Result
from ntk_uq.jobs.kinds.fetch import KIND
from ntk_uq.specs import FetchSpec
from ntk_uq.store import ResultsCache


def plan(spec: FetchSpec, results: ResultsCache) -> Plan:  # noqa: ARG001
    """One chunk: what is there already is for it to find out, since checksums of gigabytes take a
    while."""
    source = fetching.get(spec.name)
    return Plan((Chunk(KIND.name, {"name": source.name}),), 0, source.size or 0)


def compute(payload: Any, progress: Progress) -> Iterator[Result]:
    """Nothing for the store: the files are there afterwards."""
    # pooch and requests are loaded here, where something is fetched, and nowhere above.
    from ntk_uq.datasets.fetching.fetch import fetch

    bytes_of = _Bytes(fetching.get(payload["name"]), progress)
    progress("looking at what is there")
    paths = fetch(
        payload["name"],
        bytes_of.file,
        lambda: progress("waiting for another process, which is fetching the same"),
    )
    bytes_of.end(f"{len(paths)} files are there and have the official checksums")
    yield from ()


class _Bytes:
    """Turns the bytes of one file after the other into those of the whole job."""

    def __init__(self, source: Source, progress: Progress) -> None:
        self._progress = progress
        self._sizes: dict[str, int | None] = {file.name: file.size for file in source.files}

    @property
    def _total(self) -> int:
        sizes = list(self._sizes.values())
        return 0 if None in sizes else sum(size or 0 for size in sizes)

    def file(self, name: str, done: int, total: int | None) -> None:
        self._sizes[name] = self._sizes[name] or total
        before = 0
        for other, size in self._sizes.items():
            if other == name:
                break
            before += size or 0
        of = f" of {format_bytes(total)}" if total else ""
        ready = total is not None and done >= total
        message = f"checking {name}" if ready else f"{name}: {format_bytes(done)}{of}"
        self._progress(message, before + done, self._total)

    def end(self, message: str) -> None:
        self._progress(message, self._total, self._total)
