"""Which network."""

import math
from dataclasses import dataclass

from ntk_uq.activations import REGISTRY as ACTIVATIONS
from ntk_uq.base.fields import Choice, Real, Spec, checked
from ntk_uq.specs.ranges import DEPTH


@dataclass(frozen=True)
class ArchitectureSpec(Spec):
    """A fully connected network in NTK parameterization.

    ``h_1 = sigma_w / sqrt(d) W_1 x + sigma_b b_1``, then ``depth`` times an activation and
    another such affine map, all weights and biases standard normal.
    """

    depth: int = checked(DEPTH, 2, "number of hidden layers")
    activation: str = checked(Choice(ACTIVATIONS), "relu", "activation of the hidden layers")
    sigma_w: float = checked(
        Real(0, 100, above=True), math.sqrt(2), "standard deviation of the weights, sigma_w"
    )
    sigma_b: float = checked(Real(0, 100), 0.0, "standard deviation of the biases, sigma_b")
