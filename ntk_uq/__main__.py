"""``python -m ntk_uq``."""

import sys

from ntk_uq.base import process

if __name__ == "__main__":
    process.prepare()
    from ntk_uq.cli import main

    sys.exit(main())
