"""The moments of several networks on the same data at once: what fills a card with small kernels.

One small kernel leaves a card idle while Python starts the next operation. Here every program of
:mod:`ntk_uq.theory.card.posterior` takes a batch of networks, which may differ in depth, sigmas,
ridge and training time: those are values. A network whose kernel is not positive definite is left
to the usual way and spoils none beside it.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ntk_uq.costs.buckets import bucket
from ntk_uq.costs.cells import ROOMS
from ntk_uq.datasets import Split
from ntk_uq.specs import TrainingSpec
from ntk_uq.theory.card import factor, moments
from ntk_uq.theory.card.close_pairs import NetworkValues
from ntk_uq.theory.card.condition import CardConditionsOfMany
from ntk_uq.theory.card.kernels import CardEvaluation, mended_kernels, whole_kernels
from ntk_uq.theory.card.resident import Resident, resident
from ntk_uq.theory.filters import inverse_filter
from ntk_uq.theory.gaussian import LossOf
from ntk_uq.theory.inputs import Inputs
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.moments import LossSums
from ntk_uq.theory.route import stages


class NetworkBatch(NamedTuple):
    """What of each network is a value to a program; a leading axis of networks in all of it."""

    values: NetworkValues
    factor: Any
    """``sigma_w / sqrt(d)``, (k,)."""
    ridge: Any
    """(k,)."""


class ExampleRows(NamedTuple):
    """What a set of examples is to each network: scales, (k, kinds, layers, size), inverse roots
    of variances, and both kernels' diagonals, (k, size) each."""

    scales: Any
    inverse: Any
    nngp: Any
    ntk: Any


class Prepared(NamedTuple):
    """Kernels of the first examples for each network, and what is solved with them.

    Attributes:
        nngp: K, where it is multiplied with. lower: T's factor, or T at finite time.
        z: ``L^-1 T_dt``. targets: ``L^-1 Y`` of Bayesian networks.
        cross: both kernels between training and test set. prior: K_tt.
        close: how many pairs of almost parallel examples there are.
        sound: whether there is a factor.
    """

    nngp: Any
    lower: Any
    z: Any
    targets: Any
    cross: Any
    prior: Any
    close: Any
    sound: Any


class CardMany:
    """The moments of the loss of several networks that are trained on the same examples.

    Args:
        kernels: of each network; all have one program (``evaluate``).
        split: training and test set.
        ridges: of each, added to the diagonal of T, or of K for Bayesian networks.
        trainings: of each; all to convergence, or all for a finite time, or all Bayesian.

    Raises:
        KernelOverflowError: if a kernel of one of them is not finite in float64.
    """

    def __init__(
        self,
        kernels: Sequence[Kernels],
        split: Split,
        ridges: Sequence[float],
        trainings: Sequence[TrainingSpec],
    ) -> None:
        self._count, self._split, self._trainings = len(kernels), split, trainings
        room = next(room for room in ROOMS if room >= len(kernels))
        # The last one again: it is a network as good as any, and its numbers are dropped.
        self._places = [min(i, len(kernels) - 1) for i in range(room)]
        self._kernels = [kernels[i] for i in self._places]
        specs = [k.spec for k in self._kernels]
        self._networks = NetworkBatch(
            NetworkValues(
                np.array([s.sigma_w for s in specs]),
                np.array([s.sigma_b for s in specs]),
                np.array([s.depth for s in specs]),
            ),
            np.array([s.sigma_w / split.x_train.shape[1] ** 0.5 for s in specs]),
            np.array([ridges[i] for i in self._places]),
        )
        self._bayes = trainings[0].posterior == "bayes"
        self._converged = trainings[0].converged
        self._any_close = False  # known so far
        self._train, self._test = (resident(x) for x in (split.x_train, split.x_test))
        self._of_test = self._examples(self._test, len(split.x_test))
        self.prior_variances = [
            float(np.mean(self._of_test.nngp[i, : len(split.x_test)])) for i in range(self._count)
        ]

    def moments_at(self, sizes: Sequence[int]) -> Iterator[list[LossOf | None]]:
        """The moments of all networks at each size of the training subset, rising.

        Yields:
            For each size one entry a network; None, there and for all further sizes, for one that
            has to be evaluated by itself.
        """
        sound = np.ones(self._count, bool)
        for part in stages(sizes):
            with jax.enable_x64(True):
                stage = _StageOfMany(self, part[-1])
            sound &= stage.sound[: self._count]
            for n in part:
                # Entered for each point anew: between them the caller runs.
                with jax.enable_x64(True):
                    sums, conditions = stage.at(n)
                out: list[LossOf | None] = []
                shape = self._split.y_test.shape
                for i in range(self._count):
                    of = LossSums(*(values[i] for values in sums))
                    sound[i] &= all(np.isfinite(value).all() for value in of)
                    loss = None
                    if sound[i]:
                        loss = LossOf(of.moments(*shape), of.errors(*shape), conditions[i])
                    out.append(loss)
                yield out

    def _examples(self, of: Resident, n: int) -> ExampleRows:
        size = bucket(n)
        found: list[tuple[np.ndarray, ...]] = []
        for kernels in self._kernels[: self._count]:
            inputs = Inputs(kernels.spec, of.x[:n], size, of.squares[:n])
            found.append((*inputs.scales_here(0), *inputs.diagonal_at(0)))
        of_each = zip(*found, strict=True)
        return ExampleRows(*(np.stack([part[i] for i in self._places]) for part in of_each))


