"""Reading in a process of its own what is read by a library in C.

A damaged HDF5 or Parquet file can end the process that reads it, keep it busy for ever, or have it
take memory that no check of ours sees coming: a page of Parquet or a chunk of HDF5 is unpacked
whole, inside the library. So a process with limits reads, and this one lives on. What comes back
over its pipe is a description in JSON, then the bytes of the arrays in its order.
"""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from jaxtyping import Shaped

from ntk_uq.base import paths, settings
from ntk_uq.base.errors import DataError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets.own.layout import Layout
from ntk_uq.datasets.own.source import OwnFile
from ntk_uq.datasets.own.table import Column, Numbers, Table, TextColumn, Unusable

SECONDS = 60
"""Processor time that reading one file may take; by the clock it is three times as long."""

_log = logging.getLogger(__name__)
_PIECE = 2**20
_USUAL = Layout()
# One thread, and the system's allocator, which reserves no more than it gives: the limit is on
# reserved memory, as the system knows no other.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
}


def read_isolated(kind: str, source: OwnFile, layout: Layout = _USUAL) -> Table:
    """The table that the reader of ``kind`` makes of a file, read in another process.

    Raises:
        DataError: what the reader says of the file; or that it could not be read within the
            limits of time and memory.
    """
    with _on_disk(source) as path, tempfile.TemporaryFile() as complaints:
        program = [sys.executable, "-m", "ntk_uq.datasets.own.child"]
        arrays = json.dumps(dict(layout.arrays))
        command = [*program, kind, source.name, str(path), str(SECONDS), arrays]
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            cwd=paths.home(),
            env=os.environ | _ENVIRONMENT,
        )
        late = threading.Timer(3 * SECONDS, child.kill)
        late.start()
        try:
            assert child.stdout is not None
            table = receive(source.name, child.stdout)
        except EOFError:
            child.wait()
            complaints.seek(0)
            raise _ended(source.name, child.returncode, complaints.read()) from None
        finally:
            late.cancel()
            child.kill()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()
    return table


def send(result: Table | DataError, out: IO[bytes]) -> None:
    """Writes a table, or what is wrong with the file, for :func:`receive` at the other end."""
    if isinstance(result, DataError):
        _send_json({"error": str(result)}, out)
        return
    arrays, columns = [], []
    for column in result.columns:
        about: dict[str, Any] = {"name": column.name}
        if isinstance(column, Unusable):
            about |= {"problem": column.problem, "rows": column.rows}
        else:
            array = column.codes if isinstance(column, TextColumn) else column.values
            arrays.append(array)
            about |= {"dtype": array.dtype.str, "shape": array.shape}
            if isinstance(column, TextColumn):
                about |= {
                    "labels": column.labels,
                    "problem": column.problem,
                    "row": column.problem_row,
                }
        columns.append(about)
    _send_json({"columns": columns, "notes": result.notes}, out)
    for array in arrays:
        out.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    out.flush()


def receive(source: str, pipe: IO[bytes]) -> Table:
    """The table that :func:`send` wrote.

    Raises:
        DataError: if it wrote one.
        EOFError: if it did not write all.
    """
    size = int.from_bytes(_bytes(pipe, 8), "little")
    message = json.loads(bytes(_bytes(pipe, size)))
    if "error" in message:
        raise DataError(message["error"])
    columns: list[Column] = []
    for about in message["columns"]:
        if "dtype" not in about:
            columns.append(Unusable(**about))
            continue
        dtype, shape = np.dtype(about["dtype"]), tuple(about["shape"])
        count = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        array = _bytes(pipe, count).view(dtype).reshape(shape)
        if "labels" in about:
            labels, problem = tuple(about["labels"]), about["problem"]
            columns.append(TextColumn(about["name"], labels, array, problem, about["row"]))
        else:
            columns.append(Numbers(about["name"], array))
    return Table(source, tuple(columns), notes=tuple(message["notes"]))


def _send_json(value: dict[str, Any], out: IO[bytes]) -> None:
    text = json.dumps(value).encode()
    out.write(len(text).to_bytes(8, "little"))
    out.write(text)
    out.flush()


def _bytes(pipe: IO[bytes], count: int) -> Shaped[np.ndarray, " count"]:
    buffer = np.empty(count, np.uint8)
    done = 0
    while done < count:
        piece = pipe.read(min(_PIECE, count - done))
        if not piece:
            raise EOFError
        buffer[done : done + len(piece)] = np.frombuffer(piece, np.uint8)
        done += len(piece)
    return buffer


@contextlib.contextmanager
def _on_disk(source: OwnFile) -> Iterator[Path]:
    """The file by a path: its own, or a copy of an upload for as long as it is read."""
    if source.path is not None:
        yield source.path.absolute()
        return
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(tempfile.NamedTemporaryFile(prefix="ntk_uq-"))
            file.write(source.content or b"")
            file.flush()
        except OSError as error:
            raise DataError(
                f"{source.name} cannot be written to {tempfile.gettempdir()} to be read there: "
                f"{error.strerror or error}. Make room, or set TMPDIR to another directory."
            ) from None
        yield Path(file.name)


def _ended(name: str, code: int, complaints: bytes) -> DataError:
    """Why the process ended before it had written everything."""
    words = complaints[-2000:].decode(errors="replace")
    _log.warning("reading %s ended with %d: %s", name, code, words)
    if -code in (signal.SIGXCPU, signal.SIGKILL):
        return DataError(
            f"{name} could not be read in {SECONDS} seconds; is it damaged? Take a part of it, or "
            "save it again."
        )
    return DataError(
        f"{name} cannot be read: it is damaged, or needs more memory to be unpacked than the "
        f"{format_bytes(settings.upload_expanded())} of {settings.UPLOAD_EXPANDED} allow. Save it "
        "again."
    )
