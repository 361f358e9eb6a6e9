"""``python -m attack``: all parts or some, as a table; 1 where something was unsafe."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from attack.figures import Figure, exit_code, table
from attack.parts import LONGEST, PARTS

ROOT = Path(__file__).resolve().parents[2]
PATH = (str(ROOT), str(ROOT / "tests"))
_GRACE = 30.0


def main(arguments=None) -> int:
    """Runs the parts one after the other; the process's exit code."""
    options = _options(arguments)
    figures, began = [], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ntk_uq-attack-") as base:
        for name in options.only:
            start = time.monotonic()
            left = LONGEST - _GRACE - (start - began)
            found = list(attacked(name, options, Path(options.folder or base), left))
            figures += found
            took = time.monotonic() - start
            print(f"== {name}: {PARTS[name].about}, {took:.0f} s\n{table(found)}\n", flush=True)
    code = exit_code(figures)
    print(table(figures))
    missed = sum(figure.verdict == "missed" for figure in figures)
    unsafe = sum(figure.fails for figure in figures)
    print(
        f"\n{len(figures)} figures in {time.monotonic() - began:.0f} s; {missed} missed their aim, "
        f"{unsafe} are unsafe."
    )
    if options.json:
        document = {
            "form": "short" if options.short else "long",
            "seed": options.seed,
            "figures": [figure.to_json() for figure in figures],
        }
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return code


def attacked(name: str, options, base: Path, left: float) -> Iterator[Figure]:
    """The figures of a part, run in a process of its own."""
    part, aims = PARTS[name], dict(PARTS[name].module().AIMS)
    seconds = part.short_seconds if options.short else part.seconds
    seconds = min(seconds * options.patience, left)
    folder = base / name
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "short": options.short,
        "seed": options.seed,
        "folder": str(folder),
        "cache": str(base / "cache"),
        "seconds": seconds,
    }
    ended, left_out = "the run's time is over", False
    if seconds > 1:
        ended = "its process ended"
        for line in _lines(name, told, folder / "attack.log"):
            if "ended" in line:
                ended, left_out = line["ended"], line["left_out"]
            else:
                aim = aims.pop(line["key"])
                skipped = line["value"] is None
                yield Figure(name, aim, line["value"], line["note"], skipped)
    for aim in aims.values():
        yield Figure(name, aim, None, ended or "the part did not tell it", left_out)


def _lines(name: str, told: dict, log: Path) -> Iterator[dict]:
    """What the part's process tells, line by line."""
    with log.open("wb") as complaints:
        process = subprocess.Popen(
            [sys.executable, "-m", "attack.child", name, json.dumps(told)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(PATH)},
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            start_new_session=True,
        )
        try:
            # It ends by itself when its time is over; this is for one that cannot.
            out, _ = process.communicate(timeout=told["seconds"] + _GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, _ = process.communicate()
        except BaseException:
            # As if its time was over: it ends what it has started.
            process.send_signal(signal.SIGALRM)
            process.wait(_GRACE)
            raise
    for line in out.splitlines():
        yield json.loads(line)


def _options(arguments):
    parser = argparse.ArgumentParser(prog="python -m attack", description=__doc__)
    parser.add_argument("--short", action="store_true", help="less of it, as in CI")
    parser.add_argument("--only", help=f"some parts, with commas between: {', '.join(PARTS)}")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn (default 0)")
    parser.add_argument(
        "--patience",
        type=float,
        default=1.0,
        help="times as long for each part, where others compute",
    )
    parser.add_argument("--json", type=Path, help="a file for the figures")
    parser.add_argument("--folder", help="where stores and logs are left (default: nowhere)")
    options = parser.parse_args(arguments)
    options.only = options.only.split(",") if options.only else [*PARTS]
    unknown = [name for name in options.only if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