class _StageOfMany:
    """Kernels of the first examples, and what is solved with them."""

    def __init__(self, of: CardMany, n: int) -> None:
        self.of = of
        size, split = bucket(n), of._split
        y_train, y_test = split.y_train[:n], split.y_test
        self._y_train = jnp.asarray(np.pad(y_train, [(0, size - n), (0, 0)]))
        filled = bucket(len(y_test)) - len(y_test)
        self._y_test = jnp.asarray(np.pad(y_test, [(0, filled), (0, 0)]))
        what = CardEvaluation.of(of._kernels[0]), of._bayes, of._converged, size
        data = (
            *(of._networks, of._examples(of._train, n), of._of_test),
            *(of._train.there, of._test.there, np.array([n, len(y_test)]), self._y_train),
        )
        self._found: Prepared = _prepare(*what, of._any_close)(*data)
        if not of._any_close and np.asarray(self._found.close).any():
            # Once more, with a program that few data sets need; from now on it is the first.
            of._any_close = True
            del self._found
            self._found = _prepare(*what, True)(*data)
        self.sound = np.asarray(self._found.sound)
        if of._converged:
            self._conditions = CardConditionsOfMany(self._found.lower)

    def at(self, n: int) -> tuple[LossSums, list[float]]:
        """The sums of the loss of each network, and the condition numbers."""
        of, value = self.of, np.int64(n)
        both = self._y_train, self._y_test
        if of._converged:
            program = _solved(of._bayes, bucket(n))
            sums = program(self._found, value, *both)
            return jax.tree.map(np.asarray, sums), self._conditions.at(n)
        size = bucket(n)
        values, vectors = _eigenvectors(self._found.lower, size, value)
        inverses, conditions = self._filters(np.asarray(values)[:, :n])
        filled = jnp.asarray(np.pad(inverses, [(0, 0), (0, size - n)]))
        sums = _after_time(self._found, vectors, filled, value, *both)
        return jax.tree.map(np.asarray, sums), conditions

    def _filters(self, eigenvalues: np.ndarray) -> tuple[np.ndarray, list[float]]:
        """``g / lambda`` of each network; no numbers where it has none."""
        found, conditions = [], []
        for place, values in zip(self.of._places, eigenvalues, strict=True):
            inverse = np.full_like(values, np.nan)
            # A kernel of zeros, or none, is told by the usual way.
            if np.isfinite(values).all() and values.max() > 0:
                inverse = inverse_filter(values, self.of._trainings[place])
            found.append(inverse)
            conditions.append(float(inverse.max() / inverse.min()))
        return np.stack(found), conditions


