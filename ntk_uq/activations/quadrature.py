"""Means over a standard normal z, by Gauss-Legendre on panels that get small towards zero.

There a function of ``sqrt(q) z`` may have a corner or a jump, and is steep when q is large.
"""

import functools

import numpy as np
from jaxtyping import Float

_WIDEST, _PANEL = 13.0, 0.5  # the density beyond is 1e-37; the size of panels far from zero
_HALVINGS = 16  # of the panels beside zero


@functools.cache
def rule(nodes: int = 16) -> tuple[Float[np.ndarray, "m"], Float[np.ndarray, "m"]]:
    """Points z, and weights with the standard normal density in them.

    Args:
        nodes: of each panel.
    """
    small = _PANEL * 0.5 ** np.arange(_HALVINGS, 0, -1)
    edges = np.concatenate([[0.0], small, np.arange(_PANEL, _WIDEST + _PANEL / 2, _PANEL)])
    x, w = np.polynomial.legendre.leggauss(nodes)
    half = np.diff(edges)[:, None] / 2
    right = (edges[:-1, None] + half * (1 + x)).ravel()
    weights = (half * w).ravel() * np.exp(-(right**2) / 2) / np.sqrt(2 * np.pi)
    return np.concatenate([-right[::-1], right]), np.concatenate([weights[::-1], weights])
