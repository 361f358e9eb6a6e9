"""What an entry point asks of the libraries of its process, for speed alone."""

import contextlib
import ctypes
import gc
import os
from pathlib import Path

BLAS_ENVIRONMENT = {"OPENBLAS_THREAD_TIMEOUT": "18"}
"""What entry points set for OpenBLAS, as the logarithm of clock cycles. NumPy and SciPy bring a
thread pool each, beside XLA's; at the default (2^26 cycles) idle threads of one spin on the cores
that another needs, which made a curve 3 to 12 times slower on two cores. Threads that sleep at once
(2^4) have to be woken for every small block of a factorization, which took twice its time; 2^18
cycles, a tenth of a millisecond, cost neither."""

# Names and values of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_KEPT = 32 * 2**20  # glibc takes no more
_KEPT = 64 * 2**20


def prepare() -> None:
    """All of it; OpenBLAS reads its environment when NumPy is loaded, so before everything else."""
    for name, value in BLAS_ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    reuse_memory()


def step_back(by: int) -> None:
    """Lets other processes go first where cores are short: raises the niceness of this one.

    On Linux each thread has its own, and hands it on to those that it starts: libraries have
    started theirs when they were loaded.
    """
    if not hasattr(os, "setpriority"):
        return
    threads = Path("/proc/self/task")
    for thread in [int(path.name) for path in threads.iterdir()] if threads.is_dir() else [0]:
        with contextlib.suppress(OSError):  # it has just ended
            now = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, now + by)


_COLLECTED_AFTER = (50_000, 10, 10)


def collect_rarely() -> None:
    """Has Python look for what only refers to itself after 50,000 new objects, not 700, and not
    again among what is there now.

    Many sessions that draw at once have many objects that are all in use: looking through them took
    a fifth of the web process's time, and found next to nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AFTER)


def give_back_memory() -> bool:
    """Gives free memory back to the system, for a process that has put something large down.

    Returns:
        Whether the C library can; others than glibc do as they do.
    """
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)
    except (AttributeError, OSError, TypeError):
        return False
    return True


def reuse_memory() -> bool:
    """Blocks that are freed are used again, and not given back to the system each time.

    A kernel is evaluated in tiles of some MB. glibc takes such blocks from the system one by one,
    which clears them page by page; Dask's settings for its workers make it give all of them back
    at once. A curve took a fifth longer so. Blocks up to 32 MiB are kept now, and no more than
    64 MiB of what is free at the end of a heap.

    Returns:
        Whether the C library takes it; others than glibc do as they do.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    wanted = ((_M_MMAP_THRESHOLD, _LARGEST_KEPT), (_M_TRIM_THRESHOLD, _KEPT))
    return all(mallopt(name, value) for name, value in wanted)


_MOST_FILES = 2**20


def open_more_files() -> int | None:
    """Lifts this process's soft limit of open files to its hard one.

    Systems set the soft one to 1,024 for programs of old, and each browser tab takes one, as does
    each worker.

    Returns:
        The limit now; None where the system has none of this kind.
    """
    try:
        import resource
    except ImportError:  # Windows
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        # Where the kernel allows less than it says, all stays as it is.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
