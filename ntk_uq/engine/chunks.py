"""What travels between the engine and whoever computes: chunks out, results back.

Both are plain values, so that they reach any worker on any machine.
"""

import json
import math
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Chunk:
    """A part of a job that is computed in one go, in seconds if it can be.

    Attributes:
        kind: name of the job's kind.
        payload: what to compute, JSON's own types.
        memory: bytes that it is estimated to take, for the engine; 0 where nobody has estimated.
        seconds: about how long it takes on a processor, for the engine; infinite where nobody can
            tell.
    """

    kind: str
    payload: Any
    memory: int = 0
    seconds: float = math.inf

    def to_json(self) -> str:
        """The chunk as JSON text."""
        return json.dumps({"kind": self.kind, "payload": self.payload}, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Chunk":
        """The chunk that :meth:`to_json` wrote."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class Result:
    """One entry of the store.

    Attributes:
        key: where it belongs.
        value: its bytes: JSON by :func:`ntk_uq.store.json_bytes`, or npz.
        units: how many of the job's total it completes; 0 where it comes beside another.
    """

    key: str
    value: bytes
    units: int = 1


@dataclass(frozen=True)
class Plan:
    """What a job still needs: its chunks, and how many of its units are done of how many.

    ``total`` is 0 where nobody knows yet.
    """

    chunks: tuple[Chunk, ...]
    done: int
    total: int


class Stopped(Exception):
    """Raised out of a progress report to end a chunk whose job was cancelled."""


class Progress(Protocol):
    """How a chunk tells how far it is between two results."""

    def __call__(self, message: str, done: int | None = None, total: int | None = None) -> None:
        """Shows ``message`` and, where given, replaces the job's done and total.

        Only a kind whose jobs are one chunk each can know the latter two.

        Raises:
            Stopped: if the chunk is to end; it must not be held up.
        """
