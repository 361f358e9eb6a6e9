"""The page of training time as it is taken home."""

from collections.abc import Iterator, Mapping
from typing import Any

from ntk_uq import datasets
from ntk_uq.analysis.training_time import TrainingTimeStudy
from ntk_uq.export import Column, Exhibit, Plot, python_of, shell_of
from ntk_uq.export.bibliography import of_data, of_theory
from ntk_uq.export.exhibit import Value
from ntk_uq.figures import TITLES, Style
from ntk_uq.figures.training_sweeps import sweep_figure
from ntk_uq.figures.training_time import time_figure
from ntk_uq.jobs.describe import words_of
from ntk_uq.results.ensembles.records import Estimate
from ntk_uq.results.training_time import Best, MeanTimeSeries
from ntk_uq.specs import TrainingSpec
from ntk_uq.ui import exhibit_words as words
from ntk_uq.ui.pages import page_of

_LOSSES = ("mu", "sigma", "epsilon")
_PARTS = ("mu_bias", "mu_variance", "epsilon_population", "epsilon_floor", "train_mu")


def exhibit(law: TrainingTimeStudy, style: Style) -> Exhibit:
    """The view with its figures, every plotted point, and how to get them again."""
    view = law.view
    unit = datasets.loss_unit(datasets.get(view.data.dataset), view.data)
    return Exhibit(
        page=page_of(view).address,
        title=f"Losses against {_AXES[view.against]}",
        caption="; ".join(words_of(spec) for spec in view.training_times()),
        view=view,
        plots=tuple(
            Plot(f"{quantity}-{view.against}", TITLES[quantity], figure(law, quantity, style))
            for quantity in _LOSSES
        ),
        columns=_columns(unit),
        rows=tuple(_rows(law)),
        findings=(*law.findings(), *law.warnings),
        details={"flows": [training.to_json() for training in law.training_times]},
        provenance=law.training_times[0].provenance(),
        python=_python(law),
        shell=_shell(law),
        sources=words.named((*of_theory(TrainingSpec()), *of_data(law.view.data))),
    )


_AXES = {"time": "training time", "jitter": "jitter", "noise": "label noise"}


def figure(law: TrainingTimeStudy, quantity: str, style: Style) -> Any:
    """A quantity's figure, as the page draws it."""
    view = law.view
    unit = datasets.loss_unit(datasets.get(view.data.dataset), view.data)
    if view.against == "time":
        return time_figure(
            *(quantity, law.tracks(), (view.tau_low, view.tau_high), law.networks(), unit, style),
            training=view.training,
            revision=view.digest(),
        )
    values = view.levels(view.against)
    return sweep_figure(quantity, law.sweeps(), view.against, values, unit, style, view.digest())


def _columns(unit: str) -> tuple[Column, ...]:
    units = dict.fromkeys(("epsilon", "epsilon_population", "epsilon_floor"), "1")
    about = {
        "mu": "mean of the test loss over initializations, or over networks",
        "sigma": "its standard deviation over initializations, or over networks",
        "epsilon": "sigma / mu",
        "mu_bias": "bias part of mu",
        "mu_variance": "variance part of mu",
        "epsilon_population": "part of epsilon that is the network's",
        "epsilon_floor": "part of epsilon that is noise of the finite test set",
        "train_mu": "mean of the training loss, to targets with their noise",
    }
    losses = []
    for name in _LOSSES:
        losses.append(Column(name, units.get(name, unit), about[name]))
        error = "standard error over draws, or over networks"
        losses.append(Column(f"{name}_error", units.get(name, unit), f"its {error}"))
        for end in ("low", "high"):
            words = f"{end} end of the bootstrap interval over networks"
            losses.append(Column(f"{name}_{end}", units.get(name, unit), words))
    parts = [Column(name, units.get(name, unit), about[name]) for name in _PARTS]
    return (
        Column(
            "kind",
            "",
            "point, limit (endless training), optimum_mu or optimum_epsilon of infinite width "
            "along gradient flow; descent of infinite width, and network, at steps",
        ),
        Column("curve", "", "which curve of the figures"),
        Column("depth", "", "hidden layers"),
        Column("noise", "rms of the targets", "label noise on the training targets"),
        Column("jitter", "mean kernel diagonal", "ridge on the NTK's diagonal"),
        Column("width", "", "units of a hidden layer; none for infinite width"),
        Column("count", "", "draws, or networks, that are averaged"),
        Column("steps", "", "steps k of gradient descent"),
        Column("tau", "1", "training time t lambda_max; none in the limit"),
        *losses,
        *parts,
    )


