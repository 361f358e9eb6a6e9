"""How much of a curve is the choice of its test examples, in a sentence."""

from collections.abc import Mapping

from ntk_uq.base.counting import listed
from ntk_uq.results.curves import Curve
from ntk_uq.results.points import QUANTITIES, CurvePoint


def exceeds_draws(point: CurvePoint, quantity: str) -> bool:
    """Whether another test set would move a value further than other training examples do.

    Args:
        point: of a curve. quantity: ``mu``, ``sigma`` or ``epsilon``.

    Returns:
        False where the error from the test examples is not known, and where it is part of that of
        the draws, as of folds; True where that of the draws is not known, as of one draw.
    """
    of_test, of_draws = (getattr(point, f"{quantity}_{name}") for name in ("test_error", "sem"))
    if of_test is None or of_draws is None:
        return of_test is not None
    return bool(point.n_used is None and of_test > of_draws)


def sentence(curve: Curve, symbols: Mapping[str, str]) -> str:
    """What the choice of the test examples does to a curve, largest relative standard errors.

    Args:
        curve: its points. symbols: what the quantities are called.

    Returns:
        Nothing for a curve whose points do not know it.
    """
    points = [point for point in curve.points if point.mu_test_error is not None]
    if not points:
        return ""
    parts = []
    for name in QUANTITIES:
        share = 100 * max(getattr(p, f"{name}_test_error") / getattr(p, name) for p in points)
        digits = f"{share:.2g}" if share < 99 else f"{share:.0f}"
        parts.append(f"{symbols[name]} by up to {digits} %")
    spec, than = curve.spec, ""
    others = f"{spec.data.n_test:,} other test examples would move all points of a curve together"
    how = "one standard error"
    if spec.folds is not None:
        others = "Other examples would move the points"
        how += ", a little too small, since folds share training examples"
        than = f" The floor of {symbols['epsilon']} falls by itself as folds grow."
    elif spec.draws > 1:
        which = [symbols[q] for q in QUANTITIES if any(exceeds_draws(p, q) for p in points)]
        than = (
            f" For {listed(which)} that is, at some N_D, more than the draws do."
            if which
            else " The draws do more."
        )
    return f"{others}: {', '.join(parts)} ({how}).{than}"
