"""The steps at which a training is looked at."""

import numpy as np
from jaxtyping import Int

PER_DECADE = 8


def recorded_steps(steps: int, per_decade: int = PER_DECADE) -> Int[np.ndarray, "r"]:
    """0, then steps evenly spaced in the logarithm as far as they are whole numbers, then k.

    Grid points do not depend on k: trajectories of different lengths share all but the last.

    Args:
        steps: k, at least 1.
        per_decade: how many steps there are between 1 and 10, 10 and 100, ...
    """
    decades = int(np.ceil(np.log10(steps))) + 1
    grid = np.rint(10 ** (np.arange(decades * per_decade + 1) / per_decade)).astype(np.int64)
    return np.unique([0, *grid[grid < steps], steps])
