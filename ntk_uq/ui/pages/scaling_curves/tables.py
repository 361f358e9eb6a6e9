"""The laws of the page of scaling curves in words: what is expected, and every alternative."""

from collections.abc import Sequence

import streamlit as st

from ntk_uq import datasets
from ntk_uq.analysis import curve_changes
from ntk_uq.analysis.curve_laws import ShownLaw, distance, doubts, expectation
from ntk_uq.figures import Trace
from ntk_uq.results.curves import Curve
from ntk_uq.results.points import SYMBOLS
from ntk_uq.ui import fitted_table, say
from ntk_uq.ui.plain_text import plain
from ntk_uq.ui.verdict_lines import escaped
from ntk_uq.views import CurvesView


def verdicts(traces: Sequence[Trace], view: CurvesView) -> list[tuple[str, str | None]]:
    """What each curve does: names, as Markdown, and sentences, None until there are any."""
    title = plain(datasets.get(view.data.dataset).title)
    lines = []
    for trace in traces:
        found = trace.verdict
        name = plain(trace.label) if view.vary == "dataset" else f"{title}, {plain(trace.label)}"
        lines.append((name, None if found is None else found.told))
    return lines


def beside(
    traces: Sequence[Trace], baseline: Sequence[tuple[str, Curve]]
) -> list[tuple[str, str | None]]:
    """How curves compare with each other and with the baseline: names and sentences, None until
    what they are of is complete."""
    compared = [("Compared", _compared(traces))] if len(traces) > 1 else []
    return [*compared, *_changes(traces, baseline)]


def _compared(traces: Sequence[Trace]) -> str | None:
    named = [(trace.label, trace.verdict) for trace in traces]
    if any(found is None for _, found in named):
        return None
    told = curve_changes.ranking([(label, found) for label, found in named if found is not None])
    return told or "no two of them have an exponent of the same quantity."


def _changes(
    traces: Sequence[Trace], baseline: Sequence[tuple[str, Curve]]
) -> list[tuple[str, str | None]]:
    lines: list[tuple[str, str | None]] = []
    for trace in traces if baseline else ():
        for label, curve in curve_changes.partners(trace.label, trace.curve.spec, baseline):
            name = f"{plain(trace.label)} over baseline"
            name += "" if label == trace.label else f", {plain(label)}"
            if trace.fits is None or not curve.complete:
                lines.append((name, None))
                continue
            fits = curve.fits(*trace.window)
            pinned = Trace(label, curve, fits, window=trace.window)
            found = curve_changes.change(trace.curve, trace.verdict, curve, pinned.verdict)
            lines.append((name, found.told))
    return lines if lines or not baseline else [("Baseline", curve_changes.NOTHING_ALIKE)]


def expectations(traces: Sequence[Trace], view: CurvesView) -> None:
    """What is expected at the N_D that the view asks for, and how far it can be trusted."""
    if view.extrapolate is None:
        return
    target = float(view.extrapolate)
    for trace in traces:
        if trace.laws is None:
            # A line from the start: the page does not jump.
            st.markdown(f"**{plain(trace.label)}**: …")
            continue
        st.markdown(f"**{plain(trace.label)}**: {escaped(expectation(trace.laws, target))}.")
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
        say.warning("  \n".join(notes), icon=":material/warning:")


def _held_out(traces: Sequence[Trace]) -> None:
    """The laws' own test: what they expect of the largest N_D from the smaller ones."""
    rows = [
        {
            "": plain(trace.label),
            **{
                f"{symbol}, largest N_D held out": "…"
                if trace.laws is None
                else escaped(_checked(trace.laws[name]))
                for name, symbol in SYMBOLS.items()
            },
        }
        for trace in traces
    ]
    fitted_table.draw(rows, "held_out")


def _checked(shown: ShownLaw) -> str:
    if shown.refused is not None:
        return "–"
    told = (check.outcome() for check in shown.choice.held_out)
    return "; ".join(told) or "too few points"


def shown_laws(traces: Sequence[Trace]) -> None:
    """The law of each quantity, a row a curve, where the view asks for more than power laws."""
    rows = [
        {
            "": plain(trace.label),
            **{
                f"law of {symbol}": "…"
                if trace.laws is None
                else escaped(trace.laws[name].choice.describe(symbol))
                for name, symbol in SYMBOLS.items()
            },
        }
        for trace in traces
    ]
    fitted_table.draw(rows, "laws")
    notes = [
        f"{t.label}: {law.note}" for t in traces for law in (t.laws or {}).values() if law.note
    ]
    if notes:
        st.caption(escaped("  \n".join(notes)))
