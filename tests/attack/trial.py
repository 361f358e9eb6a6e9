"""What a part is told: its form, its random numbers, its folder and its time."""

import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class LeftOut(Exception):
    """A part cannot be run here; says why."""


class TimeUpError(BaseException):
    """The part's time is over. No ``except Exception`` of what is attacked takes it for its own."""


@dataclass
class Trial:
    """One part's run.

    Attributes:
        short: whether it is the form that CI runs.
        seed: of everything that is drawn.
        folder: for store, data and logs; empty when it begins.
        cache: for what is compiled and simulated, of all parts.
        seconds: that it may take.
    """

    short: bool
    seed: int
    folder: Path
    cache: Path
    seconds: float
    began: float = field(default_factory=time.monotonic)

    def size(self, full: T, short: T) -> T:
        """One of the two, as this form has it."""
        return short if self.short else full

    def random(self, name: str) -> random.Random:
        """Random numbers for one purpose, the same for every run of this seed."""
        return random.Random(f"{self.seed} {name}")

    def share_left(self) -> float:
        """How much of its time is left, from 1 to 0."""
        return max(0.0, 1 - (time.monotonic() - self.began) / self.seconds)

    def seconds_left(self) -> float:
        """How much that is."""
        return self.share_left() * self.seconds

    def environment(self) -> dict[str, str]:
        """Variables that keep all of the program in the trial's folder, and off the network."""
        return {
            "NTK_UQ_STORE": str(self.folder / "store"),
            "NTK_UQ_DATA": str(self.folder / "data"),
            "NTK_UQ_OWN": str(self.folder / "own"),
            "NTK_UQ_CACHE": str(self.cache),
            "NTK_UQ_MIRRORS": "only,http://127.0.0.1:9/",
            "NO_PROXY": "localhost,127.0.0.1",
            "OPENBLAS_THREAD_TIMEOUT": "18",
        }


def wait_for(condition, seconds: float, every: float = 0.05) -> bool:
    """Whether a condition came true within some seconds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True
