"""Whose job is claimed next, on planted tables."""

import pytest

from ntk_uq.store import TurnOrder

LOW, QUICK = -20, 5


def plant(store, name, *owners, priority=LOW):
    store.jobs.submit(name, "tea", "{}", priority=priority, launched=True)
    for owner in owners:
        store.people.own(name, owner)


def claimed(store, limit=100, **order):
    found = TurnOrder(lowest=LOW, own_from=QUICK, **order)
    return [job.id for job in store.jobs.claim("engine", limit, order=found)]


def test_without_owners_the_order_is_that_of_priority_and_the_last_asked_first(store):
    for number, priority in enumerate((LOW, 0, LOW, 6, -10, 0)):
        plant(store, f"{number}", priority=priority)
    assert claimed(store, places={"": 3, "ada": 0}) == ["3", "5", "1", "4", "2", "0"]


def test_twenty_jobs_of_one_do_not_go_before_that_of_another(store):
    plant(store, "bob's", "bob")
    for number in range(20):
        plant(store, f"ada's {number}", "ada")
    assert claimed(store, 1, places={"bob": 0, "ada": 1}) == ["bob's"]
    assert claimed(store, 1, places={"bob": 0, "ada": 1}) == ["ada's 19"]


def test_whoever_was_never_served_comes_first(store):
    plant(store, "new", "eve")
    plant(store, "ada's", "ada")
    assert claimed(store, places={"ada": 0}) == ["new", "ada's"]


def test_one_kind_of_job_holds_up_nobodys_other_and_of_one_persons_the_higher_goes_first(store):
    plant(store, "bob's ensemble", "bob")
    plant(store, "ada's ensemble", "ada")
    plant(store, "ada's theory", "ada", priority=0)
    found = claimed(store, places={"bob": 0, "ada": 1})
    assert found == ["bob's ensemble", "ada's theory", "ada's ensemble"]


def test_what_pages_show_and_what_takes_a_moment_goes_before_all_that(store):
    plant(store, "page", priority=0)
    plant(store, "brief", "ada", priority=QUICK + 1)
    plant(store, "theory", "bob", priority=1)
    assert claimed(store, places={"bob": 0, "": 1, "ada": 2}) == ["brief", "page", "theory"]


def test_a_shared_job_goes_when_the_first_of_its_owners_is_next(store):
    plant(store, "shared", "ada", "bob")
    plant(store, "cleo's", "cleo")
    plant(store, "ada's", "ada")
    assert claimed(store, places={"bob": 0, "cleo": 1, "ada": 2}) == ["shared", "cleo's", "ada's"]


def test_jobs_of_those_without_room_wait_and_one_owner_with_room_is_enough(store):
    plant(store, "ada's", "ada")
    plant(store, "shared", "ada", "bob")
    plant(store, "nobody's")
    plant(store, "cleo's", "cleo")
    places = {"ada": 0, "": 1, "cleo": 2, "bob": 3}
    assert claimed(store, places=places, full=["ada"]) == ["nobody's", "cleo's", "shared"]
    assert claimed(store, places=places, full=["ada"]) == []
    assert claimed(store, places=places) == ["ada's"]


@pytest.mark.parametrize(("latest", "expected"), [(0, []), (1, ["ada's"])])
def test_a_job_that_could_only_wait_is_left_to_others(store, latest, expected):
    plant(store, "ada's", "ada")
    assert claimed(store, places={"bob": 0, "ada": 1}, at=LOW, latest=latest) == expected


def test_one_of_a_higher_priority_is_taken_whoever_waits(store):
    plant(store, "page", priority=0)
    assert claimed(store, places={"bob": 0, "": 1}, at=LOW, latest=0) == ["page"]


def test_the_same_is_said_of_a_job_that_an_engine_has():
    order = TurnOrder({"ada": 2, "": 1}, ("bob",), LOW, QUICK)
    assert [order.priority(p, owned=True) for p in (-30, -10, 4, 5)] == [-30, LOW, LOW, 5]
    assert order.priority(4, owned=False) == 4
    owners = [("ada",), (), ("new",), ("ada", "new"), ("ada", "bob")]
    assert [order.place(who) for who in owners] == [2, 1, -1, -1, 2]


def test_of_anothers_twenty_one_goes_before_mine(store):
    plant(store, "first", "bob")
    plant(store, "second", "bob")
    for number in range(20):
        plant(store, f"ada's {number}", "ada")
    plant(store, "page")
    assert store.jobs.ahead("second") == 1 + 1  # ada's, and the page's, which was asked for later
    assert store.jobs.ahead("first") == 1 + 2 + 1
    assert store.jobs.ahead("page") == 0
    plant(store, "last page")
    assert store.jobs.ahead("page") == 1
