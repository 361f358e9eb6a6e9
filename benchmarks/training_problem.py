"""One training of finite networks that ours and the others do alike."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from benchmarks.inputs import N_OUTPUTS, sphere
from ntk_uq.costs.training import span_step_flops, step_flops
from ntk_uq.specs import ArchitectureSpec, OptimizerSpec
from ntk_uq.theory.kernels import Kernels
from ntk_uq.training.program import Parameters, initialize, train
from ntk_uq.training.seeds import key_data

N_TEST = 10

Train = Callable[[int], Float[np.ndarray, "t c"]]
"""Takes the number of steps; returns the outputs on the test set after the last one."""


@dataclass(frozen=True)
class Problem:
    """Full-batch gradient descent on ``sum |f - y|^2 / 2``, ReLU, from seed 0.

    Attributes:
        n, d: training examples and their values. width, depth: of the hidden layers.
    """

    n: int
    d: int
    width: int
    depth: int

    def __str__(self) -> str:
        return f"N_D {self.n}, d {self.d}, width {self.width}, depth {self.depth}"

    @property
    def architecture(self) -> ArchitectureSpec:
        return ArchitectureSpec(self.depth)

    @cached_property
    def data(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Inputs and targets of the training set, inputs of the test set."""
        x = sphere(self.n + N_TEST, self.d)
        labels = np.random.default_rng(1).integers(0, N_OUTPUTS, self.n)
        return x[: self.n], np.eye(N_OUTPUTS)[labels] - 1 / N_OUTPUTS, x[self.n :]

    @cached_property
    def step_size(self) -> float:
        """Well below ``2 / lambda_max``, since lambda_max is at most the trace: always sound."""
        (ntk,) = Kernels(self.architecture, ("ntk",)).symmetric(self.data[0][:1])
        return float(0.5 / (self.n * ntk[0, 0]))

    @cached_property
    def start(self) -> Parameters:
        """The parameters of seed 0 as stax nests them, float32."""
        keys = key_data(0)[None]
        everything = initialize(self.architecture, self.width, N_OUTPUTS, self.d, keys)[0]
        return tuple(tuple(np.asarray(p[0]) for p in layer) for layer in everything)

    @property
    def step_operations(self) -> int:
        """Of one step, as a textbook counts them."""
        return step_flops(self.n, self.d, self.width, self.depth, N_OUTPUTS)

    def operations_done(self, span: bool) -> int:
        """Of one step as ours does it: with the first layer in the span of the data, fewer."""
        if not span:
            return self.step_operations
        return span_step_flops(self.n, self.width, self.depth, N_OUTPUTS)

    def ours(self, span: bool, beside: int) -> Train:
        """``beside`` networks in one compiled program; the outputs of the first."""
        keys = np.stack([key_data(i) for i in range(beside)])

        def run(steps: int) -> np.ndarray:
            recorded = np.array([0, steps])
            found = train(
                *(self.architecture, OptimizerSpec(), self.width, keys, self.data),
                *(self.step_size, recorded, span),
            )
            return np.asarray(found.test[0, -1])

        return run


def at_once(run: Train, count: int) -> Callable[[int], object]:
    """The same training in several threads at the same time."""
    if count == 1:
        return run
    pool = ThreadPoolExecutor(count)
    return lambda steps: list(pool.map(run, [steps] * count))
