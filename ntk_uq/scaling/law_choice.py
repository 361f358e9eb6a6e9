"""Which law a curve follows: all of them fitted, compared by AICc, extrapolated and tested."""

import dataclasses
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Real

from ntk_uq.base import streams
from ntk_uq.base.errors import SpecError
from ntk_uq.scaling.curve import CurveArrays, Numbers, Points, Window, read_curve
from ntk_uq.scaling.extrapolation import Extrapolation, HeldOut, compare, extrapolate
from ntk_uq.scaling.law_bootstrap import with_bootstrap
from ntk_uq.scaling.law_fit import akaike_weights, fit_law
from ntk_uq.scaling.law_record import INFORM, Fitted, LawFit
from ntk_uq.scaling.laws import ALL, LAWS
from ntk_uq.scaling.noise import Noise, noise_of
from ntk_uq.scaling.records import Finding, FitRecord, Flag, is_valid, without

Rows = (
    Sequence[Sequence[float]]
    | Sequence[Sequence[float | None]]
    | Sequence[Real[np.ndarray, "..."]]
    | Real[np.ndarray, "r c"]
)
"""Curves on one grid, one a row."""

FEWEST_DRAWS = 5
"""Draws below which resampling them says nothing: of four, one resample in ten has at most two
different ones."""

RESAMPLES = 400
_SEED = 2503_05938  # fixed: the same curve gives the same errors
_HELD_OUT_FACTOR = 4.0


@dataclass(frozen=True)
class LawInputs:
    """What was fitted, as given: tuples, so that the same curve is fitted once."""

    n_train: tuple[float, ...]
    values: tuple[float, ...]
    errors: tuple[float, ...] | None
    window: Window | None
    draws: tuple[tuple[float, ...], ...] | None
    samples: tuple[tuple[float, ...], ...] | None
    laws: tuple[str, ...]


@dataclass(frozen=True)
class LawChoice(FitRecord):
    """The laws of a curve, the best first among equals being the one of the smallest AICc.

    Attributes:
        chosen: name of the best law that describes the points; None where none does.
        fits: every law that was tried, the simplest first, available or not.
        held_out: the largest N_D (and all above a quarter of it) left out and asked for.
        resampled: what the bootstrap errors come from, or why there are none.
        flags: what concerns every law.
        correlation_length: in ln N_D, of points of one draw; None where points count as
            independent.
        inputs: the curve.
    """

    chosen: str | None
    fits: tuple[LawFit, ...]
    held_out: tuple[HeldOut, ...]
    resampled: str
    flags: tuple[Flag, ...]
    correlation_length: float | None
    inputs: LawInputs

    @property
    def best(self) -> LawFit | None:
        """The chosen law."""
        return next((fit for fit in self.fits if fit.law == self.chosen), None)

    @property
    def widened(self) -> float:
        """The factor by which extrapolations are widened, at least 1.

        Where the laws, fitted without the largest N_D, missed it, by how much they did.

        Where several N_D were left out, this counts only if the same law was chosen: with too few
        points left for it, another one was tested.
        """
        tested = [
            check.miss or 0.0
            for check in self.held_out
            if len(check.held_out) == 1 or check.law == self.chosen
        ]
        return max((1.0, *tested))

    @property
    def valid(self) -> bool:
        """Whether some law describes the curve."""
        return self.chosen is not None

    def fit(self, law: str) -> LawFit:
        """The fit of one law.

        Raises:
            SpecError: if that law was not tried.
        """
        found = next((fit for fit in self.fits if fit.law == law), None)
        if found is None:
            tried = ", ".join(fit.law for fit in self.fits)
            raise SpecError(f"The law {law!r} was not tried; there are {tried}.")
        return found

    def extrapolate(self, n_train: float) -> Extrapolation:
        """What is expected at one N_D, with a band that mixes the laws by their Akaike weights.

        Raises:
            SpecError: if n_train is not positive and finite.
        """
        if not (math.isfinite(n_train) and n_train > 0):
            raise SpecError(f"n_train is {n_train}; a training set size must be positive.")
        return _extrapolated(self.inputs, float(n_train))

    def describe(self, symbol: str = "q") -> str:
        """One line: the chosen law with its parameters, or why there is none."""
        best = self.best
        if best is not None:
            return f"{best.title}: {best.describe(symbol)}"
        tried = [fit for fit in self.fits if fit.aicc is not None]
        if not tried:
            found = dict.fromkeys(flag.reason for fit in self.fits for flag in fit.obstacles)
            return "no law: " + " ".join(list(found)[:1])
        closest = min(tried, key=lambda fit: fit.aicc or 0.0)
        reasons = " ".join(flag.reason for flag in closest.obstacles)
        return f"no law describes the points; the closest is the {closest.title}: {reasons}"

    def to_json(self) -> dict[str, Any]:
        """The choice as JSON's own types; the curve itself is left out."""
        out = super().to_json()
        del out["inputs"]
        return out


