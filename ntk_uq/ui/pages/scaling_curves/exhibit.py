"""What the page of scaling curves takes home."""

from collections.abc import Iterator, Sequence

import plotly.graph_objects as go

from ntk_uq import datasets
from ntk_uq.analysis.curve_laws import cautions, expectation
from ntk_uq.analysis.curve_networks import CurveNetworks
from ntk_uq.analysis.ensemble_laws import exponents
from ntk_uq.analysis.posteriors import PosteriorPair, bayesian
from ntk_uq.base.counting import counted
from ntk_uq.export import Column, Exhibit, Plot, python_of, shell_of, spec_columns
from ntk_uq.export.bibliography import of_data, of_theory
from ntk_uq.export.exhibit import Value
from ntk_uq.figures import TITLES, Style, Trace, scaling_figure
from ntk_uq.figures.posteriors import ratio_figure
from ntk_uq.jobs import varied_words
from ntk_uq.jobs import words as describe
from ntk_uq.results.curves import Curve
from ntk_uq.results.points import QUANTITIES, SYMBOLS
from ntk_uq.scaling import PowerLawFit
from ntk_uq.specs.varied import value_in
from ntk_uq.ui import exhibit_words as words
from ntk_uq.ui.pages import page_of
from ntk_uq.ui.pages.scaling_curves import tables as law_tables
from ntk_uq.ui.pages.scaling_curves.baseline_script import script_of_baseline
from ntk_uq.views import CurvesView

Row = dict[str, Value]

_POINT = {
    "mu": "mean test loss over initializations, mean over draws",
    "mu_sem": "standard error of mu over draws",
    "mu_test_error": "standard error of mu from the choice of the test examples",
    "mu_bias": "part of mu from the networks' mean prediction",
    "mu_variance": "part of mu from the networks' differences",
    "sigma": "standard deviation of the test loss over initializations, mean over draws",
    "sigma_sem": "standard error of sigma over draws",
    "sigma_test_error": "standard error of sigma from the choice of the test examples",
    "epsilon": "sigma / mu, mean over draws",
    "epsilon_sem": "standard error of epsilon over draws",
    "epsilon_test_error": "standard error of epsilon from the choice of the test examples",
    "epsilon_population": "part of epsilon that an endless test set would leave",
    "epsilon_population_test_error": "its standard error from the choice of the test examples",
    "epsilon_floor": "part of epsilon that is the finite test set's",
    "condition": "largest / smallest eigenvalue of the matrix inverted, the worst of the draws",
}
_IN_LOSS = ("mu", "sigma")
_EXPONENTS = {
    "mu": "mu",
    "sigma": "sigma",
    "population": "the networks' own part of epsilon, epsilon_population",
}
"""What exponents are given of: the end of the column's name, and words."""


def exhibit(
    view: CurvesView,
    traces: Sequence[Trace],
    style: Style,
    pairs: Sequence[tuple[str, PosteriorPair]] = (),
    baseline: Sequence[tuple[str, Curve]] = (),
    networks: Sequence[CurveNetworks] = (),
) -> Exhibit:
    """The view with the curves that are there.

    Args:
        view: what the page shows.
        traces: its curves, complete or growing.
        style: of the figures.
        pairs: trained and Bayesian posteriors, where the view compares them.
        baseline: the curves of the view's baseline, with their labels.
        networks: finite ones over the curves.
    """
    unit = loss_unit(view)
    curves = [trace.curve for trace in traces]
    window = (view.fit_low, view.fit_high)
    base = view.base
    same, values = spec_columns(base.data, base.architecture, base.training, without=("depth",))
    columns = (*_columns(unit), *same)
    empty: Row = dict.fromkeys((column.name for column in columns), None)
    target = view.extrapolate

    def _figure(name: str) -> go.Figure:
        return scaling_figure(
            name, traces, unit, style, target=target, baseline=baseline, networks=networks
        )

    rows = [
        *(
            {**row, **_exponents(trace, window)}
            for trace in traces
            for row in _rows(trace, view.vary)
        ),
        *(row for trace in traces for row in _expected(trace, view.vary, target)),
        *(row for _, pair in pairs for row in _ratios(pair, view.vary)),
        *(row for _, curve in baseline for row in _pinned(curve)),
        *(row for found in networks for row in _finite(found)),
    ]
    return Exhibit(
        page=page_of(view).address,
        title=f"Scaling curves of {_titles(view)}",
        caption=_caption(view),
        view=view,
        plots=(
            *(Plot(name, title, _figure(name)) for name, title in TITLES.items()),
            *(
                Plot(
                    f"ratio-{name}",
                    f"{title}, trained over Bayesian",
                    ratio_figure(name, pairs, style, window=window),
                )
                for name, title in TITLES.items()
                if pairs
            ),
        ),
        columns=columns,
        rows=tuple({**empty, **values, **row} for row in rows),
        findings=_findings(view, traces, pairs, baseline),
        details={
            "curves": [c.to_json(*window) for c in curves if c.raw],
            "verdicts": {
                trace.label: found.to_json()
                for trace in traces
                if (found := trace.verdict) is not None
            },
            "networks": {
                found.label: [exponent.to_json() for exponent in exponents(found.comparison)]
                for found in networks
                if found.ensembles.points
            },
            "laws": {
                trace.label: {name: law.choice.to_json() for name, law in trace.laws.items()}
                for trace in traces
                if trace.laws is not None
            },
        },
        provenance=next((c.provenance() for c in curves if c.raw), {}),
        python=_python(view),
        shell=words.commands(view.data.dataset, _shell(view, curves)),
        sources=words.named(
            (
                *(key for curve in curves for key in of_theory(curve.spec.training)),
                *(("hurvich1989",) if view.law != "power" or target is not None else ()),
                *(key for curve in curves for key in of_data(curve.spec.data)),
            )
        ),
    )


