"""One network at a time in plain JAX: the same stax network, all parameters as they are."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from benchmarks.inputs import N_OUTPUTS
from benchmarks.training_problem import Problem, Train
from ntk_uq.networks.architecture import build


def trainer(problem: Problem) -> Train:
    """A jitted loop of gradient descent, the number of steps an argument: compiled once."""
    apply = build(problem.architecture, problem.width, N_OUTPUTS).apply
    with jax.enable_x64(False):
        x, y, x_test = (jnp.asarray(a, jnp.float32) for a in problem.data)
        start = jax.tree.map(jnp.asarray, problem.start)
    size = problem.step_size

    def loss(parameters: object) -> jax.Array:
        return jnp.sum((apply(parameters, x) - y) ** 2) / 2

    def step(_: int, parameters: object) -> object:
        gradient = jax.grad(loss)(parameters)
        return jax.tree.map(lambda p, g: p - size * g, parameters, gradient)

    @jax.jit
    def train(parameters: object, steps: int) -> jax.Array:
        return apply(lax.fori_loop(0, steps, step, parameters), x_test)

    def run(steps: int) -> np.ndarray:
        # As ours: on an accelerator float32 products would else keep fewer digits.
        with jax.enable_x64(False), jax.default_matmul_precision("highest"):
            return np.asarray(train(start, steps))

    return run
