"""What a posterior gives."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ntk_uq.results.losses import LossMoments, SamplingErrors


class Gaussian(NamedTuple):
    """The test outputs ``N(m, S)``, alike in all outputs.

    Attributes:
        mean: m, (t, c).
        covariance: S, (t, t), symmetric.
        condition: condition number of the matrix that was inverted.
        residual: largest error of ``T W = T_dt``, over the largest entry of T_dt, where it was
            solved in mixed precision.
    """

    mean: Float[np.ndarray, "t c"]
    covariance: Float[np.ndarray, "t t"]
    condition: float
    residual: float | None = None


class LossOf(NamedTuple):
    """The test loss of such outputs.

    Attributes:
        moments: its moments over initializations.
        errors: of the moments, from the choice of the test examples; None where there are none.
        condition, residual: as :class:`Gaussian`.
    """

    moments: LossMoments
    errors: SamplingErrors | None
    condition: float
    residual: float | None = None
