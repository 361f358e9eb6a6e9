"""The numbers behind the page of ensembles, as a table and as files."""

import json
from typing import Any

import pandas as pd
import streamlit as st

from ntk_uq import datasets
from ntk_uq.comparisons import Comparison
from ntk_uq.ensembles.records import EnsemblePoint, Estimate
from ntk_uq.scaling import format_value
from ntk_uq.views import EnsemblesView


def numbers(comparison: Comparison, view: EnsemblesView) -> None:
    """A row an ensemble, with the theory beside it; provenance; downloads."""
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
    with st.expander("Provenance, download"):
        origin = comparison.ensembles.provenance()
        versions = ", ".join(f"{k} {v}" for k, v in origin.get("versions", {}).items())
        st.markdown(
            f"Trained in {origin['seconds']:.0f} s on {origin.get('device')}, "
            f"{origin.get('dtype')}. {versions}. Data: {origin.get('citation')}."
        )
        left, right, _ = st.columns([1, 1, 3])
        name = f"ensembles-{view.digest()[:8]}"
        left.download_button("CSV", _csv(comparison, view), f"{name}.csv", "text/csv")
        right.download_button(
            "JSON",
            json.dumps({"view": view.to_json(), **comparison.to_json()}, indent=1),
            f"{name}.json",
            "application/json",
        )


def _row(comparison: Comparison, point: EnsemblePoint) -> dict[str, Any]:
    def cell(estimate: Estimate | None) -> str:
        return "–" if estimate is None else format_value(estimate.value, estimate.error)

    def plain(value: float | None, missing: str = "…") -> str:
        return missing if value is None else f"{value:.4g}"

    def theory(quantity: str) -> str:
        infinite = comparison.infinite(point.n_train)
        none = "–" if comparison.departure else "…"
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


def _csv(comparison: Comparison, view: EnsemblesView) -> str:
    """The points as a table; what they are points of stands in every row."""
    rows = []
    shown = {"v", "widths", "n_train", "members", "shown_width", "shown_n_train", "axis"}
    same = {name: text for name, text in view.to_query().items() if name not in shown}
    for point in comparison.ensembles.points:
        row = comparison.point_json(point)
        theory = row.pop("theory") or {}
        for name in ("mu", "sigma", "epsilon"):
            row[f"{name}_low"], row[f"{name}_high"] = row.pop(f"{name}_ci") or (None, None)
        keep = ("mu", "sigma", "epsilon", "epsilon_population", "epsilon_floor")
        rows.append({**row, **{f"theory_{k}": theory.get(k) for k in keep}, **same})
    return pd.DataFrame(rows).to_csv(index=False)
