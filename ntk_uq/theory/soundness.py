"""When a number of the theory is not to be trusted, and what to do about it, in sentences."""

from ntk_uq.results.losses import LossMoments
from ntk_uq.specs import TrainingSpec

ILL_CONDITIONED = 1e12
"""Condition number above which rounding may reach the fourth digit of a covariance."""

SINGULAR = 1e15
"""Condition number, of which estimates are a little too small, above which every digit may be
rounding: the inverse of the unit of rounding is 4.5e15."""

ROUNDING = 1e-12
"""Variance after training, relative to that before, below which it is a rounding error."""


def doubts(
    moments: LossMoments,
    condition: float,
    prior_variance: float,
    n_test: int,
    training: TrainingSpec,
) -> tuple[str, ...]:
    """Warnings about the moments of a test loss.

    Args:
        moments: the numbers.
        condition: condition number of the matrix that was inverted for them.
        prior_variance: the outputs' variance before training, ``tr K_tt / N_T``.
        n_test: N_T.
        training: how the networks were trained.
    """
    warnings: tuple[str, ...] = ()
    if condition > SINGULAR:
        warnings += (
            f"The matrix is singular to rounding, with a condition number of {condition:.0e}: no "
            f"digit of mu, sigma and epsilon need be right. {advice(training)}",
        )
    elif not condition <= ILL_CONDITIONED:  # also where there is no estimate
        warnings += (
            f"The condition number exceeds {ILL_CONDITIONED:.0e}, so that rounding may reach "
            f"the fourth digit. {advice(training)}",
        )
    if moments.mu_variance < ROUNDING * prior_variance:
        warnings += (
            "The networks agree to rounding: the variance of their outputs is below "
            f"{ROUNDING:.0e} of that before training. sigma and epsilon are rounding errors.",
        )
    if moments.epsilon_population is None:
        warnings += (
            f"N_T = {n_test} is too small to tell the population part of epsilon "
            "from zero; choose a larger test set.",
        )
    return warnings


def advice(training: TrainingSpec) -> str:
    """What makes the inversion of a kernel better conditioned."""
    jitter = f"a jitter above {training.jitter:g}" if training.jitter else "a jitter, say 1e-8"
    other = "" if training.posterior == "bayes" else " or a finite training time"
    if not training.converged:
        other = " or a shorter training time"
    comma = "," if other and not training.jitter else ""
    return f"Add {jitter}{comma}{other}."
