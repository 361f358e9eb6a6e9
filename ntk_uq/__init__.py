"""How the uncertainty of neural networks scales with data, depth, width and training.

import ntk_uq

spec = ntk_uq.CurveSpec(n_train=(50, 100, 200, 400, 800))
print(ntk_uq.curve(spec).fits().mu.describe())
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ntk_uq.base import old_names
from ntk_uq.base.version import VERSION
from ntk_uq.specs import (
    ArchitectureSpec,
    CurveSpec,
    DataSpec,
    EnsembleSpec,
    ForeseenSpec,
    MapSpec,
    OptimizerSpec,
    TrainingSpec,
    TrainingTimeSpec,
)

if TYPE_CHECKING:
    from ntk_uq.analysis.comparisons import Comparison
    from ntk_uq.analysis.maps import PhaseMap
    from ntk_uq.analysis.width_laws import WidthLaws
    from ntk_uq.results.curves import Curve
    from ntk_uq.results.foreseen import Foreseen
    from ntk_uq.results.training_time import TrainingTime
    from ntk_uq.scaling import LawChoice


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
    from ntk_uq.engine.inline import run_comparison

    return run_comparison(spec)


def width_law(spec: EnsembleSpec) -> "WidthLaws":
    """How finite networks approach infinite width, from ensembles trained in this process.

    ``q(w) = q_inf (1 + c / w)``, with ``c2 / w^2`` where the points need it, is fitted to mu,
    sigma and epsilon at each N_D, over at least three widths w.

    Returns:
        The laws: ``law("epsilon", n_train)`` with the correction c (units of width) and its
        errors, ``pull`` (how many standard errors the fitted limit is off the theory) and
        ``needed(0.1)``, the width from which on epsilon is within 10 % of infinite width.

    Raises:
        SpecError, MissingDataError, DataError, MemoryLimitError, CostLimitError: as
            :func:`ensemble`.
    """
    from ntk_uq.analysis.width_laws import width_laws
    from ntk_uq.engine.inline import run_comparison

    return width_laws(run_comparison(spec))


def fit(
    curve: "Curve | Sequence[float]",
    values: "str | Sequence[float | None]" = "mu",
    errors: Sequence[float | None] | None = None,
    *,
    window: tuple[float | None, float | None] | None = None,
    draws: Sequence[Sequence[float]] | None = None,
) -> "LawChoice":
    """Which law a scaling curve follows, with errors, alternatives and extrapolation.

    ``fit(curve, "epsilon")`` takes a computed curve and a quantity;
    ``fit(n_train, values, errors)`` any numbers, from wherever they come.

    Returns:
        Every law fitted (constant, ``A n^-alpha``, the same with an offset, broken), the one with
        the smallest AICc in ``best``; ``extrapolate(n)`` with its band, ``held_out``,
        ``describe()``, ``to_json()``; see :func:`ntk_uq.scaling.fit_laws`.

    Args:
        curve: a curve, or training-set sizes N_D, increasing [examples].
        values: of a curve, ``mu``, ``sigma`` or ``epsilon``; otherwise the quantity at each N_D.
        errors: standard errors of the values; None for a curve, which has its own.
        window: smallest and largest N_D to use, None where there is no bound; None for all.
        draws: the quantity of each independent draw at each N_D; of a curve, its own.

    Raises:
        SpecError: if what was given is no curve; whatever its values are, they do not raise.
    """
    from ntk_uq.base.errors import SpecError
    from ntk_uq.results.curves import Curve
    from ntk_uq.scaling import fit_laws

    low, high = _ends(window)
    if isinstance(curve, Curve):
        if not isinstance(values, str) or errors is not None or draws is not None:
            raise SpecError(
                "A curve has its own values, errors and draws; name a quantity: mu, sigma or "
                "epsilon."
            )
        return curve.laws(values, low, high)
    if isinstance(values, str):
        raise SpecError(
            f"values is {values!r}; give the quantity at each N_D, or a computed curve first."
        )
    bounds = (-math.inf if low is None else low, math.inf if high is None else high)
    return fit_laws(curve, values, errors, None if window is None else bounds, draws)


def _ends(window: tuple[float | None, float | None] | None) -> tuple[float | None, float | None]:
    from numbers import Real

    from ntk_uq.base.errors import SpecError

    if window is None:
        return None, None
    sound = isinstance(window, Sequence) and len(window) == 2
    if not sound or not all(end is None or isinstance(end, Real) for end in window):
        raise SpecError(
            f"The window is {window!r}; give (n_lo, n_hi), two numbers of which either may be None."
        )
    return window


def training_time(spec: TrainingTimeSpec) -> "TrainingTime":
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
    from ntk_uq.engine.inline import run_training_time

    return run_training_time(spec)


def spectrum(spec: ForeseenSpec) -> "Foreseen":
    """The kernels' spectrum on a sample of the pool, and the learning curve that follows from it.

    Nothing is fitted, and nothing is trained but to check it: with T the kernel of the sample, the
    mean test loss after training on N_D of its examples follows from T alone
    (:mod:`ntk_uq.theory.effective_medium`).

    Returns:
        ``points`` with what is ``foreseen`` at each N_D, ``measured`` on parts of the sample, and
        whether the former ``holds`` (losses in squared units of the target); ``ntk`` and ``nngp``
        with eigenvalues of ``T / M`` and ``K / M`` and their decay; ``target_power`` and
        ``initial_power`` along T's eigenvectors; ``to_json()``.

    Raises:
        SpecError: if the data set is not as large as the sample.
        MissingDataError, DataError: if its files are missing or damaged.
        MemoryLimitError: if it does not fit.
    """
    from ntk_uq.engine.inline import run_foreseen

    return run_foreseen(spec)


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


# Scripts that were taken home from a page of an earlier version go on.
old_names.install()


def __getattr__(name: str) -> Any:
    return old_names.renamed(
        __name__, {"FlowSpec": "TrainingTimeSpec", "time_law": "training_time"}, name
    )


__all__ = [
    "VERSION",
    "ArchitectureSpec",
    "CurveSpec",
    "DataSpec",
    "EnsembleSpec",
    "ForeseenSpec",
    "MapSpec",
    "OptimizerSpec",
    "TrainingSpec",
    "TrainingTimeSpec",
    "curve",
    "ensemble",
    "fit",
    "phase_map",
    "spectrum",
    "training_time",
    "width_law",
]
