"""Engines and what they compute on, in words."""

from collections.abc import Mapping
from typing import Any

from ntk_uq.base.settings import format_bytes
from ntk_uq.store import EngineRecord


def describe_engine(engine: EngineRecord) -> str:
    """Where an engine runs, with how many workers."""
    info = engine.info
    count = int(info.get("workers", 0))
    workers = f"{count} worker" + ("" if count == 1 else "s")
    return f"{info.get('runner', 'an engine')} on {info.get('host', 'some machine')}, {workers}"


def describe_device(state: Mapping[str, Any], now: bool = True) -> str:
    """A worker's device, with its memory; ``now`` also with what is in use at the moment."""
    device = str(state.get("device", "unknown device"))
    parts = ["the processor" if device == "cpu: cpu" else device]
    memory, used, load = (state.get(name) for name in ("memory", "used", "load"))
    if now:
        parts.append("busy" if state.get("busy") else "idle")
    if memory and used is not None and now:
        parts.append(f"{format_bytes(used)} of {format_bytes(memory)} in use")
    elif memory:
        parts.append(format_bytes(memory))
    if load is not None and now:
        parts.append(f"load {load:.0f} %")
    return ", ".join(parts)


def devices(engine: EngineRecord) -> list[Mapping[str, Any]]:
    """What its workers compute on; none of an engine that says nothing of it."""
    return list(engine.info.get("devices") or [])


def troubles(engine: EngineRecord) -> list[str]:
    """What keeps an engine from computing, or from computing as fast as it could; each once."""
    said = [engine.info.get("trouble"), *(state.get("trouble") for state in devices(engine))]
    return list(dict.fromkeys(words for words in said if words))
