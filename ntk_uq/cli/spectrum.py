"""``ntk_uq spectrum``: the kernel's spectrum on a sample, and the learning curve it foresees."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ntk_uq.analysis.foreseen_exponents import ForeseenExponent, foreseen_exponents
from ntk_uq.analysis.foreseen_verdicts import parts_of, refusals
from ntk_uq.cli import shared
from ntk_uq.cli.options import add_fields, read
from ntk_uq.results.foreseen import Foreseen, ForeseenPoint, MeanLoss
from ntk_uq.results.spectrum import Decay
from ntk_uq.scaling import PowerLawFit, format_value
from ntk_uq.specs import ForeseenSpec, TrainingSpec
from ntk_uq.specs.foreseen import sizes_of
from ntk_uq.store import ResultsCache
from ntk_uq.views.commands import FORESEEN, POSTERIOR


def add_parsers(commands: Any) -> None:
    """Adds the command to the command line."""
    parser = commands.add_parser(
        "spectrum",
        help="eigenvalues of the kernel on a sample, and the learning curve that they foresee",
        description=(
            "Eigenvalues of the kernels of infinitely wide networks on a sample of the pool, the "
            "power of the target and of the function at initialization along the eigenvectors, and "
            "the mean test loss against N_D that follows: without training, and checked by "
            "training on parts of the sample."
        ),
    )
    shared.add_data(parser)
    shared.add_network(parser)
    add_fields(parser, *POSTERIOR)
    add_fields(parser, *FORESEEN)
    parser.set_defaults(n_train=None)  # they follow from the sample
    shared.add_output(parser)
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    spec = _spec(options)
    found = _compute(spec, None if options.no_store else shared.open_results(), options)
    if options.json:
        told = {"spec": spec.to_json(), "digest": spec.digest(), **_json(found)}
        print(json.dumps(told, indent=2, allow_nan=False))
    else:
        print("\n".join(_text(found)))
    for sentence in refusals(found.points):
        print(f"ntk_uq: {sentence}", file=sys.stderr)
    return 1 if any(point.failure is not None for point in found.points) else 0


def _spec(options: argparse.Namespace) -> ForeseenSpec:
    names = [name for name in FORESEEN.names if getattr(options, name) is not None]
    values = read(options, ForeseenSpec, names)
    values.setdefault("n_train", sizes_of(values["sample"]))
    training = TrainingSpec(**read(options, TrainingSpec, POSTERIOR.names))
    data = replace(shared.read_data(options), n_test=1)
    return ForeseenSpec(data, shared.read_network(options), training, **values)


def _compute(
    spec: ForeseenSpec, results: ResultsCache | None, options: argparse.Namespace
) -> Foreseen:
    # JAX and what it needs are loaded here, so that --help and a mistake answer at once.
    from ntk_uq.engine.inline import run_foreseen

    with shared.progress_bar("sample", options.quiet) as progress:
        return run_foreseen(spec, results, progress)


def _json(found: Foreseen) -> dict[str, Any]:
    return {
        "sample": found.sample,
        "ntk_eigenvalues": None if found.ntk is None else list(found.ntk.eigenvalues),
        "nngp_eigenvalues": list(found.nngp.eigenvalues),
        "target_power": list(found.target_power),
        "initial_power": list(found.initial_power),
        "foreseen": [_point_json(point) for point in found.points],
        "exponents": {
            "kernel": found.kernel.decay.to_json(),
            "target_power": found.target_decay.to_json(),
            "initial_power": found.initial_decay.to_json(),
            **{one.part: _exponent_json(one) for one in foreseen_exponents(found)},
        },
        "ridge": found.ridge,
        "noise": found.noise,
        "seconds": found.seconds,
        "provenance": dict(found.provenance),
    }


def _point_json(point: ForeseenPoint) -> dict[str, Any]:
    plain = point.to_json()
    there = plain.pop("foreseen") or dict.fromkeys(("mu", "mu_bias", "mu_variance", "error"))
    there["mu_error"] = there.pop("error")
    return {"n_train": point.n_train, **there, **plain, "holds": point.holds}


def _exponent_json(one: ForeseenExponent) -> dict[str, Any]:
    return {
        "foreseen": one.value,
        "error": one.error,
        "limited_by": one.limited_by,
        "valid": one.valid,
        "reasons": list(one.reasons),
        "of_curve": _fit_json(one.curve),
        "measured": _fit_json(one.measured),
        "pull": one.pull,
    }


def _fit_json(fit: PowerLawFit) -> dict[str, Any]:
    return {
        "alpha": fit.alpha,
        "error": fit.alpha_error,
        "valid": fit.valid,
        "reasons": [flag.reason for flag in fit.flags],
    }


_COLUMNS = ("N_D", "mu foreseen", "bias", "variance", "mu measured", "ratio", "by spectrum alone")


def _text(found: Foreseen) -> Iterator[str]:
    yield from shared.aligned([_COLUMNS, *map(_row, found.points)])
    yield ""
    yield (
        f"from a sample of {found.sample} examples; measured: trained on N_D of them, tested on "
        "the others; ! where this check fails, or where a fit is no power law"
    )
    yield ""
    for name, letter, decay in (
        ("eigenvalues of the kernel", "b", found.kernel.decay),
        ("power of the target", "a", found.target_decay),
        ("power at initialization", "c", found.initial_decay),
    ):
        yield f"{name}: {_decay_text(decay, letter)}"
    yield ""
    yield from shared.aligned(
        [
            ("exponent of", "by decays", "of curve", "measured"),
            *(_exponents(one, parts_of(found)) for one in foreseen_exponents(found)),
        ]
    )
    yield ""
    yield (
        "by decays: min(a - 1, 2 b) for the former and min(c - 1, 2 b) for the latter, with "
        "eigenvalues ~ rank^-b, the target's power ~ rank^-a, that at initialization ~ rank^-c"
    )


def _row(point: ForeseenPoint) -> tuple[str, ...]:
    loss, measured, alone = point.foreseen, point.measured, point.of_spectrum
    ratio = "-" if loss is None or measured is None else f"{loss.mu / measured.mu:.3f}"
    return (
        str(point.n_train),
        _value(loss),
        "-" if loss is None else f"{loss.mu_bias:.4g}",
        "-" if loss is None else f"{loss.mu_variance:.4g}",
        _value(measured),
        ratio if point.holds else f"{ratio} !",
        "-" if alone is None else f"{alone.mu:.4g}{'' if point.spectrum_holds else ' !'}",
    )


def _value(loss: MeanLoss | None) -> str:
    return "-" if loss is None else format_value(loss.mu, loss.error)


def _decay_text(decay: Decay, letter: str) -> str:
    if decay.exponent is None:
        return " ".join(decay.reasons)
    value = format_value(decay.exponent, decay.error)
    text = f"~ rank^-{letter}, {letter} = {value}, ranks {decay.low} to {decay.high}"
    return text if decay.valid else f"{text}; no power law: {' '.join(decay.reasons)}"


def _exponents(one: ForeseenExponent, names: Mapping[str, str]) -> tuple[str, ...]:
    return (
        names[one.part],
        _exponent_text(one.value, one.error, one.valid),
        *(
            _exponent_text(fit.alpha, fit.alpha_error, fit.valid)
            for fit in (one.curve, one.measured)
        ),
    )


def _exponent_text(value: float | None, error: float | None, valid: bool) -> str:
    if value is None:
        return "-"
    return f"{format_value(value, error)}{'' if valid else ' !'}"
