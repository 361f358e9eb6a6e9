"""What the page of ensembles takes home."""

from collections.abc import Iterator, Sequence

from ntk_uq import datasets
from ntk_uq.analysis.comparisons import Comparison
from ntk_uq.analysis.ensemble_laws import Exponent, exponents
from ntk_uq.analysis.ensemble_verdicts import ensemble_verdicts
from ntk_uq.base.counting import counted
from ntk_uq.export import Column, Exhibit, Plot, python_of, shell_of, spec_columns
from ntk_uq.export.bibliography import PAPER, of_data, of_theory
from ntk_uq.export.exhibit import Value
from ntk_uq.figures import TITLES, Style
from ntk_uq.figures.distribution import Distribution
from ntk_uq.figures.ensembles import ensemble_figure
from ntk_uq.figures.members import losses_along_figure, losses_distribution, losses_figure
from ntk_uq.jobs import words as describe
from ntk_uq.results.descent import Descent
from ntk_uq.results.ensembles.records import EnsemblePoint, Estimate
from ntk_uq.results.ensembles.stored import descent_of, theory_of
from ntk_uq.results.points import QUANTITIES, SYMBOLS
from ntk_uq.ui import exhibit_words as words
from ntk_uq.ui.pages import page_of
from ntk_uq.views import EnsemblesView

Row = dict[str, Value]

_WHAT = {
    "mu": "mean test loss",
    "sigma": "standard deviation of the test loss over initializations",
    "epsilon": "sigma / mu",
}
_PARTS = "ensemble; infinite width; network; along training; histogram; density"


def exhibit(
    view: EnsemblesView, comparison: Comparison, descent: Descent | None, style: Style
) -> Exhibit:
    """The view with the networks and the theory that are there.

    Args:
        view: what the page shows.
        comparison: ensembles and theory, complete or growing.
        descent: the theory along the training of the ensemble in detail, where it is there.
        style: of the figures.
    """
    spec, (width, n_train) = comparison.ensembles.spec, view.shown
    dataset = datasets.get(spec.data.dataset)
    unit = datasets.loss_unit(dataset, spec.data)
    plots = [
        Plot(quantity, title, ensemble_figure(quantity, comparison, unit, style, spec.digest()))
        for quantity, title in TITLES.items()
    ]
    at = f"N_D {n_train}"
    losses = losses_figure(comparison, width, n_train, descent, unit, style)
    along = losses_along_figure(comparison, n_train, descent, unit, style)
    plots.append(Plot("losses", f"Test loss over initializations, width {width}, {at}", losses))
    plots.append(Plot("training", f"Loss along the training, {at}", along))
    same, values = spec_columns(spec.data, spec.architecture, spec.optimizer)
    columns = (*all_columns(unit), *same)
    empty: Row = dict.fromkeys((column.name for column in columns), None)
    rows = [
        *point_rows(comparison),
        *theory_rows(comparison),
        *_networks(comparison, width, n_train),
        *_training(comparison, n_train, descent),
        *_distribution(losses_distribution(comparison, width, n_train, descent), n_train),
    ]
    found = exponents(comparison)
    theory = theory_of(spec)
    sources = (PAPER, "novak2020") if theory is None else of_theory(theory.training)
    return Exhibit(
        page=page_of(view).address,
        title=f"Ensembles on {dataset.title}",
        caption=(
            f"{words.data_in_words(dataset, spec.data)} "
            f"{', '.join(describe.network(spec.architecture))}; widths "
            f"{', '.join(map(str, spec.widths))}; {describe.optimizer(spec.optimizer)}; "
            f"{counted(spec.members, 'network')} at each point."
        ),
        view=view,
        plots=tuple(plots),
        columns=columns,
        rows=tuple({**empty, **row, **values} for row in rows),
        findings=_findings(comparison, descent, found),
        details={
            "ensembles": comparison.to_json(),
            "exponents": [exponent.to_json() for exponent in found],
            "verdicts": [v.to_json() for v in ensemble_verdicts(comparison, found)],
        },
        provenance=comparison.ensembles.provenance(),
        python=_python(view, descent_shown=descent is not None),
        shell=words.commands(spec.data.dataset, (shell_of("ensemble", spec),)),
        sources=(*sources, "efron1979", "efron1987", "imhof1961", *of_data(spec.data)),
    )


