"""The memory estimate: what it refuses, in words, and whether it is the memory that is used."""

import dataclasses
import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ntk_uq.base import settings
from ntk_uq.base.errors import MemoryLimitError
from ntk_uq.costs.memory import (
    check_descent_memory,
    check_memory,
    largest_n_train,
    least_bytes,
    recomputes,
    required_bytes,
)
from ntk_uq.specs import CurveSpec, DataSpec, DescentSpec, TrainingSpec
from ntk_uq.theory import kernels
from ntk_uq.theory.curve import evaluate_draw

TRAININGS = {
    "converged": TrainingSpec(),
    "steps": TrainingSpec(steps=100),
    "time": TrainingSpec(time=1.0),
    "bayes": TrainingSpec(posterior="bayes"),
}
GIB = 2**30


def curve(n_train, training, n_test=400):
    return CurveSpec(DataSpec(n_test=n_test), training=training, n_train=(10, n_train))


@pytest.mark.parametrize("name", TRAININGS)
def test_what_does_not_fit_is_refused_with_the_largest_that_does(name):
    training, limit = TRAININGS[name], 2 * GIB
    with pytest.raises(MemoryLimitError) as caught:
        check_memory(curve(100_000, training), 64, limit)
    words = str(caught.value)
    match = re.search(
        r"N_D = 100000 with N_T = 400 needs about ([\d.]+ \w+); the limit is 2\.0 GiB "
        r"\(NTK_UQ_MEMORY\)\. The largest N_D that fits is (\d+)\.$",
        words,
    )
    assert match, words
    needed = settings.parse_bytes(match[1].replace(" ", ""))
    assert needed == pytest.approx(least_bytes(100_000, 400, 64, training), rel=0.01)
    largest = int(match[2])
    assert check_memory(curve(largest, training), 64, limit) <= limit
    with pytest.raises(MemoryLimitError):
        check_memory(curve(largest + 1, training), 64, limit)


@pytest.mark.parametrize("n", [1, 2, 3, 1000, 65536])
@pytest.mark.parametrize("name", TRAININGS)
def test_the_largest_that_fits_is_exact(n, name):
    training = TRAININGS[name]
    exactly = least_bytes(n, 50, 784, training)
    assert largest_n_train(50, 784, training, exactly) == n
    assert largest_n_train(50, 784, training, exactly - 1) == n - 1


def test_where_nothing_fits_it_says_that():
    with pytest.raises(MemoryLimitError, match=r"Not even N_D = 1 fits with N_T = 400\.$"):
        check_memory(curve(100, TrainingSpec()), 64, 1000)


def test_the_limit_is_the_one_of_the_settings(monkeypatch):
    spec = curve(3000, TrainingSpec())
    needed = least_bytes(3000, 400, 64, TrainingSpec())
    monkeypatch.setenv("NTK_UQ_MEMORY", str(needed))
    assert check_memory(spec, 64) == needed
    monkeypatch.setenv("NTK_UQ_MEMORY", str(needed - 1))
    with pytest.raises(MemoryLimitError):
        check_memory(spec, 64)


def test_one_kernel_is_recomputed_only_where_both_do_not_fit():
    spec, shape = curve(3000, TrainingSpec()), (3000, 400, 64, TrainingSpec())
    both, one = required_bytes(*shape), required_bytes(*shape, recomputed=True)
    assert one == least_bytes(*shape) < both
    assert (check_memory(spec, 64, both), recomputes(spec, 64, both)) == (both, False)
    assert (check_memory(spec, 64, both - 1), recomputes(spec, 64, both - 1)) == (one, True)
    for name in ("bayes", "time"):  # one kernel alone, or eigenvectors, which no tile gives
        assert not recomputes(curve(3000, TRAININGS[name]), 64, 1)


def test_a_curve_whose_kernels_do_not_fit_together_has_the_same_numbers(monkeypatch):
    spec = CurveSpec(DataSpec(n_test=60), n_train=(100, 700))
    usual = list(evaluate_draw(spec, 0))
    monkeypatch.setenv("NTK_UQ_MEMORY", str(required_bytes(700, 60, 64, spec.training) - 1))
    monkeypatch.setattr(kernels, "TILE", 256)  # several tiles, and one across both sets
    for point, twin in zip(evaluate_draw(spec, 0), usual, strict=True):
        for name in ("mu", "sigma", "epsilon", "epsilon_floor", "epsilon_population"):
            assert getattr(point, name) == pytest.approx(getattr(twin, name), rel=1e-9), name