def _rows(law: TrainingTimeStudy) -> Iterator[Mapping[str, Value]]:
    names = [column.name for column in _columns("")]

    def row(**values: Value) -> Mapping[str, Value]:
        return {**dict.fromkeys(names), **values}

    lines = [(t.label, t.line) for t in law.tracks()]
    if law.view.against != "time":
        lines = [(sweep.label, line) for sweep in law.sweeps() for _, line in sweep.entries]
    specs = [line.spec for line in law.view.lines()]
    if law.view.against != "time":
        specs = [one.spec for _, ones in law.view.curves() for one in ones]
    for (label, line), spec in zip(lines, specs, strict=False):
        if line is None:
            continue
        same: dict[str, Value] = {
            "curve": label,
            "depth": spec.architecture.depth,
            "noise": line.noise,
            "jitter": line.jitter,
            "count": len(line.curves),
        }
        for values in _line_rows(line):
            yield row(**same, **values)
    for values in _network_rows(law):
        yield row(**values)


def _line_rows(line: MeanTimeSeries) -> Iterator[dict[str, Value]]:
    losses = {name: line.along(name) for name in (*_LOSSES, *_PARTS)}
    for place, tau in enumerate(line.times):
        found = {name: column[place] for name, column in losses.items()}
        yield {"kind": "point", "tau": tau, **_cells(found)}
    limit = {name: line.converged(name) for name in (*_LOSSES, *_PARTS)}
    if limit["mu"] is not None:
        yield {"kind": "limit", **_cells(limit)}
    for criterion in ("mu", "epsilon"):
        best: Best = line.best(criterion)
        if best.tau is not None:
            found = {name: getattr(best, name) for name in _LOSSES}
            yield {"kind": f"optimum_{criterion}", "tau": best.tau.value, **_cells(found)}


def _network_rows(law: TrainingTimeStudy) -> Iterator[dict[str, Value]]:
    networks = law.networks()
    if networks is None:
        return
    shown = law.view.shown
    same: dict[str, Value] = {
        "curve": shown.label,
        "depth": shown.spec.architecture.depth,
        "noise": shown.noise,
        "jitter": 0.0,
    }
    for losses in () if networks.descent is None else networks.descent.steps:
        known: dict[str, Value] = {n: getattr(losses, n) for n in (*_LOSSES, *_PARTS)}
        at: dict[str, Value] = {"steps": losses.step, "tau": networks.eta * losses.step, "count": 1}
        yield {**same, "kind": "descent", **at, **known}
    for one in networks.ensembles:
        for place, step in enumerate(one.steps):
            estimates = {name: getattr(one, name)[place] for name in (*_LOSSES, "train_mu")}
            at = {"steps": step, "tau": networks.eta * step, "count": one.members}
            yield {**same, "kind": "network", "width": one.width, **at, **_cells(estimates)}


def _cells(found: Mapping[str, Estimate | None]) -> dict[str, Value]:
    cells: dict[str, Value] = {}
    for name, estimate in found.items():
        cells[name] = None if estimate is None else estimate.value
        if name in _LOSSES and estimate is not None:
            cells[f"{name}_error"] = estimate.error
            cells[f"{name}_low"], cells[f"{name}_high"] = estimate.low, estimate.high
    return cells


def _python(law: TrainingTimeStudy) -> str:
    """A script that prints the same numbers."""
    specs = "".join(f"    {python_of(training.spec, 4)},\n" for training in law.training_times)
    blocks = [
        f"specs = [\n{specs}]\nstudies = [ntk_uq.training_time(spec) for spec in specs]",
        "for study in studies:\n"
        "    for line in study.lines:\n"
        "        for tau, mu, sigma, epsilon in zip(\n"
        '            line.times, line.along("mu"), line.along("sigma"), line.along("epsilon")\n'
        "        ):\n"
        "            print(line.noise, line.jitter, tau, mu.value, sigma.value, epsilon.value)\n"
        '        print("mu is smallest at", line.best("mu"))\n'
        '        print("epsilon is smallest at", line.best("epsilon"))',
    ]
    if law.ensembles is not None:
        blocks.append(
            "from ntk_uq.results.ensembles.losses_along import losses_along\n\n"
            f"networks = ntk_uq.ensemble(\n    {python_of(law.ensembles.spec, 4)}\n)\n"
            "for members in networks.ensembles.members.values():\n"
            "    print(losses_along(members))"
        )
    return words.script(law.view.data.dataset, *blocks)


def _shell(law: TrainingTimeStudy) -> tuple[str, ...]:
    """Commands that print the same numbers."""
    lines = [shell_of("training-time", training.spec, law.view) for training in law.training_times]
    if law.ensembles is not None:
        lines.append(shell_of("ensemble", law.ensembles.spec))
    return words.commands(law.view.data.dataset, lines)
