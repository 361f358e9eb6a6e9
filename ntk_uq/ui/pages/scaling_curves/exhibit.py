"""What the page of scaling curves takes home."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import plotly.graph_objects as go

from ntk_uq import datasets
from ntk_uq.analysis.curve_laws import cautions, expectation
from ntk_uq.analysis.curve_networks import CurveNetworks
from ntk_uq.analysis.ensemble_laws import exponents
from ntk_uq.analysis.foreseen_verdicts import foreseen_beside
from ntk_uq.analysis.posteriors import PosteriorPair, bayesian
from ntk_uq.analysis.shown import foreseen_of
from ntk_uq.base.counting import counted
from ntk_uq.export import Exhibit, Plot, python_of, shell_of, spec_columns
from ntk_uq.export.bibliography import OF_FORESEEN, of_data, of_theory
from ntk_uq.figures import TITLES, Style, Trace, scaling_figure
from ntk_uq.figures.foreseen_curves import LOSSES, ForeseenCurve, any_holds, foreseen_ratio_figure
from ntk_uq.figures.posteriors import ratio_figure
from ntk_uq.jobs import varied_words
from ntk_uq.jobs import words as describe
from ntk_uq.results.curves import Curve
from ntk_uq.results.points import SYMBOLS
from ntk_uq.scaling import PowerLawFit
from ntk_uq.specs import ForeseenSpec
from ntk_uq.ui import exhibit_words as words
from ntk_uq.ui.pages import page_of
from ntk_uq.ui.pages.scaling_curves import tables as law_tables
from ntk_uq.ui.pages.scaling_curves.baseline_script import script_of_baseline
from ntk_uq.ui.pages.scaling_curves.rows import Row, columns_of, rows_of
from ntk_uq.views import CurvesView


def exhibit(
    view: CurvesView,
    traces: Sequence[Trace],
    style: Style,
    pairs: Sequence[tuple[str, PosteriorPair]] = (),
    baseline: Sequence[tuple[str, Curve]] = (),
    networks: Sequence[CurveNetworks] = (),
    foreseen: Sequence[ForeseenCurve] = (),
) -> Exhibit:
    """The view with the curves that are there.

    Args:
        view: what the page shows.
        traces: its curves, complete or growing.
        style: of the figures.
        pairs: trained and Bayesian posteriors, where the view compares them.
        baseline: the curves of the view's baseline, with their labels.
        networks: finite ones over the curves.
        foreseen: what is foreseen of the curves from the kernel of a sample.
    """
    unit = loss_unit(view)
    curves = [trace.curve for trace in traces]
    window = (view.fit_low, view.fit_high)
    base = view.base
    same, values = spec_columns(base.data, base.architecture, base.training, without=("depth",))
    columns = (*columns_of(unit), *same)
    empty: Row = dict.fromkeys((column.name for column in columns), None)
    target = view.extrapolate

    def _figure(name: str) -> go.Figure:
        return scaling_figure(
            name,
            traces,
            unit,
            style,
            target=target,
            baseline=baseline,
            networks=networks,
            foreseen=foreseen,
        )

    rows = rows_of(view, traces, pairs, baseline, networks, foreseen)
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
            *(
                Plot(
                    f"foreseen-{name.replace('_', '-')}",
                    f"Foreseen over measured: {what}",
                    foreseen_ratio_figure(name, foreseen, style),
                )
                for name, what in LOSSES.items()
                if any_holds(foreseen)
            ),
        ),
        columns=columns,
        rows=tuple({**empty, **values, **row} for row in rows),
        findings=(
            *_findings(view, traces, pairs, baseline),
            *(f"{o.label}, foreseen: {foreseen_beside(o.found, o.curve)}" for o in foreseen),
        ),
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
            "foreseen": {one.label: one.found.to_json() for one in foreseen},
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
                *(OF_FORESEEN if foreseen else ()),
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
    """A command a depth, or one for all values of another field, and for all Bayesian partners;
    one for what is foreseen of each curve."""
    if view.vary == "depth":
        yield from (shell_of("curve", curve.spec, view) for curve in curves)
    else:
        yield shell_of("curve", view.base, view)
        if view.bayes:
            yield shell_of("curve", bayesian(view.base), view)
    yield from (shell_of("spectrum", spec) for spec in _foreseen_specs(view))


def _foreseen_specs(view: CurvesView) -> list[ForeseenSpec]:
    """With the view's own test set, of which nothing has to be said."""
    n_test = view.data.n_test
    found = (spec for spec in foreseen_of(view) if spec is not None)
    return list(
        dict.fromkeys(replace(spec, data=replace(spec.data, n_test=n_test)) for spec in found)
    )


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
        *_python_foreseen(view),
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


def _python_foreseen(view: CurvesView) -> Iterator[str]:
    """What is foreseen from the kernel of a sample."""
    specs = "".join(f"    {python_of(spec, 4)},\n" for spec in _foreseen_specs(view))
    if specs:
        yield (
            "# Foreseen from the kernel of a sample, without training.\n"
            f"foreseen = [ntk_uq.spectrum(spec) for spec in [\n{specs}]]\n"
            "for one in foreseen:\n"
            "    for point in one.points:\n"
            "        print(point.n_train, point.foreseen, point.holds)"
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
