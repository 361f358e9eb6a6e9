"""The numbers behind the page of ensembles as a table."""

from collections.abc import Sequence

import streamlit as st

from ntk_uq import datasets
from ntk_uq.analysis.comparisons import Comparison
from ntk_uq.analysis.ensemble_laws import Exponent
from ntk_uq.analysis.ensemble_verdicts import Slope, ensemble_verdicts, slope_of
from ntk_uq.results.ensembles.records import EnsemblePoint, Estimate
from ntk_uq.results.points import SYMBOLS
from ntk_uq.scaling import format_value
from ntk_uq.ui import fitted_table, verdict_lines
from ntk_uq.ui.plain_text import plain
from ntk_uq.views import EnsemblesView

NOTHING = (
    "No network is trained yet: press “Train” above, and points appear beside the line of infinite "
    "width as networks come."
)

COMING = (
    "The first networks are being trained; points appear beside the line of infinite width as they "
    "come."
)


def verdicts(comparison: Comparison, found: Sequence[Exponent], running: bool) -> None:
    """One sentence a width on what its networks do; before there are any, what to do, or that some
    are on their way."""
    spec = comparison.ensembles.spec
    told = {v.width: v.told for v in ensemble_verdicts(comparison, found)}
    verdict_lines.draw(
        [(f"Width {width:,}", told.get(width)) for width in spec.widths],
        nothing="" if comparison.ensembles.points else COMING if running else NOTHING,
        rows=3 if len(spec.n_train) > 1 else 1,
    )


def numbers(comparison: Comparison, view: EnsemblesView, found: Sequence[Exponent]) -> None:
    """A row an ensemble, with the theory beside it; provenance."""
    points = comparison.ensembles.points
    if not points:
        return
    unit = plain(datasets.loss_unit(datasets.get(view.data.dataset), view.data))
    fitted_table.draw([_row(comparison, p) for p in points], "ensembles", keys=2)
    st.caption(
        f"μ and σ in {unit}. ± is the bootstrap's standard error over networks; bars in the plots "
        f"are its {points[0].confidence:.0%} intervals."
    )
    box = st.expander("Parts of μ, other losses", key="parts_of_mu", on_change="rerun")
    if box.open:
        with box:
            fitted_table.draw([_parts(p) for p in points], "parts", keys=2)
            st.caption(
                f"In {unit}. Bias and variance part, and the loss of the networks' mean "
                "prediction, are there once all of an ensemble's networks are."
            )
    laws(comparison, found)
    with st.expander("Provenance"):
        origin = comparison.ensembles.provenance()
        versions = ", ".join(f"{k} {v}" for k, v in origin.get("versions", {}).items())
        words = (
            f"Trained in {origin['seconds']:.0f} s on {origin.get('device')}, "
            f"{origin.get('dtype')}. {versions}. Data: {origin.get('citation')}."
        )
        st.markdown(plain(words))


def laws(comparison: Comparison, found: Sequence[Exponent]) -> None:
    """The exponents in N_D, a row a width and one for infinite width; nothing for one N_D alone."""
    spec = comparison.ensembles.spec
    if len(spec.n_train) < 2:
        return
    widths = [*spec.widths, *([] if comparison.departs else [None])]
    rows = [
        {
            "width": "infinite" if width is None else f"{width:,}",
            **{
                f"α of {symbol}": _exponent(slope_of(comparison, found, width, quantity))
                for quantity, symbol in SYMBOLS.items()
            },
        }
        for width in widths
    ]
    st.markdown("## Exponents of $N_D^{-\\alpha}$, finite and infinite width")
    fitted_table.draw(rows, "exponents")
    st.caption(
        "“On average”: between the smallest and the largest N_D that are there, since no power law "
        "describes the points, or there are too few N_D to tell. Infinite width has no errors here."
    )
    box = st.expander("About the exponents", key="about_exponents", on_change="rerun")
    if box.open:
        with box:
            _about(found)


def _exponent(slope: Slope | None) -> str:
    if slope is None:
        return "…"
    told = f"{slope.alpha:.2f}" if slope.error is None else format_value(slope.alpha, slope.error)
    return f"{told} on average" if slope.average else told


def _about(found: Sequence[Exponent]) -> None:
    """What was found about each fit."""
    rows = [
        {
            "width": "infinite" if e.width is None else f"{e.width:,}",
            "": SYMBOLS[e.quantity],
            "power law, and what speaks against it": e.sentence,
        }
        for e in found
    ]
    fitted_table.draw(rows, "about_exponents", keys=2)
    st.caption(
        "± from the covariance of the fit to all N_D; in brackets from members resampled at "
        "each N_D and fitted again. Points of different N_D are different networks on one "
        "nested training subset, which is held fixed."
    )


def _row(comparison: Comparison, point: EnsemblePoint) -> dict[str, str]:
    def theory(quantity: str) -> str:
        infinite = comparison.infinite(point.n_train)
        none = "–" if comparison.departs else "…"
        return _plain(None if infinite is None else getattr(infinite, quantity), none)

    row = _which(point)
    for quantity, symbol in SYMBOLS.items():
        row[symbol] = _cell(getattr(point, quantity))
        row[f"{symbol}, infinite width"] = theory(quantity)
    return row


def _parts(point: EnsemblePoint) -> dict[str, str]:
    return {
        **_which(point),
        "bias part of μ": _plain(point.mu_bias),
        "variance part": _plain(point.mu_variance),
        "loss of the mean": _plain(point.ensemble_loss),
        "training loss": _cell(point.train_loss),
    }


def _which(point: EnsemblePoint) -> dict[str, str]:
    lost = f" ({point.diverged} diverged)" if point.diverged else ""
    return {
        "width": str(point.width),
        "N_D": str(point.n_train),
        "networks": f"{point.members}{lost}",
    }


def _cell(estimate: Estimate | None) -> str:
    return "–" if estimate is None else format_value(estimate.value, estimate.error)


def _plain(value: float | None, missing: str = "…") -> str:
    return missing if value is None else f"{value:.4g}"
