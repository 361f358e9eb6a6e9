"""What the page of widths takes home."""

from collections.abc import Iterator, Sequence

from ntk_uq import datasets
from ntk_uq.analysis.width_laws import WidthLaw, WidthLaws
from ntk_uq.analysis.width_verdicts import WidthVerdict, width_verdict
from ntk_uq.base.counting import counted
from ntk_uq.export import Column, Exhibit, Plot, python_of, shell_of, spec_columns
from ntk_uq.export.bibliography import PAPER, of_data, of_theory
from ntk_uq.export.exhibit import Value
from ntk_uq.figures import TITLES, Style
from ntk_uq.figures.width import correction_figure, width_figure
from ntk_uq.jobs import words as describe
from ntk_uq.results.points import QUANTITIES, SYMBOLS
from ntk_uq.ui import exhibit_words as words
from ntk_uq.ui.pages import page_of
from ntk_uq.ui.pages.ensembles import exhibit as ensembles
from ntk_uq.views import WidthView

Row = dict[str, Value]

_LAW = {
    "quantity": ("", "of which quantity the law is"),
    "order": ("", "highest order of 1/width in the law"),
    "limit": ("", "theory: q_inf is the theory's value; fitted: it was fitted"),
    "q_inf": ("as the quantity", "value at infinite width"),
    "q_inf_error": ("as the quantity", "its standard error; empty for the theory's"),
    "c": ("units of width", "correction of first order, q_inf (1 + c/width + c2/width^2)"),
    "c_error": ("units of width", "its standard error, from the fit"),
    "c_bootstrap_error": ("units of width", "its standard error, from resampling networks"),
    "c2": ("units of width^2", "correction of second order"),
    "c2_error": ("units of width^2", "its standard error"),
    "chi2": ("1", "sum of squared residuals over squared errors"),
    "dof": ("", "degrees of freedom"),
    "pull": ("1", "standard errors by which the fitted limit is off the theory"),
    "needed_width": ("units of width", "width from which on the quantity is within the tolerance"),
    "needed_width_low": ("units of width", "lower end of its 95 % interval; 0: only a bound"),
    "needed_width_high": ("units of width", "upper end of its 95 % interval"),
    "answer": ("", "the same in words, or why there is none"),
}
_ENSEMBLE = (
    *("part", "width", "n_train", "members", "diverged", "confidence", "failure"),
    *(f"{name}{end}" for name in QUANTITIES for end in ("", "_low", "_high")),
    *(f"ratio_{name}{end}" for name in QUANTITIES for end in ("", "_low", "_high")),
    *("mu_bias", "mu_variance", "epsilon_population", "epsilon_floor"),
)


def exhibit(view: WidthView, studies: Sequence[WidthLaws], style: Style) -> Exhibit:
    """The view with the networks, the theory and the laws that are there.

    Args:
        view: what the page shows.
        studies: one a depth, complete or growing.
        style: of the figures.
    """
    dataset = datasets.get(view.data.dataset)
    unit = datasets.loss_unit(dataset, view.data)
    first = view.ensembles()[0]
    same, values = spec_columns(first.data, first.architecture, first.optimizer, without=("depth",))
    columns = (
        Column("depth", "", "number of hidden layers"),
        *(c for c in ensembles.all_columns(unit) if c.name in _ENSEMBLE),
        *(Column(name, *told) for name, told in _LAW.items()),
        *same,
    )
    empty: Row = dict.fromkeys((column.name for column in columns), None)
    theory = studies[0].comparison.theory
    sources = (PAPER, "novak2020") if theory is None else of_theory(theory.spec.training)
    return Exhibit(
        page=page_of(view).address,
        title=f"Finite and infinite width on {dataset.title}",
        caption=(
            f"{words.data_in_words(dataset, view.data)} Depths "
            f"{', '.join(map(str, view.depths))}, "
            f"{', '.join(describe.network(first.architecture)[1:])}; widths "
            f"{', '.join(map(str, view.widths))}; {describe.optimizer(view.optimizer)}; "
            f"{counted(view.members, 'network')} at each point. Close to infinite width: within "
            f"{view.tolerance:g} %."
        ),
        view=view,
        plots=_plots(view, studies, unit, style),
        columns=columns,
        rows=tuple(
            {**empty, **{k: v for k, v in row.items() if k in empty}, "depth": s.depth, **values}
            for s in studies
            for row in _rows(s, view.tolerance / 100)
        ),
        findings=_findings(view, studies),
        details={
            "studies": [s.to_json() for s in studies],
            "verdicts": [v.to_json() for v in _verdicts(view, studies)],
        },
        provenance=studies[0].comparison.ensembles.provenance(),
        python=_python(view),
        shell=words.commands(
            view.data.dataset, (shell_of("width", spec, view) for spec in view.ensembles())
        ),
        sources=(*sources, "dyer2020", "yaida2020", "efron1979", "efron1987", *of_data(view.data)),
    )


