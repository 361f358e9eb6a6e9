"""``ntk_uq width``: how finite networks approach infinite width, and how wide is wide enough."""

import argparse
import json
from typing import Any

from ntk_uq.analysis.width_laws import WidthLaw, width_laws
from ntk_uq.analysis.width_verdicts import width_verdict
from ntk_uq.base.errors import SpecError
from ntk_uq.cli import ensemble, shared
from ntk_uq.cli.options import add_fields, read
from ntk_uq.scaling import format_value
from ntk_uq.specs import EnsembleSpec
from ntk_uq.views import WidthView
from ntk_uq.views.commands import WIDTH


def add_parsers(commands: Any) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "width",
        help="the correction of finite width, and the width that is close to infinite width",
        description=(
            "Trains ensembles of several widths w as the command `ensemble` does, fits "
            "q(w) = q_inf (1 + c/w), with c2/w^2 where the points need it, to mu, sigma and "
            "epsilon, compares the fitted limit with the theory, and answers how wide networks "
            "must be."
        ),
    )
    ensemble.add_options(parser)
    add_fields(parser, *WIDTH)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    (tolerance,) = read(options, WidthView, WIDTH.names).values()
    few = read(options, EnsembleSpec, ("widths",))["widths"]
    if len(few) < 3:  # before the work, not after it
        raise SpecError(
            f"A law of width needs at least 3 widths and has {len(few)}: --width 64,128,256."
        )
    comparison = ensemble.train(options)
    study = width_laws(comparison)
    if options.json:
        answers = [
            {**law.to_json(), "needed": law.needed(tolerance / 100).to_json()} for law in study.laws
        ]
        out = {**comparison.to_json(), "tolerance": tolerance, "laws": answers}
        print(json.dumps(out, indent=2, allow_nan=False))
    else:
        rows = [_COLUMNS, *(_row(law, tolerance / 100) for law in study.laws)]
        told = [
            f"N_D {n}: {found.told}"
            for n in comparison.ensembles.spec.n_train
            if (found := width_verdict(study, n, tolerance / 100)) is not None
        ]
        print("\n".join([*shared.aligned(rows), "", _ABOUT.format(tolerance), "", *told]))
    return ensemble.ended(comparison)


_COLUMNS = ("N_D", "", "theory", "c", "c2", "limit and theory", "width needed")
_ABOUT = (
    "q(w) = q_inf (1 + c/w + c2/w^2); width needed: for {:g} % of infinite width; limit and "
    "theory: whether q_inf, fitted to the networks alone, is the theory's value"
)


def _row(law: WidthLaw, tolerance: float) -> tuple[str, ...]:
    best = law.best
    return (
        *(str(law.n_train), law.quantity),
        "-" if law.theory is None else f"{law.theory:.4g}",
        format_value(best.c, best.c_error) if best.valid else "-",
        "-" if best.c2 is None or not best.valid else format_value(best.c2, best.c2_error),
        *(law.verdict, law.needed(tolerance).words),
    )