def all_columns(unit: str) -> tuple[Column, ...]:
    """The columns of every part; the loss has this unit."""
    bounds = {"": "", "_low": ", lower end of its interval", "_high": ", upper end of its interval"}
    finite = tuple(
        Column(f"{name}{end}", "1" if name == "epsilon" else unit, f"{what}{words_}")
        for name, what in _WHAT.items()
        for end, words_ in bounds.items()
    )
    ratios = tuple(
        Column(f"ratio_{name}{end}", "1", f"{name} over that of infinite width{words_}")
        for name in _WHAT
        for end, words_ in bounds.items()
    )
    return (
        Column("part", "", f"what the row is: {_PARTS}"),
        Column("width", "", "units of each hidden layer; empty for infinite width"),
        Column("n_train", "examples", "training examples N_D"),
        Column("members", "", "networks trained"),
        Column("diverged", "", "how many of them diverged; they are in no mean"),
        *finite,
        Column("confidence", "1", "of the intervals, from the bootstrap over networks"),
        *ratios,
        Column("mu_bias", unit, "part of mu from the networks' mean prediction"),
        Column("mu_variance", unit, "part of mu from the networks' differences"),
        Column("epsilon_population", "1", "part of epsilon that an endless test set would leave"),
        Column("epsilon_floor", "1", "part of epsilon that is the finite test set's"),
        Column("ensemble_loss", unit, "test loss of the networks' mean prediction"),
        Column("lambda_max", "", "largest eigenvalue of the infinite-width NTK on the subset"),
        Column("failure", "", "why there are no numbers"),
        Column("network", "", "which network"),
        Column("diverged_at", "steps", "the step at which the network was found to diverge"),
        Column("step", "steps", "optimizer steps k; 0 is initialization"),
        Column("test_loss", unit, "of a network, or the mean over networks or initializations"),
        Column("test_loss_sem", unit, "standard error of the mean over networks"),
        Column("test_loss_std", unit, "spread over initializations at infinite width"),
        Column("train_loss", unit, "the same on the training set"),
        Column("train_loss_sem", unit, "standard error of the mean over networks"),
        Column("train_loss_std", unit, "spread over initializations at infinite width"),
        Column("loss", unit, "middle of a bin of the histogram, or where the density is"),
        Column("bin_width", unit, "width of the bin"),
        Column("density", f"1 / ({unit})", "probability density of the test loss"),
    )


def point_rows(comparison: Comparison) -> Iterator[Row]:
    """The ensembles with their ratios to infinite width, a row each."""
    for point in comparison.ensembles.points:
        row: Row = {
            "part": "ensemble",
            **{name: getattr(point, name) for name in ("width", "n_train", "members", "diverged")},
            **{
                name: getattr(point, name)
                for name in ("mu_bias", "mu_variance", "ensemble_loss", "lambda_max", "failure")
            },
            "confidence": point.confidence,
            "train_loss": None if point.train_loss is None else point.train_loss.value,
        }
        for name in QUANTITIES:
            row |= _estimate(name, getattr(point, name))
            row |= _estimate(f"ratio_{name}", _ratio(comparison, point, name))
        yield row


def _ratio(comparison: Comparison, point: EnsemblePoint, name: str) -> Estimate | None:
    return None if comparison.departs else comparison.ratio(point, name)


def _estimate(name: str, found: Estimate | None) -> Row:
    parts = ("value", "low", "high")
    ends = ("", "_low", "_high")
    return {
        f"{name}{end}": None if found is None else getattr(found, part)
        for part, end in zip(parts, ends, strict=True)
    }


def theory_rows(comparison: Comparison) -> Iterator[Row]:
    """Infinite width, a row an N_D."""
    names = (*QUANTITIES, "mu_bias", "mu_variance", "epsilon_population", "epsilon_floor")
    for point in () if comparison.theory is None else comparison.theory.points:
        numbers = {name: getattr(point, name) for name in ("n_train", *names)}
        yield {"part": "infinite width", **numbers}


