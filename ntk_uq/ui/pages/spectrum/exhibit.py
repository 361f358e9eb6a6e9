"""What the page of spectra takes home."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ntk_uq import datasets
from ntk_uq.analysis.foreseen_exponents import RESOLUTION, SMOOTHNESS, foreseen_exponents
from ntk_uq.analysis.foreseen_verdicts import foreseen_verdict, parts_of
from ntk_uq.base.version import VERSION
from ntk_uq.export import Column, Exhibit, Plot, python_of, shell_of, spec_columns
from ntk_uq.export.bibliography import OF_FORESEEN, of_data, of_theory
from ntk_uq.export.exhibit import Value
from ntk_uq.figures import Style
from ntk_uq.figures.foreseen import TITLES_FORESEEN, ForeseenTrace, foreseen_figure
from ntk_uq.results.curves import Curve, stored_curve
from ntk_uq.results.foreseen import Foreseen, ForeseenPoint, MeanLoss, stored_foreseen
from ntk_uq.specs import ForeseenSpec
from ntk_uq.store import Store
from ntk_uq.ui import exhibit_words as words
from ntk_uq.ui.pages import page_of
from ntk_uq.views.spectrum import SpectrumView

Row = dict[str, Value]

_LOSSES = {
    "foreseen": "with a potential of its own for each example",
    "of_spectrum": "with all examples alike, from the spectrum alone",
    "measured": "trained on parts of the sample, tested on the rest of it",
}


def traces_of(store: Store, view: SpectrumView) -> list[ForeseenTrace]:
    """What the store has of each of the view's networks."""
    specs = view.foreseen()
    curves: list[Curve | None] = [stored_curve(store.results, spec) for spec in view.curves()]
    return [
        ForeseenTrace(
            f"depth {spec.architecture.depth}", spec, stored_foreseen(store.results, spec), curve
        )
        for spec, curve in zip(specs, curves or [None] * len(specs), strict=True)
    ]


def exhibit(view: SpectrumView, traces: Sequence[ForeseenTrace], style: Style) -> Exhibit:
    """The view with what is there of it: figures, every foreseen point, spectra.

    Args:
        view: what the page shows.
        traces: one a network; some may not be there yet.
        style: of the figures.
    """
    dataset = datasets.get(view.data.dataset)
    unit = datasets.loss_unit(dataset, view.data)
    first = traces[0].spec
    same, values = spec_columns(first.data, first.architecture, first.training, without=("depth",))
    columns = (*_columns(unit), *same)
    found = [one for _, one in _there(traces)]
    return Exhibit(
        page=page_of(view).address,
        title=f"Learning curves foreseen from a sample of {dataset.title}",
        caption=(
            f"{view.sample} examples of {dataset.title}, seed {view.data.seed}. Preparation: "
            f"{datasets.describe(dataset, view.data)}."
        ),
        view=view,
        plots=tuple(
            Plot(name, title, foreseen_figure(name, traces, unit, style))
            for name, title in TITLES_FORESEEN.items()
        ),
        columns=columns,
        rows=tuple({**row, **values} for row in _rows(traces)),
        findings=tuple(
            f"{trace.label}: {foreseen_verdict(one, trace.curve)}" for trace, one in _there(traces)
        ),
        details={
            "foreseen": [
                {"depth": trace.spec.architecture.depth, **one.to_json()}
                for trace, one in _there(traces)
            ]
        },
        provenance=found[0].provenance if found else {"versions": {"ntk_uq": VERSION}},
        python=_python(view),
        shell=words.commands(
            view.data.dataset,
            [
                *(shell_of("spectrum", spec) for spec in _specs(view)),
                *(shell_of("curve", spec) for spec in view.curves()),
            ],
        ),
        sources=words.named((*of_theory(view.training), *OF_FORESEEN, *of_data(view.data))),
    )


def _columns(unit: str) -> tuple[Column, ...]:
    losses = [
        Column(f"{which}_{name}", unit, f"{about}, {told}")
        for which, told in _LOSSES.items()
        for name, about in (
            ("mu", "mean test loss"),
            ("mu_bias", "its part of the mean network"),
            ("mu_variance", "its part of the variance"),
            ("error", "standard error of mu"),
        )
    ]
    return (
        Column("depth", "", "number of hidden layers"),
        Column("sample", "examples", "M, from which all follows"),
        Column("n_train", "examples", "training-set size N_D"),
        *losses,
        Column("subsets", "", "choices of N_D examples over which the measured loss is a mean"),
        Column("of_half_mu", unit, "mean test loss, foreseen from halves of the sample"),
        Column("curve_mu", unit, "mean test loss of the scaling curve with a test set of its own"),
        Column("curve_error", unit, "its standard error, of draws and of the test set"),
        Column("potential_ratio", "1", "largest over smallest potential of an example"),
        Column("holds", "", "yes where what is foreseen passed its check on the sample"),
        Column("failure", "", "why nothing is foreseen"),
    )


