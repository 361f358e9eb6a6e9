"""What each may do with runs, and whose they are."""

import pytest

from ntk_uq.base.errors import NotAllowedError, SpecError
from ntk_uq.jobs.asking import submit
from ntk_uq.people import SOMEBODY, Acting, Claims, Person, Role, person_of, shell
from ntk_uq.specs import CurveSpec, DataSpec
from ntk_uq.store import JobState

SPEC = CurveSpec(DataSpec(n_test=50), n_train=(20, 40))
ADA, BOB = Person("a", "Ada", Role.MEMBER), Person("b", "Bob", Role.MEMBER)
EVE, VIC = Person("e", "Eve", Role.ADMIN), Person("v", "Vic", Role.VIEWER)


@pytest.fixture
def launched(store):
    """A run that Ada launched."""
    for one in (ADA, BOB, EVE, VIC):
        store.people.see(one.id, one.name)
    return submit(store.jobs, SPEC, launched=True, by=Acting(store, ADA))


def changes(acting, job_id):
    return (
        lambda: acting.stop(job_id),
        lambda: acting.set_label(job_id, "x"),
        lambda: acting.set_tags(job_id, ["x"]),
        lambda: acting.archive(job_id),
        lambda: acting.retry(job_id),
    )


@pytest.mark.parametrize("stranger", [BOB, VIC])
def test_nobody_changes_what_is_anothers(store, launched, stranger):
    for change in changes(Acting(store, stranger), launched.id):
        with pytest.raises(NotAllowedError):
            change()
    assert not Acting(store, stranger).may_change(launched)
    now = store.jobs.get(launched.id)
    assert (now.state, now.label, now.tags) == (JobState.QUEUED, "", ())


@pytest.mark.parametrize("person", [ADA, EVE])
def test_owners_and_admins_do_and_the_log_says_who(store, launched, person):
    acting = Acting(store, person)
    acting.set_label(launched.id, "mine")
    assert acting.stop(launched.id).state is JobState.CANCELLED
    lines = " ".join(line.text for line in store.jobs.log(launched.id))
    assert f"Stopped by {person.name} ({person.role})." in lines
    assert acting.archive(launched.id).archived


def test_what_two_launched_is_stopped_when_the_last_lets_go(store, launched):
    submit(store.jobs, SPEC, launched=True, by=Acting(store, BOB))
    assert list(store.people.owners(launched.id).values()) == ["Ada", "Bob"]
    assert Acting(store, ADA).stop(launched.id).state is JobState.QUEUED
    assert store.people.owners(launched.id) == {"b": "Bob"}
    with pytest.raises(NotAllowedError, match="This run is Bob's"):
        Acting(store, ADA).stop(launched.id)
    assert Acting(store, BOB).stop(launched.id).state is JobState.CANCELLED


def test_a_viewer_launches_nothing_and_stops_only_what_a_page_asked_for(store):
    acting = Acting(store, VIC)
    with pytest.raises(NotAllowedError, match="launch nothing"):
        submit(store.jobs, SPEC, launched=True, by=acting)
    assert store.jobs.list() == []
    job = submit(store.jobs, SPEC, passing=True, by=acting)
    assert store.people.owners(job.id) == {}
    assert acting.stop(job.id).state is JobState.CANCELLED


def test_where_nobody_is_asked_everybody_may_do_everything(store):
    acting = Acting(store, SOMEBODY)
    job = submit(store.jobs, SPEC, launched=True, by=acting)
    assert store.people.owners(job.id) == {}
    assert acting.stop(job.id).state is JobState.CANCELLED
    assert [line.text for line in store.jobs.log(job.id)] == [
        "Asked for.",
        "Stopped; what is computed is kept.",
    ]


def test_two_accounts_of_one_email_are_two_people_and_only_a_shown_one_is_an_admins(
    store, monkeypatch
):
    monkeypatch.setenv("NTK_UQ_ADMINS", "Ada@lab.example, root")
    one, other = (Claims("https://idp", s, "Ada", "ada@LAB.example") for s in ("1", "2"))
    assert one.id != other.id
    assert person_of(store, one).role is Role.ADMIN
    assert person_of(store, Claims("https://idp", "1", "Ada")).role is Role.MEMBER
    assert person_of(store, Claims("shell", "root")).role is Role.ADMIN
    assert person_of(store, Claims("https://idp", "1", "<b>\n", "")).name == "<b>"


def test_a_role_that_was_given_is_kept_and_newcomers_have_that_of_the_setting(store, monkeypatch):
    claims = Claims("header", "bob")
    store.people.see(claims.id, "Bob")
    assert person_of(store, claims).role is Role.MEMBER
    monkeypatch.setenv("NTK_UQ_ROLE", "viewer")
    assert person_of(store, claims).role is Role.VIEWER
    store.people.set_role(claims.id, "admin")
    store.people.see(claims.id, "Bobby")
    assert person_of(store, claims) == Person(claims.id, "bob", Role.ADMIN)
    monkeypatch.setenv("NTK_UQ_ROLE", "admin")
    with pytest.raises(SpecError, match="viewer or member"):
        person_of(store, Claims("header", "new"))


def test_the_shell_is_whom_the_file_says(store, monkeypatch, tmp_path):
    assert shell.shell_person(store) is SOMEBODY
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    monkeypatch.setattr(shell, "_user", lambda: "ada")
    assert shell.shell_person(store).name == "ada"
    claims = Claims("https://idp", "1", "Ada L.")
    store.people.see(claims.id, claims.shown)
    path = tmp_path / "people.json"
    monkeypatch.setenv("NTK_UQ_PEOPLE", str(path))
    with pytest.raises(SpecError, match="cannot be read"):
        shell.shell_person(store)
    path.write_text(f'{{"ada": "{claims.id}"}}')
    assert shell.shell_person(store) == Person(claims.id, "Ada L.", Role.MEMBER)
    path.write_text("[1]")
    with pytest.raises(SpecError, match="holds no object"):
        shell.shell_person(store)
