"""What a worker computes on, and how much of it is in use."""

import contextlib
import functools
import os
import shutil
import subprocess
import threading
import time
from typing import Any

import psutil

from ntk_uq.base import cards

_LOOK_SECONDS = 5.0
_ANSWER_SECONDS = 10.0


def state(busy: bool) -> dict[str, Any]:
    """The device of this process, as JSON's own types, for an engine's heartbeat.

    Returns:
        ``device`` in words; ``busy``, whether a chunk is computed; ``memory`` and ``used``, bytes
        that JAX may take and has taken on an accelerator, of the machine on a processor; ``load``,
        percent of the time in which it computed, where that can be told; ``trouble``, if a card is
        there and not used.
    """
    # Here and not above: the engine's own process computes nothing, and does not load it.
    from ntk_uq.theory.device import accelerator_memory, accelerator_memory_used, device

    found: dict[str, Any] = {"device": device(), "busy": busy}
    limit = accelerator_memory()
    if limit is None:
        memory = psutil.virtual_memory()
        found |= {"memory": memory.total, "used": memory.total - memory.available}
        found["load"] = psutil.cpu_percent()
    else:
        found |= {"memory": limit, "used": accelerator_memory_used(), "load": _watch().load}
    if trouble := cards.trouble():
        found["trouble"] = trouble
    return found


class _Watch:
    """Asks the driver's own tool now and then, in a thread: it takes up to a second to answer."""

    def __init__(self, card: str) -> None:
        self.load: float | None = None
        self._card = card
        if shutil.which("nvidia-smi"):
            threading.Thread(target=self._look, daemon=True).start()

    def _look(self) -> None:
        while True:
            self.load = None
            with contextlib.suppress(OSError, subprocess.SubprocessError, ValueError):
                self.load = float(self._asked())
            time.sleep(_LOOK_SECONDS)

    def _asked(self) -> str:
        query = ("--query-gpu=utilization.gpu", "--format=csv,noheader,nounits")
        return subprocess.run(
            ["nvidia-smi", "-i", self._card, *query],
            capture_output=True,
            check=True,
            text=True,
            timeout=_ANSWER_SECONDS,
        ).stdout


@functools.cache
def _watch() -> _Watch:
    return _Watch(os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0])
