"""What ``ntk_uq curve`` sets beside a curve: a baseline, and finite networks that are there."""

import argparse
import copy
import json
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ntk_uq.analysis.curve_changes import change, partners
from ntk_uq.analysis.curve_networks import CurveNetworks, stored_networks
from ntk_uq.analysis.curve_ratios import curve_ratios
from ntk_uq.analysis.verdicts import verdict
from ntk_uq.base import settings
from ntk_uq.base.errors import SpecError
from ntk_uq.cli import shared
from ntk_uq.cli.options import add_fields, read
from ntk_uq.export.snippets import shell_of
from ntk_uq.jobs import describe
from ntk_uq.jobs.varied_words import label
from ntk_uq.results.curves import Curve
from ntk_uq.results.ensembles.records import EnsemblePoint, Estimate
from ntk_uq.results.points import QUANTITIES, CurvePoint
from ntk_uq.scaling import format_value
from ntk_uq.specs import CurveSpec, EnsembleSpec
from ntk_uq.store import open_store
from ntk_uq.views import CurvesView
from ntk_uq.views.commands import NETWORKS
from ntk_uq.views.scaling_curves import networks_of

Labelled = tuple[str, CurveSpec]
Specs = Callable[[argparse.Namespace], list[Labelled]]


class _Arguments(argparse.ArgumentParser):
    """Says what is wrong with the arguments of a baseline, and does not end the program."""

    def error(self, message: str) -> NoReturn:
        raise SpecError(f"--baseline: {message}; give a link, or arguments of this command.")


@dataclass(frozen=True)
class Beside:
    """What was asked for beside the curves.

    Attributes:
        baseline: curves with their labels.
        networks: of each curve, in their order; None for those without.
        curves: labels of the curves.
    """

    baseline: tuple[Labelled, ...]
    networks: tuple[EnsembleSpec | None, ...]
    curves: tuple[str, ...]

    def bases(self, name: str, spec: CurveSpec) -> list[Labelled]:
        """The baseline's curves that a curve is compared with."""
        return partners(name, spec, self.baseline)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options."""
    parser.add_argument(
        "--baseline",
        metavar="LINK|ARGUMENTS",
        help="curves that are printed beside, with the ratios to them: a link of the page, or "
        "arguments of this command in quotes, such as --baseline='--depth 1'; what they leave "
        "out is as in this command",
    )
    parser.add_argument(
        NETWORKS.option("widths"),
        dest="widths",
        metavar="WIDTHS",
        help="finite networks of these widths that the store has, printed beside with their ratio "
        "to infinite width at the same steps; what is missing is told",
    )
    add_fields(parser, CurvesView, [name for name in NETWORKS.names if name != "widths"])


def read_beside(
    options: argparse.Namespace,
    curves: Sequence[Labelled],
    add_specs: Callable[[argparse.ArgumentParser], None],
    specs: Specs,
) -> Beside:
    """What the options ask for.

    Args:
        options: of the command, before anything has changed them.
        curves: of the command, with their labels.
        add_specs: adds the options that name curves to a parser.
        specs: reads the curves from options.

    Raises:
        SpecError: for a link that cannot be opened, arguments that are none, or networks without a
            store.
    """
    baseline = _baseline(options, add_specs, specs)
    networks: tuple[EnsembleSpec | None, ...] = (None,) * len(curves)
    if options.widths is not None:
        if options.no_store:
            raise SpecError("--networks are those of the store; leave out --no-store.")
        asked = read(options, CurvesView, NETWORKS.names)
        networks = networks_of([spec for _, spec in curves], **asked)
        if not any(networks):
            raise SpecError(
                "No network is trained to a Bayesian posterior; leave out --networks, or choose "
                "--posterior trained."
            )
    return Beside(tuple(baseline), networks, tuple(name for name, _ in curves))


def _baseline(
    options: argparse.Namespace,
    add_specs: Callable[[argparse.ArgumentParser], None],
    specs: Specs,
) -> list[Labelled]:
    text = (options.baseline or "").strip()
    if not text:
        return []
    if not text.startswith("-"):
        view = CurvesView(baseline=text.rpartition("?")[2]).pinned()
        return [(label(view.vary, spec), spec) for spec in view.curves()]
    parser = _Arguments(prog="--baseline", add_help=False)
    add_specs(parser)
    return specs(parser.parse_args(shlex.split(text), copy.copy(options)))


def read_networks(beside: Beside) -> list[CurveNetworks]:
    """The networks that the store has of those that were asked for."""
    if not any(beside.networks):
        return []
    store = open_store(settings.store_directory())
    return stored_networks(store, beside.networks, beside.curves)


# Baselines


def baseline_lines(
    curve: Curve,
    bases: Sequence[tuple[str, Curve]],
    low: float | None,
    high: float | None,
) -> list[str]:
    """A table a baseline: its points, and the curve over it; and what that says of both.

    Args:
        curve: that is compared.
        bases: those that it is compared with, with their labels.
        low, high: the window of the fits.
    """
    lines: list[str] = []
    for name, base in bases:
        ratios = {q: {r.n_train: r for r in curve_ratios(curve, base, q)} for q in QUANTITIES}
        rows = [("N_D", *QUANTITIES, *(f"{q}/baseline" for q in QUANTITIES))]
        for point in base.points:
            found = [ratios[q].get(point.n_train) for q in QUANTITIES]
            told = ("-" if r is None else format_value(r.value, r.error) for r in found)
            rows.append((str(point.n_train), *_values(point), *told))
        lines += ["", f"baseline, {name}: {_difference(base.spec, curve.spec)}"]
        lines += shared.aligned(rows)
        now, then = (verdict(c, c.fits(low, high), None, low, high) for c in (curve, base))
        lines.append(f"over the baseline: {change(curve, now, base, then).told}")
    return lines


def baseline_json(curve: Curve, bases: Sequence[tuple[str, Curve]]) -> list[dict[str, Any]]:
    """The same as JSON's own types."""
    return [
        {
            "label": name,
            "spec": base.spec.to_json(),
            "digest": base.spec.digest(),
            "points": [point.to_json() for point in base.points],
            "ratios": {q: [vars(r) for r in curve_ratios(curve, base, q)] for q in QUANTITIES},
        }
        for name, base in bases
    ]


