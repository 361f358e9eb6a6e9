"""neural-tangents' kernels, and its predictions in a loop over N_D as its documentation has it."""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ntk_uq.datasets import Split
from ntk_uq.networks.architecture import build
from ntk_uq.specs import ArchitectureSpec

BOTH = ("nngp", "ntk")


def kernel_function(spec: ArchitectureSpec) -> Callable[..., Any]:
    """``kernel_fn(x1, x2, get)`` of stax, untouched; x2 None means x1 again."""
    return build(spec).kernel


def compiled_kernels(spec: ArchitectureSpec, x: Float[np.ndarray, "n d"]) -> Callable[[], Any]:
    """Both kernels of examples with themselves in one call, compiled for their number."""
    kernel = kernel_function(spec)
    with jax.enable_x64(True):
        on_device = jnp.asarray(x)
        program = jax.jit(lambda a: kernel(a, None, BOTH)).lower(on_device).compile()

    def evaluate() -> Any:
        with jax.enable_x64(True):
            return program(on_device)

    return evaluate


def moments(
    mean: Float[Array, "t c"], covariance: Float[Array, "t t"], targets: Float[Array, "t c"]
) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """mu and sigma of the test loss, the two that every contestant has to tell."""
    n_test, n_outputs = targets.shape
    residual = mean - targets
    mu = (jnp.sum(residual**2) + n_outputs * jnp.trace(covariance)) / (n_test * n_outputs)
    quadratic = 2 * n_outputs * jnp.sum(covariance**2)
    quadratic += 4 * jnp.sum(residual * (covariance @ residual))
    return mu, jnp.sqrt(quadratic) / (n_test * n_outputs)


def documented_loop(
    spec: ArchitectureSpec, split: Split, time: float | None, compiled: bool
) -> Callable[[Sequence[int]], list[tuple[float, float]]]:
    """mu and sigma at each N_D by a new ``gradient_descent_mse_ensemble`` for each.

    Args:
        spec: the network.
        split: the data; the first n examples are the training set of N_D = n.
        time: gradient-flow time in units of 1/eigenvalue; None for endless training. That of
            neural-tangents is per number of targets: its loss is a mean over them.
        compiled: whether ``kernel_fn`` is jitted first, as in its notebooks, or given as stax
            returns it, as in its README.
    """
    kernel = kernel_function(spec)
    import neural_tangents as nt  # only now: building a network makes it importable

    if compiled:
        kernel = jax.jit(kernel, static_argnums=2)

    def loop(sizes: Sequence[int]) -> list[tuple[float, float]]:
        found = []
        with jax.enable_x64(True):
            for n in sizes:
                y_train = split.y_train[:n]
                predict = nt.predict.gradient_descent_mse_ensemble(
                    kernel, split.x_train[:n], y_train
                )
                outputs = predict(
                    t=None if time is None else time * y_train.size,
                    x_test=split.x_test,
                    get="ntk",
                    compute_cov=True,
                )
                mean = outputs.mean.reshape(split.y_test.shape)
                covariance = outputs.covariance.reshape(2 * (len(split.x_test),))
                mu, sigma = moments(mean, covariance, split.y_test)
                found.append((float(mu), float(sigma)))
        return found

    return loop
