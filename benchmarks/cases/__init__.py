"""The cases: one module each, with ``run(plan)`` that yields a report for each of its tables."""

import dataclasses
import importlib
from collections.abc import Callable, Iterator

from benchmarks.plan import Plan
from benchmarks.report import Report

NAMES = (
    "ceilings",
    "kernels",
    "curve",
    "finite_time",
    "cost",
    "memory",
    "training",
    "start",
    "page",
    "users",
)
"""In the order in which they run."""

DEVICE = "device"
"""Runs where an accelerator is JAX's default device, or when it is asked for by name."""


def fitting(name: str, plan: Plan) -> Plan:
    """The plan for one case: sizes are small where they are an accelerator's and there is none."""
    import jax

    small = name == DEVICE and jax.default_backend() == "cpu"
    return dataclasses.replace(plan, quick=True) if small else plan


def runner(name: str) -> Callable[[Plan], Iterator[Report]]:
    """The case of that name."""
    return importlib.import_module(f"benchmarks.cases.{name}").run
