"""Finite networks on the page of scaling curves: those that are there, and launching others."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from ntk_uq.analysis.curve_networks import CurveNetworks, stored_networks
from ntk_uq.analysis.ensemble_laws import exponents
from ntk_uq.base.errors import NtkUqError, SpecError
from ntk_uq.jobs import varied_words
from ntk_uq.results.ensembles.stored import stored_ensembles, theory_of
from ntk_uq.results.points import SYMBOLS
from ntk_uq.specs import CurveSpec, EnsembleSpec
from ntk_uq.store import Store
from ntk_uq.ui import fitted_table, launch, say
from ntk_uq.ui.controls import effects, widgets
from ntk_uq.ui.pages.scaling_curves.held import held
from ntk_uq.ui.place import place
from ntk_uq.ui.plain_text import plain
from ntk_uq.views import CurvesView

_PLAIN = ("finite", "members", "net_steps", "net_eta")


def fill(page: str, view: CurvesView) -> None:
    """Sets the controls to a view."""
    widgets.fill(page, {name: getattr(view, name) for name in _PLAIN})
    widgets.fill_numbers(page, CurvesView, "widths", view.widths)


def draw(page: str, by_steps: bool) -> dict[str, Any]:
    """Draws the controls; the values of the fields. ``by_steps`` says whether the theory's own
    training is by steps, which then are the networks', too."""
    before = held(page)
    values: dict[str, Any] = {n: getattr(before, n) for n in (*_PLAIN, "widths")}
    values["finite"] = st.toggle(
        "Finite networks over the theory",
        key=widgets.key(page, "finite"),
        help=effects.of(CurvesView, "finite"),
    )
    with place():
        return values | (_which(page, before, by_steps) if values["finite"] else {})


def _which(page: str, before: CurvesView, by_steps: bool) -> dict[str, Any]:
    values: dict[str, Any] = {}
    values["widths"] = widgets.numbers(page, CurvesView, "widths", "Widths", before.widths)
    left, right = st.columns(2)
    with left:
        values["members"] = widgets.number(
            page, CurvesView, "members", "Members", 10, start=before.members
        )
    if by_steps:
        return values
    with right:
        values["net_steps"] = widgets.number(
            page, CurvesView, "net_steps", "k, steps", 100, start=before.net_steps
        )
    with left:
        values["net_eta"] = widgets.number(
            page, CurvesView, "net_eta", "η  [1 / λ_max]", None, "%g", start=before.net_eta
        )
    return values


def read_widths(values: dict[str, Any]) -> dict[str, Any]:
    """The values with the widths as numbers. Raises SpecError where they are none."""
    widths = values["widths"]
    if isinstance(widths, str):
        widths = widgets.read_numbers(CurvesView, "widths", widths)
    return {**values, "widths": widths}


def specs(view: CurvesView) -> list[EnsembleSpec]:
    """The networks that the view asks for; none where it shows none."""
    return [spec for spec in view.networks() if spec is not None] if view.finite else []


def limits(view: CurvesView) -> list[CurveSpec]:
    """Infinite width on the networks' own subset, with their own steps."""
    return [curve for spec in specs(view) if (curve := theory_of(spec)) is not None]


def read(store: Store, view: CurvesView) -> list[CurveNetworks]:
    """The networks that the store has, also on N_D of other launches."""
    if not view.finite:
        return []
    labels = [varied_words.label(view.vary, spec) for spec in view.curves()]
    return stored_networks(store, view.networks(), labels)


def waiting(store: Store, view: CurvesView) -> bool:
    """Whether networks may come by themselves."""
    return view.finite and launch.running(store, *specs(view))


def panel(store: Store, view: CurvesView) -> None:
    """What is missing of the networks, with its cost and the button."""
    wanted = specs(view)
    if not view.finite:
        return
    try:
        if not wanted:
            raise SpecError("No network is trained to a Bayesian posterior; choose another one.")
        launch.panel(store, *(stored_ensembles(store.results, spec) for spec in wanted))
    except NtkUqError as error:
        say.warning(error, icon=":material/warning:")


def exponents_of(found: Sequence[CurveNetworks]) -> None:
    """Exponents of the networks beside those of their own limit, for who looks: they are fitted
    to resampled members, which takes a second."""
    there = [networks for networks in found if networks.ensembles.points]
    if not there:
        return
    box = st.expander("Exponents of the networks", key="network_exponents", on_change="rerun")
    if not box.open:
        return
    rows: dict[str, dict[str, str]] = {}
    for networks in there:
        for one in exponents(networks.comparison):
            width = "infinite, the same steps" if one.width is None else f"{one.width:,}"
            row = rows.setdefault(f"{plain(networks.label)}, width {width}", {})
            row[f"{SYMBOLS[one.quantity]} ~ N_D^−α"] = one.told
    with box:
        fitted_table.draw([{"": name, **row} for name, row in rows.items()], "network_exponents")
        st.caption("Networks and their own limit are of draw 0, the curves above of all draws.")
