"""``python -m ntk_uq``, and ``ntk-uq`` where the package is installed."""

import sys

from ntk_uq.base import process


def main() -> int:
    """The command line in a process of its own; returns the exit code."""
    process.prepare()
    from ntk_uq.cli import main as command_line

    return command_line()


if __name__ == "__main__":
    sys.exit(main())
