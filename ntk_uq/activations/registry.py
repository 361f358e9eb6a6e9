"""Activations: one file each, one line each in :data:`FILES`.

A file ``ntk_uq/activations/NAME.py`` holds one :class:`~ntk_uq.activations.base.Activation` called
``ACTIVATION``: all that the theory, the finite networks, the costs and the pages need of it. It is
loaded when it is first asked for, never imports JAX, and is written for arrays of NumPy and of JAX
alike. docs/contributing/activation.md shows how to add one.

What is computed is kept under the activation's name. So a name stands for one function for ever:
one that is changed gets a new name.
"""

from typing import TYPE_CHECKING

from ntk_uq.base.registry import Registry

if TYPE_CHECKING:
    from ntk_uq.activations.base import Activation

FILES = (
    "relu",
    "erf",
    "gelu",
    "linear",
)
"""The files of this folder that are activations, in the order of menus."""


def _check(found: object) -> None:
    # NumPy is loaded here, and not with the names alone.
    from ntk_uq.activations.soundness import check

    check(found)


REGISTRY: "Registry[Activation]" = Registry(__package__, "activation", FILES, _check)
"""All activations that this process knows; as a sequence, their names."""

get = REGISTRY.get
register = REGISTRY.register
