"""The kernels of two blocks of examples inside of a program, by closed forms or neural-tangents."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ntk_uq.activations.base import Activation, KernelLayer
from ntk_uq.networks.architecture import build
from ntk_uq.specs import ArchitectureSpec
from ntk_uq.theory.close_pairs import CLOSE
from ntk_uq.theory.dual import propagate
from ntk_uq.theory.inputs import Block

Evaluate = Callable[..., tuple[jax.Array, jax.Array]]
"""``(block, block, k, sigma_w, sigma_b, depth) -> NNGP, NTK`` of all pairs of two blocks, with k
the covariance of their first preactivations."""


@functools.lru_cache(maxsize=16)
def closed_form(layer: KernelLayer, ntk: bool) -> Evaluate:
    """By the activation's own expectations; what is compiled serves all depths and sigmas."""

    def evaluate(
        block1: Block, block2: Block, k: jax.Array, sigma_w: Any, sigma_b: Any, depth: Any
    ) -> tuple[jax.Array, jax.Array]:
        (_, scales1, _), (_, scales2, _) = block1, block2
        return propagate(layer, k, scales1, scales2, sigma_w**2, sigma_b**2, ntk, depth)

    return evaluate


@functools.lru_cache(maxsize=64)
def neural_tangents(activation: Activation, depth: int) -> Evaluate:
    """By neural-tangents; compiled once a depth."""
    spec = ArchitectureSpec(depth, activation.name)

    def evaluate(
        block1: Block,
        block2: Block,
        k: jax.Array,  # noqa: ARG001
        sigma_w: Any,
        sigma_b: Any,
        depth: Any,  # noqa: ARG001
    ) -> tuple[jax.Array, jax.Array]:
        (u1, _, _), (u2, _, _) = block1, block2
        root = u1.shape[1] ** 0.5 / sigma_w
        both = build(spec, sigmas=(sigma_w, sigma_b)).kernel(root * u1, root * u2, ("nngp", "ntk"))
        return both.nngp, both.ntk

    return evaluate


def rows_of(block: Block, start: jax.Array, count: int) -> Block:
    """Some examples of a block, inside of a program."""
    u, scales, inverse = block
    cut = functools.partial(jax.lax.dynamic_slice_in_dim, start_index=start, slice_size=count)
    return cut(u), cut(scales, axis=2), cut(inverse)


def is_close(k: jax.Array, block1: Block, block2: Block) -> jax.Array:
    """Which pairs of inputs are so close to parallel, or opposite, that they need more care."""
    return jnp.abs(k * (block1[2][:, None] * block2[2][None, :])) > 1 - CLOSE
