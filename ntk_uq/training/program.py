"""One finite network from its initialization to its last step, compiled as a whole.

The network is the architecture's own (:func:`ntk_uq.networks.architecture.build`),
differentiated by JAX. Two things are done otherwise than in a textbook's loop:

**Displacements.** What is updated is not a parameter but its distance from the start. In NTK
parameterization parameters are of order 1 and move by 1/sqrt(width), so late, small steps lose
fewer digits. Over 50,000 to 200,000 steps at eta = 0.1 and 0.003 the test loss left that of float64
by at most 7e-5 instead of 1.5e-4, for no measurable time.

**The span of the data.** The first layer's weights move only along the training inputs,
``W_1 - W_1(0) = sigma_w / sqrt(d) X' A`` with A of shape (n_train, width), and their biases with
``sigma_b sum_i A_i``. Its outputs on the training set are therefore ``H(0) + G A`` with the
constant Gram matrix ``G = sigma_w^2 X X' / d + sigma_b^2``, and gradient descent on W_1 and b_1 is,
exactly, A moving by the gradient with respect to H. One product with G replaces the two with X:
a third of the first layer's work at n_train = 500, d = 784. The same holds for every rule that is
linear in the gradients (:attr:`ntk_uq.optimizers.Optimizer.linear`).
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from jaxtyping import Array, Bool, Float, Int, UInt32

from ntk_uq import optimizers
from ntk_uq.networks.architecture import Network, build
from ntk_uq.optimizers import Optimizer, Settings, Step
from ntk_uq.optimizers.soundness import returned
from ntk_uq.specs import ArchitectureSpec, OptimizerSpec

DIVERGED = 1e3
"""Training loss, relative to the initial one, above which a training counts as diverged. A finite
network may climb by a factor of about its width first and then settle in a flatter place
(Lewkowycz et al., arXiv:2003.02218), at widths for which the theory is meant rarely this far."""

# Threefry's words are the same with every JAX and on every device, once it is said how they are
# counted (``jax_threefry_partitionable``, which was another once). JAX makes normal numbers of them
# by a rational function of its own and a logarithm, in float32: their last bit is the device's.
_RANDOM = "threefry2x32"
_COUNTED = True

Parameters = Any
"""As stax nests them: one tuple a layer, weights (fan_in, fan_out) and biases (1, fan_out)."""


class Trajectory(NamedTuple):
    """What is kept of a training; a leading axis of members where several were trained.

    Attributes:
        train: outputs on the training set at each recorded step, (r, n, c).
        test: outputs on the test set, (r, t, c).
        diverged_at: the step at which the training loss was found too large or not finite, from
            which on the outputs mean nothing; -1 for a sound training.
    """

    train: Float[Array, "*members r n c"]
    test: Float[Array, "*members r t c"]
    diverged_at: Int[Array, "*members"]


class _State(NamedTuple):
    moved: Any  # displacements of what is trained
    memory: tuple[Any, ...]  # the optimizer's, each as what is moved
    order: Int[Array, "n"]  # of the examples in this pass, for batches
    step: Int[Array, ""]
    sound: Bool[Array, ""]


def in_span(optimizer: str, n_train: int, n_features: int) -> bool:
    """Whether the first layer is trained in the span of the data.

    It saves work below n_train = 2 d by the count of operations; measured, below about 1.5 d.
    """
    rule = optimizers.get(optimizer)
    return rule.linear and not rule.stochastic and n_train < 1.5 * n_features


def train(
    architecture: ArchitectureSpec,
    optimizer: OptimizerSpec,
    width: int,
    keys: UInt32[np.ndarray, "m 2"],
    data: tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n c"], Float[np.ndarray, "t d"]],
    step_size: float,
    recorded: Int[np.ndarray, "r"],
    span: bool | None = None,
    precision: str = "float32",
    tf32: bool = False,
) -> Trajectory:
    """Trains one network for each key, all in one compiled program.

    Full-batch gradient descent is ``theta <- theta - s grad sum |f - y|^2 / 2``.

    Args:
        architecture: the network. width: units of its hidden layers.
        optimizer: how to train; of eta and steps only ``step_size`` and ``recorded`` are used.
        keys: Threefry keys, one a member. A program for one key knows no axis of members.
        data: inputs and targets of the training set, inputs of the test set.
        step_size: s, the length of a step; for gradient descent as above.
        recorded: the steps at which outputs are kept, 0 first, increasing.
        span: whether the first layer is trained in the span of the data; by default where it
            saves time. The network is the same but for rounding.
        precision: ``float32``; tests compare with ``float64``.
        tf32: whether factors of products may be rounded to TF32's 10 bits of mantissa, where the
            device has that; on a processor it changes nothing.
    """
    x, y, _ = data
    if span is None:
        span = in_span(optimizer.optimizer, *x.shape)
    run = _program(
        architecture,
        optimizers.get(optimizer.optimizer),
        optimizer.settings,
        width,
        y.shape[1],
        span,
        len(keys) > 1,
    )
    dtype = np.dtype(precision)
    start, orders = initialize(architecture, width, y.shape[1], x.shape[1], keys)
    if len(keys) == 1:
        start, orders = jax.tree.map(lambda a: a[0], (start, orders))
    # An accelerator would else multiply float32 in fewer digits than it stores.
    with (
        jax.enable_x64(bool(dtype == np.float64)),
        jax.default_matmul_precision("tensorfloat32" if tf32 else "highest"),
        jax.threefry_partitionable(_COUNTED),
    ):
        out = run(
            jax.tree.map(lambda a: jnp.asarray(a, dtype), start),
            orders,
            tuple(jnp.asarray(a, dtype) for a in data),
            jnp.asarray(step_size, dtype),
            jnp.asarray(np.diff(recorded), jnp.int32),
        )
        out = jax.block_until_ready(out)
    return out if len(keys) > 1 else Trajectory(*(a[None] for a in out))


def initialize(
    architecture: ArchitectureSpec,
    width: int,
    n_outputs: int,
    n_features: int,
    keys: UInt32[np.ndarray, "m 2"],
) -> tuple[Parameters, UInt32[Array, "m 2"]]:
    """A network for each key, and a key for the order of its batches.

    A program of its own, always in float32: in float64 the same key would draw another network.

    Returns:
        Parameters with a leading axis of m members, all standard normal; keys, (m, 2).
    """
    with jax.enable_x64(False), jax.threefry_partitionable(_COUNTED):
        # All numbers drawn are standard normal: what else a network is makes no difference to them.
        drawn = ArchitectureSpec(architecture.depth, sigma_b=float(architecture.sigma_b > 0))
        return _initializer(drawn, width, n_outputs, n_features)(keys)


@functools.lru_cache(maxsize=64)
def _initializer(
    architecture: ArchitectureSpec, width: int, n_outputs: int, n_features: int
) -> Callable[..., tuple[Parameters, jax.Array]]:
    """Compiled once a depth, with biases or without, and for each number of members."""
    init = build(architecture, width, n_outputs).init

    def one(words: jax.Array) -> tuple[Parameters, jax.Array]:
        start, order = jax.random.split(jax.random.wrap_key_data(words, impl=_RANDOM))
        return init(start, (-1, n_features))[1], jax.random.key_data(order)

    def several(words: jax.Array) -> tuple[Parameters, jax.Array]:
        return lax.map(one, words)

    return jax.jit(several)


@functools.lru_cache(maxsize=64)
def _program(
    architecture: ArchitectureSpec,
    optimizer: Optimizer,
    settings: Settings,
    width: int,
    n_outputs: int,
    span: bool,
    several: bool,
) -> Callable[..., Trajectory]:
    """Compiled once for each shape; eta, the number of steps and the seeds are its arguments."""
    network = build(architecture, width, n_outputs)

    def one(
        start: Parameters,
        order: jax.Array,
        data: Any,
        step_size: jax.Array,
        counts: jax.Array,
    ) -> Trajectory:
        x, y, x_test = data
        key_order = jax.random.wrap_key_data(order, impl=_RANDOM)
        coordinates = (_Span if span else _Direct)(network, architecture, start, x)
        limit = DIVERGED * jnp.sum((network.apply(start, x) - y) ** 2)

        def descend(state: _State) -> _State:
            batch, pass_order = _batch(settings.batch_size, state, key_order)
            rows = y if batch is None else y[batch]
            share = len(y) / len(rows)
            outputs, pull = coordinates.outputs(state.moved, batch)
            residual = outputs - rows
            gradient = pull(share * residual)
            step = Step(step_size, state.step + 1, settings)
            update, memory = _updates(optimizer, gradient, state.memory, step)
            sound = share * jnp.sum(residual**2) <= limit  # False for NaN
            return _State(
                optax.apply_updates(state.moved, update),
                memory,
                pass_order,
                state.step + sound,
                sound,
            )

        def look(state: _State) -> tuple[_State, tuple[jax.Array, jax.Array]]:
            parameters = coordinates.parameters(state.moved)
            train, test = network.apply(parameters, x), network.apply(parameters, x_test)
            sound = state.sound & (jnp.sum((train - y) ** 2) <= limit)
            return state._replace(sound=sound), (train, test)

        def segment(state: _State, count: jax.Array) -> tuple[_State, tuple[jax.Array, jax.Array]]:
            until = state.step + count
            return look(lax.while_loop(lambda s: (s.step < until) & s.sound, descend, state))

        state = _State(
            coordinates.zero,
            (coordinates.zero,) * optimizer.memory,
            jnp.arange(len(x)),
            jnp.zeros((), jnp.int32),
            jnp.ones((), bool),
        )
        state, first = look(state)
        state, rest = lax.scan(segment, state, counts)
        train, test = (jnp.concatenate([a[None], b]) for a, b in zip(first, rest, strict=True))
        return Trajectory(train, test, jnp.where(state.sound, -1, state.step))

    return jax.jit(jax.vmap(one, in_axes=(0, 0, None, None, None)) if several else one)


class _Direct:
    """All parameters as they are: ``theta = theta(0) + moved``."""

    def __init__(
        self, network: Network, architecture: ArchitectureSpec, start: Parameters, x: jax.Array
    ) -> None:
        self.apply, self.start, self.x = network.apply, start, x
        self.zero = _zero(start, architecture)

    def parameters(self, moved: Any) -> Parameters:
        return _displaced(self.start, moved)

    def outputs(self, moved: Any, batch: jax.Array | None) -> tuple[jax.Array, Callable[..., Any]]:
        """The outputs on a batch, and the map from a residual to the gradient."""
        x = self.x if batch is None else self.x[batch]
        f, pull = jax.vjp(lambda m: self.apply(_displaced(self.start, m), x), moved)
        return f, lambda residual: pull(residual)[0]


class _Span:
    """The first layer by A, its movement in the span of the data; the others as they are."""

    def __init__(
        self, network: Network, architecture: ArchitectureSpec, start: Parameters, x: jax.Array
    ) -> None:
        self.after_first, self.start, self.x = network.after_first, start, x
        weights, biases = start[0]
        self.sigma_b = architecture.sigma_b
        self.scale = architecture.sigma_w / x.shape[1] ** 0.5
        self.gram = self.scale**2 * (x @ x.T) + self.sigma_b**2
        self.first = self.scale * (x @ weights) + self.sigma_b * biases  # H(0)
        self.zero = (jnp.zeros_like(self.first), _zero(start[1:], architecture))

    def parameters(self, moved: Any) -> Parameters:
        a, others = moved
        weights, biases = self.start[0]
        first = (
            weights + self.scale * (self.x.T @ a),
            biases + self.sigma_b * jnp.sum(a, axis=0, keepdims=True),
        )
        return (first, *_displaced(self.start[1:], others))

    def outputs(self, moved: Any, _: jax.Array | None) -> tuple[jax.Array, Callable[..., Any]]:
        """The outputs on the training set, and the map from a residual to the gradient."""
        a, others = moved
        return jax.vjp(
            lambda h, m: self.after_first(_displaced(self.start[1:], m), h),
            self.first + self.gram @ a,
            others,
        )


def _zero(start: Parameters, architecture: ArchitectureSpec) -> Any:
    """Displacements at the start: None for biases that nothing depends on."""
    return tuple(
        (jnp.zeros_like(layer[0]), jnp.zeros_like(layer[1]) if architecture.sigma_b else None)
        if layer
        else ()
        for layer in start
    )


def _displaced(start: Parameters, moved: Any) -> Parameters:
    return tuple(
        tuple(p if m is None else p + m for p, m in zip(layer, by, strict=True))
        for layer, by in zip(start, moved, strict=True)
    )


def _updates(
    optimizer: Optimizer, gradient: Any, memory: tuple[Any, ...], step: Step
) -> tuple[Any, tuple[Any, ...]]:
    """The optimizer's rule on each array; trees in, trees of the same kind out."""
    gradients, kind = jax.tree.flatten(gradient)
    kept = [jax.tree.leaves(tree) for tree in memory]
    found = [
        returned(optimizer, g, tuple(arrays), step)
        for g, *arrays in zip(gradients, *kept, strict=True)
    ]
    moves, memories = zip(*found, strict=True)
    trees = zip(*memories, strict=True)
    whole = functools.partial(jax.tree.unflatten, kind)
    return whole(moves), tuple(map(whole, trees))


def _batch(size: int | None, state: _State, key: jax.Array) -> tuple[jax.Array | None, jax.Array]:
    """The indices of this step's batch, None for all, and the order of this pass.

    Each pass shuffles anew and leaves out what does not fill a batch.
    """
    if size is None:
        return None, state.order
    n = len(state.order)
    epoch, place = jnp.divmod(state.step, n // size)
    order = lax.cond(
        place == 0,
        lambda: jax.random.permutation(jax.random.fold_in(key, epoch), n).astype(state.order.dtype),
        lambda: state.order,
    )
    return lax.dynamic_slice(order, (place * size,), (size,)), order
