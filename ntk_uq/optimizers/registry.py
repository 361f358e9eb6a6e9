"""Optimizers: one file each, one line each in :data:`FILES`.

A file ``ntk_uq/optimizers/NAME.py`` holds one :class:`~ntk_uq.optimizers.base.Optimizer` called
``OPTIMIZER``: all that specifications, training, costs, pages and commands need of it. It never
imports JAX. docs/contributing/optimizer.md shows how to add one.

What is trained is kept under the optimizer's name. So a name stands for one rule for ever: one that
is changed gets a new name.
"""

from ntk_uq.base.registry import Registry
from ntk_uq.optimizers.base import Optimizer

FILES = (
    "gd",
    "momentum",
    "sgd",
    "adam",
)
"""The files of this folder that are optimizers, in the order of menus."""


def _check(found: object) -> None:
    from ntk_uq.optimizers.soundness import check

    check(found)


REGISTRY: Registry[Optimizer] = Registry(__package__, "optimizer", FILES, _check)
"""All optimizers that this process knows; as a sequence, their names."""

get = REGISTRY.get
register = REGISTRY.register
