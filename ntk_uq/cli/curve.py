"""``ntk_uq curve``: a scaling curve as a table or as JSON."""

import argparse
import copy
import json
import sys
from typing import Any

from ntk_uq.analysis import of_test_set
from ntk_uq.analysis.curve_changes import NOTHING_ALIKE, ranking
from ntk_uq.analysis.curve_laws import cautions, expectation, shown_laws
from ntk_uq.analysis.verdicts import verdict
from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import default_of
from ntk_uq.cli import curve_beside, own_data, shared
from ntk_uq.cli.options import add_fields, read
from ntk_uq.jobs.varied_words import label
from ntk_uq.results.curves import Curve, Fits
from ntk_uq.results.ensembles.stored import theory_of
from ntk_uq.results.points import QUANTITIES, SYMBOLS, CurvePoint
from ntk_uq.scaling import LawFit, format_value
from ntk_uq.specs import CurveSpec, TrainingSpec, check_window
from ntk_uq.specs.varied import varied
from ntk_uq.store import ResultsCache
from ntk_uq.views import CurvesView
from ntk_uq.views.commands import CURVE, LAW, TRAINING, VARY, WINDOW


def add_parsers(commands: Any) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "curve",
        help="mu, sigma and epsilon of the test loss against N_D, with fitted exponents",
        description=(
            "Mean mu, spread sigma and ratio epsilon = sigma / mu of the test loss over "
            "initializations of infinitely wide networks, against the number of training "
            "examples. Results are kept in the store, so a curve is computed once."
        ),
    )
    _add_specs(parser)
    add_fields(parser, CurvesView, WINDOW.names)
    add_fields(parser, CurvesView, LAW.names)
    curve_beside.add_options(parser)
    shared.add_output(parser)
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="print every law that was compared, too"
    )
    parser.set_defaults(run=_run)


def _add_specs(parser: argparse.ArgumentParser) -> None:
    """Adds the options that name curves."""
    shared.add_data(parser, own_test=False)
    shared.add_network(parser)
    add_fields(parser, TrainingSpec, TRAINING.names)
    add_fields(parser, CurveSpec, CURVE.names)
    add_fields(parser, CurvesView, VARY.names)


def _read_specs(options: argparse.Namespace) -> list[tuple[str, CurveSpec]]:
    """The curves with their labels."""
    own_data.older_test(options)
    spec = CurveSpec(
        shared.read_data(options),
        shared.read_network(options),
        TrainingSpec(**read(options, TrainingSpec, TRAINING.names)),
        **read(options, CurveSpec, CURVE.names),
    )
    vary, values = read(options, CurvesView, VARY.names).values()
    if vary != default_of(CurvesView, "vary") and not values:
        raise SpecError(f"{vary} varies, and has no values; give them by --values.")
    specs = varied(spec, vary, values) if values else (spec,)
    return [(label(vary, one), one) for one in specs]


def _run(options: argparse.Namespace) -> int:
    given = copy.copy(options)  # as it was typed: reading turns a file into the name of its data
    curves = _read_specs(options)
    vary, values = read(options, CurvesView, VARY.names).values()
    low, high = read(options, CurvesView, WINDOW.names).values()
    law, target = read(options, CurvesView, LAW.names).values()
    check_window(low, high, curves[0][1].sizes)  # before the work, not after it
    beside = curve_beside.read_beside(given, curves, _add_specs, _read_specs)
    results = None if options.no_store else shared.open_results()
    bases = {spec: _compute(spec, results, options.quiet) for _, spec in beside.baseline}
    for networks in beside.networks:
        limit = None if networks is None else theory_of(networks)
        if limit is not None:
            _compute(limit, results, options.quiet)
    there = {found.label: found for found in curve_beside.read_networks(beside)}
    out, failed, said_of = [], False, []
    for name, one in curves:
        curve = _compute(one, results, options.quiet)
        compared = [(n, bases[spec]) for n, spec in beside.bases(name, one)]
        finite = there.get(name)
        if options.json:
            told: dict[str, Any] = {"label": name} if values else {}
            told |= _json(curve, low, high, law, target)
            told |= {"baseline": curve_beside.baseline_json(curve, compared)} if compared else {}
            told |= {} if finite is None else {"networks": curve_beside.network_json(finite)}
            out.append(told)
        else:
            fits = curve.fits(low, high)
            said_of.append((name, verdict(curve, fits, None, low, high)))
            lines = [*((name, "") if values else ()), *_table(curve, fits, low, high, law)]
            if options.verbose or law != "power":
                lines += _laws(curve, low, high)
            lines += _beyond(curve, fits, low, high, law, target)
            lines += curve_beside.baseline_lines(curve, compared, low, high)
            if beside.baseline and not compared:
                lines += ["", NOTHING_ALIKE]
            lines += [] if finite is None else curve_beside.network_lines(finite)
            print("\n".join(lines))
            if one is not curves[-1][1]:
                print()
        said = () if finite is None else finite.ensembles.warnings
        for sentence in dict.fromkeys((*curve.warnings, *curve.failures, *said)):
            print(f"ntk_uq: {sentence}", file=sys.stderr)
        failed |= bool(curve.failures)
    for name, spec in beside.baseline:
        for sentence in (*bases[spec].warnings, *bases[spec].failures):
            print(f"ntk_uq: baseline, {name}: {sentence}", file=sys.stderr)
        failed |= bool(bases[spec].failures)
    ranked = ranking(said_of)
    if ranked:
        print(f"\n{ranked}")
    if options.json:
        whole = {"vary": vary, "curves": out} if values else out[0]
        print(json.dumps(whole, indent=2, allow_nan=False))
    return 1 if failed else 0


