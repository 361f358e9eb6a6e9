"""What a foreseen learning curve says, in sentences that one can say aloud."""

from collections.abc import Iterator

from ntk_uq.analysis.foreseen_exponents import RESOLUTION, foreseen_exponents
from ntk_uq.results.foreseen import Foreseen, ForeseenPoint
from ntk_uq.scaling import PowerLawFit, fit_power_law
from ntk_uq.scaling.notation import short_value

_LARGE = 1.15
"""Factor from which on the spectrum alone is said to be wrong."""


def foreseen_verdict(found: Foreseen) -> str:
    """What is foreseen, whether it passed its check, what it consists of, and why it falls so."""
    return " ".join(_sentences(found))


def _sentences(found: Foreseen) -> Iterator[str]:
    good = [point for point in found.points if point.holds]
    if good:
        yield _falls(found, good)
        yield _checked(good)
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
