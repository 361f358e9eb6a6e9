"""What entry points ask of their process: once, before NumPy, and in workers as well."""

import ctypes
import os
import subprocess
import sys

import pytest

from ntk_uq.base import process

FREED = """
import resource, numpy as np
from ntk_uq.base import process
if {ask}:
    assert process.reuse_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def tile():
    # Two are there at a time, so that the heap's end is in use when the first one goes.
    first, second = np.ones((512, 512)), np.ones((512, 512))
    return second
tile()
before = faults()
for _ in range(50):
    tile()
print(faults() - before)
"""


def _faults(ask):
    # As Dask starts its workers.
    environment = {**os.environ, "MALLOC_TRIM_THRESHOLD_": "65536"}
    done = subprocess.run(
        [sys.executable, "-c", FREED.format(ask=ask)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="another C library")
def test_freed_tiles_are_used_again_and_not_cleared_page_by_page():
    assert _faults(ask=True) < _faults(ask=False) / 5


def test_other_c_libraries_do_as_they_do(monkeypatch):
    for error in (AttributeError, OSError, TypeError):

        def without(name, error=error):
            raise error(name)

        monkeypatch.setattr(ctypes, "CDLL", without)
        assert process.reuse_memory() is False


def test_what_the_user_has_set_stays(monkeypatch):
    monkeypatch.setenv("OPENBLAS_THREAD_TIMEOUT", "20")
    process.prepare()
    assert os.environ["OPENBLAS_THREAD_TIMEOUT"] == "20"
    monkeypatch.delenv("OPENBLAS_THREAD_TIMEOUT")
    process.prepare()
    assert os.environ["OPENBLAS_THREAD_TIMEOUT"] == "18"


def test_numpy_is_not_loaded_before_its_environment_is_set():
    script = "import sys; from ntk_uq.base import process; print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


LIMIT = """
import resource
from ntk_uq.base import process
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
hard = hard if hard != resource.RLIM_INFINITY else 4096
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
assert process.open_more_files() == min(hard, 2**20)
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(hard, 2**20), hard)
assert process.open_more_files() == min(hard, 2**20)  # a second time nothing changes
"""


def test_the_limit_of_open_files_is_lifted_as_far_as_it_may():
    pytest.importorskip("resource")
    subprocess.run([sys.executable, "-c", LIMIT], check=True)