def _rows(traces: Sequence[ForeseenTrace]) -> Iterator[Row]:
    for trace, found in _there(traces):
        for point in found.points:
            yield {
                "depth": trace.spec.architecture.depth,
                "sample": trace.spec.sample,
                **_point_cells(point),
                **_curve_cells(trace, point.n_train),
            }


def _curve_cells(trace: ForeseenTrace, n_train: int) -> Row:
    points = () if trace.curve is None else trace.curve.points
    there = next((point for point in points if point.n_train == n_train), None)
    return {
        "curve_mu": None if there is None else there.mu,
        "curve_error": None if there is None else there.error_or_sem("mu"),
    }


def _point_cells(point: ForeseenPoint) -> Row:
    cells: Row = {"n_train": point.n_train}
    for which in _LOSSES:
        loss: MeanLoss | None = getattr(point, which)
        for name in ("mu", "mu_bias", "mu_variance", "error"):
            cells[f"{which}_{name}"] = None if loss is None else getattr(loss, name)
    return cells | {
        "subsets": point.subsets,
        "of_half_mu": point.of_half,
        "potential_ratio": point.potential_ratio,
        "holds": "yes" if point.holds else "no",
        "failure": point.failure,
    }


def decays_of(traces: Sequence[ForeseenTrace]) -> tuple[Mapping[str, str], ...]:
    """How eigenvalues and powers of each network fall, for a table."""
    rows = []
    for trace, found in _there(traces):
        decays = (found.kernel.decay, found.target_decay, found.initial_decay)
        told = (words.exponent(d.exponent, d.error, d.valid) for d in decays)
        rows.append(dict(zip(_DECAYS, (trace.label, *told), strict=True)))
    return tuple(rows)


_DECAYS = (
    "",
    "b, eigenvalues",
    "a, target",
    "c, initial function",
)


def exponents_of(traces: Sequence[ForeseenTrace]) -> tuple[Mapping[str, str], ...]:
    """The exponents of both parts of mu of each network, for a table."""
    rows = []
    for trace, found in _there(traces):
        for one in foreseen_exponents(found):
            pull = "–" if one.pull is None else f"{one.pull:+.1f}"
            cells = (
                *(
                    trace.label,
                    parts_of(found)[one.part],
                    words.exponent(one.value, one.error, one.valid),
                ),
                *(
                    words.exponent(fit.alpha, fit.alpha_error, fit.valid)
                    for fit in (one.curve, one.measured)
                ),
                *(pull, "–" if one.limited_by is None else _LIMITS[one.limited_by]),
            )
            rows.append(dict(zip(_EXPONENTS, cells, strict=True)))
    return tuple(rows)


_EXPONENTS = (
    *("", "of", "by decays", "of the foreseen curve", "trained"),
    *("decays − trained, standard errors", "limited by"),
)
_LIMITS = {RESOLUTION: "what lies beyond rank N_D", SMOOTHNESS: "the decay of the eigenvalues"}


def _there(traces: Sequence[ForeseenTrace]) -> Iterator[tuple[ForeseenTrace, Foreseen]]:
    for trace in traces:
        if trace.found is not None:
            yield trace, trace.found


def _specs(view: SpectrumView) -> list[ForeseenSpec]:
    """What is foreseen, with the view's own test set, of which nothing has to be said."""
    return [replace(spec, data=view.data) for spec in view.foreseen()]


def _python(view: SpectrumView) -> str:
    specs = "".join(f"    {python_of(spec, 4)},\n" for spec in _specs(view))
    curves = "".join(f"    {python_of(spec, 4)},\n" for spec in view.curves())
    beside = (
        f"curves = [\n{curves}]\nfor spec in curves:\n"
        "    for point in ntk_uq.curve(spec).points:\n"
        '        print(point.n_train, point.mu, point.error("mu"))'
    )
    return words.script(
        view.data.dataset,
        *((beside,) if curves else ()),
        f"specs = [\n{specs}]\nfound = [ntk_uq.spectrum(spec) for spec in specs]",
        "for one in found:\n"
        "    print(one.kernel.decay, one.target_decay, one.initial_decay)\n"
        "    for point in one.points:\n"
        "        print(point.n_train, point.foreseen, point.measured, point.holds)",
    )
