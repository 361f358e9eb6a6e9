"""What admins change on their page: roles and quotas, in words where that is refused."""

import pytest
from helpers.pages_driver import open_page, sources, texts

from ntk_uq.people import Claims, quotas
from ntk_uq.people.quotas import Quota
from ntk_uq.ui import who

HOSTILE = "![x](http://evil.example/x.png)"
ADA, BOB = Claims("https://idp", "1", "Ada"), Claims("https://idp", "2", HOSTILE)


@pytest.fixture
def app(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    monkeypatch.setenv("NTK_UQ_ADMINS", "1")
    store.people.see(BOB.id, BOB.shown)
    monkeypatch.setattr(who, "_of_provider", lambda: ADA)
    return open_page("administration")


def of(app, chosen):
    return app.selectbox(key="admin_who").set_value(chosen).run()


def quota(app, which):
    return next(b for b in app.text_input if b.key.startswith("admin_quota_") and which in b.key)


def press(app, key):
    app = app.button(key=key).click().run()
    assert not app.exception
    return app


def test_a_role_is_given(app, store):
    of(app, BOB.id)
    assert app.button(key="admin_give_role").disabled
    box = next(box for box in app.selectbox if box.label == "Role")
    assert box.value is None  # as newcomers
    box.set_value("viewer").run()
    press(app, "admin_give_role")
    assert {p.id: p.role for p in store.people.all()}[BOB.id] == "viewer"
    assert "is a viewer now" in texts(app.info)
    assert "![" not in sources(app.info)
    assert app.button(key="admin_give_role").disabled


def test_quotas_of_somebody_and_of_a_role_are_set_and_taken_back(app, store):
    of(app, "member")
    assert not [box for box in app.selectbox if box.label == "Role"]
    assert quota(app, "hours").value == "default"
    quota(app, "hours").set_value("12.5")
    quota(app, "data").set_value("3GiB")
    press(app, "admin_set_quotas")
    of(app, BOB.id)
    quota(app, "hours").set_value("none")
    press(app, "admin_set_quotas")
    limits = store.quotas.limits()
    assert limits == {"member": {"hours": 12.5, "data": 3 * 2**30}, BOB.id: {"hours": None}}
    of(app, "member")
    assert (quota(app, "hours").value, quota(app, "data").value) == ("12.5", "3.0 GiB")
    quota(app, "hours").set_value("default")
    press(app, "admin_set_quotas")
    assert store.quotas.limits()["member"] == {"data": 3 * 2**30}


def test_a_size_that_stands_there_rounded_is_left_as_it_is(app, store):
    exactly = 3 * 2**30 + 1
    store.quotas.set_limit("viewer", Quota.DATA, exactly)
    of(app, "viewer")
    quota(app, "running").set_value("4")
    press(app, "admin_set_quotas")
    assert store.quotas.limits()["viewer"] == {"data": exactly, "running": 4}


@pytest.mark.parametrize(
    ("which", "text", "words"),
    [
        ("hours", "-1", "worker time in 7 days is '-1'; write a number from 0 on"),
        ("running", "1.5", "runs at once is '1.5'; write a whole number from 0 on"),
        ("data", "many", "own data is 'many'; write a size such as 16GiB"),
        ("results", "", "results is ''; write a size"),
    ],
)
def test_what_is_no_amount_is_refused_in_words_and_sets_nothing(app, store, which, text, words):
    of(app, "member")
    quota(app, "hours").set_value("5")
    quota(app, which).set_value(text)
    press(app, "admin_set_quotas")
    assert words in texts(app.error)
    assert store.quotas.limits() == {}


def test_who_is_no_admin_any_more_changes_nothing(app, store, monkeypatch):
    of(app, "member")
    quota(app, "hours").set_value("5")
    monkeypatch.setenv("NTK_UQ_ADMINS", "nobody")
    press(app, "admin_set_quotas")
    assert store.quotas.limits() == {}
    assert "only admins" in texts(app.error)


def test_without_a_login_there_is_nothing_to_change(store, monkeypatch):
    app = open_page("administration")
    assert not app.exception
    assert not [box for box in app.selectbox if box.key == "admin_who"]
    assert quotas.accounts(store) == ()
