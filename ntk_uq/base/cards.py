"""NVIDIA cards of this machine, as far as can be told without loading anything that uses them."""

import importlib.util
import os
from importlib import metadata
from pathlib import Path

CARDS = Path("/proc/driver/nvidia/gpus")
"""Where the driver lists its cards, one folder each."""

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


def _plugin() -> bool:
    return any(importlib.util.find_spec(name) is not None for name in _PLUGINS)


def _wanted() -> bool:
    platforms = os.environ.get("JAX_PLATFORMS") or "cuda"
    return any(name.strip() in ("cuda", "gpu") for name in platforms.split(","))


def share(place: int, workers: int) -> dict[str, str]:
    """Environment variables that give a worker its card, and its part of the card's memory.

    Workers are dealt out over the cards in turn. Where several have one card, each gets an equal
    part of what JAX would take alone: the second one would else find nothing left.

    Args:
        place: which worker, from 0. workers: how many there are.
    """
    cards = used()
    if not cards:
        return {}
    mine = place % len(cards)
    beside = len(range(mine, workers, len(cards)))
    found = {"CUDA_VISIBLE_DEVICES": cards[mine]}
    if beside > 1:
        whole = float(os.environ.get("XLA_PYTHON_CLIENT_MEM_FRACTION") or 0.75)
        found["XLA_PYTHON_CLIENT_MEM_FRACTION"] = f"{whole / beside:.3f}"
    return found
