"""Exponents and numbers as tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from ntk_uq.analysis import of_test_set
from ntk_uq.figures import Trace
from ntk_uq.results.points import SYMBOLS, CurvePoint
from ntk_uq.scaling import PlateauFit, PowerLawFit, format_value
from ntk_uq.ui import fitted_table, verdict_lines
from ntk_uq.ui.pages.scaling_curves.exhibit import loss_unit
from ntk_uq.ui.plain_text import plain
from ntk_uq.views import CurvesView

_EXPECTED = (2.2, 1.9)
"""Half of a 95 % interval over the standard error: up to which and from which nobody wonders."""


@dataclass(frozen=True)
class Exponents:
    """The fits of every curve in words, with intervals and windows.

    Attributes:
        rows: of the table, one a curve.
        wide, drifts: whether intervals are wider than readers of the errors expect, or narrower:
            that is where an exponent drifts.
    """

    rows: tuple[Mapping[str, str], ...]
    wide: bool
    drifts: bool = False


def exponents_of(traces: Sequence[Trace], view: CurvesView) -> Exponents:
    """They of some curves."""
    columns = (
        "",
        "μ ~ N_D^−α",
        "95 % of α_μ, window",
        "σ ~ N_D^−α",
        "95 % of α_σ, window",
        "ε",
        "networks' part of ε",
    )
    rows = tuple(
        dict(zip(columns, (t.label, *_fit_cells(t), _own_part(t, view)), strict=True))
        for t in traces
    )
    fits = [fit for t in traces if t.fits is not None for fit in (t.fits.mu, t.fits.sigma)]
    errors = [found for found in map(_standard_errors, fits) if found is not None]
    wide, narrow = _EXPECTED
    return Exponents(rows, max(errors, default=0) > wide, min(errors, default=wide) < narrow)


def exponents(found: Exponents) -> None:
    """Draws them."""
    fitted_table.draw(found.rows, "exponents")
    told = [words for ratio, words in _ABOUT_INTERVALS if ratio(found)]
    if told:
        st.caption(" ".join(("± is one standard error.", *told)))


_ABOUT_INTERVALS: tuple[tuple[Callable[[Exponents], bool], str], ...] = (
    (
        lambda found: found.wide,
        "Of few points or draws its own size is little known, so that 95 % takes more than two of "
        "them on either side (Student's t).",
    ),
    (
        lambda found: found.drifts,
        "Where an exponent drifts within its window, it holds that drift as well; 95 % takes in "
        "all of the drift, which is less than two of them.",
    ),
)


def _standard_errors(fit: PowerLawFit) -> float | None:
    """Half of the interval that is shown, in standard errors; None where none is shown."""
    if not fit.valid or fit.alpha_interval is None or not fit.alpha_error:
        return None
    low, high = fit.alpha_interval
    return (high - low) / (2 * fit.alpha_error)


def _fit_cells(trace: Trace) -> tuple[str, ...]:
    if trace.fits is None:
        # A row from the start: the page does not jump when the curve is complete.
        ready, total = len(trace.curve.raw), trace.curve.spec.n_points
        return (f"{ready} of {total} points", *["…"] * 4)
    mu, sigma, epsilon = trace.fits.mu, trace.fits.sigma, trace.fits.epsilon
    return (
        _told(trace, "mu", mu),
        _interval(mu),
        _told(trace, "sigma", sigma),
        _interval(sigma),
        _told(trace, "epsilon", epsilon),
    )


def _told(trace: Trace, quantity: str, fit: PowerLawFit | PlateauFit) -> str:
    """The fit; where it is not to be quoted, what the curve does instead, as the sentences say."""
    trend = None if trace.verdict is None else trace.verdict.trend(quantity)
    if fit.valid or trend is None or trend.law is None:
        return fit.describe()
    none = "no plateau" if isinstance(fit, PlateauFit) else "no single power law"
    return f"{none}: {trend.does}"


def _own_part(trace: Trace, view: CurvesView) -> str:
    """The exponent of epsilon's population part, or why there is none."""
    if trace.fits is None:
        return "…"
    if all(point.epsilon_population is None for point in trace.curve.points):
        return "–"
    power, plateau = trace.curve.population(view.fit_low, view.fit_high)
    return plateau.describe() if plateau.valid else power.describe()


