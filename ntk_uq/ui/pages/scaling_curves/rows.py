"""The table that the page of scaling curves takes home: its columns and rows."""

from collections.abc import Sequence

from ntk_uq.analysis.curve_networks import CurveNetworks
from ntk_uq.analysis.posteriors import PosteriorPair
from ntk_uq.export import Column, spec_columns
from ntk_uq.export.exhibit import Value
from ntk_uq.figures import Trace
from ntk_uq.figures.foreseen_curves import LOSSES, ForeseenCurve
from ntk_uq.results.curves import Curve
from ntk_uq.results.points import QUANTITIES
from ntk_uq.specs.varied import value_in
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


def rows_of(
    view: CurvesView,
    traces: Sequence[Trace],
    pairs: Sequence[tuple[str, PosteriorPair]],
    baseline: Sequence[tuple[str, Curve]],
    networks: Sequence[CurveNetworks],
    foreseen: Sequence[ForeseenCurve],
) -> list[Row]:
    """All rows, each with the cells that it has; the arguments are those of the exhibit."""
    window, vary = (view.fit_low, view.fit_high), view.vary
    return [
        *({**row, **_exponents(trace, window)} for trace in traces for row in _rows(trace, vary)),
        *(row for trace in traces for row in _expected(trace, vary, view.extrapolate)),
        *(row for _, pair in pairs for row in _ratios(pair, vary)),
        *(row for _, curve in baseline for row in _pinned(curve)),
        *(row for found in networks for row in _finite(found)),
        *(row for found in foreseen for row in _foreseen(found, vary)),
    ]


def columns_of(unit: str) -> tuple[Column, ...]:
    """The columns, but those of what is the same for all rows; ``unit`` is that of the loss."""
    return (
        Column(
            "part",
            "",
            "what the row is: point; expected, beyond the data; trained / bayes; baseline; "
            "networks, of finite width; foreseen, from the kernel of a sample",
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


def _which(curve: Curve, vary: str) -> Row:
    spec = curve.spec
    depth = spec.architecture.depth
    return {"depth": depth, **spec.training.to_json(), vary: value_in(vary, spec)}


def _rows(trace: Trace, vary: str) -> list[Row]:
    return [
        {
            "part": "point",
            **_which(trace.curve, vary),
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


def _foreseen(one: ForeseenCurve, vary: str) -> list[Row]:
    """What is foreseen and passed its check; its error is about that of the sample."""
    return [
        {
            **{"part": "foreseen", **_which(one.curve, vary), "n_train": point.n_train},
            **{name: getattr(point.foreseen, name) for name in LOSSES},
            "mu_sem": None if point.foreseen is None else point.foreseen.error,
        }
        for point in one.found.points
        if point.holds
    ]


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
            **{"part": "expected", **_which(trace.curve, vary), "n_train": expected.n_train},
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
