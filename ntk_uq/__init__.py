"""How the uncertainty of neural networks scales with data, depth, width and training.

import ntk_uq

spec = ntk_uq.CurveSpec(n_train=(50, 100, 200, 400, 800))
print(ntk_uq.curve(spec).fits().mu.describe())
"""

from typing import TYPE_CHECKING

from ntk_uq.specs import (
    ArchitectureSpec,
    CurveSpec,
    DataSpec,
    EnsembleSpec,
    FlowSpec,
    OptimizerSpec,
    TrainingSpec,
)
from ntk_uq.version import VERSION

if TYPE_CHECKING:
    from ntk_uq.comparisons import Comparison
    from ntk_uq.curves import Curve
    from ntk_uq.flows import Flow


def curve(spec: CurveSpec) -> "Curve":
    """A scaling curve of the infinite-width theory, computed in this process.

    Returns:
        The curve: ``points`` with mu, sigma, epsilon and their parts at each N_D (losses in
        squared units of the target), ``fits()`` with the exponents, ``to_json()``.

    Raises:
        SpecError: if the data set is not as large as the specification asks.
        MissingDataError, DataError: if its files are missing or damaged.
        MemoryLimitError: if it does not fit, with the largest N_D that would.
    """
    # Loads JAX, which the web process and the command line's help must not wait for.
    from ntk_uq.engine.inline import run_curve

    return run_curve(spec)


def ensemble(spec: EnsembleSpec) -> "Comparison":
    """Ensembles of finite networks, trained in this process, beside the theory.

    Returns:
        The ensembles, and the curve of infinite width at the same eta and k: ``ensembles.points``
        with mu, sigma, epsilon and their bootstrap intervals at each width and N_D (losses in
        squared units of the target), ``ratio(point, "mu")``, ``to_json()``.

    Raises:
        SpecError: if the data set is not as large as the specification asks.
        MissingDataError, DataError: if its files are missing or damaged.
        MemoryLimitError, CostLimitError: beyond the settings' limits.
    """
    from ntk_uq.comparisons import Comparison
    from ntk_uq.engine.inline import run_curve, run_ensembles
    from ntk_uq.ensembles.stored import theory_of

    infinite = theory_of(spec)
    return Comparison(run_ensembles(spec), None if infinite is None else run_curve(infinite))


def time_law(spec: FlowSpec) -> "Flow":
    """The infinite-width losses against training time, computed in this process.

    Gradient flow on ``sum |f - y|^2 / 2`` for a time t closes the share ``1 - exp(-lambda t)`` of
    the distance to the target along an eigenvector of the NTK with eigenvalue lambda.

    Returns:
        The draws, with means over them: ``line(noise, jitter)`` is one training, its
        ``along("mu")`` the loss at each ``times`` (tau = t lambda_max), ``converged("mu")`` that
        after endless training, and ``best("mu")`` and ``best("epsilon")`` where stopping early
        makes them smallest; ``to_json()`` every draw. Losses are in squared units of the target.

    Raises:
        SpecError: if the data set is not as large as the specification asks.
        MissingDataError, DataError: if its files are missing or damaged.
        MemoryLimitError: if it does not fit.
        SingularKernelError: if the NTK vanishes in float64.
    """
    from ntk_uq.engine.inline import run_flow

    return run_flow(spec)


__all__ = [
    "VERSION",
    "ArchitectureSpec",
    "CurveSpec",
    "DataSpec",
    "EnsembleSpec",
    "FlowSpec",
    "OptimizerSpec",
    "TrainingSpec",
    "curve",
    "ensemble",
    "time_law",
]
