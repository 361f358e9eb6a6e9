"""The page of runs for people who have logged in: private data, and whose runs are listed."""

import pandas as pd
import pytest
from helpers.pages_driver import open_page, texts, view_in

from ntk_uq.datasets import own
from ntk_uq.datasets.own import Sharing
from ntk_uq.jobs.asking import submit
from ntk_uq.people import Acting, Claims, OwnData, Person, Role, bring_for, shell
from ntk_uq.specs import CurveSpec, DataSpec
from ntk_uq.ui import who
from ntk_uq.views import RunsView

ADA, BOB = (Claims("https://idp", number, name) for number, name in (("1", "Ada"), ("2", "Bob")))
PUBLIC = CurveSpec(DataSpec(n_test=50), n_train=(20, 40))
SECRETS = ("secret", "own data", "own-", "hush", "N_D 20", "N_T 10")


@pytest.fixture
def private(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    text = b"a,y\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(100))
    ada = Person(ADA.id, "Ada", Role.MEMBER)
    brought = bring_for(
        OwnData(ada),
        Sharing.PRIVATE,
        "secret.csv",
        lambda: own.Brought(own.add(own.open_file(text, "secret.csv")), ()),
    )
    store.people.see(ADA.id, "Ada")
    spec = CurveSpec(DataSpec(brought.name, n_test=10), n_train=(20, 40))
    job = submit(store.jobs, spec, launched=True, by=Acting(store, ada))
    return Acting(store, ada).set_label(job.id, "hush")


def opened(monkeypatch, claims, view=None):
    monkeypatch.setattr(who, "_of_provider", lambda: claims)
    return open_page("runs", view or RunsView())


def test_a_row_says_whose_it_is_and_its_details_refuse(store, private, monkeypatch):
    app = opened(monkeypatch, BOB, RunsView(selected=(private.id,)))
    assert not app.exception
    (row,) = app.dataframe[0].value.to_dict("records")
    assert row["run"] == "a private data set of Ada"
    assert row["state"] == "○ queued"
    assert pd.isna(row["asked"])
    assert "only Ada and admins see it" in texts(app.info)
    shown = texts(app.caption, app.markdown, app.info, app.code, app.table) + str(row)
    assert not [secret for secret in SECRETS if secret in shown]
    mine = opened(monkeypatch, ADA, RunsView(selected=(private.id,)))
    assert "secret.csv" in texts(mine.markdown)


def test_mine_alone_and_a_link_from_before(store, private, monkeypatch):
    bob = Acting(store, Person(BOB.id, "Bob", Role.MEMBER))
    submit(store.jobs, PUBLIC, launched=True, by=bob)
    app = opened(monkeypatch, BOB)
    assert len(app.dataframe[0].value) == 2
    app.toggle(key="runs_mine").set_value(True).run()
    assert len(app.dataframe[0].value) == 1
    assert view_in(app, RunsView).mine
    query = RunsView().to_query()
    assert RunsView.from_query({**{k: v for k, v in query.items() if k != "mine"}, "v": "4"}) == (
        RunsView()
    )


def test_without_a_login_there_is_no_such_switch(store):
    submit(store.jobs, PUBLIC, launched=True)
    app = open_page("runs", RunsView(mine=True))
    assert "runs_mine" not in [toggle.key for toggle in app.toggle]
    assert len(app.dataframe[0].value) == 1


def test_the_command_line_says_no_more(store, private, monkeypatch, capsys):
    from ntk_uq.cli import main

    monkeypatch.setattr(shell, "_user", lambda: "bob")
    assert main(["runs", "list"]) == 0
    assert main(["runs", "list", "--json"]) == 0
    told = capsys.readouterr().out
    assert "a private data set of Ada" in told
    assert not [secret for secret in SECRETS if secret in told]
    assert main(["runs", "list", "--mine"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["runs", "show", private.id]) == 1
    assert "only Ada and admins see it" in capsys.readouterr().err
    assert main(["runs", "label", private.id, "x"]) == 1
    monkeypatch.setenv("NTK_UQ_ADMINS", "bob")
    assert main(["runs", "show", private.id]) == 0
    assert "secret.csv" in capsys.readouterr().out
