"""Results that note which of them somebody asks for."""

from collections.abc import Iterable

from ntk_uq.store.results import ResultsCache


class NotedResults(ResultsCache):
    """The results of a store, for reading; with the keys that were asked for, there or not."""

    def __init__(self, results: ResultsCache) -> None:
        """``results`` are those that are read."""
        self.directory = results.directory
        self._read = results
        self.asked: set[str] = set()

    def get(self, key: str) -> bytes | None:
        """As :meth:`ResultsCache.get`."""
        self.asked.add(key)
        return self._read.get(key)

    def get_many(self, keys: Iterable[str]) -> dict[str, bytes]:
        """As :meth:`ResultsCache.get_many`."""
        wanted = list(keys)
        self.asked.update(wanted)
        return self._read.get_many(wanted)

    def __contains__(self, key: str) -> bool:
        """As :meth:`ResultsCache.__contains__`."""
        self.asked.add(key)
        return key in self._read
