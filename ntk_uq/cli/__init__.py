"""The command line: ``python -m ntk_uq COMMAND``; one file a command."""

import argparse
import io
import logging
import os
import re
import sys
from collections.abc import Sequence

from ntk_uq.base import private
from ntk_uq.base.errors import NtkUqError, SpecError
from ntk_uq.base.version import VERSION
from ntk_uq.cli import (
    curve,
    data,
    demo,
    ensemble,
    people,
    phase_map,
    runs,
    serve,
    spectrum,
    status,
    store,
    width,
)
from ntk_uq.cli import training_time as time
from ntk_uq.cli import views as saved

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130
_COMMANDS = (
    *(curve, ensemble, width, time, phase_map, spectrum),
    *(data, runs, saved, people, store, demo, status, serve),
)
_LONGEST = 120  # characters of a file's name in a message


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    parser = argparse.ArgumentParser(
        prog="ntk_uq",
        description="How the uncertainty of neural networks scales: infinite and finite width.",
    )
    parser.add_argument("--version", action="version", version=f"ntk_uq {VERSION}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in _COMMANDS:
        module.add_parsers(commands)
    words = sys.argv[1:] if arguments is None else list(arguments)
    _write_anything()
    for word in words:
        if re.fullmatch(r"--[\w-]+=--", word):  # argparse would take it for the end of the options
            parser.error(f"{word} has -- as its value; give one that means something")
        if not _is_text(word):
            parser.error(f"{word!r:.80} is not UTF-8; a file of such a name has to be renamed")
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    try:
        options = parser.parse_args(words)  # of --help, some Pythons tell that nobody reads it
        private.prepare()
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
    except OSError as error:  # a file that is not there, has no name that can be, or is not ours
        named = "" if error.filename is None else f"{_short(str(error.filename))}: "
        print(f"ntk_uq: {named}{error.strerror or error}", file=sys.stderr)
        return EXIT_FAILED


def _is_text(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in word


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _write_anything() -> None:
    """A terminal or a file that cannot hold a letter gets its code instead: not a result is lost
    to how it is printed."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
