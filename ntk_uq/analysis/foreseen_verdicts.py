"""What a foreseen learning curve says, in sentences that one can say aloud."""

import math
from collections.abc import Iterator

from ntk_uq.analysis.foreseen_exponents import RESOLUTION, foreseen_exponents
from ntk_uq.results.curves import Curve
from ntk_uq.results.foreseen import Foreseen, ForeseenPoint
from ntk_uq.scaling import PowerLawFit, fit_power_law
from ntk_uq.scaling.notation import short_value

_LARGE = 1.15
"""Factor from which on the spectrum alone is said to be wrong."""


def foreseen_verdict(found: Foreseen, curve: Curve | None = None) -> str:
    """What is foreseen, whether it passed its check, what it consists of, and why it falls so.

    Args:
        found: what is foreseen.
        curve: the scaling curve of other examples, where it is shown.
    """
    return " ".join(_sentences(found, curve))


def _sentences(found: Foreseen, curve: Curve | None) -> Iterator[str]:
    good = [point for point in found.points if point.holds]
    if good:
        yield _falls(found, good)
        yield _checked(good)
    if good and curve is not None:
        yield from _others(good, curve)
    bad = [point for point in found.points if not point.holds]
    if bad:
        yield _refused(bad)
    if not good:
        return
    yield from _parts(found, good[-1])
    alone = [p for p in good if p.of_spectrum is not None and p.measured is not None]
    if alone:
        yield from _alone(alone[-1])


def _falls(found: Foreseen, good: list[ForeseenPoint]) -> str:
    losses = [(p.n_train, p.foreseen.mu) for p in good if p.foreseen is not None]
    (low, first), (high, last) = losses[0], losses[-1]
    fit = fit_power_law([n for n, _ in losses], [mu for _, mu in losses])
    begin = f"From {found.sample:,} examples μ is foreseen to fall"
    if fit.valid and fit.alpha is not None:
        power = short_value(fit.alpha, fit.alpha_error)
        return f"{begin} as N_D^-{power} from N_D = {low:,} to {high:,}."
    return f"{begin} from {first:.3g} at N_D = {low:,} to {last:.3g} at {high:,}."


def _checked(good: list[ForeseenPoint]) -> str:
    off = max(abs(p.foreseen.mu / p.measured.mu - 1) for p in good if p.foreseen and p.measured)
    return f"Networks trained on parts of them have the same within {_percent(off)}."


def _others(good: list[ForeseenPoint], curve: Curve) -> Iterator[str]:
    measured = {point.n_train: point for point in curve.points if point.mu}
    off, pulls = [], []
    for point in good:
        there, foreseen = measured.get(point.n_train), point.foreseen
        if there is None or foreseen is None or not there.mu:
            continue
        off.append(abs(foreseen.mu / there.mu - 1))
        error = math.hypot(there.error("mu") or there.mu_sem or 0.0, foreseen.error or 0.0)
        pulls.append(abs(foreseen.mu - there.mu) / error if error else 0.0)
    if off:
        yield (
            f"On other examples, in {curve.spec.draws} draws, the curve is within "
            f"{_percent(max(off))}, at most {max(pulls):.1f} standard errors away."
        )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.0995 else f"{100 * share:.0f} %"


def _refused(bad: list[ForeseenPoint]) -> str:
    sizes = ", ".join(f"{p.n_train:,}" for p in bad)
    reasons = dict.fromkeys(p.failure for p in bad if p.failure is not None)
    if reasons:
        return f"Nothing is foreseen at N_D = {sizes}. {' '.join(reasons)}"
    if any(p.measured is None for p in bad):
        return f"At N_D = {sizes} it could not be checked on the sample, and is not drawn."
    return (
        f"At N_D = {sizes} it is further from what is trained on parts of the sample than a tenth "
        "and twice the error of that, and is not drawn."
    )


def _parts(found: Foreseen, last: ForeseenPoint) -> Iterator[str]:
    loss = last.foreseen
    if loss is None or not loss.mu > 0:
        return
    bias, variance = foreseen_exponents(found)
    share = loss.mu_variance / loss.mu
    yield (
        f"At N_D = {last.n_train:,}, {100 * share:.0f} % of it is the spread over initializations, "
        f"which {_power(variance.curve)}; the mean network's part {_power(bias.curve)}."
    )
    for part, name in ((variance, "spread"), (bias, "mean network's part")):
        if part.valid and part.value is not None:
            why = (
                "limited by how much of it lies beyond rank N_D"
                if part.limited_by == RESOLUTION
                else "limited by the decay of the eigenvalues"
            )
            told = short_value(part.value, part.error)
            yield f"Ranks alone foresee N_D^-{told} of the {name}, {why}."


def _power(fit: PowerLawFit) -> str:
    if fit.alpha is None:
        return "does not fall"
    word = "falls as" if fit.valid else "falls on average as"
    return f"{word} N_D^-{short_value(fit.alpha, fit.alpha_error)}"


def _alone(last: ForeseenPoint) -> Iterator[str]:
    if last.of_spectrum is None or last.measured is None:
        return
    factor = last.measured.mu / max(last.of_spectrum.mu, 1e-300)
    if factor > _LARGE or factor < 1 / _LARGE:
        spread = "" if last.spread is None else f", by a factor {last.spread:.3g},"
        wrong = max(factor, 1 / factor)
        yield (
            f"The spectrum alone would be wrong by a factor {wrong:.2g}: examples differ{spread} "
            "in how much each counts, and are not alike."
        )
