"""Optimizers: one file each, one line each in ``registry.py``."""

from ntk_uq.optimizers.base import PARAMETERS, Optimizer, Settings, Step
from ntk_uq.optimizers.registry import FILES, REGISTRY, get, register

__all__ = [
    "FILES",
    "PARAMETERS",
    "REGISTRY",
    "Optimizer",
    "Settings",
    "Step",
    "get",
    "register",
]
