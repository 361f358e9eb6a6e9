"""How wide is wide enough, in words; and the laws behind it."""

from collections.abc import Sequence

import streamlit as st

from ntk_uq.analysis.width_laws import WidthLaw, WidthLaws
from ntk_uq.analysis.width_verdicts import width_verdict
from ntk_uq.results.points import SYMBOLS
from ntk_uq.scaling import WidthFit
from ntk_uq.ui import fitted_table, verdict_lines
from ntk_uq.views import WidthView

NOTHING = (
    "No network is trained yet: press “Train” above. Three widths or more say how wide is wide "
    "enough; until then the plots have infinite width alone, as dashed lines."
)
COMING = (
    "The first networks are being trained. Three widths or more say how wide is wide enough; until "
    "then the plots have infinite width alone, as dashed lines."
)
_FEWEST = 3


def verdicts(studies: Sequence[WidthLaws], view: WidthView, running: bool) -> None:
    """One sentence a depth on what its widths say; before there are any, what to do, or that some
    are on their way."""
    lines = []
    for study in studies:
        found = width_verdict(study, view.shown, view.tolerance / 100)
        name = f"Depth {study.depth}, N\\_D = {view.shown:,}"
        lines.append((name, None if found is None else found.told))
    empty = not any(study.comparison.ensembles.points for study in studies)
    verdict_lines.draw(lines, nothing=(COMING if running else NOTHING) if empty else "")


def answers(studies: Sequence[WidthLaws], view: WidthView) -> None:
    """For each depth and N_D, the width from which on each quantity is close to its limit."""
    rows, waiting = [], []
    for study in studies:
        for n_train in study.comparison.ensembles.spec.n_train:
            laws = {letter: study.law(name, n_train) for name, letter in SYMBOLS.items()}
            if len(laws["μ"].points) < _FEWEST:
                waiting.append(f"depth {study.depth} at N_D = {n_train:,}")
                continue
            row = {"depth": str(study.depth), "N_D": f"{n_train:,}"}
            row |= {
                f"width for {letter}": law.needed(view.tolerance / 100).words
                for letter, law in laws.items()
            }
            rows.append({**row, "limit of ε and theory": laws["ε"].verdict})
    if rows:
        st.markdown(f"## How wide, to be within {view.tolerance:g} % of infinite width?")
        fitted_table.draw(rows, "needed_widths", keys=2)
        st.caption(
            "From q(w) = q_∞ (1 + c/w), with c₂/w² where the points need it, and q_∞ the theory's "
            "value where they allow it. The last column has q_∞ fitted to the finite networks "
            "alone: does it point to the theory? Where it differs, the widths may be too narrow "
            "for the law: try wider ones, or more of them."
        )
    if waiting and any(study.comparison.ensembles.points for study in studies):
        st.caption(f"Fewer than {_FEWEST} widths are there yet, so no law: {', '.join(waiting)}.")


def laws(studies: Sequence[WidthLaws]) -> None:
    """Every fit of every quantity, with what was found about it; for those who look."""
    if not any(len(law.points) >= _FEWEST for study in studies for law in study.laws):
        return
    box = st.expander("All laws", key="all_laws", on_change="rerun")
    if not box.open:
        return
    rows = [
        {"depth": study.depth, "N_D": f"{law.n_train:,}", **_law_row(law)}
        for study in studies
        for law in study.laws
    ]
    with box:
        fitted_table.draw(rows, "all_laws", keys=3)
        st.caption(
            "c, in units of width, with its standard error from the fit and, in brackets, from "
            "resampling networks. A free power: q_∞ (1 + c / w^p). Networks of different widths "
            "are independent. The narrowest widths are left out where they are not on the law."
        )


def _law_row(law: WidthLaw) -> dict[str, str]:
    error = "" if law.bootstrap_error is None else f" (resampling: {law.bootstrap_error:.2g})"
    return {
        "": SYMBOLS[law.quantity],
        "theory": "…" if law.theory is None else f"{law.theory:.4g}",
        "c, limit of theory": _words(law.anchored) + (error if law.best is law.anchored else ""),
        "q_∞ and c fitted": _words(law.free) + (error if law.best is law.free else ""),
        "off the theory": "–" if law.pull is None else f"{law.pull:+.1f} standard errors",
        "free power, limit of theory": _words(law.anchored_power),
        "free power, limit fitted": _words(law.free_power),
    }


def _words(fit: WidthFit | None) -> str:
    if fit is None:
        return "…"
    text = fit.describe()
    if not fit.valid or fit.window is None:
        return text
    chi2 = "" if fit.chi2 is None else f", χ² {fit.chi2:.2g} for {fit.dof}"
    return f"{text}; widths {fit.window[0]:g} to {fit.window[1]:g}{chi2}"
