"""The process that reads a Parquet or an HDF5 file for another one (see ``isolated.py``).

python -m ntk_uq.datasets.own.child KIND NAME PATH SECONDS ARRAYS
"""

import contextlib
import json
import math
import os
import sys
from collections.abc import Callable
from pathlib import Path

from ntk_uq.base import settings
from ntk_uq.base.errors import DataError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets.own.hdf5 import read_hdf5
from ntk_uq.datasets.own.isolated import send
from ntk_uq.datasets.own.layout import Layout
from ntk_uq.datasets.own.parquet import read_parquet
from ntk_uq.datasets.own.source import OwnFile
from ntk_uq.datasets.own.table import Table

_READERS: dict[str, Callable[[OwnFile, Layout], Table]] = {
    "hdf5": read_hdf5,
    "parquet": lambda source, _: read_parquet(source),
}
_SPARE = 2**28  # bytes beside the values: what libraries take for themselves


def main(kind: str, name: str, path: str, seconds: str, arrays: str = "{}") -> None:
    """Reads one file and writes what came of it to the standard output."""
    import h5py  # noqa: F401 (their memory is taken before the limit is set)
    import pyarrow.compute
    import pyarrow.parquet  # noqa: F401

    # What libraries print must not come between.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _limit(math.ceil(float(seconds)))
    source = OwnFile(name, Path(path), None, Path(path).stat().st_size)
    send(_read(kind, source, Layout(arrays=json.loads(arrays))), out)


def _read(kind: str, source: OwnFile, layout: Layout) -> Table | DataError:
    try:
        return _READERS[kind](source, layout)
    except DataError as error:
        return error
    except MemoryError:
        limit = format_bytes(settings.upload_expanded())
        return DataError(
            f"{source.name} needs more memory to be unpacked than {limit} of values. Take a part "
            f"of it, or set {settings.UPLOAD_EXPANDED}."
        )


def _limit(seconds: int) -> None:
    """Bounds this process's memory and processor time, where the system can."""
    try:
        import resource
    except ImportError:  # not POSIX
        return
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        # Twice: a column is put together from its pieces.
        most = taken + 2 * settings.upload_expanded() + _SPARE
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main(*sys.argv[1:])
