"""Where the spots of showers fall: from numbers and radii to hits in square cells."""

import numpy as np
from jaxtyping import Float, Int

from ntk_uq.base.streams import Words, uniform


def spots_in_cells(
    counts: Int[np.ndarray, "n layers units 2"],
    radii: Float[np.ndarray, "n layers units 2"],
    impact: Float[np.ndarray, "n 2"],
    side: int,
    words: Words,
) -> Int[np.ndarray, "n layers transverse"]:
    """How many spots fall into each cell; those beside the grid are lost.

    A spot is at a distance r from the axis with the density ``2 r R^2 / (r^2 + R^2)^2`` and at a
    uniform azimuth.

    Args:
        counts: how many spots; the first n, layer by layer, take the first words.
        radii: R of each, in sides of a cell.
        impact: x and y of each shower's axis, in sides of a cell, from the grid's corner.
        side: cells along x and along y.
        words: a stream; each spot takes one word of it.
    """
    n, layers = counts.shape[:2]
    # r = R sqrt(u / (1 - u)) with u uniform. A word is enough: 32 bits for u, 31 for the angle from
    # the x axis, and one for the sign of x.
    drawn = words.words(int(counts.sum()))
    u = uniform(drawn, 32)
    reach = np.repeat(radii.ravel(), counts.ravel())
    reach *= np.sqrt(u / (1 - u))
    y = uniform(drawn << np.uint64(32), 31)
    y -= 0.5
    y *= np.pi
    np.sin(y, out=y)
    x = np.sqrt(1 - y * y)
    signs = x.view(np.uint64)
    signs |= drawn << np.uint64(63)
    per_shower, frame = counts.sum(axis=(1, 2, 3)), side + 2
    for place, centre in ((x, impact[:, 0]), (y, impact[:, 1])):
        place *= reach
        place += np.repeat(centre, per_shower)
        # A frame of one cell around the grid collects what misses it.
        np.clip(np.floor(place, out=place), -1, side, out=place)
    # In floating point, which is exact here and converted once.
    planes = np.arange(n * layers, dtype=float) * frame**2 + (frame + 1)
    framed = np.repeat(planes, counts.sum(axis=(2, 3)).ravel())
    framed += x
    y *= frame
    framed += y
    hits = np.bincount(framed.astype(np.int64), minlength=n * layers * frame**2)
    grid = hits.reshape(n, layers, frame, frame)[:, :, 1:-1, 1:-1]
    return grid.reshape(n, layers, side**2)
