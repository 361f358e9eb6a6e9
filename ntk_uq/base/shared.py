"""What is made once and read by many: values by key, of bounded number and size.

Fifty sessions that show one view ask for its figures at one moment. The first that asks makes them,
the others wait for it and get the same object; so whatever lies here is read and never changed.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass
class _Turn:
    """Of one key: who may make its value, and how many wait for that or do so."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0


class Shared(Generic[Value]):
    """Values by key; those that nobody asked for the longest are forgotten first.

    A key says all that its value depends on. Threads that ask for one key at a time make it once;
    a failure is its asker's alone, and the next one tries again.
    """

    def __init__(
        self,
        entries: int,
        size: Callable[[Value], int] = lambda _: 0,
        largest: int = 0,
    ) -> None:
        """Nothing yet.

        Args:
            entries: how many values are kept at most.
            size: of a value, in bytes.
            largest: of all of them together, in bytes; what is larger alone is not kept.
        """
        self._entries, self._size, self._largest = entries, size, largest
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._bytes = 0
        self._turns: dict[Hashable, _Turn] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of a key, made where it is not there.

        Args:
            key: all that the value depends on.
            make: makes it; must not ask for the same key.
        """
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key][0]
            turn = self._turns.setdefault(key, _Turn())
            turn.users += 1
        try:
            with turn.lock:
                with self._lock:
                    if key in self._values:
                        return self._values[key][0]
                value = make()
                with self._lock:
                    self._keep(key, value)
                return value
        finally:
            with self._lock:
                turn.users -= 1
                if not turn.users:
                    del self._turns[key]

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._values.clear()
            self._bytes = 0

    def __len__(self) -> int:
        """How many values are kept."""
        return len(self._values)

    def _keep(self, key: Hashable, value: Value) -> None:
        size = self._size(value)
        if size > self._largest:
            return
        self._values[key] = value, size
        self._bytes += size
        while len(self._values) > self._entries or self._bytes > self._largest:
            _, (_, freed) = self._values.popitem(last=False)
            self._bytes -= freed
