"""The laws of the page of scaling curves in words: what is expected, and every alternative."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from ntk_uq import datasets
from ntk_uq.analysis.curve_laws import ShownLaw, distance, doubts, expectation
from ntk_uq.analysis.verdicts import Verdict, verdict
from ntk_uq.figures import Trace
from ntk_uq.results.points import SYMBOLS
from ntk_uq.scaling import LawChoice, LawFit, Parameter, format_value
from ntk_uq.ui.plain_text import plain
from ntk_uq.views import CurvesView

_VERDICT_HEIGHT = 84  # pixels: three lines in a window of 1440
_VERDICTS_SEEN = 4  # further ones are scrolled to


def verdict_of(trace: Trace, view: CurvesView) -> Verdict | None:
    """What a curve does, in terms of what is drawn of it; None until it is complete."""
    if trace.fits is None:
        return None
    laws = trace.laws if trace.instead else None
    return verdict(trace.curve, trace.fits, laws, view.fit_low, view.fit_high)


def verdicts(traces: Sequence[Trace], view: CurvesView) -> None:
    """One sentence a curve on what it does; in a room of its own, so that the plots below stand
    still when it comes."""
    title = datasets.get(view.data.dataset).title
    lines = []
    for trace in traces:
        found = verdict_of(trace, view)
        told = "…" if found is None else _escaped(found.told)
        name = trace.label if view.vary == "dataset" else f"{title}, {trace.label}"
        lines.append(f"**{plain(name)}:** {told}")
    height = _VERDICT_HEIGHT * min(len(lines), _VERDICTS_SEEN)
    with st.container(height=height, border=False):
        st.markdown("  \n".join(lines))


def expectations(traces: Sequence[Trace], view: CurvesView) -> None:
    """What is expected at the N_D that the view asks for, and how far it can be trusted."""
    if view.extrapolate is None:
        return
    target = float(view.extrapolate)
    for trace in traces:
        if trace.laws is None:
            st.markdown(f"**{trace.label}**: …")  # a line from the start: the page does not jump
            continue
        st.markdown(f"**{trace.label}**: {_escaped(expectation(trace.laws, target))}.")
    _held_out(traces)
    notes = dict.fromkeys(
        sentence
        for trace in traces
        if trace.laws is not None
        # How far it is, is the same for all.
        for sentence in (
            *distance(trace.laws, target),
            *(f"{trace.label}: {caution}" for caution in doubts(trace.laws, target)),
        )
    )
    if notes:
        st.warning(_escaped("  \n".join(notes)), icon=":material/warning:")


def _held_out(traces: Sequence[Trace]) -> None:
    """The laws' own test: what they expect of the largest N_D from the smaller ones."""
    columns = [f"{symbol}, largest N_D held out" for symbol in SYMBOLS.values()]
    rows = {
        trace.label: ["…"] * 3
        if trace.laws is None
        else [_checked(trace.laws[name]) for name in SYMBOLS]
        for trace in traces
    }
    st.table(pd.DataFrame.from_dict(rows, orient="index", columns=columns))


def _checked(shown: ShownLaw) -> str:
    if shown.refused is not None:
        return "–"
    told = (check.outcome() for check in shown.choice.held_out)
    return "; ".join(told) or "too few points"


def shown_laws(traces: Sequence[Trace]) -> None:
    """The law of each quantity, a row a curve, where the view asks for more than power laws."""
    columns = [f"law of {symbol}" for symbol in SYMBOLS.values()]
    rows = {
        trace.label: ["…"] * 3
        if trace.laws is None
        else [trace.laws[name].choice.describe(symbol) for name, symbol in SYMBOLS.items()]
        for trace in traces
    }
    st.table(pd.DataFrame.from_dict(rows, orient="index", columns=columns))
    notes = [
        f"{t.label}: {law.note}" for t in traces for law in (t.laws or {}).values() if law.note
    ]
    if notes:
        st.caption(_escaped("  \n".join(notes)))


def alternatives(traces: Sequence[Trace], view: CurvesView) -> None:
    """Every law of every curve on the window of the view, with what speaks for and against it."""
    rows, lines = [], []
    for trace in traces:
        if trace.fits is None:
            continue
        for name, symbol in SYMBOLS.items():
            choice = trace.curve.laws(name, view.fit_low, view.fit_high)
            rows += [_row(trace.label, symbol, choice, fit) for fit in choice.fits]
            lines += [
                f"- **{trace.label}, {symbol}**: {_escaped(check.describe())}"
                for check in choice.held_out
            ]
    if not rows:
        return
    st.markdown("##### Laws compared")
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    st.caption(
        "All laws are fitted to the same points: "
        + ("those of the window above" if view.fit_low or view.fit_high else "the whole curve")
        + ". ✓: the smallest AICc of the laws that describe the points. Weight: Akaike's. "
        "± from the covariance of the fit; in brackets from resampled draws, where there are five "
        "or more. With several draws, errors and their correlation along the curve are those of "
        "whole draws."
    )
    st.markdown("##### Largest N_D held out\n" + "\n".join(lines))


def _row(label: str, symbol: str, choice: LawChoice, fit: LawFit) -> dict[str, Any]:
    told = ", ".join(_parameter(p, symbol) for p in fit.parameters if p.name != "A")
    obstacles = " ".join(flag.reason for flag in fit.flags)
    return {
        "curve": label,
        "of": symbol,
        "law": fit.title,
        "": "✓" if fit.law == choice.chosen else "",
        "ΔAICc": "–" if fit.delta is None else f"{fit.delta:.1f}",
        "weight": "–" if fit.weight is None else f"{fit.weight:.2f}",
        "χ²/dof": "–" if fit.chi2 is None else f"{fit.chi2:.3g} / {fit.dof}",
        "parameters ± (resampled)": told or "not available",
        "95 %": ", ".join(
            f"{p.interval[0]:.3g} to {p.interval[1]:.3g}"
            for p in fit.parameters
            if p.name != "A" and p.interval is not None
        ),
        "findings": obstacles,
    }


def _parameter(parameter: Parameter, symbol: str) -> str:
    name = parameter.symbol_of(symbol)
    again = parameter.bootstrap_error
    bracket = "" if again is None else f" (± {again:.2g})"
    return f"{name} = {format_value(parameter.value, parameter.error)}{bracket}"


def _escaped(text: str) -> str:
    """Names such as N_D and σ_∞ as they are, where Markdown would read emphasis."""
    return text.replace("_", r"\_").replace("~", r"\~")
