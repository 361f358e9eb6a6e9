"""About how long the theory takes, told before it starts."""

from collections.abc import Iterable

from ntk_uq.activations import get
from ntk_uq.specs import ArchitectureSpec, CurveSpec, ForeseenSpec

TILE = 512
"""Rows and columns of kernels evaluated at once (:mod:`ntk_uq.theory.kernels`). One size for all,
so that JAX compiles once an activation."""

WIDTH = 384
"""Columns of a panel of a factorization (:mod:`ntk_uq.theory.panels`). Wider ones make for faster
products, and for more memory and operations above the diagonal; measured, 384 to 640 are alike, and
256 is a twentieth slower."""

# For a slow core or two of a server; good to a factor of two or three elsewhere, which the pace of
# what is there already then mends.
_TILE_SECONDS = 1e-3
_START_SECONDS = 0.03
_FLOPS = 7e10
_EIGENVECTORS = 15
"""Operations of an eigendecomposition over n^3, counted at the rate of products."""


def draw_seconds(spec: CurveSpec, n_features: int) -> float:
    """About how long one draw of a curve takes, all N_D of its grid, compilation left out.

    Counted, with n the largest N_D and t = n_test: the tiles of the kernels, each as dear as the
    network has layers; the factorization once, n^3 / 3 + n^2 t; and the covariances by the route
    that is taken (:mod:`ntk_uq.theory.route`). At finite training time each N_D takes an
    eigendecomposition, and products. Where K folds are tested on, each N_D takes an inverse, n^3,
    and the products of its rows with the NNGP, (2 + 2 / K) n^3 (:mod:`ntk_uq.theory.folds`).
    """
    if spec.folds is not None:
        flops = sum((3 + 2 / spec.folds) * size**3 for size in spec.n_train)
        kernels = _kernel_seconds(spec.architecture, spec.n_train[-1], 1, n_features)
        return _START_SECONDS + kernels + flops / _FLOPS
    n, t, training = spec.n_train[-1], spec.data.n_test, spec.training
    flops = n**3 / 3 + n**2 * t + 100 * sum(size**2 for size in spec.n_train)
    if training.posterior == "bayes":
        flops += 2 * n * t**2
    elif training.converged:
        flops += min(elimination_flops(n, t), solution_flops(spec.n_train, t))
    else:
        flops += solution_flops(spec.n_train, t)
        flops += sum(_EIGENVECTORS * size**3 + 2 * size**2 * t for size in spec.n_train)
    return _START_SECONDS + _kernel_seconds(spec.architecture, n, t, n_features) + flops / _FLOPS


def modes_seconds(spec: ArchitectureSpec, n: int, t: int, n_features: int, filters: int) -> float:
    """About how long the losses under some spectral filters take, from one eigendecomposition.

    Counted, with n training and t test examples: the kernels; eigenvectors of the NTK and four
    products of n n n; for each filter ``2 n n t + 4 n t t`` on the test set, and ``2 n n`` on the
    training set (:mod:`ntk_uq.theory.modes`).
    """
    flops = (_EIGENVECTORS + 4) * n**3 + filters * (2 * n**2 * t + 4 * n * t**2 + 2 * n**2)
    return _START_SECONDS + _kernel_seconds(spec, n, t, n_features) + flops / _FLOPS


def foreseen_seconds(spec: ForeseenSpec, n_features: int) -> float:
    """About how long a learning curve takes that is foreseen from a sample of M examples.

    Counted: the kernels; eigenvectors of T; for each N_D some twenty inverses, a solution and
    products of M M M, a quarter of that for the halves (:mod:`ntk_uq.theory.effective_medium`);
    and the check, ``n^2 (4 M + n / 3)`` for each choice of n examples
    (:mod:`ntk_uq.theory.foreseen`).
    """
    m = spec.sample
    flops: float = (_EIGENVECTORS + 4) * m**3
    for n in spec.n_train:
        flops += 60 * m**3 + subsets_measured(m, n) * n**2 * (4 * m + n / 3)
    return _START_SECONDS + _kernel_seconds(spec.architecture, m, 1, n_features) + flops / _FLOPS


def subsets_measured(sample: int, n: int) -> int:
    """For how many choices of n examples of a sample the loss is measured: more where they are
    few, which costs little and scatters much."""
    return min(128, max(12, 8 * sample // n))


def _kernel_seconds(spec: ArchitectureSpec, n: int, t: int, n_features: int) -> float:
    """The tiles of the kernels of n training examples, t test examples and between them."""
    across, down = -(-n // TILE), -(-t // TILE)
    tiles = across * (across + 1) / 2 + across * down + down * (down + 1) / 2
    layer = get(spec.activation).layer_seconds
    return tiles * (_TILE_SECONDS + layer * spec.depth + 2 * TILE**2 * n_features / _FLOPS)


def elimination_flops(n: int, t: int) -> float:
    """Operations of a factorization's steps on both sides of K: ``2/3 ((n + t)^3 - t^3)``."""
    return 2 / 3 * ((n + t) ** 3 - t**3)


def solution_flops(sizes: Iterable[int], t: int) -> float:
    """Operations of one solve, and the products with half of K, at each size n:
    ``2 n^2 t + 2 n t^2``."""
    return float(sum(2 * n**2 * t + 2 * n * t**2 for n in sizes))


def compile_seconds(spec: ArchitectureSpec) -> float:
    """About how long JAX takes to compile a network's kernels: once an activation."""
    return get(spec.activation).compile_seconds