def _plots(
    view: WidthView, studies: Sequence[WidthLaws], unit: str, style: Style
) -> tuple[Plot, ...]:
    tolerance = view.tolerance / 100
    plots = [
        Plot(
            f"{name}-width",
            f"{title} against width, N_D {view.shown}",
            width_figure(name, studies, view.shown, tolerance, unit, style),
        )
        for name, title in TITLES.items()
    ]
    for against, several, what in (
        ("depth", len(view.depths) > 1, "depth"),
        ("n_train", len(view.n_train) > 1, "N_D"),
    ):
        plots += [
            Plot(
                f"correction-{name}-{against.replace('_', '-')}",
                f"Correction to {SYMBOLS[name]} against {what}",
                correction_figure(name, studies, against, style),
            )
            for name in QUANTITIES
            if several
        ]
    return tuple(plots)


def _rows(study: WidthLaws, tolerance: float) -> Iterator[Row]:
    yield from ensembles.point_rows(study.comparison)
    yield from ensembles.theory_rows(study.comparison)
    for law in study.laws:
        yield _law(law, tolerance)


def _law(law: WidthLaw, tolerance: float) -> Row:
    best, needed = law.best, law.needed(tolerance)
    fitted = {
        name: getattr(best, name)
        for name in ("order", "q_inf", "q_inf_error", "c", "c_error", "c2", "c2_error", "chi2")
    }
    return {
        "part": "law",
        "n_train": law.n_train,
        "quantity": law.quantity,
        "limit": "theory" if best.anchored else "fitted",
        **(fitted if best.valid else {}),
        "dof": best.dof if best.valid else None,
        "c_bootstrap_error": law.bootstrap_error,
        "pull": law.pull,
        "needed_width": needed.width,
        "needed_width_low": needed.low,
        "needed_width_high": needed.high,
        "answer": needed.words,
    }


def _verdicts(view: WidthView, studies: Sequence[WidthLaws]) -> list[WidthVerdict]:
    found = (
        width_verdict(study, n_train, view.tolerance / 100)
        for study in studies
        for n_train in view.n_train
    )
    return [verdict for verdict in found if verdict is not None]


def _findings(view: WidthView, studies: Sequence[WidthLaws]) -> tuple[str, ...]:
    said = [f"Depth {v.depth}, N_D {v.n_train}: {v.told}" for v in _verdicts(view, studies)]
    for study in studies:
        found = study.comparison.ensembles
        if not found.complete:
            said.append(
                f"Depth {study.depth}: {found.done:,} of {found.spec.n_members:,} networks were "
                "there."
            )
        for law in study.laws:
            start = f"Depth {study.depth}, N_D {law.n_train}, {SYMBOLS[law.quantity]}:"
            answer = law.needed(view.tolerance / 100).words
            said.append(f"{start} width for {view.tolerance:g} %: {answer}.")
            said.append(f"{start} fitted limit and theory: {law.verdict}.")
        said += found.warnings
    return words.named(said)


def _python(view: WidthView) -> str:
    specs = "".join(
        f"    {spec.architecture.depth}: {python_of(spec, 4)},\n" for spec in view.ensembles()
    )
    return words.script(
        view.data.dataset,
        f"specs = {{\n{specs}}}  # by depth\n"
        "studies = {depth: ntk_uq.width_law(spec) for depth, spec in specs.items()}",
        "for depth, study in studies.items():\n"
        "    for law in study.laws:\n"
        f"        needed = law.needed({view.tolerance / 100:g})\n"
        "        print(depth, law.n_train, law.quantity, law.best.describe(), law.verdict)\n"
        "        print(needed.width, needed.low, needed.high, needed.words)",
    )
