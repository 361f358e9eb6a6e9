"""The numbers behind the page of ensembles as a table."""

from typing import Any

import pandas as pd
import streamlit as st

from ntk_uq import datasets
from ntk_uq.analysis.comparisons import Comparison
from ntk_uq.analysis.ensemble_laws import exponents
from ntk_uq.results.ensembles.records import EnsemblePoint, Estimate
from ntk_uq.results.points import SYMBOLS
from ntk_uq.scaling import format_value
from ntk_uq.views import EnsemblesView


def numbers(comparison: Comparison, view: EnsemblesView) -> None:
    """A row an ensemble, with the theory beside it; provenance."""
    points = comparison.ensembles.points
    if not points:
        return
    unit = datasets.loss_unit(datasets.get(view.data.dataset), view.data)
    st.dataframe(pd.DataFrame([_row(comparison, p) for p in points]), hide_index=True)
    st.caption(
        f"μ, σ, bias, variance and losses in {unit}. ± is the bootstrap's standard error over "
        f"networks; bars in the plots are its {points[0].confidence:.0%} intervals. Bias and "
        "variance part, and the loss of the networks' mean prediction, are there once all of an "
        "ensemble's networks are."
    )
    laws(comparison)
    with st.expander("Provenance"):
        origin = comparison.ensembles.provenance()
        versions = ", ".join(f"{k} {v}" for k, v in origin.get("versions", {}).items())
        st.markdown(
            f"Trained in {origin['seconds']:.0f} s on {origin.get('device')}, "
            f"{origin.get('dtype')}. {versions}. Data: {origin.get('citation')}."
        )


def laws(comparison: Comparison) -> None:
    """The exponents in N_D, a row a width; nothing where there are too few N_D for any."""
    if len(comparison.ensembles.spec.n_train) < 2:
        return
    rows: dict[str, dict[str, str]] = {}
    for exponent in exponents(comparison):
        width = "infinite" if exponent.width is None else f"{exponent.width:,}"
        cells = rows.setdefault(width, {})
        cells[f"{SYMBOLS[exponent.quantity]} ~ N_D^−α"] = exponent.told
    with st.expander("Exponents in N_D", expanded=True):
        st.table(pd.DataFrame.from_dict(rows, orient="index").rename_axis("width"))
        st.caption(
            "± from the covariance of the fit to all N_D; in brackets from members resampled at "
            "each N_D and fitted again. Points of different N_D are different networks on one "
            "nested training subset, which is held fixed."
        )


def _row(comparison: Comparison, point: EnsemblePoint) -> dict[str, Any]:
    def cell(estimate: Estimate | None) -> str:
        return "–" if estimate is None else format_value(estimate.value, estimate.error)

    def plain(value: float | None, missing: str = "…") -> str:
        return missing if value is None else f"{value:.4g}"

    def theory(quantity: str) -> str:
        infinite = comparison.infinite(point.n_train)
        none = "–" if comparison.departs else "…"
        return plain(None if infinite is None else getattr(infinite, quantity), none)

    lost = f" ({point.diverged} diverged)" if point.diverged else ""
    return {
        "width": point.width,
        "N_D": point.n_train,
        "networks": f"{point.members}{lost}",
        "μ": cell(point.mu),
        "μ, infinite width": theory("mu"),
        "σ": cell(point.sigma),
        "σ, infinite width": theory("sigma"),
        "ε": cell(point.epsilon),
        "ε, infinite width": theory("epsilon"),
        "bias part of μ": plain(point.mu_bias),
        "variance part": plain(point.mu_variance),
        "loss of the mean": plain(point.ensemble_loss),
        "training loss": cell(point.train_loss),
    }
