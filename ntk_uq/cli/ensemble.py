"""``ntk_uq ensemble``: finite networks trained, beside the theory at the same eta and k."""

import argparse
import json
import sys
from typing import Any

from ntk_uq import optimizers
from ntk_uq.analysis.comparisons import Comparison
from ntk_uq.analysis.ensemble_laws import exponents
from ntk_uq.analysis.ensemble_verdicts import ensemble_verdicts
from ntk_uq.cli import shared
from ntk_uq.cli.options import add_fields, read
from ntk_uq.results.ensembles.records import EnsemblePoint, Estimate
from ntk_uq.results.points import CurvePoint
from ntk_uq.scaling import format_value
from ntk_uq.specs import EnsembleSpec, OptimizerSpec
from ntk_uq.views.commands import ENSEMBLE, OPTIMIZER


def add_parsers(commands: Any) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "ensemble",
        help="train finite networks: mu, sigma and epsilon with errors, beside the theory",
        description=(
            "Trains independently initialized networks of finite width and compares the mean mu, "
            "the spread sigma and the ratio epsilon of their test loss with infinite width at the "
            "same step size and number of steps. Every network is kept in the store once it is "
            "trained: the same command again goes on where it was stopped, or with more members."
        ),
    )
    add_options(parser)
    parser.set_defaults(run=_run)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that name ensembles, and those of the output."""
    shared.add_data(parser)
    shared.add_network(parser)
    add_fields(parser, *ENSEMBLE)
    add_fields(parser, *OPTIMIZER)
    shared.add_output(parser, kept=False)


def train(options: argparse.Namespace) -> Comparison:
    """The ensembles that the options name, trained as far as they are not there, and the theory.

    Raises:
        NtkUqError: as the checks of the fields, and training.
    """
    spec = EnsembleSpec(
        shared.read_data(options),
        shared.read_network(options),
        _read_optimizer(options),
        **read(options, EnsembleSpec, ENSEMBLE.names),
    )
    results = shared.open_results()
    # JAX and what it needs are loaded here, so that --help and a mistake answer at once.
    from ntk_uq.engine.inline import run_comparison

    with shared.progress_bar("network", options.quiet) as progress:
        return run_comparison(spec, results, progress)


def ended(comparison: Comparison) -> int:
    """Says what is to be said of the networks; the exit code."""
    for sentence in comparison.ensembles.warnings:
        print(f"ntk_uq: {sentence}", file=sys.stderr)
    return 1 if any(p.failure for p in comparison.ensembles.points) else 0


def _run(options: argparse.Namespace) -> int:
    comparison = train(options)
    if options.json:
        found = exponents(comparison)
        told = [v.to_json() for v in ensemble_verdicts(comparison, found)]
        out = {
            **comparison.to_json(),
            "exponents": [e.to_json() for e in found],
            "verdicts": told,
        }
        print(json.dumps(out, indent=2, allow_nan=False))
    else:
        print("\n".join(_table(comparison)))
    return ended(comparison)


def _read_optimizer(options: argparse.Namespace) -> OptimizerSpec:
    """The optimizer, with the usual value of what it needs and nobody gave."""
    given = read(options, OptimizerSpec, OPTIMIZER.names)
    for name, value in optimizers.get(given["optimizer"]).needs.items():
        if given[name] is None:
            given[name] = value
    return OptimizerSpec(**given)


_COLUMNS = ("width", "N_D", "networks", "mu", "sigma", "epsilon", "mu/theory", "epsilon/theory")


def _table(comparison: Comparison) -> list[str]:
    ensembles = comparison.ensembles
    rows = [_COLUMNS, *(_row(p, comparison.infinite(p.n_train)) for p in ensembles.points)]
    lines = shared.aligned(rows)
    laws = exponents(comparison)
    if len(ensembles.spec.n_train) > 1:
        lines += ["", "mu, sigma and epsilon ~ N_D^-alpha"]
        for found in laws:
            width = "infinite" if found.width is None else str(found.width)
            lines.append(f"width {width:>8} {found.quantity:>8}: {found.told}")
    told = [f"width {v.width}: {v.told}" for v in ensemble_verdicts(comparison, laws)]
    lines += ["", *told] if told else []
    optimizer = ensembles.spec.optimizer
    about = f"{optimizer.optimizer}, {optimizer.steps} steps, eta = {optimizer.eta:g}"
    if comparison.theory is None:
        return [*lines, "", f"{about}: a departure from the theory, which has no counterpart"]
    return [*lines, "", f"{about}; theory: infinite width at the same eta and k"]


def _row(point: EnsemblePoint, theory: CurvePoint | None) -> tuple[str, ...]:
    def cell(estimate: Estimate | None, scale: float = 1.0) -> str:
        if estimate is None:
            return "-"
        shown = estimate.over(scale)
        return format_value(shown.value, shown.error)

    lost = f" ({point.diverged} diverged)" if point.diverged else ""
    return (
        *(str(point.width), str(point.n_train), f"{point.members}{lost}"),
        *(cell(point.mu), cell(point.sigma), cell(point.epsilon)),
        "-" if theory is None else cell(point.mu, theory.mu),
        "-" if theory is None else cell(point.epsilon, theory.epsilon),
    )