def _values(point: CurvePoint) -> tuple[str, ...]:
    return tuple(format_value(getattr(point, q), getattr(point, f"{q}_sem")) for q in QUANTITIES)


def _difference(base: CurveSpec, spec: CurveSpec) -> str:
    """In what a curve differs from its baseline, which is named first."""
    found = describe.differences(*(json.dumps(one.to_json()) for one in (base, spec)))
    told = ", ".join(f"{d.name} {d.left} → {d.right}" for d in found)
    return told or "the same curve"


# Networks


def network_lines(found: CurveNetworks) -> list[str]:
    """A table of the networks with their ratio to infinite width, and what is missing."""
    optimizer = found.wanted.optimizer
    lines = [
        "",
        f"finite networks on draw 0, {optimizer.steps} steps, eta = {optimizer.eta:g}; "
        "over infinite width on the same subset at the same steps",
    ]
    points = found.ensembles.points
    if points:
        columns = ("width", "N_D", "networks", *QUANTITIES, *(f"{q}/infinite" for q in QUANTITIES))
        lines += shared.aligned([columns, *(_row(found, point) for point in points)])
    return [*lines, *_missing(found)]


def network_json(found: CurveNetworks) -> dict[str, Any]:
    """The same as JSON's own types."""
    launch = shell_of("ensemble", found.wanted) if found.missing else None
    return {**found.to_json(), "launch": launch}


def _row(found: CurveNetworks, point: EnsemblePoint) -> tuple[str, ...]:
    lost = f" ({point.diverged} diverged)" if point.diverged else ""
    return (
        *(str(point.width), str(point.n_train), f"{point.members}{lost}"),
        *(_cell(getattr(point, q)) for q in QUANTITIES),
        *(_cell(found.ratio(point, q)) for q in QUANTITIES),
    )


def _cell(found: Estimate | None) -> str:
    return "-" if found is None else format_value(found.value, found.error)


def _missing(found: CurveNetworks) -> list[str]:
    if not found.missing:
        return []
    return [
        f"{found.missing} of {found.wanted.n_members} networks are not in the store; "
        "this trains them:",
        f"  {shell_of('ensemble', found.wanted)}",
    ]
