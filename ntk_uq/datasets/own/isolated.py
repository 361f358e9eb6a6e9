"""Reading, looking at and keeping users' files in a process of its own.

A damaged file can end the process that reads it, keep it busy for ever, or have it take memory that
no check of ours sees coming: a kilobyte may unpack to gigabytes, and copies, sorting and labels
come on top. So a process with limits of memory and time does all of it, and this one lives on and
stays small. What comes back over its pipe is a description in JSON, then the bytes of the arrays in
its order, where a table was asked for.
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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from jaxtyping import Shaped

from ntk_uq.base import paths, settings
from ntk_uq.base.errors import DataError
from ntk_uq.base.settings import format_bytes
from ntk_uq.datasets.own.source import OwnFile
from ntk_uq.datasets.own.table import Column, Numbers, Place, Table, TextColumn, Unusable

SECONDS = 60
"""Processor time that one file may take; by the clock it is three times as long."""

AT_ONCE = 2
"""Files that this process has read at once: what they take together is bounded, too."""

_log = logging.getLogger(__name__)
_PIECE = 2**20
# One thread, and the system's allocator, which reserves no more than it gives: the limit is on
# reserved memory, as the system knows no other.
_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
}


class Turns:
    """Who may have a file read: so many at once, and the others wait.

    Args:
        most: how many at once.
    """

    def __init__(self, most: int) -> None:
        self._places = threading.Semaphore(most)

    @contextlib.contextmanager
    def turn(self, waiting: Callable[[], None] | None) -> Iterator[None]:
        """A place, for as long as it is held; ``waiting`` is called once if there is none free."""
        if not self._places.acquire(blocking=False):
            if waiting is not None:
                waiting()
            self._places.acquire()
        try:
            yield
        finally:
            self._places.release()


TURNS = Turns(AT_ONCE)
"""The process's own."""


def ask(
    what: dict[str, Any],
    sources: Sequence[OwnFile],
    receive: Callable[[IO[bytes]], Any],
    waiting: Callable[[], None] | None = None,
) -> Any:
    """What another process makes of files (see ``child.py``).

    Args:
        what: the question, of JSON's own types; the files' names and paths are added to it.
        sources: the files.
        receive: reads the answer from the process's pipe.
        waiting: called if others are read and this has to wait.

    Raises:
        DataError: what it says of a file; or that it could not be read within the limits of time
            and memory.
    """
    name = sources[0].name
    settings.upload_expanded()  # what is wrong with it is said here
    with contextlib.ExitStack() as stack:
        files = [[s.name, str(stack.enter_context(_on_disk(s)))] for s in sources]
        stack.enter_context(TURNS.turn(waiting))
        complaints = stack.enter_context(tempfile.TemporaryFile())
        child = subprocess.Popen(
            [sys.executable, "-m", "ntk_uq.datasets.own.child", str(SECONDS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            cwd=paths.home(),
            env=os.environ | _ENVIRONMENT,
        )
        late = threading.Timer(3 * SECONDS, child.kill)
        late.start()
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            with contextlib.suppress(BrokenPipeError):
                child.stdin.write(json.dumps({**what, "files": files}).encode())
                child.stdin.close()
            return receive(child.stdout)
        except EOFError:
            child.wait()
            complaints.seek(0)
            raise _ended(name, child.returncode, complaints.read()) from None
        finally:
            late.cancel()
            child.kill()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()


def send_table(table: Table, out: IO[bytes]) -> None:
    """Writes a table for :func:`receive_table` at the other end."""
    arrays, columns = [], []
    for column in table.columns:
        about: dict[str, Any] = {"name": column.name}
        if isinstance(column, Unusable):
            about |= {"problem": column.problem, "rows": column.rows, "remedy": column.remedy}
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
    place = table.place if isinstance(table.place, Place) else Place("index", 0)
    said = {"columns": columns, "notes": table.notes, "place": list(vars(place).values())}
    send_json({"source": table.source, **said}, out)
    for array in arrays:
        out.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    out.flush()


def receive_table(pipe: IO[bytes]) -> Table:
    """The table that :func:`send_table` wrote.

    Raises:
        DataError: if an error was written.
        EOFError: if not all was written.
    """
    message = receive_json(pipe)
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
    notes = tuple(message["notes"])
    return Table(message["source"], tuple(columns), Place(*message["place"]), notes)


def send_json(value: dict[str, Any], out: IO[bytes]) -> None:
    """Writes an object, or what is wrong under the name ``error``."""
    text = json.dumps(value).encode()
    out.write(len(text).to_bytes(8, "little"))
    out.write(text)
    out.flush()


def receive_json(pipe: IO[bytes]) -> dict[str, Any]:
    """The object that :func:`send_json` wrote.

    Raises:
        DataError: if an error was written.
        EOFError: if not all was written.
    """
    size = int.from_bytes(_bytes(pipe, 8), "little")
    message: dict[str, Any] = json.loads(bytes(_bytes(pipe, size)))
    if "error" in message:
        raise DataError(message["error"])
    return message


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
