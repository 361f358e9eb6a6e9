"""The parts, in the order in which they run, and what each may take."""

import importlib
from dataclasses import dataclass
from types import ModuleType

LONGEST = 600.0
"""Seconds of a whole run."""


@dataclass(frozen=True)
class Part:
    """One part.

    Attributes:
        name: of its module, with ``_`` for blanks.
        about: what it does, in a line.
        seconds: that it may take in the long form.
        short_seconds: and in the short one, where a busy machine may take several times as long as
            a quiet one.
    """

    name: str
    about: str
    seconds: float
    short_seconds: float

    def module(self) -> ModuleType:
        """What has its ``AIMS`` and ``run``."""
        return importlib.import_module(f"attack.{self.name}")


PARTS = {
    part.name: part
    for part in (
        Part("kill", "SIGKILL of engine, workers and web while they compute", 150, 120),
        Part("stop", "cancelling, queueing before ten others, tabs opened and closed", 85, 120),
        Part("full_disk", "a disk that is full for a while", 65, 120),
        Part("damage", "damaged files in the store", 45, 80),
        Part("fuzz", "changed files and links", 40, 60),
        Part("uploads", "files that unpack to much, uploaded by several tabs", 60, 60),
        Part("hostile", "hostile texts in a browser", 90, 120),
        Part("load", "many users at the same moment", 65, 100),
    )
}