def loss_unit(view: CurvesView) -> str:
    """The unit of the loss; where data sets differ in it, that each has its own."""
    units = {datasets.loss_unit(datasets.get(s.data.dataset), s.data) for s in view.curves()}
    return units.pop() if len(units) == 1 else "squared error, each task in its own unit"


def _titles(view: CurvesView) -> str:
    titles = dict.fromkeys(datasets.get(spec.data.dataset).title for spec in view.curves())
    return ", ".join(titles)


def _caption(view: CurvesView) -> str:
    specs = view.curves()
    data = dict.fromkeys(
        words.data_in_words(datasets.get(s.data.dataset), s.data, s.folds) for s in specs
    )
    network, depths = describe.network(view.base.architecture), ", ".join(map(str, view.depths))
    several = f"Depths {depths}" if view.vary == "depth" else f"Depth {depths}"
    told = f"{several}, {', '.join(network[1:])}; {describe.training(view.training)}"
    if view.vary != "depth":
        labels = ", ".join(varied_words.label(view.vary, spec) for spec in specs)
        told += f"; a curve for each {varied_words.NAMES[view.vary]}: {labels}"
    return f"{' '.join(data)} {told}; {counted(view.draws, 'draw')}."


def _shell(view: CurvesView, curves: Sequence[Curve]) -> Iterator[str]:
    """A command a depth, or one for all values of another field, and for all Bayesian partners."""
    if view.vary == "depth":
        yield from (shell_of("curve", curve.spec, view) for curve in curves)
        return
    yield shell_of("curve", view.base, view)
    if view.bayes:
        yield shell_of("curve", bayesian(view.base), view)


def _columns(unit: str) -> tuple[Column, ...]:
    return (
        Column(
            "part",
            "",
            "what the row is: point; expected, beyond the data; trained / bayes; baseline; "
            "networks, of finite width",
        ),
        Column("depth", "", "number of hidden layers"),
        Column("n_train", "examples", "training examples N_D"),
        Column("width", "", "units of each hidden layer, of rows of networks"),
        Column("members", "", "networks that the numbers are of, of rows of networks"),
        Column("draws", "", "independent training subsets that the means are over"),
        *(
            Column(name, unit if name.startswith(_IN_LOSS) else "1", about)
            for name, about in _POINT.items()
        ),
        *(
            Column(f"{name}_{end}", unit if name in _IN_LOSS else "1", f"{word} of the 95 % band")
            for name in QUANTITIES
            for end, word in (("low", "lower end"), ("high", "upper end"))
        ),
        *(
            column
            for name in QUANTITIES
            for column in (
                Column(
                    f"ratio_{name}",
                    "1",
                    f"{name} of trained over that of Bayesian networks; of rows of networks, over "
                    "that of infinite width on the same subset with the same steps",
                ),
                Column(
                    f"ratio_{name}_sem",
                    "1",
                    "its standard error over draws; of networks, the bootstrap's over networks",
                ),
            )
        ),
        *(
            column
            for name, words_ in _EXPONENTS.items()
            for column in (
                Column(
                    f"alpha_{name}",
                    "1",
                    f"the curve's exponent of {words_}; empty where none is quoted",
                ),
                Column(f"alpha_{name}_error", "1", "its standard error"),
            )
        ),
        Column("warnings", "", "what is to be said of this point"),
    )


