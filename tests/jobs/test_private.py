"""Runs on data sets that somebody may not see: listed by state and owner, and by nothing else."""

import pytest

from ntk_uq.base.errors import NotAllowedError
from ntk_uq.datasets import own
from ntk_uq.datasets.own import Sharing
from ntk_uq.jobs import describe
from ntk_uq.jobs.asking import submit
from ntk_uq.people import Acting, OwnData, Person, Role, bring_for
from ntk_uq.specs import CurveSpec, DataSpec
from ntk_uq.store import JobOrder

ADA, BOB = Person("a", "Ada", Role.MEMBER), Person("b", "Bob", Role.MEMBER)
EVE, VIC = Person("e", "Eve", Role.ADMIN), Person("v", "Vic", Role.VIEWER)
PUBLIC = CurveSpec(DataSpec(n_test=50), n_train=(20, 40))


@pytest.fixture
def private(store, monkeypatch):
    """A run of Ada's on her private data, with a label and a tag."""
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    text = b"a,y\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(100))
    brought = bring_for(
        OwnData(ADA),
        Sharing.PRIVATE,
        "secret.csv",
        lambda: own.Brought(own.add(own.open_file(text, "secret.csv")), ()),
    )
    acting = Acting(store, ADA)
    spec = CurveSpec(DataSpec(brought.name, n_test=10), n_train=(20, 40))
    job = submit(store.jobs, spec, launched=True, by=acting)
    submit(store.jobs, PUBLIC, launched=True, by=acting)
    acting.set_label(job.id, "aaa hush")
    acting.set_tags(job.id, ["hush"])
    return acting.archive(job.id, False)


@pytest.mark.parametrize("stranger", [BOB, VIC])
def test_a_stranger_sees_its_state_and_whose_it_is(store, private, stranger):
    shown = describe.shown_to(private, OwnData(stranger).hidden())
    assert (shown.id, shown.state) == (private.id, private.state)
    assert describe.words(shown.kind, shown.spec) == "a private data set of Ada"
    assert describe.amount(shown) == "-"
    for secret in ("own-", "hush", "N_D", "curve"):
        assert secret not in repr(shown)


@pytest.mark.parametrize("person", [ADA, EVE])
def test_its_owner_and_an_admin_see_all(private, person):
    assert describe.shown_to(private, OwnData(person).hidden()) is private


@pytest.mark.parametrize(
    "asked", [{"text": "hush"}, {"text": "n_train"}, {"tags": ["hush"]}, {"kinds": ["curve"]}]
)
def test_no_filter_tells_what_it_is(store, private, asked):
    hidden = OwnData(BOB).hidden()
    assert private in store.jobs.list(**asked)
    assert private not in store.jobs.list(**asked, hidden=hidden)
    assert store.jobs.count(**asked) - store.jobs.count(**asked, hidden=hidden) == 1
    assert store.jobs.count(hidden=hidden) == 2
    assert store.jobs.tags(hidden) == ()
    assert store.jobs.tags() == ("hush",)


@pytest.mark.parametrize("order", [JobOrder.LABEL, JobOrder.KIND, JobOrder.LONGEST])
def test_no_order_tells_what_it_is(store, private, order):
    assert store.jobs.list(order=JobOrder.LABEL)[0] == private
    assert store.jobs.list(order=order, hidden=OwnData(BOB).hidden())[-1] == private


def test_nobody_else_changes_it_though_a_page_asked_for_it(store, private):
    store.people.let_go(private.id, ADA.id)
    for stranger in (BOB, VIC):
        acting = Acting(store, stranger)
        assert not acting.may_change(private)
        with pytest.raises(NotAllowedError, match="only Ada and admins"):
            acting.set_label(private.id, "x")
    assert Acting(store, EVE).may_change(private)


def test_runs_of_one_and_owners_of_several(store, private):
    submit(store.jobs, PUBLIC, launched=True, by=Acting(store, BOB))
    assert {j.id for j in store.jobs.list(ids=store.people.jobs_of("a"))} == {
        private.id,
        PUBLIC.digest(),
    }
    assert store.jobs.count(ids=store.people.jobs_of("b")) == 1
    assert store.jobs.count(ids=[]) == 0
    assert list(store.people.owners_of([PUBLIC.digest()])[PUBLIC.digest()]) == ["a", "b"]