def _networks(comparison: Comparison, width: int, n_train: int) -> Iterator[Row]:
    for member in comparison.ensembles.members.get((width, n_train), ()):
        sound = not member.diverged
        yield {
            "part": "network",
            "width": width,
            "n_train": n_train,
            "network": member.member,
            "diverged_at": member.diverged_at,
            "step": int(member.steps[-1]) if sound else None,
            "test_loss": float(member.test_loss[-1]) if sound else None,
            "train_loss": float(member.train_loss[-1]) if sound else None,
        }


def _training(comparison: Comparison, n_train: int, descent: Descent | None) -> Iterator[Row]:
    for step in () if descent is None else descent.steps:
        yield {
            "part": "along training",
            "n_train": n_train,
            "step": step.step,
            "test_loss": step.mu,
            "test_loss_std": step.sigma,
            "train_loss": step.train_mu,
            "train_loss_std": step.train_sigma,
        }
    for point in comparison.ensembles.points:
        mean = point.trajectory
        if mean is None or point.n_train != n_train:
            continue
        for i, recorded in enumerate(mean.steps):
            yield {
                "part": "along training",
                "width": point.width,
                "n_train": n_train,
                "step": recorded,
                "test_loss": mean.test[i],
                "test_loss_sem": None if mean.test_sem is None else mean.test_sem[i],
                "train_loss": mean.train[i],
                "train_loss_sem": None if mean.train_sem is None else mean.train_sem[i],
            }


def _distribution(drawn: Distribution, n_train: int) -> Iterator[Row]:
    """Bars and density as they are drawn: binning is the figure's business."""
    for width, bars in drawn.histograms.items():
        for x, y, wide in zip(bars.middles, bars.density, bars.widths, strict=True):
            yield {
                **{"part": "histogram", "width": width, "n_train": n_train},
                **{"loss": float(x), "bin_width": float(wide), "density": float(y)},
            }
    for x, y in () if drawn.density is None else zip(*drawn.density, strict=True):
        yield {
            **{"part": "density", "n_train": n_train},
            **{"loss": float(x), "density": float(y)},
        }


def _findings(
    comparison: Comparison, descent: Descent | None, found: Sequence[Exponent]
) -> tuple[str, ...]:
    ensembles = comparison.ensembles
    said = [f"Width {v.width:,}: {v.told}" for v in ensemble_verdicts(comparison, found)]
    said += ensembles.warnings
    if len(ensembles.spec.n_train) > 1:
        said += [
            f"{'Infinite width' if e.width is None else f'Width {e.width}'}, "
            f"{SYMBOLS[e.quantity]} against N_D: {e.sentence}"
            for e in found
        ]
    if not ensembles.complete:
        said.insert(0, f"{ensembles.done:,} of {ensembles.spec.n_members:,} networks were there.")
    if comparison.departs:
        said.append(f"The networks were {comparison.departure}.")
    said += [] if descent is None else descent.warnings
    said += [] if comparison.theory is None else comparison.theory.warnings
    return words.named(said)


def _python(view: EnsemblesView, descent_shown: bool) -> str:
    spec = view.ensembles()
    blocks = [
        f"found = ntk_uq.ensemble(\n    {python_of(spec, 4)}\n)",
        "for point in found.ensembles.points:\n"
        '    ratio = found.ratio(point, "mu")  # finite / infinite width\n'
        "    print(point.width, point.n_train, point.mu, point.sigma, point.epsilon, ratio)",
        f"members = found.ensembles.members[{view.shown}]\n"
        + "losses = [float(m.test_loss[-1]) for m in members if not m.diverged]",
    ]
    wanted = descent_of(spec, view.shown[1])
    if descent_shown and wanted is not None:
        blocks.append(
            "# The theory along the training.\n"
            "import ntk_uq.specs\n"
            "from ntk_uq.theory.descent import evaluate_descent\n\n"
            f"descent = evaluate_descent(\n    {python_of(wanted, 4)}\n)\n"
            "for step in descent.steps:\n"
            "    print(step.step, step.mu, step.sigma, step.train_mu, step.train_sigma)"
        )
    return words.script(spec.data.dataset, *blocks)
