"""About the fits: what was tried of each curve and what was found; the details on demand."""

from collections.abc import Iterator, Sequence
from typing import Any

import streamlit as st

from ntk_uq.figures import Trace
from ntk_uq.results.points import SYMBOLS
from ntk_uq.scaling import LawChoice, LawFit, Parameter, PlateauFit, PowerLawFit, format_value
from ntk_uq.ui import fitted_table
from ntk_uq.ui.plain_text import plain
from ntk_uq.ui.verdict_lines import escaped
from ntk_uq.views import CurvesView

_LOCAL, _LAWS, _HELD = "Local exponents", "Laws compared", "Largest N_D held out"
DETAILS = "fit_details"


def draw(traces: Sequence[Trace], view: CurvesView) -> None:
    """An expander, closed at first: comparing all laws takes a second."""
    complete = [trace for trace in traces if trace.fits is not None]
    if not complete:
        return
    box = st.expander("About the fits", key="about_the_fits", on_change="rerun")
    if box.open:
        with box:
            _draw(complete, view)


def _draw(traces: Sequence[Trace], view: CurvesView) -> None:
    st.markdown(
        "An exponent is quoted where a power law describes the points from some $N_D$ to the "
        "largest: no bend that could be seen, no scatter beyond the errors. ε is first asked for "
        "a plateau. What the curve does otherwise is said above the plots."
    )
    fitted_table.draw([row for trace in traces for row in _tried(trace, view)], "tried")
    shown = st.segmented_control(
        "More of each fit",
        (_LOCAL, _LAWS, _HELD),
        key=DETAILS,
        help="Exponents between neighbouring N_D; constant, power law, offset and break compared "
        "by AICc on the same points; or what the laws expected of the largest N_D without having "
        "seen it. Theory: section 8 of docs/theory.md.",
    )
    if shown == _LOCAL:
        _local(traces)
    elif shown == _LAWS:
        _laws(traces, view)
    elif shown == _HELD:
        _held_out(traces, view)


def _tried(trace: Trace, view: CurvesView) -> Iterator[dict[str, str]]:
    """What was tried of each quantity, where, and what came of it."""
    fits = trace.fits
    assert fits is not None
    tried: list[tuple[str, PowerLawFit | PlateauFit]] = [
        ("μ", fits.mu),
        ("σ", fits.sigma),
        ("ε", fits.epsilon),
    ]
    if any(point.epsilon_population is not None for point in trace.curve.points):
        falls, level = trace.curve.population(view.fit_low, view.fit_high)
        tried.append(("networks' part of ε", level if level.valid else falls))
    for name, fit in tried:
        yield {
            "of": f"{plain(trace.label)}, {name}",
            "tried": "plateau" if isinstance(fit, PlateauFit) else "power law",
            "on N_D": "–" if fit.window is None else "{:,.6g} to {:,.6g}".format(*fit.window),
            "along it": _along(fit),
            "found": fit.describe(),
        }


def _along(fit: PowerLawFit | PlateauFit) -> str:
    """How the exponent changes within the window."""
    if isinstance(fit, PlateauFit):
        return "–" if fit.slope is None else f"slope {format_value(fit.slope, fit.slope_error)}"
    if fit.alpha_first is None or fit.alpha_last is None:
        return "–"
    return f"α from {fit.alpha_first:.2f} to {fit.alpha_last:.2f}"


def _local(traces: Sequence[Trace]) -> None:
    found: dict[str, dict[str, str]] = {}
    for trace in traces:
        assert trace.fits is not None
        for name, fit in (("μ", trace.fits.mu), ("σ", trace.fits.sigma)):
            found[f"{plain(trace.label)}, {name}"] = {
                f"{e.n_train:,.0f}": f"{e.alpha:.2f}" for e in fit.local
            }
    # Curves may have points at other N_D each.
    sizes = dict.fromkeys(size for told in found.values() for size in told)
    rows = [
        {"α at N_D": label, **{size: told.get(size, "–") for size in sizes}}
        for label, told in found.items()
    ]
    fitted_table.draw(rows, "local")
    st.caption(
        "α between neighbouring N_D, at their geometric mean; where it still changes along the "
        "curve, no single exponent describes it."
    )


def _choices(traces: Sequence[Trace], view: CurvesView) -> Iterator[tuple[Trace, str, LawChoice]]:
    for trace in traces:
        for name, symbol in SYMBOLS.items():
            yield trace, symbol, trace.curve.laws(name, view.fit_low, view.fit_high)


def _laws(traces: Sequence[Trace], view: CurvesView) -> None:
    rows = [
        _row(trace.label, symbol, choice, fit)
        for trace, symbol, choice in _choices(traces, view)
        for fit in choice.fits
    ]
    fitted_table.draw(rows, "compared", keys=3)
    st.caption(
        "All laws are fitted to the same points: "
        + ("those of the window" if view.fit_low or view.fit_high else "the whole curve")
        + ". ✓: the smallest AICc of the laws that describe the points. Weight: Akaike's. "
        "± from the covariance of the fit; in brackets from resampled draws, where there are five "
        "or more. With several draws, errors and their correlation along the curve are those of "
        "whole draws."
    )


def _held_out(traces: Sequence[Trace], view: CurvesView) -> None:
    rows = [
        {
            "": f"{plain(trace.label)}, {symbol}",
            "the laws' own test": escaped(" ".join(check.describe() for check in choice.held_out))
            or "too few points",
        }
        for trace, symbol, choice in _choices(traces, view)
    ]
    fitted_table.draw(rows, "held_out_of_each")


def _row(label: str, symbol: str, choice: LawChoice, fit: LawFit) -> dict[str, Any]:
    told = ", ".join(_parameter(p, symbol) for p in fit.parameters if p.name != "A")
    obstacles = " ".join(flag.reason for flag in fit.flags)
    return {
        "curve": plain(label),
        "of": symbol,
        "law": f"{fit.title} ✓" if fit.law == choice.chosen else fit.title,
        "ΔAICc": "–" if fit.delta is None else f"{fit.delta:.1f}",
        "weight": "–" if fit.weight is None else f"{fit.weight:.2f}",
        "χ²/dof": "–" if fit.chi2 is None else f"{fit.chi2:.3g} / {fit.dof}",
        "parameters ± (resampled)": escaped(told) or "not available",
        "95 %": ", ".join(
            f"{p.interval[0]:.3g} to {p.interval[1]:.3g}"
            for p in fit.parameters
            if p.name != "A" and p.interval is not None
        )
        or "–",
        "findings": escaped(obstacles) or "–",
    }


def _parameter(parameter: Parameter, symbol: str) -> str:
    name = parameter.symbol_of(symbol)
    again = parameter.bootstrap_error
    bracket = "" if again is None else f" (± {again:.2g})"
    return f"{name} = {format_value(parameter.value, parameter.error)}{bracket}"
