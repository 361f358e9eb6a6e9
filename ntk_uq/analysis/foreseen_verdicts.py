"""What a foreseen learning curve says, in sentences that one can say aloud."""

import math
from collections.abc import Iterator

from ntk_uq.analysis.foreseen_exponents import RESOLUTION, foreseen_exponents
from ntk_uq.results.curves import Curve
from ntk_uq.results.foreseen import Foreseen, ForeseenPoint, MeanLoss, precise
from ntk_uq.scaling import PowerLawFit, fit_power_law
from ntk_uq.scaling.notation import short_value

TRAINED = {"mu_bias": "the mean network's part", "mu_variance": "the variance over initializations"}
BAYESIAN = {"mu_bias": "the mean's part", "mu_variance": "the posterior variance"}


def parts_of(found: Foreseen) -> dict[str, str]:
    """What both parts of mu are called: Bayesian networks have no initializations."""
    return BAYESIAN if found.ntk is None else TRAINED


def foreseen_verdict(found: Foreseen, curve: Curve | None = None) -> str:
    """What is foreseen, whether it passed its check, what it consists of, and why it falls so.

    Args:
        found: what is foreseen.
        curve: the scaling curve with a test set of its own, where it is shown.
    """
    return " ".join(_sentences(found, curve))


def foreseen_beside(found: Foreseen, curve: Curve) -> str:
    """How what is foreseen compares with the scaling curve that it is drawn over, in sentences."""
    good = [point for point in found.points if point.holds]
    begin = f"from {found.sample:,} examples, up to N_D = {found.n_train[-1]:,}."
    beside = (_checked(good), *_beside(good, curve)) if good else ()
    return " ".join((begin, *beside, *refusals(found.points)))


def refusals(points: tuple[ForeseenPoint, ...]) -> Iterator[str]:
    """Why some points are not drawn as foreseen: a sentence for each reason."""
    failed: dict[str, list[int]] = {}
    for point in points:
        if not point.holds:
            failed.setdefault(_reason(point), []).append(point.n_train)
    for reason, sizes in failed.items():
        yield reason.format(", ".join(f"{n:,}" for n in sizes))


def _reason(point: ForeseenPoint) -> str:
    if point.foreseen is None:
        return f"Nothing is foreseen at N_D = {{}}. {point.failure or ''}".strip()
    if point.measured is None:
        return (
            "At N_D = {} parts of the sample cannot be trained on, so that what is foreseen is not "
            "checked, and not drawn."
        )
    if not precise(point.measured):
        return (
            "At N_D = {} what is trained on parts of the sample scatters too much to check "
            "anything, so that what is foreseen is not drawn."
        )
    return (
        "At N_D = {} what is foreseen is too far from what is trained on parts of the sample, and "
        "is not drawn."
    )


def _sentences(found: Foreseen, curve: Curve | None) -> Iterator[str]:
    good = [point for point in found.points if point.holds]
    if good:
        yield _falls(found, good)
        yield _checked(good)
        if curve is not None:
            yield from _beside(good, curve)
    yield from refusals(found.points)
    if good:
        yield from _parts(found, good[-1])
        yield from _alone(good[-1])


def _falls(found: Foreseen, good: list[ForeseenPoint]) -> str:
    losses = [(p.n_train, p.foreseen.mu) for p in good if p.foreseen is not None]
    (low, first), (high, last) = losses[0], losses[-1]
    begin = f"From {found.sample:,} examples μ is foreseen to"
    if low == high:
        return f"{begin} be {first:.3g} at N_D = {low:,}."
    fit = fit_power_law([n for n, _ in losses], [mu for _, mu in losses])
    if fit.valid and fit.alpha is not None:
        return f"{begin} {_power(fit, 'fall')} from N_D = {low:,} to {high:,}."
    word = "fall" if last < first else "rise"
    return f"{begin} {word} from {first:.3g} at N_D = {low:,} to {last:.3g} at {high:,}."


def _checked(good: list[ForeseenPoint]) -> str:
    off = max(abs(p.foreseen.mu / p.measured.mu - 1) for p in good if p.foreseen and p.measured)
    return f"Networks trained on parts of them have the same μ within {_percent(off)}."


def _beside(good: list[ForeseenPoint], curve: Curve) -> Iterator[str]:
    measured = {point.n_train: point for point in curve.points}
    off, pulls = [], []
    for point in good:
        there, foreseen = measured.get(point.n_train), point.foreseen
        if there is None or foreseen is None or not there.mu:
            continue
        off.append(abs(foreseen.mu / there.mu - 1))
        error = math.hypot(there.error_or_sem("mu") or 0.0, foreseen.error or 0.0)
        pulls.append(abs(foreseen.mu - there.mu) / error if error else 0.0)
    if off:
        yield (
            f"The curve with a test set of its own, in {curve.spec.draws} draws, is within "
            f"{_percent(max(off))}, at most {max(pulls):.1f} standard errors away."
        )


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share < 0.0995 else f"{100 * share:.0f} %"


def _parts(found: Foreseen, last: ForeseenPoint) -> Iterator[str]:
    loss: MeanLoss | None = last.foreseen
    if loss is None or not loss.mu > 0:
        return
    bias, variance = foreseen_exponents(found)
    names, share = parts_of(found), loss.mu_variance / loss.mu
    told = f"At N_D = {last.n_train:,}, {100 * share:.0f} % of it is {names['mu_variance']}"
    if variance.curve.alpha is not None:
        told += f", which {_power(variance.curve)}"
    if bias.curve.alpha is not None:
        told += f"; {names['mu_bias']} {_power(bias.curve)}"
    yield f"{told}."
    for one in (variance, bias):
        if one.valid and one.value is not None:
            why = (
                "limited by how much lies beyond rank N_D"
                if one.limited_by == RESOLUTION
                else "limited by the decay of the eigenvalues"
            )
            yield (
                f"The decays foresee N_D^-{short_value(one.value, one.error)} for "
                f"{names[one.part]}, {why}."
            )


def _power(fit: PowerLawFit, falls: str = "falls") -> str:
    """Such as "falls as N_D^-0.31(1)", and on average where that is no power law."""
    assert fit.alpha is not None
    word = falls if fit.alpha >= 0 else "rises"
    sign = "-" if fit.alpha >= 0 else ""
    average = "" if fit.valid else " on average"
    return f"{word}{average} as N_D^{sign}{short_value(abs(fit.alpha), fit.alpha_error)}"


def _alone(last: ForeseenPoint) -> Iterator[str]:
    """Where the spectrum alone is refuted, by how much."""
    alone, measured = last.of_spectrum, last.measured
    if alone is None or measured is None or last.spectrum_holds or not alone.mu > 0:
        return
    factor = max(measured.mu / alone.mu, alone.mu / measured.mu)
    ratio = last.potential_ratio
    by = "" if ratio is None else f", by a factor {ratio:.3g},"
    yield (
        f"The spectrum alone would be wrong by a factor {factor:.2g}: examples differ{by} in the "
        "scale on which they count, and are not alike."
    )
