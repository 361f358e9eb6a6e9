"""What the page of scaling curves takes home."""

from collections.abc import Sequence

from ntk_uq import datasets, describe
from ntk_uq.export import Column, Exhibit, Plot, python_of, shell_of, spec_columns
from ntk_uq.export.bibliography import of_data, of_theory
from ntk_uq.export.exhibit import Value
from ntk_uq.figures import TITLES, Style, Trace, scaling_figure
from ntk_uq.scaling import PowerLawFit
from ntk_uq.ui.exhibits import words
from ntk_uq.views import CurvesView

_POINT = {
    "mu": "mean test loss over initializations, mean over draws",
    "mu_sem": "standard error of mu over draws",
    "mu_bias": "part of mu from the networks' mean prediction",
    "mu_variance": "part of mu from the networks' differences",
    "sigma": "standard deviation of the test loss over initializations, mean over draws",
    "sigma_sem": "standard error of sigma over draws",
    "epsilon": "sigma / mu, mean over draws",
    "epsilon_sem": "standard error of epsilon over draws",
    "epsilon_population": "part of epsilon that an endless test set would leave",
    "epsilon_floor": "part of epsilon that is the finite test set's",
    "condition": "largest / smallest eigenvalue of the matrix inverted, the worst of the draws",
}
_IN_LOSS = ("mu", "sigma")


def exhibit(view: CurvesView, traces: Sequence[Trace], style: Style) -> Exhibit:
    """The view with the curves that are there.

    Args:
        view: what the page shows.
        traces: its curves, complete or growing.
        style: of the figures.
    """
    dataset = datasets.get(view.data.dataset)
    unit = datasets.loss_unit(dataset, view.data)
    curves = [trace.curve for trace in traces]
    same, values = spec_columns(view.data, traces[0].curve.spec.architecture, view.training)
    same = tuple(column for column in same if column.name != "depth")
    values.pop("depth")
    return Exhibit(
        page="",
        title=f"Scaling curves of {dataset.title}",
        caption=f"{words.data_in_words(dataset, view.data)} {_network(view)}",
        view=view,
        plots=tuple(
            Plot(quantity, title, scaling_figure(quantity, traces, unit, style, view.digest()))
            for quantity, title in TITLES.items()
        ),
        columns=(*_columns(unit), *same),
        rows=tuple({**row, **values} for trace in traces for row in _rows(trace)),
        findings=_findings(traces),
        details={
            "curves": [c.to_json(view.fit_low, view.fit_high) for c in curves if c.raw],
        },
        provenance=next((c.provenance() for c in curves if c.raw), {}),
        python=_python(view),
        shell=words.commands(
            view.data.dataset, (shell_of("curve", spec, view) for spec in view.curves())
        ),
        sources=(*of_theory(view.training), *of_data(view.data)),
    )


def _network(view: CurvesView) -> str:
    network = ", ".join(describe.network(view.curves()[0].architecture)[1:])
    depths = ", ".join(map(str, view.depths))
    return f"Depths {depths}, {network}; {describe.training(view.training)}; {view.draws} draws."


def _columns(unit: str) -> tuple[Column, ...]:
    return (
        Column("depth", "", "number of hidden layers"),
        Column("n_train", "examples", "training examples N_D"),
        Column("draws", "", "independent training subsets that the means are over"),
        *(
            Column(name, unit if name.startswith(_IN_LOSS) else "1", about)
            for name, about in _POINT.items()
        ),
        Column("warnings", "", "what is to be said of this point"),
    )


def _rows(trace: Trace) -> list[dict[str, Value]]:
    depth = trace.curve.spec.architecture.depth
    return [
        {
            "depth": depth,
            **{name: getattr(point, name) for name in ("n_train", "draws", *_POINT)},
            "warnings": "; ".join(point.warnings),
        }
        for point in trace.curve.points
    ]


def _findings(traces: Sequence[Trace]) -> tuple[str, ...]:
    said = []
    for trace in traces:
        if trace.fits is None:
            ready, total = len(trace.curve.raw), trace.curve.spec.n_points
            said.append(f"{trace.label}: {ready} of {total} points were there; nothing is fitted.")
            continue
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
    for trace in traces:
        said += [f"{trace.label}: {s}" for s in (*trace.curve.failures, *trace.curve.warnings)]
    return words.named(said)


def _python(view: CurvesView) -> str:
    specs = "".join(
        f'    "depth {spec.architecture.depth}": {python_of(spec, 4)},\n' for spec in view.curves()
    )
    window = ", ".join(
        f"{name}={value:g}"
        for name, value in (("low", view.fit_low), ("high", view.fit_high))
        if value is not None
    )
    return words.script(
        view.data.dataset,
        f"specs = {{\n{specs}}}\n"
        "curves = {label: ntk_uq.curve(spec) for label, spec in specs.items()}",
        "for label, curve in curves.items():\n"
        "    for point in curve.points:\n"
        "        print(label, point.n_train, point.mu, point.mu_sem, point.sigma, point.epsilon)\n"
        f"    fits = curve.fits({window})\n"
        "    print(label, fits.mu.describe(), fits.sigma.describe(), fits.epsilon.describe())",
    )
