"""``python -m benchmarks``: all cases or some, as tables and as a JSON file."""

import argparse
import json
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ntk_uq.base import process


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the cases; 1 if one of them ended with an error, or missed a target with ``--check``."""
    # OpenBLAS has read its environment when these are there.
    from benchmarks import cases, inputs, machine, table
    from benchmarks.plan import Plan

    options = _options(arguments, (*cases.NAMES, cases.DEVICE))
    plan = Plan(options.repetitions, options.quick, inputs.choose(), options.only)
    document: dict[str, Any] = {
        "machine": machine.describe(),
        "options": {"repetitions": plan.repetitions, "quick": plan.quick, "only": plan.named},
        "data": {"name": plan.inputs.name, "label": plan.inputs.label, "note": plan.inputs.note},
        "reports": [],
        "errors": {},
    }
    print(_head(document), flush=True)
    missed = []
    for name in plan.named or _usual():
        print(f"{name} ...", file=sys.stderr, flush=True)
        start = time.perf_counter()
        try:
            mine = cases.fitting(name, plan)
            for report in cases.runner(name)(mine):
                print(table.text(report, mine.quick), flush=True)
                document["reports"].append(report.to_json(mine.quick))
                missed += [v.what for v in report.values if v.verdict(mine.quick) == "missed"]
                # At once, so that an hour's numbers outlive whatever comes later.
                _write(options.json, document)
        except Exception as error:  # noqa: BLE001 (one case less is no reason to lose the others)
            traceback.print_exc()
            print(f"== {name}: ended with an error: {error}\n", flush=True)
            document["errors"][name] = f"{type(error).__name__}: {error}"
        document.setdefault("case_seconds", {})[name] = time.perf_counter() - start
    _write(options.json, document)
    print(f"written to {options.json}")
    if missed:
        print(f"targets missed: {'; '.join(missed)}")
    return 1 if document["errors"] or (options.check and missed) else 0


def _options(arguments: Sequence[str] | None, names: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", help=f"some cases, with commas between: {', '.join(names)}")
    parser.add_argument("--repetitions", type=int, help="of each measurement (default 5; quick 1)")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it all work?")
    parser.add_argument("--json", type=Path, help="where to write (default benchmarks/results/)")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    options = parser.parse_args(arguments)
    options.only = tuple(options.only.split(",")) if options.only else ()
    unknown = set(options.only) - set(names)
    if unknown:
        parser.error(f"there is no case {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    if options.repetitions is None:
        options.repetitions = 1 if options.quick else 5
    if options.repetitions < 1:
        parser.error("--repetitions must be at least 1")
    if options.json is None:
        name = time.strftime("%Y-%m-%dT%H-%M-%S") + ("-quick" if options.quick else "")
        options.json = Path(__file__).parent / "results" / f"{name}.json"
    return options


def _usual() -> Iterator[str]:
    """The cases that run when none is named."""
    import jax

    from benchmarks import cases

    yield from cases.NAMES
    if jax.default_backend() != "cpu":
        yield cases.DEVICE


def _head(document: dict[str, Any]) -> str:
    machine, data = document["machine"], document["data"]
    versions = ", ".join(f"{name} {v}" for name, v in machine["versions"].items() if v)
    lines = [
        f"{machine['date']}  commit {machine['commit'] or 'unknown'}",
        f"{machine['cpu']}, {machine['cores']} cores; JAX on {machine['device']}",
        f"Python {machine['python']}, {versions}",
        f"inputs: {data['label']}",
    ]
    return "\n".join([*lines, *([data["note"]] if data["note"] else []), ""])


def _write(path: Path, document: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1))


if __name__ == "__main__":
    process.prepare()
    sys.exit(main())
