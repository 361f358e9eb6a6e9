"""How much each may have: limits by role and by person, usage, refusals and when there is room."""

import json

import pytest

from ntk_uq.base import settings
from ntk_uq.base.errors import NotAllowedError, QuotaError
from ntk_uq.datasets.own import holders
from ntk_uq.jobs.asking import submit
from ntk_uq.people import SOMEBODY, Acting, Person, Role, quotas
from ntk_uq.people.quotas import Quota
from ntk_uq.specs import CurveSpec, DataSpec
from ntk_uq.store import JobState, Store

ADA, BOB = Person("a", "Ada", Role.MEMBER), Person("b", "Bob", Role.MEMBER)
EVE = Person("e", "Eve", Role.ADMIN)
NOW = 1_800_000_000.0  # begins an hour
DAY = 86400.0


class Clock:
    now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    with Store(settings.store_directory(), clock=clock) as opened:
        for one in (ADA, BOB, EVE):
            opened.people.see(one.id, one.name)
        yield opened


def launch(store, person, number=10):
    spec = CurveSpec(DataSpec(n_test=50), n_train=(20, 20 + number))
    return submit(store.jobs, spec, launched=True, by=Acting(store, person))


def allowance(store, quota, person=ADA):
    return quotas.account(store, person).of(quota)


def test_without_limits_nothing_is_refused_and_nobody_waits(store):
    store.quotas.spend({"a": 1e9})
    launch(store, ADA)
    assert quotas.waiting(store) == {}
    assert not quotas.account(store, ADA).limited
    assert allowance(store, Quota.HOURS).left is None


def test_a_persons_own_limit_goes_before_her_roles(store):
    store.quotas.set_limit("member", "running", 3)
    store.quotas.set_limit("b", "running", 5)
    store.quotas.set_limit("e", "hours", 1)
    found = {one.person: one for one in quotas.accounts(store)}
    limits = {who: one.of(Quota.RUNNING).limit for who, one in found.items()}
    assert limits == {"a": 3, "b": 5, "e": 3}  # who is an admin here, only her own session knows
    launch(store, EVE)
    assert {one.person: one.of(Quota.RUNNING).limit for one in quotas.accounts(store)}["e"] is None
    store.quotas.set_limit("a", "running", None)
    assert allowance(store, Quota.RUNNING).limit is None
    store.quotas.forget_limit("a", "running")
    assert allowance(store, Quota.RUNNING).limit == 3


def test_a_run_too_many_is_refused_in_words_and_the_same_again_is_none_too_many(store):
    store.quotas.set_limit("member", "running", 2)
    one, _ = launch(store, ADA, 1), launch(store, ADA, 2)
    launch(store, ADA, 1)
    with pytest.raises(QuotaError) as refused:
        launch(store, ADA, 3)
    assert str(refused.value) == (
        "There is no room for that in the quotas of this server: 2 of 2 of runs at once used, "
        "nothing left; room again as soon as one of them ends (asked for: one more)."
    )
    assert isinstance(refused.value, NotAllowedError)
    assert len(store.jobs.list()) == 2
    launch(store, BOB, 3)
    Acting(store, ADA).stop(one.id)
    assert launch(store, ADA, 4).state is JobState.QUEUED
    with pytest.raises(QuotaError):
        Acting(store, ADA).retry(one.id)


def test_worker_time_is_free_again_after_seven_days_and_the_refusal_says_when(store, clock):
    store.quotas.set_limit("a", "hours", 2)
    store.quotas.spend({"a": 3600, "b": 99999})
    clock.now += 2 * DAY
    assert quotas.waiting(store) == {}
    store.quotas.spend({"a": 1800})
    clock.now += 600
    store.quotas.spend({"a": 1800.0})
    found = allowance(store, Quota.HOURS)
    assert (found.used, found.left, found.room_at) == (2.0, 0.0, NOW + 7 * DAY + 3600)
    with pytest.raises(QuotaError, match=r"2\.0 h of 2\.0 h .* nothing left; room again on 2027"):
        launch(store, ADA)
    assert list(quotas.waiting(store)) == ["a"]
    clock.now = found.room_at - 1
    assert allowance(store, Quota.HOURS).left == 0
    clock.now = found.room_at
    assert allowance(store, Quota.HOURS).left == 1.0
    assert quotas.waiting(store) == {}
    launch(store, ADA)


def test_where_nothing_is_allowed_time_does_not_help(store):
    store.quotas.set_limit("a", "hours", 0)
    assert allowance(store, Quota.HOURS).room_at is None
    with pytest.raises(QuotaError, match="an admin can give more"):
        launch(store, ADA)


def test_results_and_own_data_have_quotas_too(store):
    job = launch(store, ADA)
    store.jobs.claim("engine")
    store.jobs.progress(job.id, "engine", 1, 2, "", written=700)
    store.jobs.progress(job.id, "engine", 2, 2, "", written=300)
    store.quotas.set_limit("member", "results", 1000)
    assert allowance(store, Quota.RESULTS).used == 1000
    with pytest.raises(QuotaError, match="of results used"):
        launch(store, ADA, 2)
    folder = settings.own_directory()
    folder.mkdir(parents=True)
    name = f"own-{'1' * 40}"
    (folder / f"{name}.npz").write_bytes(b"x" * 600)
    holders.change(name, lambda _: (holders.Holder("a", "Ada", holders.Sharing.PRIVATE),))
    store.quotas.set_limit("a", "data", 1000)
    Acting(store, ADA).check_data(400)
    with pytest.raises(QuotaError, match=r"600 B of 1000 B of own data.*asked for: 401 B"):
        Acting(store, ADA).check_data(401)
    Acting(store, BOB).check_data(401)
    store.jobs.finish(job.id, "engine", JobState.DONE)
    store.jobs.remove([store.jobs.get(job.id)])
    assert allowance(store, Quota.RESULTS).used == 0


def test_nobody_in_particular_has_no_quotas(store):
    for quota in Quota:
        store.quotas.set_limit("admin", quota, 0)
    submit(store.jobs, CurveSpec(), launched=True, by=Acting(store, SOMEBODY))
    Acting(store, SOMEBODY).check_data(10**12)
    assert Acting(store, SOMEBODY).account() is None


def test_all_of_it_is_one_list_of_records(store):
    store.quotas.set_limit("member", "hours", 10)
    store.quotas.spend({"a": 7200, "gone": 3600})
    launch(store, ADA)
    records = json.loads(json.dumps([one.to_json() for one in quotas.accounts(store)]))
    assert [(one["name"], one["person"]) for one in records] == [
        ("Ada", "a"),
        ("Bob", "b"),
        ("Eve", "e"),
        ("somebody", "gone"),
    ]
    assert records[0]["role"] == "member"
    assert records[0]["quotas"]["hours"] == {"used": 2, "limit": 10, "left": 8, "room_at": None}
    assert records[0]["quotas"]["running"]["used"] == 1


def test_an_older_store_gets_what_is_missing(tmp_path):
    import sqlite3

    folder = tmp_path / "older"
    with Store(folder) as opened:
        opened.jobs.submit("j", "tea", "{}")
    with sqlite3.connect(folder / "jobs.sqlite") as connection:
        for table in ("owners", "quotas", "spent", "standings", "people"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("ALTER TABLE jobs DROP COLUMN written")
    connection.close()
    with Store(folder) as opened:
        assert quotas.accounts(opened) == ()
        opened.people.own("j", "a")
        assert [job.id for job in opened.jobs.claim("engine")] == ["j"]
        assert opened.jobs.progress("j", "engine", 1, 1, "", written=5)
        assert opened.quotas.written() == {"a": 5.0}
