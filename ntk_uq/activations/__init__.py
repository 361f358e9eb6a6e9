"""Activations: one file each, one line each in ``registry.py``."""

from ntk_uq.activations.registry import FILES, REGISTRY, get, register

__all__ = ["FILES", "REGISTRY", "get", "register"]