def test_a_finite_time_needs_more_than_convergence_and_bayes_less():
    at = {name: required_bytes(5000, 500, 64, t) for name, t in TRAININGS.items()}
    assert at["bayes"] < at["converged"] < at["time"] == at["steps"]


PROGRAM = textwrap.dedent("""
    import json, sys
    from pathlib import Path

    import numpy as np

    from ntk_uq.datasets import Dataset, Examples
    from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, DescentSpec, TrainingSpec
    from ntk_uq.theory.curve import evaluate_draw
    from ntk_uq.theory.descent import evaluate_descent

    n, t, d, training = json.loads(sys.argv[1])
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n + t, d), dtype=np.float32)
    y = rng.integers(0, 10, n + t)
    examples = Examples(x[:n], y[:n], x[n:], y[n:])
    data = Dataset(
        name="noise", title="", about="", task="classification", n_outputs=10, shape=(d,),
        input_unit="", target_unit="", preparation="sphere", citation="",
        sizes=lambda: (n, t), fingerprint=lambda: "noise", load=lambda: examples,
    )
    of, deep = DataSpec(n_test=t), ArchitectureSpec(depth=3)
    if training is None:
        evaluate_descent(DescentSpec(of, deep, steps=(0, 1, 100), n_train=n), data)
    else:
        curve = CurveSpec(of, deep, TrainingSpec(**training), (n // 3, n))
        for point in evaluate_draw(curve, 0, dataset=data):
            assert point.failure is None, point.failure
    # Not ru_maxrss, which a child inherits from the process that started it.
    status = Path("/proc/self/status").read_text()
    print(int(status.split("VmHWM:")[1].split()[0]) * 1024)
""")


def peak(n, t, d, training, limit="100GiB"):
    """Peak memory of a process that runs the program above, in bytes."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps((n, t, d, training))],
        env={**os.environ, "NTK_UQ_MEMORY": limit},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


measured = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="peak memory is read from /proc"
)
SIZES = [(3000, 1000), (3000, 3000)]


# In what follows: too small an estimate, and a machine is driven into swap; too large, and it is
# left unused.


@pytest.mark.slow
@measured
@pytest.mark.parametrize("name", ["converged", "steps", "bayes"])
@pytest.mark.parametrize(("n_train", "n_test"), SIZES)
def test_the_estimate_is_the_peak_of_a_process_that_evaluates_the_curve(name, n_train, n_test):
    training, d = TRAININGS[name], 200
    used = peak(n_train, n_test, d, dataclasses.asdict(training))
    ratio = required_bytes(n_train, n_test, d, training) / used
    # How many temporaries meet at the peak is a matter of threads.
    assert 0.95 < ratio < 1.75, f"the estimate is {ratio:.2f} of the peak"


@pytest.mark.slow
@measured
@pytest.mark.parametrize(("n_train", "n_test"), SIZES)
def test_the_estimate_is_the_peak_where_one_kernel_is_recomputed(n_train, n_test):
    training, d = TRAININGS["converged"], 200
    needed = required_bytes(n_train, n_test, d, training, recomputed=True)
    used = peak(n_train, n_test, d, dataclasses.asdict(training), str(needed))
    assert 0.95 < needed / used < 1.75, f"the estimate is {needed / used:.2f} of the peak"


@pytest.mark.slow
@measured
@pytest.mark.parametrize(("n_train", "n_test"), SIZES)
def test_the_estimate_is_the_peak_of_a_process_that_evaluates_a_history(n_train, n_test):
    spec = DescentSpec(DataSpec(n_test=n_test), n_train=n_train)
    ratio = check_descent_memory(spec, 200, 2**40) / peak(n_train, n_test, 200, None)
    # How many temporaries meet at the peak is a matter of threads.
    assert 0.95 < ratio < 1.75, f"the estimate is {ratio:.2f} of the peak"
