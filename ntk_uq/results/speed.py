"""How fast the engine's workers train, as the store has it."""

from dataclasses import dataclass

from ntk_uq.store import ResultsCache

SPEED_KEY = "speed/1"


@dataclass(frozen=True)
class Speed:
    """What a machine does with float32.

    Attributes:
        products: floating-point operations a second of a large matrix product.
        traffic: bytes a second of a large sum of arrays, read and written.
        overhead: seconds a step however small the network.
    """

    products: float
    traffic: float
    overhead: float = 25e-6


DEFAULT_SPEED = Speed(products=2e10, traffic=5e9)
"""Of a slow core, until somebody has measured."""


def stored_speed(results: ResultsCache) -> Speed | None:
    """How fast the engine's workers train, or None where nobody has measured it."""
    try:
        return Speed(**results.get_json(SPEED_KEY))
    except (TypeError, ValueError):
        return None
