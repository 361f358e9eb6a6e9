"""About how long the theory takes, told before it starts."""

from ntk_uq.specs import ArchitectureSpec, CurveSpec

TILE = 512
"""Rows and columns of kernels evaluated at once (:mod:`ntk_uq.theory.kernels`). One size for all,
so that JAX compiles once a depth and activation."""

# Measured on two cores of a server of 2020; good to a factor of two or three elsewhere, which the
# pace of what is there already then mends.
_TILE_SECONDS = {"relu": 9e-3, "erf": 12e-3, "gelu": 11e-3, "linear": 0.3e-3}
_START_SECONDS = 0.03
_FLOPS = 2e10
_EIGENVECTORS = 25
"""Operations of an eigendecomposition over n^3, counted at the rate of products."""


def draw_seconds(spec: CurveSpec, n_features: int) -> float:
    """About how long one draw of a curve takes, all N_D of its grid, compilation left out.

    Counted, with n the largest N_D and t = n_test: the tiles of the kernels, each as dear as the
    network has layers; the factorization once, n^3 / 3; and at each N_D the products with the test
    set. At finite training time each N_D takes an eigendecomposition.
    """
    n, t, training = spec.n_train[-1], spec.data.n_test, spec.training
    across, down = -(-n // TILE), -(-t // TILE)
    tiles = across * (across + 1) / 2 + across * down + down * (down + 1) / 2
    layer = _TILE_SECONDS[spec.architecture.activation]
    tile = layer * (spec.architecture.depth + 1) + 2 * TILE**2 * n_features / _FLOPS
    kinds = 1 if training.posterior == "bayes" else 2
    flops = n**3 / 3
    for size in spec.n_train:
        flops += kinds * (2 * size**2 * t + 2 * size * t**2) + 100 * size**2
        if not training.converged:
            flops += _EIGENVECTORS * size**3
    return _START_SECONDS + tiles * tile * (0.5 + kinds / 4) + flops / _FLOPS


def compile_seconds(spec: ArchitectureSpec) -> float:
    """About how long JAX takes to compile a network's kernels: once a depth and activation."""
    return 0.3 + 0.1 * spec.depth * (1 + spec.depth / 10)
