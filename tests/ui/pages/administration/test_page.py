"""The page for admins: who may open it, what it tells, and the message to all."""

import pytest
from helpers.pages_driver import open_page, sources, texts

from ntk_uq.datasets import own
from ntk_uq.datasets.own import Sharing
from ntk_uq.jobs.asking import submit
from ntk_uq.jobs.loads import PAGES, loads
from ntk_uq.people import Acting, Claims, OwnData, Person, Role, bring_for
from ntk_uq.specs import CurveSpec, DataSpec, FetchSpec
from ntk_uq.store import JobState
from ntk_uq.ui import engine_line, navigation, who

HOSTILE = "![x](http://evil.example/x.png) <img src=x> www.evil.example"
ADA, BOB = Claims("https://idp", "1", "Ada"), Claims("https://idp", "2", HOSTILE)
SPEC = CurveSpec(DataSpec(n_test=50), n_train=(20, 40))


@pytest.fixture
def as_(monkeypatch):
    """Opens pages as somebody; Ada is the admin."""
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    monkeypatch.setenv("NTK_UQ_ADMINS", "1")

    def open_as(claims, page="administration"):
        monkeypatch.setattr(who, "_of_provider", lambda: claims)
        return open_page(page)

    return open_as


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    """Every page, as the last run showed them beside the page."""
    seen, usual = [], navigation.navigation
    monkeypatch.setattr(
        navigation, "navigation", lambda: seen.append(pages := usual()) or list(pages)
    )
    return seen


def listed(seen):
    return "administration" in {p.url_path for p in seen[-1] if p._visibility == "visible"}


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_others_get_a_sentence_and_no_link(store, as_, shown, monkeypatch, role):
    monkeypatch.setenv("NTK_UQ_ROLE", role)
    app = as_(BOB)
    assert not app.exception
    assert f"is a {role}; only admins of this server see and do this" in texts(app.error)
    assert not app.header
    assert not listed(shown)
    assert "](" not in sources(app.error)


def test_an_admin_has_it_in_the_navigation_and_one_person_alone_at_its_address(
    store, as_, shown, monkeypatch
):
    app = as_(ADA)
    assert [h.value for h in app.header][:1] == ["Message to all"]
    assert listed(shown)
    monkeypatch.delenv("NTK_UQ_LOGIN")
    app = open_page("administration")
    assert not app.exception
    assert not app.error
    assert "Workers" in [h.value for h in app.header]
    assert not listed(shown)


def test_it_tells_people_queue_room_cards_and_errors_and_names_are_texts(store, as_):
    bob = Person(BOB.id, BOB.shown, Role.MEMBER)
    store.people.see(bob.id, bob.name)
    text = b"a,y\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(100))
    bring_for(
        OwnData(bob),
        Sharing.PRIVATE,
        "cells.csv",
        lambda: own.Brought(own.add(own.open_file(text, "cells.csv")), ()),
    )
    submit(store.jobs, FetchSpec("mnist"), launched=True, by=Acting(store, bob))
    store.jobs.beat("e1", {"workers": 1, "devices": [{"device": "gpu: H200", "load": 87}]})
    store.jobs.claim("e1")
    store.jobs.finish(FetchSpec("mnist").digest(), "e1", JobState.FAILED, HOSTILE)
    submit(store.jobs, SPEC, launched=True, by=Acting(store, bob))
    submit(store.jobs, CurveSpec(DataSpec(n_test=51)), passing=True)
    app = as_(ADA)
    assert not app.exception
    people, devices, errors = (table.value.reset_index() for table in app.table)
    row = next(row for _, row in people.iterrows() if "evil" in row["who"])
    assert list(row)[1:] == [
        *("as newcomers (member)", row["last seen"], "0", "1", "1", row["room of these"], "–"),
    ]
    assert PAGES in texts([type("Cell", (), {"value": w}) for w in people["who"]])
    assert "load 87 %" in devices["computes on"][0]
    assert "evil" in errors["what"][0]
    shown = people.to_csv() + errors.to_csv()
    assert "](" not in shown
    assert "<img" not in shown.replace("\\<", "")


