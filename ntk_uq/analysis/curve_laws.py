"""The laws of a curve as a page, the command line and a file tell them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ntk_uq.results.curves import Curve, Fits
from ntk_uq.results.points import QUANTITIES, SYMBOLS
from ntk_uq.scaling import Extrapolation, LawChoice, LawFit, PowerLawFit
from ntk_uq.scaling.extrapolation import FAR

_STEPS = 13
"""N_D at which a band is drawn: it is smooth in the logarithm."""


@dataclass(frozen=True)
class ShownLaw:
    """The law of one quantity that is drawn and extrapolated.

    Attributes:
        choice: the fit of it, among those that were allowed.
        refused: the power law that may not be quoted, and says why: nothing is extrapolated
            though there is a fit; None where that is not so.
        note: what has to be said of how the law was chosen, and of what it is the law, or "".
    """

    choice: LawChoice
    refused: PowerLawFit | None = None
    note: str = ""

    @property
    def law(self) -> LawFit | None:
        """The law to draw; None where none describes the curve."""
        return self.choice.best if self.refused is None else None

    def at(self, n_train: float) -> Extrapolation:
        """What is expected at one N_D."""
        if self.refused is not None:
            return _nothing(n_train, self.refused.describe())
        largest = self.largest
        if largest is not None and n_train <= largest:
            return _nothing(
                n_train, f"N_D = {n_train:,.6g} lies within the fit, which goes to {largest:,.6g}"
            )
        return self.choice.extrapolate(n_train)

    @property
    def largest(self) -> float | None:
        """Largest N_D of the fit."""
        windows = [fit.window[1] for fit in self.choice.fits if fit.window is not None]
        return max(windows, default=None)

    def path(self, n_train: float) -> tuple[Extrapolation, ...]:
        """Expectations from the end of the data to one N_D; none where there is no law."""
        start = self.largest
        if start is None or n_train <= start or self.law is None:
            return ()
        # A hair beyond the data: at their end, the band begins where the law is best known.
        way = np.geomspace(start * (1 + 1e-9), n_train, _STEPS)
        found = tuple(self.at(float(n)) for n in way)
        return found if all(e.value is not None for e in found) else ()


def _nothing(n_train: float, reason: str) -> Extrapolation:
    return Extrapolation(n_train, None, None, None, None, (), None, False, 1.0, reason)


def shown_laws(
    curve: Curve, fits: Fits, law: str, low: float | None = None, high: float | None = None
) -> dict[str, ShownLaw]:
    """The law of each quantity that a page shows.

    Args:
        curve: complete.
        fits: its power laws and plateau on that window.
        law: ``auto``, the best by AICc; ``offset`` or ``broken``, that law alone; ``power``: the
            power laws of mu and sigma and the plateau of epsilon, each in the window where it was
            found (and the best law of epsilon where there is no plateau).
        low, high: the window, as :meth:`ntk_uq.results.curves.Curve.fits`.
    """
    floor = _floor(curve)
    if law != "power":
        laws = None if law == "auto" else (law,)
        return {
            name: ShownLaw(
                curve.laws(name, low, high, laws), note=floor if name == "epsilon" else ""
            )
            for name in QUANTITIES
        }
    shown = {}
    for name in ("mu", "sigma"):
        fit = getattr(fits, name)
        window = fit.window or (low, high)
        refused = None if fit.valid else fit
        shown[name] = ShownLaw(curve.laws(name, *_proper(window), ("power",)), refused)
    plateau = fits.epsilon
    if plateau.valid and plateau.window is not None:
        choice = curve.laws("epsilon", *_proper(plateau.window), ("constant",))
        # The plateau's own test is made for points that are flat, not merely chi-squared.
        shown["epsilon"] = ShownLaw(choice, note=floor)
    if "epsilon" not in shown or shown["epsilon"].law is None:
        choice = curve.laws("epsilon", low, high)
        best = choice.best
        why = "has no plateau"
        if plateau.valid:
            why = "has a plateau, but is not constant within the errors"
        told = "" if best is None else f"ε {why}: its best law by AICc is the {best.title}."
        shown["epsilon"] = ShownLaw(choice, note=" ".join(filter(None, (told, floor))))
    return shown


def _floor(curve: Curve) -> str:
    """A word if most of epsilon at the largest N_D is the test set's and not the network's."""
    last = curve.points[-1] if curve.points else None
    if last is None or not last.epsilon or last.epsilon_floor**2 <= 0.5 * last.epsilon**2:
        return ""
    share = last.epsilon_floor**2 / last.epsilon**2
    return (
        f"At N_D = {last.n_train:,}, {100 * share:.0f} % of ε² is the floor of the test set: what "
        f"is expected of ε holds for {_test_set(curve)}."
    )


def _test_set(curve: Curve) -> str:
    if curve.spec.folds is None:
        return f"N_T = {curve.spec.data.n_test:,}"
    return f"test sets that grow as {curve.spec.folds} folds do"


def _proper(window: tuple[float | None, float | None]) -> tuple[float | None, float | None]:
    low, high = window
    # A window of one point has no two ends; it is then the law's business to say so.
    return (low, high) if low is None or high is None or low < high else (low, None)


def expectation(laws: Mapping[str, ShownLaw], n_train: float) -> str:
    """What is expected of all quantities at one N_D, in a sentence."""
    found = {name: laws[name].at(n_train) for name in QUANTITIES}
    known = {name: e for name, e in found.items() if e.value is not None}
    reasons = dict.fromkeys(e.reason for e in found.values())
    if not known and len(reasons) == 1:  # said once for all
        return f"nothing can be expected at N_D = {n_train:,.6g}: {next(iter(reasons))}"
    # What can be expected comes first, so that the sentence reads as one.
    numbers = [e.describe(SYMBOLS[name]) for name, e in known.items()]
    words = [e.describe(SYMBOLS[name]) for name, e in found.items() if name not in known]
    expected = [f"at N_D = {n_train:,.6g} expect {', '.join(numbers)}"] if numbers else []
    return "; ".join([*expected, *words])


def cautions(laws: Mapping[str, ShownLaw], n_train: float) -> tuple[str, ...]:
    """What has to be said of an extrapolation: its :func:`distance` and its :func:`doubts`."""
    return (*distance(laws, n_train), *doubts(laws, n_train))


def distance(laws: Mapping[str, ShownLaw], n_train: float) -> tuple[str, ...]:
    """That an extrapolation goes far, in a sentence; nothing where it does not."""
    times = max((e.times or 0.0 for e in _expected(laws, n_train).values()), default=0.0)
    if times <= FAR:
        return ()
    return (
        f"N_D = {n_train:,.6g} is {times:,.3g} times beyond the data: the band holds only as "
        "far as the laws do that describe them.",
    )


def doubts(laws: Mapping[str, ShownLaw], n_train: float) -> tuple[str, ...]:
    """What has to be said of the laws that expect something, and of bands that were widened."""
    out = []
    for name, expected in _expected(laws, n_train).items():
        if laws[name].note:
            out.append(laws[name].note)
        if expected.widened > 1.05:
            out.append(
                f"The band of {SYMBOLS[name]} is {expected.widened:.2g} times as wide as the fit "
                "says: fitted without the largest N_D, the laws missed it by that much."
            )
    return tuple(out)


def _expected(laws: Mapping[str, ShownLaw], n_train: float) -> dict[str, Extrapolation]:
    """Those quantities of which something can be expected at one N_D."""
    found = {name: laws[name].at(n_train) for name in QUANTITIES}
    return {name: e for name, e in found.items() if e.value is not None}