def _which(trace: Trace, vary: str) -> Row:
    spec = trace.curve.spec
    depth = spec.architecture.depth
    return {"depth": depth, **spec.training.to_json(), vary: value_in(vary, spec)}


def _rows(trace: Trace, vary: str) -> list[Row]:
    return [
        {
            "part": "point",
            **_which(trace, vary),
            **{name: getattr(point, name) for name in ("n_train", "draws", *_POINT)},
            "warnings": "; ".join(point.warnings),
        }
        for point in trace.curve.points
    ]


def _exponents(trace: Trace, window: tuple[float | None, float | None]) -> Row:
    """The exponents of a curve, where they may be quoted."""
    fits = trace.fits
    if fits is None:
        return {}
    own, level = trace.curve.population(*window)
    found = {"mu": fits.mu, "sigma": fits.sigma, "population": own}
    row: Row = {}
    for name, fit in found.items():
        if fit.valid and not (name == "population" and level.valid):
            row |= {f"alpha_{name}": fit.alpha, f"alpha_{name}_error": fit.alpha_error}
    return row


def _finite(found: CurveNetworks) -> list[Row]:
    """The networks that are drawn, with standard errors of the bootstrap."""
    spec = found.ensembles.spec
    training = spec.optimizer.counterpart
    assert training is not None  # they are trained by gradient descent
    _, which = spec_columns(spec.data, spec.architecture, training)
    rows = []
    for point in found.ensembles.points:
        row: Row = {"part": "networks", **which, "n_train": point.n_train, "draws": 1}
        row |= {"width": point.width, "members": point.members - point.diverged}
        for name in QUANTITIES:
            estimate = getattr(point, name)
            if estimate is not None:
                row |= {name: estimate.value, f"{name}_sem": estimate.error}
            ratio = found.ratio(point, name)
            if ratio is not None:
                row |= {f"ratio_{name}": ratio.value, f"ratio_{name}_sem": ratio.error}
        rows.append(row)
    return rows


def _pinned(curve: Curve) -> list[Row]:
    """The points of a pinned curve, with all that may differ from the others."""
    spec = curve.spec
    _, which = spec_columns(spec.data, spec.architecture, spec.training)
    return [
        {
            **{"part": "baseline", **which},
            **{name: getattr(point, name) for name in ("n_train", "draws", *_POINT)},
        }
        for point in curve.points
    ]


def _expected(trace: Trace, vary: str, target: int | None) -> list[Row]:
    """The bands beyond the data as they are drawn, each quantity on its own N_D."""
    if trace.laws is None or target is None:
        return []
    return [
        {
            **{"part": "expected", **_which(trace, vary), "n_train": expected.n_train},
            **{name: expected.value, f"{name}_sem": expected.error},
            **dict(zip((f"{name}_low", f"{name}_high"), expected.interval or (), strict=False)),
        }
        for name, law in trace.laws.items()
        for expected in law.path(float(target))
    ]


def _ratios(pair: PosteriorPair, vary: str) -> list[Row]:
    found: dict[int, Row] = {}
    for name in QUANTITIES:
        for ratio in pair.ratios(name):
            row = found.setdefault(ratio.n_train, {})
            row |= {f"ratio_{name}": ratio.value, f"ratio_{name}_sem": ratio.error}
    spec = pair.trained.spec
    which: Row = {"depth": spec.architecture.depth, "posterior": None, vary: value_in(vary, spec)}
    return [{"part": "trained / bayes", **which, "n_train": n, **row} for n, row in found.items()]


