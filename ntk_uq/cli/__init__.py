"""The command line: ``python -m ntk_uq COMMAND``; one file a command."""

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from ntk_uq.base.errors import NtkUqError, SpecError
from ntk_uq.base.version import VERSION
from ntk_uq.cli import curve, data, ensemble, phase_map, runs, serve, status, width
from ntk_uq.cli import training_time as time

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    parser = argparse.ArgumentParser(
        prog="ntk_uq",
        description="How the uncertainty of neural networks scales: infinite and finite width.",
    )
    parser.add_argument("--version", action="version", version=f"ntk_uq {VERSION}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in (curve, ensemble, width, time, phase_map, data, runs, status, serve):
        module.add_parsers(commands)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    try:
        code = options.run(options)
        sys.stdout.flush()
        return int(code or 0)
    except SpecError as error:
        print(f"ntk_uq: {error}", file=sys.stderr)
        return EXIT_USAGE
    except NtkUqError as error:
        print(f"ntk_uq: {error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("ntk_uq: interrupted; what was computed is kept", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has seen enough; silence the interpreter's own flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
