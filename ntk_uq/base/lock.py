"""One process at a time in a folder."""

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # not POSIX
    fcntl = None  # type: ignore[assignment]

_POLL_SECONDS = 0.1
_STALE_SECONDS = 600.0
# What file systems without flock answer (some NFS servers, and NFS for a file opened to read).
_NO_FLOCK = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EINVAL)


@contextlib.contextmanager
def locked(path: Path, waiting: Callable[[], None] | None = None) -> Iterator[Callable[[], None]]:
    """Holds the lock file ``path`` while the block runs; waits for whoever holds it.

    Gives a function to call now and then, which shows that the holder is alive. The file stays:
    to remove it would let two processes lock two files of one name. The lock itself ends with
    its process. Where files cannot be locked, a second file stands for the lock, and one whose
    holder has shown no life for ten minutes is not respected.

    Args:
        path: the lock file; its folder exists.
        waiting: called once if somebody else holds the lock.

    Raises:
        OSError: if the file cannot be made.
    """
    # Opened to read: on a shared server the file may be another user's.
    handle = os.open(path, os.O_RDONLY | os.O_CREAT, 0o666)
    try:
        if _wait(lambda: _flock(handle), waiting):
            yield lambda: None
            return
    finally:
        os.close(handle)  # this releases the lock
    stand_in = path.with_name(f"{path.name}.held")
    _wait(lambda: _create(stand_in), waiting)
    try:
        yield lambda: os.utime(stand_in)
    finally:
        stand_in.unlink(missing_ok=True)


def _wait(attempt: Callable[[], bool | None], waiting: Callable[[], None] | None) -> bool:
    """Tries until the answer is yes (True) or that it cannot be had in this way (None: False)."""
    told = False
    while (got := attempt()) is False:
        if waiting is not None and not told:
            waiting()
        told = True
        # Polled: a blocking flock cannot be interrupted in a thread.
        time.sleep(_POLL_SECONDS)
    return bool(got)


def _flock(handle: int) -> bool | None:
    if fcntl is None:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in _NO_FLOCK:
            return None
        raise
    return True


def _create(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        if time.time() - path.stat().st_mtime > _STALE_SECONDS:
            path.unlink(missing_ok=True)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    except FileExistsError:
        return False
    return True
