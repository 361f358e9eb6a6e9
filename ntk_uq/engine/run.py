"""A job that an engine has, and the places to which its chunks go."""

import enum
import math
from collections import deque
from dataclasses import dataclass, field

from ntk_uq.base.counting import counted
from ntk_uq.engine.chunks import Chunk
from ntk_uq.engine.kinds import Kind
from ntk_uq.jobs.asking import QUICK_RANK, QUICK_SECONDS
from ntk_uq.store import Job

_MOST_REASONS = 3

QUICK_BYTES = 2**30
"""Memory that a chunk may be told to take in the place that is kept for chunks of a moment."""


class ChunkPlace(enum.Enum):
    """Where a chunk runs: in the engine's own process, or with its runner."""

    HERE = enum.auto()
    QUICK = enum.auto()
    MAIN = enum.auto()


@dataclass
class Run:
    """A job that this engine has: what is still to be handed out, and what is out."""

    job: Job
    kind: Kind
    pending: deque[Chunk]
    done: int
    total: int
    message: str
    out: set[str] = field(default_factory=set)
    handed: int = 0
    written: int = 0  # bytes since the last report
    errors: list[str] = field(default_factory=list)
    cancelled: bool = False
    unsaid: bool = True
    said: float = -math.inf

    @property
    def quick(self) -> bool:
        """Whether its next chunk may have the place that is kept for chunks of a moment."""
        if not self.pending or self.job.priority < QUICK_RANK:
            return False
        chunk = self.pending[0]
        return chunk.seconds <= QUICK_SECONDS and chunk.memory <= QUICK_BYTES

    @property
    def error(self) -> str:
        """Why the job failed: the first few reasons, each once, a line each."""
        reasons = self.errors[:_MOST_REASONS]
        more = len(self.errors) - len(reasons)
        if more:
            reasons.append(f"And {counted(more, 'other reason')}.")
        return "\n".join(reasons)

    def failed(self, reason: str) -> None:
        if reason not in self.errors:
            self.errors.append(reason)