def test_what_two_own_counts_for_both_and_what_nobody_owns_is_told(store):
    for claims in (ADA, BOB):
        person = Person(claims.id, claims.shown, Role.MEMBER)
        store.people.see(person.id, person.name)
        submit(store.jobs, SPEC, launched=True, by=Acting(store, person))
    submit(store.jobs, FetchSpec("mnist"), launched=True)
    name = own.add(own.open_file(b"a,y\n" + b"1,2\n3,4\n" * 20, "old.csv"), task="regression")
    found = {one.name: one for one in loads(store)}
    assert [found[name].waiting for name in (ADA.shown, BOB.shown)] == [1, 1]
    nobody = found["nobody in particular"]
    assert (nobody.person, nobody.waiting, nobody.data_sets) == ("", 1, 1)
    assert nobody.bytes == own.path_of(name).stat().st_size


def test_a_message_stands_above_every_page_as_a_text_until_it_is_cleared(store, as_):
    other = as_(BOB, "report")
    assert not other.warning
    app = as_(ADA)
    app.text_input(key="admin_notice_0").set_value(HOSTILE).run()
    app.button(key="admin_say").click().run()
    assert HOSTILE in texts(app.warning)
    # As the line beside the page does by itself, every some seconds.
    other.run()
    assert HOSTILE in texts(other.warning)
    shown = sources(other.warning)
    assert "](" not in shown
    app.button(key="admin_clear").click().run()
    assert not app.warning
    assert not other.run().warning


def test_an_open_page_looks_for_it_by_itself_only_where_people_log_in(store, as_, monkeypatch):
    import streamlit as st

    timers, real = [], st.fragment

    def fragment(function=None, *, run_every=None, **options):
        if function is engine_line._line:
            timers.append(run_every)
        return real(function, **options)

    monkeypatch.setattr(st, "fragment", fragment)
    as_(BOB, "report")
    monkeypatch.delenv("NTK_UQ_LOGIN")
    open_page("report")
    assert timers == [engine_line.CALM_SECONDS, None]


def test_a_redraw_reads_no_message_unless_something_has_changed(store, as_, monkeypatch):
    reads = []
    real = type(store.notice).read
    monkeypatch.setattr(type(store.notice), "read", lambda self: reads.append(1) or real(self))
    app = as_(BOB, "report")
    before = len(reads)
    app.run()
    app.run()
    assert len(reads) == before
    store.notice.write("soon", "Ada")
    assert "soon" in texts(app.run().warning)
    assert len(reads) == before + 1


def test_the_line_has_the_page_drawn_again_for_another_message(store, as_, monkeypatch):
    asked = []
    as_(BOB, "report")
    monkeypatch.setattr(engine_line.links, "follow", asked.append)
    monkeypatch.setattr(engine_line, "_notifications", lambda store: None)
    for text in ("", "soon"):
        store.notice.write(text, "Ada")
        state = {engine_line.NOTICE: ""}
        monkeypatch.setattr(engine_line.st, "session_state", state)
        engine_line._line()
    assert asked == [None]


@pytest.mark.parametrize("user", ["bob", "ada"])
def test_the_command_line_says_it_for_admins_alone(store, monkeypatch, capsys, user):
    from ntk_uq.cli import main
    from ntk_uq.people import shell

    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    monkeypatch.setenv("NTK_UQ_ADMINS", "ada")
    monkeypatch.setattr(shell, "_user", lambda: user)
    code = main(["people", "message", "down at six"])
    told = capsys.readouterr()
    if user == "ada":
        assert (code, told.out) == (0, "ada: down at six\n")
        assert main(["people", "message", "x" * 301]) == 2
        assert main(["people", "message", ""]) == 0
        assert store.notice.read() is None
    else:
        assert code == 1
        assert "only admins" in told.err
        assert store.notice.read() is None
    assert main(["people", "message"]) == 0
