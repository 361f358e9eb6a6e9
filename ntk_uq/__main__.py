"""``python -m ntk_uq``."""

import sys

from ntk_uq.cli import main

if __name__ == "__main__":
    sys.exit(main())
