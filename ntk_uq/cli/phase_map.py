"""``ntk_uq map``: the theory over two axes, as a table or as JSON."""

import argparse
import json
import sys
from typing import Any

from ntk_uq.activations import criticality
from ntk_uq.analysis.maps import PhaseMap
from ntk_uq.base.counting import counted
from ntk_uq.base.fields import about, check_of, default_of
from ntk_uq.cli import shared
from ntk_uq.cli.options import add_fields, read
from ntk_uq.specs import MAP_QUANTITIES, MapSpec, TrainingSpec, read_values
from ntk_uq.store import ResultsCache
from ntk_uq.views.commands import MAP, TRAINING


def add_parsers(commands: Any) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "map",
        help="a quantity of the theory over two axes, such as sigma_w and depth",
        description=(
            "Mean mu, spread sigma and ratio epsilon of the test loss over initializations of "
            "infinitely wide networks, or a fitted exponent, for every pair of values of two axes. "
            "What is no axis is the same in all cells. A cell is a point of a scaling curve and is "
            "kept in the store as one."
        ),
    )
    shared.add_data(parser)
    shared.add_network(parser)
    add_fields(parser, *TRAINING)
    add_fields(parser, *MAP)
    for name in ("x_values", "y_values"):
        shown = check_of(MapSpec, name).format(default_of(MapSpec, name))
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            metavar="V",
            default=shown,
            help=f"{about(MapSpec, name)}; or low:high:count, with ' log' behind it "
            f"(default {shown})",
        )
    parser.add_argument(
        "--quantity",
        metavar="Q",
        default="mu",
        help=f"what the table shows: {', '.join(MAP_QUANTITIES)} (default mu)",
    )
    shared.add_output(parser, json="print one JSON object, all quantities")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    chosen = read(options, MapSpec, MAP.names)
    spec = MapSpec(
        shared.read_data(options),
        shared.read_network(options),
        TrainingSpec(**read(options, TrainingSpec, TRAINING.names)),
        **chosen,
        x_values=read_values(chosen["x"], options.x_values),
        y_values=read_values(chosen["y"], options.y_values),
    )
    spec.check_quantity(options.quantity)  # before the work, not after it
    results = None if options.no_store else shared.open_results()
    found = _compute(spec, results, options.quiet)
    if options.json:
        print(json.dumps(found.to_json(), indent=2, allow_nan=False))
    else:
        print("\n".join(_table(found, options.quantity)))
    for sentence in (*found.notices, *_reasons(found, options.quantity)):
        print(f"ntk_uq: {sentence}", file=sys.stderr)
    return 1 if found.failed == spec.n_cells else 0


def _compute(spec: MapSpec, results: ResultsCache | None, quiet: bool) -> PhaseMap:
    # JAX and what it needs are loaded here, so that --help and a mistake answer at once.
    from ntk_uq.engine.inline import run_map

    with shared.progress_bar("point", quiet) as progress:
        return run_map(spec, results, progress)


def _table(found: PhaseMap, quantity: str) -> list[str]:
    """Rows from the largest y down, as the map is drawn."""
    x, y = found.spec.axes
    rows = [[f"{y.name} \\ {x.name}", *(_plain(value) for value in x.values)]]
    for value, cells in reversed(list(zip(y.values, found.cells, strict=True))):
        numbers = [cell.values[quantity].value for cell in cells]
        rows.append([_plain(value), *("-" if n is None else f"{n:.4g}" for n in numbers)])
    return [f"{quantity}:", *shared.aligned(rows), *_criticality(found.spec)]


def _criticality(spec: MapSpec) -> list[str]:
    network = spec.architecture
    if {"sigma_w", "sigma_b", "activation"} & {spec.x, spec.y}:
        return []
    sentence = criticality.describe(network.activation, network.sigma_w, network.sigma_b)
    return ["", sentence]


def _reasons(found: PhaseMap, quantity: str) -> list[str]:
    """Why cells have no number, each reason once, with how many cells it concerns."""
    counts: dict[str, int] = {}
    for row in found.cells:
        for cell in row:
            reason = cell.values[quantity].reason
            if reason is not None:
                counts[reason] = counts.get(reason, 0) + 1
    return [f"{counted(n, 'cell')}: {reason}" for reason, n in counts.items()]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:g}"