def _findings(
    view: CurvesView,
    traces: Sequence[Trace],
    pairs: Sequence[tuple[str, PosteriorPair]],
    baseline: Sequence[tuple[str, Curve]],
) -> tuple[str, ...]:
    said = [
        f"{name}: {told}" for name, told in law_tables.beside(traces, baseline) if told is not None
    ]
    for trace in traces:
        if trace.fits is None:
            ready, total = len(trace.curve.raw), trace.curve.spec.n_points
            said.append(f"{trace.label}: {ready} of {total} points were there; nothing is fitted.")
            continue
        found = trace.verdict
        said += [] if found is None else [f"{trace.label}: {found.told}"]
        for symbol, fit in (
            ("μ", trace.fits.mu),
            ("σ", trace.fits.sigma),
            ("ε", trace.fits.epsilon),
        ):
            window = ""
            if isinstance(fit, PowerLawFit) and fit.window is not None:
                window = " (N_D {:g} to {:g})".format(*fit.window)
            said.append(f"{trace.label}, {symbol}: {fit.describe()}{window}.")
            said += [f"{trace.label}, {symbol}: {flag.reason}" for flag in fit.flags]
        said += _laws(view, trace)
    for label, pair in pairs:
        for name in ("mu", "sigma"):
            told = pair.difference(name, view.fit_low, view.fit_high)
            said.append(f"{label}, {SYMBOLS[name]}, trained and Bayesian: {told}.")
    for trace in traces:
        said += [f"{trace.label}: {s}" for s in (*trace.curve.failures, *trace.curve.warnings)]
    return words.named(said)


def _laws(view: CurvesView, trace: Trace) -> list[str]:
    """The laws that are drawn instead of power laws, and what they expect."""
    if trace.laws is None:
        return []
    told = [
        f"{trace.label}, {SYMBOLS[name]}: {law.choice.describe(SYMBOLS[name])}."
        for name, law in trace.laws.items()
        if trace.instead
    ]
    if view.extrapolate is None:
        return told
    target = float(view.extrapolate)
    told.append(f"{trace.label}: {expectation(trace.laws, target)}.")
    told += [
        f"{trace.label}, {SYMBOLS[name]}: {check.describe()}"
        for name, law in trace.laws.items()
        for check in law.choice.held_out
    ]
    return [*told, *(f"{trace.label}: {caution}" for caution in cautions(trace.laws, target))]


def _python(view: CurvesView) -> str:
    named = {varied_words.label(view.vary, spec): spec for spec in view.curves()}
    if view.bayes:
        named |= {f"{label}, Bayesian": bayesian(spec) for label, spec in named.items()}
    specs = "".join(f'    "{label}": {python_of(spec, 4)},\n' for label, spec in named.items())
    window = ", ".join(
        f"{name}={value:g}"
        for name, value in (("low", view.fit_low), ("high", view.fit_high))
        if value is not None
    )
    laws = [] if view.law == "power" and view.extrapolate is None else [_python_laws(view)]
    return words.script(
        view.data.dataset,
        f"specs = {{\n{specs}}}\n"
        "curves = {label: ntk_uq.curve(spec) for label, spec in specs.items()}",
        "for label, curve in curves.items():\n"
        "    for point in curve.points:\n"
        "        print(label, point.n_train, point.mu, point.mu_sem, point.sigma, point.epsilon)\n"
        f"    fits = curve.fits({window})\n"
        "    print(label, fits.mu.describe(), fits.sigma.describe(), fits.epsilon.describe())",
        *laws,
        *script_of_baseline(view),
        *_python_networks(view),
    )


def _python_networks(view: CurvesView) -> Iterator[str]:
    """The finite networks over the curves, and their ratio to infinite width."""
    labels = [varied_words.label(view.vary, spec) for spec in view.curves()]
    named = zip(labels, view.networks() if view.finite else (), strict=False)
    specs = "".join(
        f'    "{label}": {python_of(spec, 4)},\n' for label, spec in named if spec is not None
    )
    if specs:
        yield (
            "# Finite networks, trained where the store has them not, over infinite width.\n"
            f"networks = {{\n{specs}}}\n"
            "for label, spec in networks.items():\n"
            "    found = ntk_uq.ensemble(spec)\n"
            "    for point in found.ensembles.points:\n"
            '        print(label, point.width, point.n_train, point.mu, found.ratio(point, "mu"))'
        )


def _python_laws(view: CurvesView) -> str:
    """The laws that the page draws, and what they expect beyond the data."""
    window = f"{view.fit_low!r}, {view.fit_high!r}"
    lines = [
        "# The laws, and what they expect beyond the data.",
        "from ntk_uq.analysis.curve_laws import expectation, shown_laws",
        "",
        "for label, curve in curves.items():",
        f"    fits = curve.fits({window})",
        f'    laws = shown_laws(curve, fits, "{view.law}", {window})',
        "    for name, law in laws.items():",
        "        print(label, law.choice.describe(name))",
    ]
    if view.extrapolate is not None:
        lines.append(f"    print(label, expectation(laws, {view.extrapolate}))")
    return "\n".join(lines)
