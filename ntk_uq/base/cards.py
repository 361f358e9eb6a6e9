"""NVIDIA cards of this machine, as far as can be told without loading anything that uses them."""

import functools
import importlib.util
import logging
import os
import subprocess
from importlib import metadata
from pathlib import Path

log = logging.getLogger(__name__)

CARDS = Path("/proc/driver/nvidia/gpus")
"""Where the driver lists its cards, one folder each."""

_FRACTION = "XLA_PYTHON_CLIENT_MEM_FRACTION"
_OF_FREE = 0.9
_ANSWER_SECONDS = 10.0
_PLUGINS = ("jax_cuda12_plugin", "jax_cuda13_plugin")


def there() -> tuple[str, ...]:
    """The cards that this process may use, by what ``CUDA_VISIBLE_DEVICES`` calls them."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        names = [name.strip() for name in named.split(",")]
        # CUDA takes what stands before the first name that is none.
        end = next((i for i, name in enumerate(names) if name in ("", "-1")), len(names))
        return tuple(names[:end])
    try:
        return tuple(str(i) for i, _ in enumerate(CARDS.iterdir()))
    except OSError:
        return ()


def used() -> tuple[str, ...]:
    """Those that JAX computes on: all of them, if it has its plug-in and was not told otherwise."""
    return there() if _plugin() and _wanted() else ()


def trouble() -> str:
    """Why JAX computes on a processor although there is a card, and what to do; empty if it does
    not, or was told to."""
    cards = there()
    if not cards or not _wanted() or _plugin():
        return ""
    many = "an NVIDIA card" if len(cards) == 1 else f"{len(cards)} NVIDIA cards"
    return (
        f"This machine has {many}, and JAX does not use it: its CUDA plug-in is missing. Install "
        f"it with `pip install 'jax[cuda12]=={metadata.version('jax')}'` in the environment of the "
        "workers, or set JAX_PLATFORMS=cpu if the processor is meant."
    )


@functools.cache  # it goes through all folders that packages are in
def _plugin() -> bool:
    return any(importlib.util.find_spec(name) is not None for name in _PLUGINS)


def _wanted() -> bool:
    platforms = os.environ.get("JAX_PLATFORMS") or "cuda"
    return any(name.strip() in ("cuda", "gpu") for name in platforms.split(","))


def free(card: str) -> tuple[int, int] | None:
    """Bytes of a card's memory that no process has taken, and all of them, as the driver's own tool
    tells; None where it cannot be asked."""
    query = ("--query-gpu=memory.free,memory.total", "--format=csv,noheader,nounits")
    try:
        told = subprocess.run(
            ["nvidia-smi", "-i", card, *query],
            capture_output=True,
            check=True,
            text=True,
            timeout=_ANSWER_SECONDS,
        ).stdout
        (line,) = told.strip().splitlines()
        there, whole = (int(float(part) * 2**20) for part in line.split(","))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return (there, whole) if 0 <= there <= whole and whole else None


def shares(workers: int) -> list[dict[str, str]]:
    """Environment variables that give each of some workers its card, and its part of the card's
    memory, as far as that is free now.

    Workers are dealt out over the cards in turn. Where several have one card, each gets an equal
    part of what JAX would take alone: the second one would else find nothing left. Where another
    program, or another engine, has a part of a card already, JAX takes less: nine tenths of what
    is free. What is free cannot be known without the driver's tool, and it is not looked at again;
    both is told in the log.
    """
    cards = used()
    found = []
    for place in range(workers) if cards else ():
        card = cards[place % len(cards)]
        found.append({"CUDA_VISIBLE_DEVICES": card})
    for card in dict.fromkeys(mine["CUDA_VISIBLE_DEVICES"] for mine in found):
        beside = [mine for mine in found if mine["CUDA_VISIBLE_DEVICES"] == card]
        wanted = float(os.environ.get(_FRACTION) or 0.75)
        part = min(wanted, _free_part(card, wanted))
        if len(beside) > 1 or part < wanted:
            for mine in beside:
                mine[_FRACTION] = f"{part / len(beside):.3f}"
    return found or [{} for _ in range(workers)]


def _free_part(card: str, wanted: float) -> float:
    """Which part of a card's memory may be taken, as far as that can be known; tells what is odd
    about it."""
    memory = free(card)
    if memory is None:
        log.warning(
            "how much of card %s's memory is free cannot be told (nvidia-smi gives no answer): "
            "%.0f %% of it are taken. If another program or engine has the card, too, set %s to a "
            "smaller part for both.",
            *(card, 100 * wanted, _FRACTION),
        )
        return wanted
    there, whole = memory
    part = _OF_FREE * there / whole
    if part < wanted:
        log.warning(
            "of card %s's memory of %.1f GiB only %.1f GiB are free, since another program has the "
            "rest: %.1f GiB are taken.",
            *(card, whole / 2**30, there / 2**30, part * whole / 2**30),
        )
    return part
