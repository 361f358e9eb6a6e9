"""``ntk_uq people``: quotas and usage."""

import json

import pytest

from ntk_uq.people import shell


@pytest.fixture
def ada(store):
    store.people.see("ada", "Ada")
    store.quotas.spend({"ada": 5400})
    return "ada"


def test_an_admin_sets_quotas_and_everybody_sees_them(run, ada):
    code, out, _ = run("people", "quota", "member", "--hours", "10", "--results", "2GiB")
    assert code == 0
    assert out == ("member: worker time in 7 days at most 10.0 h, results at most 2.0 GiB\n")
    run("people", "quota", ada, "--hours", "1.5", "--results", "none")
    (record,) = json.loads(run("people", "usage", "--json")[1])
    assert (record["person"], record["quotas"]["hours"]["left"]) == (ada, 0)
    assert record["quotas"]["results"]["limit"] is None
    assert "1.5 h of 1.5 h of worker time in 7 days used, nothing left" in run("people", "usage")[1]
    run("people", "quota", ada, "--hours", "default", "--results", "default")
    assert run("people", "quota")[1].startswith("member: ")
    assert "8.5 h left" in run("people", "usage")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--hours", "5"], "Whose?"),
        (["nobody", "--hours", "5"], "neither a role"),
        (["ada", "--running", "1.5"], "a whole number"),
        (["ada", "--hours", "-1"], "from 0 on"),
        (["ada", "--hours", "nan"], "from 0 on"),
        (["ada", "--data", "many"], "--data is 'many'"),
    ],
)
def test_what_is_no_quota_is_refused_in_words(run, store, ada, arguments, words):
    code, _, error = run("people", "quota", *arguments)
    assert code != 0
    assert words in error
    assert store.quotas.limits() == {}


def test_a_member_sets_none(run, store, ada, monkeypatch):
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    monkeypatch.setattr(shell, "_user", lambda: "bob")
    code, _, error = run("people", "quota", "member", "--hours", "500")
    assert code != 0
    assert "only admins" in error
    assert store.quotas.limits() == {}
    assert run("people", "quota")[1] == "Nobody has any quota.\n"