@functools.lru_cache(maxsize=64)
def _prepare(
    evaluation: CardEvaluation, bayes: bool, converged: bool, size: int, any_close: bool
) -> Callable[..., Prepared]:
    """The program for kernels and factors of a batch.

    Args:
        size: the bucket of the training examples.
        any_close: whether pairs of almost parallel examples are mended.
    """
    names = ("nngp",) if bayes else ("nngp", "ntk")

    def one(
        network: NetworkBatch,
        train: ExampleRows,
        test: ExampleRows,
        x_train: jax.Array,
        x_test: jax.Array,
        counts: jax.Array,
        y_train: jax.Array,
    ) -> Prepared:
        rows = _block(x_train[:size], train, counts[0], network.factor)
        columns = _block(x_test, test, counts[1], network.factor)

        def kernels(
            a: Any, b: Any, wanted: tuple[str, ...], which: list[int], of: ExampleRows
        ) -> tuple[tuple[jax.Array, ...], jax.Array]:
            diagonals = tuple(getattr(of, name) for name in wanted)
            ridge = network.ridge if a is b is rows else jnp.zeros_like(network.ridge)
            program = whole_kernels(evaluation, wanted, a is b, np.float64)
            there = counts[jnp.array(which)]
            out, close = program(network.values, a, b, there, diagonals, ridge)
            if any_close:
                mend = mended_kernels(evaluation, wanted, a is b)
                out = mend(network.values, a, b, close, diagonals, out)
            return out, jnp.sum(close)

        (prior,), close = kernels(columns, columns, ("nngp",), [1, 1], test)
        there = jnp.arange(len(prior)) < counts[1]
        prior = jnp.where(there[:, None] & there[None, :], prior, 0.0)
        cross, more = kernels(rows, columns, names, [0, 1], train)
        whole, most = kernels(rows, rows, names, [0, 0], train)
        close = close + more + most
        nngp = None if bayes else whole[0]
        if not converged:
            return Prepared(nngp, whole[-1], None, None, cross, prior, close, jnp.array(True))
        lower = factor.cholesky(whole[-1])
        sound = jnp.isfinite(jnp.sum(jnp.diagonal(lower)))
        z = factor.forward(lower, cross[-1])
        targets = factor.forward(lower, y_train) if bayes else None
        return Prepared(nngp, lower, z, targets, cross, prior, close, sound)

    return jax.jit(jax.vmap(one, in_axes=(0, 0, 0, None, None, None, None)))


def _block(x: jax.Array, of: ExampleRows, n: jax.Array, by: jax.Array) -> Any:
    """The examples as one network takes them."""
    inside = jnp.arange(len(x)) < n
    return jnp.where(inside[:, None], by * x, 0.0), of.scales, of.inverse


@functools.lru_cache(maxsize=64)
def _solved(bayes: bool, size: int) -> Callable[..., LossSums]:
    """The program for one size, to convergence."""

    def one(found: Prepared, n: jax.Array, y_train: jax.Array, y_test: jax.Array) -> LossSums:
        if bayes:
            return moments.bayesian(found.z, found.targets, n, size, found.prior, y_test).sums
        w = factor.backward(found.lower, found.z, size, n)
        return _sums(found, w, y_train, y_test)

    return jax.jit(jax.vmap(one, in_axes=(0, None, None, None)))


@functools.partial(jax.jit, static_argnums=1)
def _eigenvectors(t: jax.Array, size: int, n: jax.Array) -> tuple[jax.Array, jax.Array]:
    return jax.vmap(lambda one: factor.eigenvectors(one, size, n))(t)


@jax.jit
def _after_time(
    found: Prepared,
    vectors: jax.Array,
    inverses: jax.Array,
    n: jax.Array,
    y_train: jax.Array,
    y_test: jax.Array,
) -> LossSums:
    """The sums of the loss at finite time, from ``g / lambda``."""

    def one(of: Prepared, vectors: jax.Array, inverse: jax.Array) -> LossSums:
        w = moments.filtered(vectors, inverse, of.cross[-1], n)
        return _sums(of, w, y_train, y_test)

    return jax.vmap(one)(found, vectors, inverses)


def _sums(found: Prepared, w: jax.Array, y_train: jax.Array, y_test: jax.Array) -> LossSums:
    product = moments.multiply(found.nngp, w, len(w))
    return moments.trained(w, product, found.cross[0], found.prior, y_train, y_test).sums
