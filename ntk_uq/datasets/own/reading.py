"""One call for a file of any format that is read."""

from pathlib import Path

from ntk_uq.datasets.own.delimited import read_csv
from ntk_uq.datasets.own.isolated import read_isolated
from ntk_uq.datasets.own.layout import Layout
from ntk_uq.datasets.own.npz import read_npz
from ntk_uq.datasets.own.source import kind_of, source_of
from ntk_uq.datasets.own.table import Table

_USUAL = Layout()
_READERS = {"csv": read_csv, "npz": read_npz}


def open_file(data: Path | str | bytes, name: str | None = None, layout: Layout = _USUAL) -> Table:
    """The columns of a CSV, Parquet, NPZ or HDF5 file, all of it read once.

    Args:
        data: the file's path, or the bytes of an upload.
        name: what the file is called, with its suffix; needed where ``data`` is bytes.
        layout: how it is to be read where that is not left to be found.

    Raises:
        MissingDataError: if there is no such file.
        DataError: if it is not what its name says, damaged, or beyond the limits.
        SpecError: if a limit in the settings is not a size.
    """
    source = source_of(data, name)
    kind = kind_of(source)
    layout.check_kind(source.name, kind)
    reader = _READERS.get(kind)
    return read_isolated(kind, source, layout) if reader is None else reader(source, layout)