def _compute(spec: CurveSpec, results: ResultsCache | None, quiet: bool) -> Curve:
    # JAX and what it needs are loaded here, so that --help and a mistake answer at once.
    from ntk_uq.engine.inline import run_curve

    with shared.progress_bar("point", quiet) as progress:
        return run_curve(spec, results, progress)


_COLUMNS = ("N_D", "mu", "sigma", "epsilon", "population", "floor", "condition")


def _table(curve: Curve, fits: Fits, low: float | None, high: float | None, law: str) -> list[str]:
    rows = [_COLUMNS, *(_row(point) for point in curve.points)]
    lines = shared.aligned(rows)
    said = of_test_set.sentence(curve, {name: name for name in QUANTITIES})
    lines += ["", said] if said else []
    lines += ["", "mu and sigma ~ N_D^-alpha; epsilon = sigma / mu"]
    for name in ("mu", "sigma", "epsilon"):
        fit = getattr(fits, name)
        window = "" if fit.window is None else "  (N_D {:g} to {:g})".format(*fit.window)
        lines.append(f"{name:>8}: {fit.describe()}{window}")
    laws = None if law == "power" else shown_laws(curve, fits, law, low, high)
    return [*lines, "", verdict(curve, fits, laws, low, high).told]


def _json(
    curve: Curve, low: float | None, high: float | None, law: str, target: int | None
) -> dict[str, Any]:
    out, fits = curve.to_json(low, high), curve.fits(low, high)
    shown = shown_laws(curve, fits, law, low, high)
    drawn = None if law == "power" else shown
    out["verdict"] = verdict(curve, fits, drawn, low, high).to_json()
    if target is not None:
        out["extrapolation"] = {name: shown[name].at(target).to_json() for name in QUANTITIES}
    return out


def _laws(curve: Curve, low: float | None, high: float | None) -> list[str]:
    """Every law of every quantity, and the checks."""
    which = "all points" if low is None and high is None else "the points of the window"
    lines = [
        "",
        f"laws on {which}, by AICc (weight), chi2/dof; * is the best that describes them",
    ]
    for name in QUANTITIES:
        choice = curve.laws(name, low, high)
        for fit in choice.fits:
            star = "*" if fit.law == choice.chosen else " "
            lines.append(f"{name:>8} {star}{fit.law:<9}{_quality(fit)}  {fit.describe()}")
        lines += [f"{'':>8}  {check.describe()}" for check in choice.held_out]
    return lines


def _beyond(
    curve: Curve, fits: Fits, low: float | None, high: float | None, law: str, target: int | None
) -> list[str]:
    """The laws that were asked for, and what is expected beyond the data."""
    if law == "power" and target is None:
        return []
    lines: list[str] = []
    shown = shown_laws(curve, fits, law, low, high)
    if law != "power":
        lines += [""]
        lines += [f"{n:>8}: {shown[n].choice.describe(SYMBOLS[n])}" for n in QUANTITIES]
    if target is not None:
        lines += ["", expectation(shown, target), *cautions(shown, target)]
    return lines


def _quality(fit: LawFit) -> str:
    if fit.delta is None or fit.weight is None:
        return f"{'-':>8}{'-':>9}{'-':>9}"
    chi2 = "-" if fit.chi2 is None else f"{fit.chi2 / fit.dof:.2g}"
    return f"{fit.delta:>+8.1f}{f'({fit.weight:.2f})':>9}{chi2:>9}"


def _row(point: CurvePoint) -> tuple[str, ...]:
    def with_error(name: str) -> str:
        value, error = getattr(point, name), getattr(point, f"{name}_sem")
        return f"{value:.5g}" if error is None else format_value(value, error)

    def plain(value: float | None, form: str = ".4g") -> str:
        return "-" if value is None else format(value, form)

    return (
        str(point.n_train),
        with_error("mu"),
        with_error("sigma"),
        with_error("epsilon"),
        plain(point.epsilon_population),
        plain(point.epsilon_floor),
        plain(point.condition, ".2g"),
    )
