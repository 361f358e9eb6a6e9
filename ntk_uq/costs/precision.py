"""Whether an accelerator is through earlier with float32 and refinement, counted beforehand."""

from ntk_uq.specs import CurveSpec

_LAYER = 60
"""Operations of a layer on a pair of examples (counted, for relu)."""

_REFINEMENTS = 4
"""Of a solution, from float32 to a residual of 1e-11, for condition numbers about 1e4 (counted)."""

_WORTH = 0.8
"""Part of the time of float64 below which mixed precision is taken: counts of operations are rough,
and it is float64 that cannot fail for an ill-conditioned kernel."""


def mixed_pays(spec: CurveSpec, n_features: int, slowness: float) -> bool:
    """Whether mixed precision is worth it for a curve.

    With n the largest N_D, m each of them, t = n_test, d inputs and L layers, one pair of a
    kernel takes ``e = 2 d + 60 L`` operations, always in float64. Operations in float64 are

        float64 throughout   n^3 / 3 + n^2 t + 2 n^2 e, and at each m: 3 m^2 t
        mixed                n^2 e, and at each m: five residuals and K W, m^2 (e + 2 t) each

    and mixed has ``n^3 / 3 + n^2 t`` and ``9 m^2 t`` at each m in float32. A slow float64 alone
    makes it no better: refinement multiplies in float64, too. It is the factorization that is
    saved, which outweighs it at large N_D, small N_T and few points.

    Args:
        slowness: how much longer the card takes for a product in float64 than in float32.
    """
    if not spec.training.converged:
        return False
    n, t = spec.n_train[-1], spec.data.n_test
    pair = 2 * n_features + _LAYER * spec.architecture.depth
    squares = sum(m**2 for m in spec.n_train)
    factor = n**3 / 3 + n**2 * t
    kernels = 1 if spec.training.posterior == "bayes" else 2
    double = factor + kernels * n**2 * pair + 3 * squares * t
    residuals = _REFINEMENTS + kernels
    refined = n**2 * pair + residuals * squares * (pair + 2 * t)
    single = factor + (1 + 2 * _REFINEMENTS) * squares * t
    return refined + single / slowness < _WORTH * double
