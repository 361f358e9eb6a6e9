"""Jobs that nobody looks at any more, and computations that are not wanted any more."""

import threading
import time

import numpy as np
import pytest

from ntk_uq.base.stopping import looking
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import Ended, InProcess
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, TrainingSpec
from ntk_uq.store import JobState
from ntk_uq.theory.curve import evaluate_draw
from ntk_uq.theory.kernels import in_threads


class Endless(InProcess):
    """Takes chunks that end when they are stopped."""

    def __init__(self):
        super().__init__()
        self.ended = []

    def submit(self, chunk_id, chunk, priority=0):
        pass

    def stop(self, chunk_id):
        self.ended.append(Ended(chunk_id))

    def events(self, wait):
        time.sleep(wait)
        out, self.ended = self.ended, []
        return out


def test_an_engine_withdraws_what_nobody_shows_and_nobody_launched(store, fake):
    long = {"key": "long"}
    shown, closed = fake(long, passing=True), fake(long, passing=True)
    launched, asked = fake(long, passing=True, launched=True), fake(long)
    store.watchers.watch("a tab", [shown])
    stop = threading.Event()
    engine = Engine(store, Endless())
    engine.step()  # one of them runs
    thread = threading.Thread(target=engine.serve, args=(stop,))
    thread.start()
    end = time.monotonic() + 10
    while not store.jobs.get(closed).state.ended and time.monotonic() < end:
        store.watchers.watch("a tab", [shown])
        time.sleep(0.05)
    stop.set()
    thread.join(10)
    job = store.jobs.get(closed)
    assert (job.state, job.withdrawn) == (JobState.CANCELLED, True)
    assert "Nobody looks at it" in " ".join(line.text for line in store.jobs.log(closed))
    assert not any(store.jobs.get(other).state.ended for other in (shown, launched, asked))


class Enough(Exception):
    pass


def after(calls):
    left = [calls]

    def look():
        left[0] -= 1
        if not left[0]:
            raise Enough

    return look, left


@pytest.mark.parametrize(
    "training", [TrainingSpec(), TrainingSpec("bayes")], ids=["trained", "bayes"]
)
def test_a_curve_looks_often_whether_it_is_wanted(training):
    spec = CurveSpec(
        DataSpec(n_test=40), ArchitectureSpec(1), training, n_train=(1150, 1200), draws=1
    )
    look, left = after(10**9)
    with looking(look):
        points = list(evaluate_draw(spec, 0))
    looks = 10**9 - left[0]
    assert len(points) == 2
    assert looks > 12  # at each tile of the kernels, and at the panels
    look, _ = after(looks - 1)
    with looking(look), pytest.raises(Enough):
        list(evaluate_draw(spec, 0))


def test_tiles_that_have_not_begun_are_left_out():
    begun = []

    def work(i, j):
        time.sleep(0.01)
        begun.append((i, j))

    look, _ = after(3)
    with looking(look), pytest.raises(Enough):
        in_threads(work, [(i, 0) for i in range(500)])
    assert len(begun) < 50


def test_nobody_has_to_look():
    begun = []
    in_threads(lambda i, j: begun.append(i), [(i, 0) for i in range(20)])
    assert np.array_equal(sorted(begun), range(20))
