"""``ntk_uq training-time``: the losses against training time, and where to stop."""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ntk_uq.analysis.training_time import sentences, shown
from ntk_uq.base.errors import SpecError
from ntk_uq.cli import shared
from ntk_uq.cli.options import add_fields, read
from ntk_uq.results.training_time import MeanTimeSeries, TrainingTime
from ntk_uq.specs import TrainingTimeSpec
from ntk_uq.specs.training_time import time_grid
from ntk_uq.store import ResultsCache
from ntk_uq.views import TrainingTimeView
from ntk_uq.views.commands import TIMES, TRAINING_TIME

_COLUMNS = ("mu", "sigma", "epsilon", "epsilon_population", "epsilon_floor", "train_mu")


def add_parsers(commands: Any) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "training-time",
        aliases=["time"],  # as it was called first
        help="mu, sigma and epsilon of the test loss against training time; where to stop",
        description=(
            "Mean mu, spread sigma and ratio epsilon = sigma / mu of the test loss over "
            "initializations of infinitely wide networks along gradient flow, for levels of label "
            "noise and jitters. Times are tau = t lambda_max, and eta k for k steps of gradient "
            "descent. Results are kept in the store, so a draw is computed once."
        ),
    )
    shared.add_data(parser)
    shared.add_network(parser)
    add_fields(parser, *TRAINING_TIME)
    add_fields(parser, *TIMES)
    shared.add_output(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    training = _compute(
        _spec(options), None if options.no_store else shared.open_results(), options
    )
    if options.json:
        print(json.dumps(training.to_json(), indent=2, allow_nan=False))
    else:
        print("\n".join(_text(training)))
    failures = dict.fromkeys(f for line in training.lines for f in line.failures)
    for sentence in (*training.warnings, *failures):
        print(f"ntk_uq: {sentence}", file=sys.stderr)
    return 0


def _spec(options: argparse.Namespace) -> TrainingTimeSpec:
    data = shared.read_data(options)
    values = read(options, TrainingTimeSpec, TRAINING_TIME.names)
    if data.noise and values["noises"] == (0.0,):
        # One level is a list of one.
        values["noises"], data = (data.noise,), replace(data, noise=0.0)
    low, high, points = read(options, TrainingTimeView, TIMES.names).values()
    if low >= high:
        raise SpecError(
            f"The range of training times goes from {low:g} to {high:g}; the largest must be above "
            "the smallest."
        )
    return TrainingTimeSpec(
        data, shared.read_network(options), times=time_grid(low, high, points), **values
    )


def _compute(
    spec: TrainingTimeSpec, results: ResultsCache | None, options: argparse.Namespace
) -> TrainingTime:
    # JAX and what it needs are loaded here, so that --help and a mistake answer at once.
    from ntk_uq.engine.inline import run_training_time

    with shared.progress_bar("draw", options.quiet) as progress:
        return run_training_time(spec, results, progress)


def _text(training: TrainingTime) -> Iterator[str]:
    for line in training.lines:
        yield f"label noise {line.noise:g}, jitter {line.jitter:g}"
        yield from shared.aligned([("tau", *_COLUMNS), *_rows(line)])
        yield sentences(line)
        yield ""
    axis = "tau = t lambda_max"
    if not training.singular:  # or the smallest eigenvalue is rounding
        axis += f"; the slowest mode needs lambda_max / lambda_min = {training.slowest:.3g}"
    yield axis


def _rows(line: MeanTimeSeries) -> Iterator[tuple[str, ...]]:
    columns = [line.along(name) for name in _COLUMNS]
    for tau, *values in zip(line.times, *columns, strict=True):
        yield (f"{tau:.4g}", *(shown(value, "-") for value in values))
    yield ("inf", *(shown(line.converged(name), "-") for name in _COLUMNS))