def fit_laws(
    n_train: Numbers,
    values: Numbers,
    errors: Numbers | None = None,
    window: Window | None = None,
    draws: Rows | None = None,
    *,
    samples: Rows | None = None,
    laws: Sequence[str] = LAWS,
) -> LawChoice:
    """Fits every law to a curve and chooses by AICc.

    Weighted least squares of ln q, by one of

    - ``constant``: ``q = q_0``;
    - ``power``: ``q = A n^-alpha``;
    - ``offset``: ``q = q_inf + A n^-alpha`` with ``q_inf >= 0``;
    - ``broken``: ``q = A n^-a1 (1 + (n / n_b)^(1/s))^(-(a2 - a1) s)`` with s = 1/4.

    A law with k unknowns needs k + 2 points, over a factor 4 in N_D. It describes the curve unless
    points leave it by more than their errors (p < 0.01) and by more than 1.5 %, or 5 % without
    errors. Of those that do, the one with the smallest AICc is chosen; its equations are in
    :func:`ntk_uq.scaling.law_fit.information`. Whatever the data are, they do not raise: what they
    lack is in the flags of each law.

    Args:
        n_train: training set sizes N_D, increasing [examples].
        values: the quantity at each; None or NaN where there is none.
        errors: standard errors in the same unit, points taken as independent; None for none.
        window: smallest and largest N_D to use; None for all.
        draws: the quantity of each draw at each N_D, one sequence a draw. Two and more replace
            ``errors``: the scatter of whole draws tells the points' errors and how they move
            together. From five on, the draws are resampled for the bootstrap errors too.
        samples: the curve as it came out of resampled data, one sequence a sample (of members of
            ensembles, say); refitted for the bootstrap errors.
        laws: names of those to try.

    Raises:
        SpecError: if lengths differ, n_train is not positive and increasing, an error is negative,
            the window is reversed or holds no point, or a law is unknown.
    """
    unknown = [name for name in laws if name not in ALL]
    if unknown or not laws:
        raise SpecError(f"laws is {tuple(laws)}; choose some of {', '.join(LAWS)}.")
    with np.errstate(all="ignore"):
        curve = read_curve(n_train, values, errors)
        curve.points(window)
        n, q = tuple(map(float, curve.n)), tuple(map(float, curve.values))
        e = None if errors is None else tuple(map(float, np.array(errors, dtype=float)))
        inputs = LawInputs(
            n,
            q,
            e,
            None if window is None else (float(window[0]), float(window[1])),
            _rows("draws", draws, len(n)),
            _rows("samples", samples, len(n)),
            tuple(name for name in LAWS if name in laws),
        )
        return _choose(inputs)


def _rows(name: str, rows: Rows | None, length: int) -> tuple[tuple[float, ...], ...] | None:
    if rows is None:
        return None
    try:
        array = [tuple(float("nan") if v is None else float(v) for v in row) for row in rows]
    except (TypeError, ValueError, OverflowError) as problem:
        raise SpecError(f"{name} are not lists of numbers ({problem}); give one a curve.") from None
    wrong = [len(row) for row in array if len(row) != length]
    if wrong:
        raise SpecError(
            f"{name} have {wrong[0]} values for {length} training set sizes; give one value for "
            "each, None where there is none."
        )
    return tuple(array)


@dataclass(frozen=True)
class _Analysis:
    """Everything about one curve but what is derived from it."""

    points: Points
    noise: Noise | None
    draws: Float[np.ndarray, "d n"] | None
    fitted: tuple[Fitted, ...]

    @property
    def largest(self) -> float | None:
        return None if self.points.window is None else self.points.window[1]


def _read(inputs: LawInputs) -> tuple[Points, Float[np.ndarray, "d n"] | None]:
    curve: CurveArrays = read_curve(inputs.n_train, inputs.values, inputs.errors)
    points = curve.points(inputs.window)
    keep = np.isin(curve.n, points.n)
    return points, _whole_rows(inputs.draws, keep)


def _whole_rows(
    rows: tuple[tuple[float, ...], ...] | None, keep: np.ndarray
) -> Float[np.ndarray, "d n"] | None:
    """The rows that have a positive value at every point that is used."""
    if not rows:
        return None
    array = np.array(rows)[:, keep]
    return array[np.all(np.isfinite(array) & (array > 0), axis=1)]


@functools.lru_cache(maxsize=128)
def _analyse(inputs: LawInputs, most: float = math.inf) -> _Analysis:
    """The fits of a curve, on its points up to ``most``. The errors are those of all points."""
    points, draws = _read(inputs)
    noise = None
    if len(points.n) > 1:
        noise = noise_of(points, None if draws is None else np.log(draws))
        points = dataclasses.replace(points, error=noise.error if noise.known else None)
    inside = int(np.sum(points.n <= most))
    if inside < len(points.n):
        error = None if points.error is None else points.error[:inside]
        points = Points(
            points.n[:inside], points.x[:inside], points.y[:inside], error, points.flags
        )
        noise = noise.part(slice(inside)) if noise is not None and inside > 1 else None
    fitted = _consistent(tuple(fit_law(name, points, noise) for name in inputs.laws))
    return _Analysis(points, noise, draws, _weighed(fitted))


