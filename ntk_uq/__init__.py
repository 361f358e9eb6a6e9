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
    MapSpec,
    OptimizerSpec,
    TrainingSpec,
)
from ntk_uq.version import VERSION

if TYPE_CHECKING:
    from ntk_uq.comparisons import Comparison
    from ntk_uq.curves import Curve
    from ntk_uq.maps import PhaseMap


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


def phase_map(spec: MapSpec) -> "PhaseMap":
    """A map of the infinite-width theory over two axes, computed in this process.

    Returns:
        The map: ``values("mu")``, an array of shape (values of y, values of x) with NaN where a
        cell has no number, ``errors("mu")``, ``reason("mu", row, column)``, and ``cells`` with the
        curve of each. Quantities are mu, sigma (in squared units of the target), epsilon,
        epsilon_population and, with ``sizes``, alpha_mu and alpha_sigma, the exponents of
        ``N_D^-alpha``.

    Raises:
        SpecError: if the data set is unknown, or cannot be prepared as asked.
        MissingDataError, DataError: if its files are missing or damaged.
        CostLimitError: beyond the settings' limit.
    """
    from ntk_uq.engine.inline import run_map

    return run_map(spec)


__all__ = [
    "VERSION",
    "ArchitectureSpec",
    "CurveSpec",
    "DataSpec",
    "EnsembleSpec",
    "MapSpec",
    "OptimizerSpec",
    "TrainingSpec",
    "curve",
    "ensemble",
    "phase_map",
]
