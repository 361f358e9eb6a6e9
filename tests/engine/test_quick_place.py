"""A place for chunks of a moment, beside whatever else runs."""

from concurrent.futures import Future
from types import SimpleNamespace

import pytest
from helpers.fake_kinds import FAKE

from ntk_uq.engine.chunks import Chunk
from ntk_uq.engine.dask import DaskRunner
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.run import QUICK_BYTES
from ntk_uq.engine.runners import InProcess
from ntk_uq.jobs.asking import QUICK_RANK, QUICK_SECONDS, submit
from ntk_uq.specs import CurveSpec, DataSpec
from ntk_uq.store import JobState


class TwoPlaces(InProcess):
    """Takes one chunk in each of two places, and keeps it."""

    def __init__(self):
        super().__init__()
        self.usual, self.quick = [], []

    def submit(self, chunk_id, chunk, priority=0, *, quick=False):
        (self.quick if quick else self.usual).append(chunk.payload.get("key", chunk.kind))

    def events(self, wait):
        return []

    def quick_slots(self):
        return 1


@pytest.fixture
def runner():
    return TwoPlaces()


@pytest.fixture
def engine(store, runner):
    return Engine(store, runner)


BRIEF = {"told": QUICK_SECONDS}


def test_a_tiny_curve_does_not_wait_for_ten_that_were_launched(store, fake, runner, engine):
    for number in range(10):
        fake(*[{"key": f"long {number}", "told": 60}] * 20, launched=True)
    engine.step()
    assert len(runner.usual) == 1
    tiny = CurveSpec(DataSpec(n_test=50), n_train=(10, 20))
    submit(store.jobs, tiny)
    engine.step()
    assert runner.quick == ["curve"]
    assert store.jobs.get(tiny.digest()).state is JobState.RUNNING
    assert len(store.jobs.list([JobState.RUNNING])) == 2  # nothing is taken that could only wait


def test_the_place_is_kept_free_of_launches_whatever_their_chunks_take(fake, runner, engine):
    fake(*[{"key": "launched", **BRIEF}] * 20, launched=True)
    engine.step()
    assert (runner.usual, runner.quick) == (["launched"], [])


def test_brief_chunks_have_it_and_a_long_one_of_the_same_job_does_not(fake, runner, engine):
    fake({"key": "brief", **BRIEF}, {"key": "next", "told": 2.1}, priority=QUICK_RANK)
    engine.step()
    assert (runner.quick, runner.usual) == (["brief"], ["next"])


def test_a_large_chunk_does_not_have_it(fake, runner, engine):
    fake({"key": "large", **BRIEF, "estimate": QUICK_BYTES + 1}, priority=QUICK_RANK)
    engine.step()
    assert (runner.quick, runner.usual) == ([], ["large"])


def test_many_quick_jobs_do_not_keep_the_others_away(store, fake, runner, engine):
    for number in range(5):
        fake({"key": f"quick {number}", **BRIEF}, priority=QUICK_RANK)
    fake({"key": "long", "told": 60}, launched=True)
    engine.step()
    assert (runner.quick, runner.usual) == (["quick 4"], ["long"])
    assert store.jobs.count([JobState.QUEUED], kinds=[FAKE]) == 4


def test_whether_a_job_is_quick_is_told_by_all_of_it(store):
    tiny, many = (CurveSpec(DataSpec(n_test=50), n_train=(10, 900), draws=n) for n in (1, 100))
    assert submit(store.jobs, many, launched=True).priority == 0
    assert submit(store.jobs, many, passing=True).priority == QUICK_RANK
    assert submit(store.jobs, tiny).priority == QUICK_RANK + 1


@pytest.mark.parametrize(("cards", "expected"), [((), "quick"), (("0",), "usual")])
def test_an_idle_card_has_quick_chunks_too_and_a_busy_one_has_not(monkeypatch, cards, expected):
    sent = []

    class Link:
        client = SimpleNamespace(
            submit=lambda *args, resources, **more: sent.append(*resources) or Future()
        )
        address, ready, has_quick, trouble = None, ("a",), True, ""

        def __init__(self, *about):
            self.on_cards = bool(cards)

        def watch(self, changed):
            pass

    monkeypatch.setattr("ntk_uq.engine.dask.Link", Link)
    runner = DaskRunner()
    runner.submit("1", Chunk(FAKE, {}), quick=True)
    runner.submit("2", Chunk(FAKE, {}))
    runner.submit("3", Chunk(FAKE, {}), quick=True)
    assert sent == [expected, "usual", "quick"]