def _consistent(fitted: tuple[Fitted, ...]) -> tuple[Fitted, ...]:
    """A law that contains one that describes the points describes them too.

    Near the limits of goodness a test with fewer degrees of freedom may say otherwise.
    """
    sound = {f.fit.law for f in fitted if f.fit.valid}
    inner = {"constant": set(), "power": {"constant"}}
    out = []
    for f in fitted:
        others = without(f.fit.flags, Finding.NOT_THIS_LAW)
        if inner.get(f.fit.law, {"constant", "power"}) & sound and others != f.fit.flags:
            valid = is_valid(others, INFORM)
            f = dataclasses.replace(f, fit=dataclasses.replace(f.fit, flags=others, valid=valid))
        out.append(f)
    return tuple(out)


def _weighed(fitted: tuple[Fitted, ...]) -> tuple[Fitted, ...]:
    """The fits with their AICc differences and Akaike weights."""
    known = [f.fit.aicc for f in fitted if f.fit.aicc is not None]
    if not known:
        return fitted
    least, weights = min(known), iter(akaike_weights(known))
    return tuple(
        f
        if f.fit.aicc is None
        else dataclasses.replace(
            f,
            fit=dataclasses.replace(f.fit, delta=f.fit.aicc - least, weight=float(next(weights))),
        )
        for f in fitted
    )


def _best(analysis: _Analysis) -> str | None:
    described = [f.fit for f in analysis.fitted if f.fit.valid and f.fit.aicc is not None]
    best = min(described, key=lambda fit: fit.aicc or 0.0, default=None)
    return None if best is None else best.law


@functools.lru_cache(maxsize=256)
def _choose(inputs: LawInputs) -> LawChoice:
    analysis = _analyse(inputs)
    fits, resampled = _resampled(inputs, analysis)
    noise = analysis.noise
    return LawChoice(
        chosen=_best(analysis),
        fits=fits,
        held_out=_held_out(inputs, analysis),
        resampled=resampled,
        flags=analysis.points.flags,
        correlation_length=None if noise is None or noise.length == 0 else noise.length,
        inputs=inputs,
    )


@functools.lru_cache(maxsize=1024)
def _extrapolated(inputs: LawInputs, n_train: float) -> Extrapolation:
    with np.errstate(all="ignore"):
        analysis = _analyse(inputs)
        widened = _choose(inputs).widened
        return extrapolate(analysis.fitted, analysis.noise, n_train, analysis.largest, widened)


def _held_out(inputs: LawInputs, analysis: _Analysis) -> tuple[HeldOut, ...]:
    """The largest N_D left out alone, and with everything above a quarter of it."""
    n = analysis.points.n
    if len(n) < 3:
        return ()
    checks = []
    for kept in sorted({len(n) - 1, int(np.sum(n <= n[-1] / _HELD_OUT_FACTOR))}, reverse=True):
        if kept < 2:
            continue
        part = _analyse(inputs, float(n[kept - 1]))
        expected = extrapolate(part.fitted, part.noise, float(n[-1]), part.largest)
        noise = analysis.noise
        known = noise is not None and noise.known
        best = next((f.fit for f in part.fitted if f.fit.law == _best(part)), None)
        if known and noise is not None:
            error, dof = float(noise.error[-1]), noise.dof
        else:
            # Without errors, a point scatters as the others do round their law.
            error = 0.0 if best is None or best.scatter is None else best.scatter
            dof = 1.0 if best is None else float(max(best.dof, 1))
        checks.append(
            compare(
                expected,
                tuple(map(float, n[kept:])),
                _best(part),
                float(np.exp(analysis.points.y[-1])),
                error,
                dof,
                known,
            )
        )
    return tuple(checks)


def _resampled(inputs: LawInputs, analysis: _Analysis) -> tuple[tuple[LawFit, ...], str]:
    """The fits with bootstrap errors, and what these come from."""
    fits = tuple(f.fit for f in analysis.fitted)
    factor = 1.0
    if inputs.samples:
        curve = read_curve(inputs.n_train, inputs.values, inputs.errors)
        data = _whole_rows(inputs.samples, np.isin(curve.n, analysis.points.n))
        words = f"{len(inputs.samples)} resamples of the members"
    elif analysis.draws is None:
        return fits, "nothing to resample: there are no draws."
    elif len(analysis.draws) < FEWEST_DRAWS:
        return fits, (
            f"{len(analysis.draws)} draws are too few to be resampled; it takes {FEWEST_DRAWS}."
        )
    else:
        count = len(analysis.draws)
        chosen = streams.integers(_SEED, count, (RESAMPLES, count))
        data = analysis.draws[chosen].mean(axis=1)
        # Resampling c draws finds their own variance, which is (c - 1) / c of the population's.
        factor = math.sqrt(count / (count - 1))
        words = f"{RESAMPLES} resamples of the {count} draws, whole draws each"
    if data is None or len(data) < 2:
        return fits, "nothing to resample: no sample has a value at every point."
    return tuple(with_bootstrap(f, np.log(data), factor) for f in analysis.fitted), words
