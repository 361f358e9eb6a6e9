"""What the page of phase maps takes home."""

import re
import shlex

from ntk_uq import datasets
from ntk_uq.analysis.maps import PhaseMap, sides
from ntk_uq.export import Column, Exhibit, Plot, python_of
from ntk_uq.export.bibliography import of_data, of_theory
from ntk_uq.figures.phase_map import MAP_TITLES, SYMBOLS, cell_name, map_figure
from ntk_uq.figures.style import Style
from ntk_uq.jobs.describe import words_of
from ntk_uq.jobs.words import axis_symbol
from ntk_uq.specs import EXPONENTS, MapSpec
from ntk_uq.ui import exhibit_words as words
from ntk_uq.ui.pages import page_of
from ntk_uq.views import PhaseMapView

_AXIS_UNITS = {
    "n_train": "examples",
    "n_test": "examples",
    "time": "1 / NTK eigenvalue",
    "steps": "steps",
    "jitter": "mean kernel diagonal",
}
_ABOUT = {
    "mu": "mean test loss over initializations, mean over draws",
    "sigma": "standard deviation of the test loss over initializations, mean over draws",
    "epsilon": "sigma / mu, mean over draws",
    "epsilon_population": "part of epsilon that an endless test set would leave",
    "alpha_mu": "fitted exponent of mu ~ N_D^-alpha",
    "alpha_sigma": "fitted exponent of sigma ~ N_D^-alpha",
}
_LOSSES = ("mu", "sigma")


def exhibit(view: PhaseMapView, found: PhaseMap, style: Style) -> Exhibit:
    """The map as far as it is there: one figure a quantity, one row a cell.

    Args:
        view: what the page shows.
        found: its map, complete or growing.
        style: of the figures.
    """
    spec = view.map
    dataset = datasets.get(spec.data.dataset)
    unit = datasets.loss_unit(dataset, spec.data)
    shown = (view.quantity, *(name for name in found.quantities if name != view.quantity))
    return Exhibit(
        page=page_of(view).address,
        title=f"Phase map of {dataset.title} over {_name(spec.x)} and {_name(spec.y)}",
        caption=(f"{words_of(spec)}. Preparation: {datasets.describe(dataset, spec.data)}."),
        view=view,
        plots=tuple(
            Plot(
                name.replace("_", "-"),
                re.sub(r"<.*?>", "", MAP_TITLES[name]),
                map_figure(found, name, unit, style, view.scale, view.shown, spec.digest()),
            )
            for name in shown
        ),
        columns=_columns(found, unit),
        rows=tuple(found.rows()),
        findings=_findings(found),
        details={"map": found.to_json()},
        provenance=found.provenance(),
        python=_script(spec),
        shell=words.commands(spec.data.dataset, (shell_of(spec),)),
        sources=(
            *of_theory(spec.training),
            *("poole2016", "schoenholz2017", "hayou2019", "roberts2022"),
            *of_data(spec.data),
        ),
    )


def _script(spec: MapSpec) -> str:
    """A script that computes the map."""
    return words.script(
        spec.data.dataset,
        f"found = ntk_uq.phase_map(\n    {python_of(spec, 4)}\n)",
        'print(found.values("mu"))  # rows: values of y; columns: values of x',
    )


def shell_of(spec: MapSpec) -> str:
    """A command that computes the map and prints all of its quantities as JSON."""
    options = [
        f"--{name.replace('_', '-')} {shlex.quote(text)}"
        for name, text in spec.to_query().items()
        if name != "v"
    ]
    return " ".join(("python -m ntk_uq map", *options, "--json"))


def _name(axis: str) -> str:
    return axis_symbol(axis)


def _columns(found: PhaseMap, unit: str) -> tuple[Column, ...]:
    x, y = found.spec.axes
    columns = [
        Column(axis.name, _AXIS_UNITS.get(axis.name, ""), "an axis of the map") for axis in (x, y)
    ]
    for name in found.quantities:
        of = unit if name in _LOSSES else "1"
        what = "of the fit" if name in EXPONENTS else "over draws"
        columns.append(Column(name, of, _ABOUT[name]))
        columns.append(Column(f"{name}_error", of, f"standard error of {name} {what}"))
        if name != "mu":
            columns.append(Column(f"{name}_reason", "", f"why there is no {name}"))
    return (
        *columns,
        Column("draws", "", "independent training subsets that are there"),
        Column("reason", "", "why the cell has no numbers"),
        Column("warnings", "", "what is to be said of the cell's numbers"),
    )


def _findings(found: PhaseMap) -> tuple[str, ...]:
    spec, said = found.spec, list(sides(found.spec))
    if not found.complete:
        said.append(f"{found.done} of {spec.n_cells} cells were there.")
    if found.failed:
        said.append(f"{found.failed} of {spec.n_cells} cells have a reason instead of numbers.")
    for name in found.quantities:
        place = None if name in EXPONENTS else found.lowest(name)
        if place is not None:
            value = found.cells[place[0]][place[1]].values[name].describe()
            said.append(f"Lowest {SYMBOLS[name]}: {value} at {cell_name(found, *place)}.")
    return (*said, *found.notices)
