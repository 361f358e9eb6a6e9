"""``python -m ntk_uq``."""

import os
import sys

from ntk_uq.settings import BLAS_ENVIRONMENT

if __name__ == "__main__":
    # OpenBLAS reads its environment when NumPy is loaded, so before everything else.
    for name, value in BLAS_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from ntk_uq.cli import main

    sys.exit(main())
