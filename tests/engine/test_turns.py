"""People share an engine in turn, and what each has taken is written down."""

import pytest
from helpers.fake_kinds import LOW

from ntk_uq.engine import turns
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import Ended, InProcess
from ntk_uq.store import JobState


class Noting(InProcess):
    """Notes whose chunks it gets; each takes a worker ``seconds``. ``places`` at once."""

    def __init__(self, seconds=10.0, places=1):
        super().__init__()
        self.order, self.taken, self.seconds, self.places = [], [], seconds, places

    def submit(self, chunk_id, chunk, priority=0, *, quick=False):
        self.order.append(chunk.payload["whose"])
        self.taken.append(chunk_id)

    def events(self, wait):
        """The chunk that came first is over."""
        return [Ended(self.taken.pop(0), seconds=self.seconds)] if self.taken else []

    def slots(self):
        return self.places


@pytest.fixture
def launch(store, fake, monkeypatch):
    """Launches a job of some people, of several chunks; returns its id."""
    monkeypatch.setattr(turns, "LOOK_SECONDS", 0)

    def launch(*people, chunks=3, **more):
        payloads = [{"whose": "+".join(people)}] * chunks
        job_id = fake(*payloads, kind=LOW, launched=True, **more)
        for person in people:
            store.people.own(job_id, person)
        return job_id

    return launch


def steps(engine, number):
    for _ in range(number):
        engine.step()


def test_twenty_jobs_of_one_hold_up_another_by_one_chunk_at_most(store, launch):
    for _ in range(20):
        launch("ada")
    runner = Noting()
    engine = Engine(store, runner)
    steps(engine, 5)
    assert runner.order == ["ada"] * 5
    launch("bob")
    steps(engine, 6)
    assert runner.order[5:] == ["bob", "ada"] * 3


def test_it_is_the_same_where_the_other_launched_first(store, launch):
    launch("bob")
    for _ in range(20):
        launch("ada")
    runner = Noting()
    steps(Engine(store, runner), 6)
    assert runner.order in (["ada", "bob"] * 3, ["bob", "ada"] * 3)


def test_no_kind_of_job_and_no_number_of_places_changes_that(store, launch):
    for _ in range(20):
        launch("ada", priority=4)
    launch("bob", priority=-20)
    runner = Noting(places=4)
    engine = Engine(store, runner)
    engine.step()
    assert sorted(runner.order) == ["ada", "ada", "bob", "bob"]
    # Nothing is taken that could only wait.
    assert store.jobs.count([JobState.RUNNING]) == 3


def test_whoever_is_slower_gets_no_more_of_the_places(store, launch):
    launch("ada", chunks=50)
    launch("bob", chunks=50)
    runner = Noting(places=2)
    engine = Engine(store, runner)
    engine.step()
    kept = runner.taken.pop()  # of bob or ada: it takes long
    whose = runner.order[-1]
    steps(engine, 10)
    assert whose not in runner.order[2:]
    assert kept not in runner.taken


def test_what_a_page_asks_for_goes_before_all_of_them(store, fake, launch):
    for _ in range(3):
        launch("ada")
    runner = Noting()
    engine = Engine(store, runner)
    engine.step()
    fake({"whose": "page"}, {"whose": "page"}, passing=True)
    steps(engine, 2)
    assert runner.order == ["ada", "page", "page"]


def test_without_owners_a_job_that_nobody_started_goes_first_as_ever(store, launch):
    def order_of(runner, number=9):
        engine = Engine(store, runner)
        steps(engine, number)
        return runner.order

    launch(chunks=3)
    launch(chunks=3)
    fresh = launch(chunks=3)
    assert order_of(Noting(), 1) == [""]
    (running,) = store.jobs.list([JobState.RUNNING])
    assert running.id == fresh


def test_worker_time_is_written_down_and_shared_by_those_who_share_a_job(store, launch):
    launch("ada", chunks=2)
    launch("ada", "bob", chunks=1)
    launch(chunks=1)
    Engine(store, Noting(seconds=100.0)).run_until_idle()
    spent = store.quotas.spent(7)
    had = {person: sum(one.seconds for one in hours) for person, hours in spent.items()}
    assert had == {"ada": 250.0, "bob": 50.0}


def test_the_runner_in_process_says_for_how_long_it_computed(fake):
    from ntk_uq.engine.chunks import Chunk

    runner = InProcess()
    runner.submit("a", Chunk("fake", {"key": "k", "seconds": 0.05, "sizes": [1]}))
    first, end = (runner.events(0)[-1] for _ in range(2))
    assert isinstance(end, Ended), first
    assert 0.05 <= end.seconds < 5


def test_bytes_of_results_are_counted_with_the_job(store, fake):
    job_id = fake({"key": "a", "sizes": [100, 50]}, {"key": "b", "sizes": [7]}, launched=True)
    store.people.own(job_id, "ada")
    Engine(store, InProcess()).run_until_idle()
    assert store.quotas.written() == {"ada": 157.0}
    store.people.own(job_id, "bob")
    assert store.quotas.written() == {"ada": 78.5, "bob": 78.5}


def test_in_the_middle_a_job_waits_in_words_and_goes_on_by_itself(store, launch):
    store.people.see("ada", "Ada")
    store.quotas.set_limit("ada", "hours", 15 / 3600)
    job_id = launch("ada", chunks=4)
    other = launch("bob", chunks=3)
    engine = Engine(store, Noting(seconds=10.0))
    engine.run_until_idle()
    job = store.jobs.get(job_id)
    assert store.jobs.get(other).state is JobState.DONE
    assert job.state is JobState.QUEUED
    assert job.message.startswith("Waits: Ada has used 20 s of 15 s of worker time in 7 days; room")
    assert job.message in [line.text for line in store.jobs.log(job_id)]
    assert sum(one.seconds for one in store.quotas.spent(7)["ada"]) == 20.0
    store.quotas.set_limit("ada", "hours", None)
    engine.run_until_idle()
    assert store.jobs.get(job_id).state is JobState.DONE


def test_a_job_of_which_one_owner_has_room_goes_on(store, launch):
    store.quotas.set_limit("ada", "hours", 0)
    job_id = launch("ada", "bob")
    Engine(store, Noting()).run_until_idle()
    assert store.jobs.get(job_id).state is JobState.DONE
