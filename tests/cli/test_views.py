"""``ntk_uq views``: what was saved under names."""

import json

import pytest

from ntk_uq.people import SOMEBODY, Claims, Person, Role, Saving
from ntk_uq.people import shell as shells
from ntk_uq.views import WidthView

ADA = Person("a", "Ada", Role.MEMBER)


@pytest.fixture
def saved(store):
    hand = Saving(store, SOMEBODY)
    view = hand.save_view("widths", "width", WidthView(members=7).to_query())
    report = hand.save_report("ours", b'{"title": "T"}', "1 view")
    store.people.see("a", "Ada")
    hers = Saving(store, ADA)
    private = hers.save_view("hers", "width", WidthView().to_query(), shared=False)
    return {"view": view, "report": report, "private": private}


def test_an_empty_one_says_so(run, store):
    assert run("views", "list") == (0, "Nothing is saved under a name.\n", "")
    code, _, error = run("views", "show", "x")
    assert code == 2
    assert "Nothing that you see is saved as 'x'" in error


def test_all_of_it_is_listed_and_shown(run, saved):
    _, out, _ = run("views", "list")
    assert [line.split()[-1] for line in out.splitlines()] == ["hers", "ours", "widths"]
    _, out, _ = run("views", "list", "--json")
    assert [item["id"] for item in json.loads(out)] == [
        saved[name].id for name in ("private", "report", "view")
    ]
    _, out, _ = run("views", "show", "widths")
    assert "opens at width?v=" in out
    assert "members=7" in out
    _, out, _ = run("views", "show", saved["report"].id, "--json")
    found = json.loads(out)
    assert found["report"] == {"title": "T"}
    assert found["link"] == f"report?id={saved['report'].id}"


def test_one_is_removed_by_its_name_or_id_and_never_one_of_several(run, saved, store):
    code, out, _ = run("views", "remove", "ours")
    assert (code, out) == (0, "removed the report ours\n")
    Saving(store, ADA).save_view("widths", "width", {"v": "4"}, shared=True)
    code, _, error = run("views", "remove", "widths")
    assert code == 2
    assert "2 are called 'widths'" in error
    _, out, _ = run("views", "remove", saved["view"].id, "--json")
    assert json.loads(out)["removed"]["name"] == "widths"
    assert store.views.list() == ()


def test_whoever_works_there_sees_and_removes_as_on_the_pages(run, saved, store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    monkeypatch.setattr(shells, "_user", lambda: "bob")
    _, out, _ = run("views", "list")
    assert [line.split()[-1] for line in out.splitlines()] == ["ours", "widths"]
    code, _, error = run("views", "remove", "widths")
    assert (code, "only its owner and admins" in error) == (1, True)
    assert run("views", "show", "hers")[0] == 2
    store.people.see(Claims("shell", "bob").id, "bob")
    store.people.set_role(Claims("shell", "bob").id, "admin")
    assert run("views", "remove", "hers")[0] == 0
    assert store.saved.get(saved["private"].id) is None
