"""Kernel tiles that were evaluated already, within a budget of memory, for one process."""

import threading
from collections import OrderedDict
from collections.abc import Hashable

import numpy as np
from jaxtyping import Float

from ntk_uq.base import settings

Tiles = dict[str, Float[np.ndarray, "r c"]]
"""By the name of the kernel."""


class TileCache:
    """Tiles by what they are kernels of; those of what was not asked for longest go first."""

    def __init__(self) -> None:
        self._groups: OrderedDict[Hashable, dict[Hashable, Tiles]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(
        self, group: Hashable, key: Hashable, names: tuple[str, ...], shape: tuple[int, int]
    ) -> tuple[np.ndarray, ...] | None:
        """Those kernels of a tile, none smaller than the shape; None if one is missing."""
        with self._lock:
            tiles = self._groups.get(group, {}).get(key, {})
            if group in self._groups:
                self._groups.move_to_end(group)
        found = tuple(tiles[name] for name in names if name in tiles)
        large = all(t.shape[0] >= shape[0] and t.shape[1] >= shape[1] for t in found)
        return found if len(found) == len(names) and large else None

    def put(self, group: Hashable, key: Hashable, tiles: Tiles) -> None:
        """Keeps kernels of a tile as far as the budget reaches; they must not change any more."""
        with self._lock:
            kept = self._groups.setdefault(group, {}).setdefault(key, {})
            self._groups.move_to_end(group)
            for name, given in tiles.items():
                tile = _of_its_own(given)
                self._bytes += tile.nbytes - (kept[name].nbytes if name in kept else 0)
                kept[name] = tile
            budget = settings.kernel_cache()
            while self._bytes > budget and len(self._groups) > 1:
                _, oldest = self._groups.popitem(last=False)
                self._bytes -= _bytes(oldest)
            if self._bytes > budget:  # this one alone
                self._bytes -= _bytes({key: self._groups[group].pop(key)})

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._groups.clear()
            self._bytes = 0

    @property
    def bytes(self) -> int:
        """What is kept takes."""
        return self._bytes


def _of_its_own(tile: np.ndarray) -> np.ndarray:
    """A copy of what is a part of something larger, which would be kept with it."""
    whole = tile.base
    return tile.copy() if isinstance(whole, np.ndarray) and whole.nbytes > tile.nbytes else tile


def _bytes(tiles: dict[Hashable, Tiles]) -> int:
    return sum(tile.nbytes for kernels in tiles.values() for tile in kernels.values())


CACHE = TileCache()
"""The process's own."""
