"""Exponents and numbers as tables."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ntk_uq.figures import Trace
from ntk_uq.scaling import PowerLawFit
from ntk_uq.specs.varied import value_in
from ntk_uq.ui.pages.scaling_curves.exhibit import loss_unit
from ntk_uq.views import CurvesView


def exponents(traces: Sequence[Trace], view: CurvesView) -> None:
    """The fits of every curve in words, with intervals and windows."""
    columns = (
        "μ ~ N_D^−α",
        "95% of α_μ, window",
        "σ ~ N_D^−α",
        "95% of α_σ, window",
        "ε",
        "networks' part of ε",
    )
    rows = {trace.label: (*_fit_cells(trace), _own_part(trace, view)) for trace in traces}
    st.table(pd.DataFrame.from_dict(rows, orient="index", columns=columns))


def _fit_cells(trace: Trace) -> tuple[str, ...]:
    if trace.fits is None:
        # A row from the start: the page does not jump when the curve is complete.
        ready, total = len(trace.curve.raw), trace.curve.spec.n_points
        return (f"{ready} of {total} points", *["…"] * 4)
    mu, sigma, epsilon = trace.fits.mu, trace.fits.sigma, trace.fits.epsilon
    return (
        mu.describe(),
        _interval(mu),
        sigma.describe(),
        _interval(sigma),
        epsilon.describe(),
    )


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


def _value(vary: str, trace: Trace) -> float | str:
    value = value_in(vary, trace.curve.spec)
    return value if isinstance(value, float | int) else trace.label


def _numbers(traces: Sequence[Trace], view: CurvesView) -> None:
    curves = [trace.curve for trace in traces]
    rows = [
        {
            view.vary: _value(view.vary, t),
            **point.to_json(),
            "posterior": t.curve.spec.training.posterior,
        }
        for t in traces
        for point in t.curve.points
    ]
    frame = pd.DataFrame(rows).drop(columns="warnings")
    digits = {name: st.column_config.NumberColumn(format="%.4g") for name in frame.columns[3:]}
    st.dataframe(frame, hide_index=True, column_config=digits)
    st.caption(
        f"mu and sigma in {loss_unit(view)}; epsilon without unit; _sem: standard error over "
        "draws; condition: λ_max/λ_min of the matrix inverted."
    )
    origin = curves[0].provenance()
    versions = ", ".join(f"{k} {v}" for k, v in origin.get("versions", {}).items())
    seconds = sum(curve.seconds for curve in curves)
    st.markdown(
        f"Computed in {seconds:.1f} s on {origin.get('device')}, {origin.get('dtype')}. "
        f"{versions}. Data: {origin.get('citation')}."
    )