def _interval(fit: PowerLawFit) -> str:
    if not fit.valid or fit.alpha_interval is None or fit.window is None:
        return "–"
    low, high = fit.alpha_interval
    return f"{low:.3f} to {high:.3f}, N_D {fit.window[0]:g} to {fit.window[1]:g}"


def numbers(traces: Sequence[Trace], view: CurvesView) -> None:
    """Every number behind the plots, and where it comes from; for those who look."""
    there = [trace for trace in traces if trace.curve.raw]
    if not there:
        return
    box = st.expander("Numbers, provenance", key="numbers_provenance", on_change="rerun")
    if box.open:
        with box:
            _numbers(there, view)


_NUMBERS, _PARTS = "μ, σ, ε with errors", "Parts of μ and ε, condition"
_TEST_SET = "Errors from the test set"
SHOWN = "numbers_shown"


def _numbers(traces: Sequence[Trace], view: CurvesView) -> None:
    curves = [trace.curve for trace in traces]
    shown = st.segmented_control(
        "Numbers",
        (_NUMBERS, _PARTS, _TEST_SET),
        default=_NUMBERS,
        key=SHOWN,
        label_visibility="collapsed",
        required=True,
    )
    cells = {_PARTS: _parts, _TEST_SET: _of_test_set}.get(shown, _quantities)
    points = [(trace.label, point) for trace in traces for point in trace.curve.points]
    # Of all alike, a column would take the room of the numbers.
    differ = len({point.draws for _, point in points}) > 1
    rows = [
        {
            "": plain(label),
            "N_D": f"{point.n_train:,}",
            **({"draws": str(point.draws)} if differ else {}),
            **cells(point),
        }
        for label, point in points
    ]
    fitted_table.draw(rows, "numbers", keys=2)
    st.caption(
        f"μ and σ in {plain(loss_unit(view))}; ε without unit; ±: standard error over draws, or "
        "from the choice of the test examples, which the points of a curve share but for folds; "
        "condition: λ_max/λ_min of the matrix inverted. All columns in full: *CSV* below."
    )
    for trace in traces:
        if said := of_test_set.sentence(trace.curve, SYMBOLS):
            st.markdown(f"**{plain(trace.label)}:** {verdict_lines.typeset(said)}")
    origin = curves[0].provenance()
    versions = ", ".join(f"{k} {v}" for k, v in origin.get("versions", {}).items())
    seconds = sum(curve.seconds for curve in curves)
    words = (
        f"Computed in {seconds:.1f} s on {origin.get('device')}, {origin.get('dtype')}. "
        f"{versions}. Data: {origin.get('citation')}."
    )
    st.markdown(plain(words))


def _quantities(point: CurvePoint) -> dict[str, str]:
    return {
        symbol: format_value(getattr(point, name), getattr(point, f"{name}_sem"))
        for name, symbol in SYMBOLS.items()
    }


def _of_test_set(point: CurvePoint) -> dict[str, str]:
    names = {**SYMBOLS, "epsilon_population": "networks' part of ε"}
    return {
        symbol: "–"
        if getattr(point, f"{name}_test_error") is None
        else format_value(getattr(point, name), getattr(point, f"{name}_test_error"))
        for name, symbol in names.items()
    }


def _parts(point: CurvePoint) -> dict[str, str]:
    named = {
        "bias part of μ": point.mu_bias,
        "variance part": point.mu_variance,
        "networks' part of ε": point.epsilon_population,
        "floor of ε": point.epsilon_floor,
    }
    parts = {n: "–" if v is None else format_value(v, None) for n, v in named.items()}
    return {**parts, "condition": "–" if point.condition is None else f"{point.condition:.2g}"}
