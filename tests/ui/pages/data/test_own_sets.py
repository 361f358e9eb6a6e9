"""Own data sets on the pages, where people have logged in: two members, a viewer, an admin."""

import pytest
from helpers.pages_driver import open_page, sources, texts

from ntk_uq.datasets import own
from ntk_uq.datasets.own import Sharing, holders
from ntk_uq.people import Claims, OwnData, Person, Role, bring_for
from ntk_uq.specs import DataSpec
from ntk_uq.ui import who
from ntk_uq.views import CurvesView, DataView

ADA, BOB = (Claims("https://idp", number, name) for number, name in (("1", "Ada"), ("2", "Bob")))
CSV = b"a,b,y\n" + b"".join(b"%d,%d,%d\n" % (i, i % 7, i * i) for i in range(60))
HOSTILE = "![x](http://evil.example/x.png) <img src=x>"


@pytest.fixture
def as_(monkeypatch):
    """Opens pages as somebody."""
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")

    def open_as(claims, page, view=None):
        monkeypatch.setattr(who, "_of_provider", lambda: claims)
        return open_page(page, view)

    return open_as


def brought(title="cells.csv", sharing=Sharing.PRIVATE):
    """The name of data that Ada has uploaded."""
    ada = OwnData(Person(ADA.id, "Ada", Role.MEMBER))
    return bring_for(
        ada,
        sharing,
        title,
        lambda: own.Brought(own.add(own.open_file(CSV, "cells.csv")), ()),
    ).name


def mine(app):
    return app.segmented_control(key="data_section").set_value("A file of your own").run()


@pytest.mark.parametrize(
    ("page", "view"),
    [
        ("data", lambda name: DataView(DataSpec(name), sample=10)),
        ("scaling_curves", lambda name: CurvesView(DataSpec(name, n_test=10), n_low=5, n_high=20)),
        (
            "scaling_curves",
            lambda name: CurvesView(
                DataSpec(n_test=10),
                n_low=5,
                n_high=20,
                depths=(2,),
                vary="dataset",
                values=("digits", name),
            ),
        ),
    ],
)
def test_a_link_to_private_data_refuses_in_words_and_shows_its_owner_all(store, as_, page, view):
    name = brought("secret plan.csv")
    app = as_(BOB, page, view(name))
    assert not app.exception
    assert "only Ada and admins see it" in texts(app.error)
    assert "secret plan" not in texts(app.error, app.caption, app.markdown, app.header)
    assert store.jobs.list() == []
    app = as_(ADA, page, view(name))
    assert not app.error
    assert "secret plan.csv" in [o for box in app.selectbox for o in box.options]


def test_what_is_for_the_group_is_listed_to_all_and_private_data_to_their_owner(store, as_):
    name = brought()
    assert "cells.csv" in as_(ADA, "data").selectbox(key="data_dataset").options
    assert "cells.csv" not in as_(BOB, "data").selectbox(key="data_dataset").options
    OwnData(Person(ADA.id, "Ada", Role.MEMBER)).share(name, Sharing.GROUP)
    assert "cells.csv" in as_(BOB, "data").selectbox(key="data_dataset").options


def test_its_owner_renames_shares_and_deletes_and_a_title_is_a_text(store, as_):
    name = brought()
    assert not [b for b in mine(as_(BOB, "data")).button if b.label == "Delete"]
    app = mine(as_(ADA, "data"))
    app.text_input(key=f"own_title_{name}_cells.csv").set_value(HOSTILE).run()
    app.selectbox(key=f"own_sharing_{name}_private").set_value(Sharing.GROUP).run()
    (one,) = holders.holders(name)
    assert (one.title, one.sharing) == (HOSTILE, Sharing.GROUP)
    shown = as_(BOB, "data", DataView(DataSpec(name), sample=10))
    assert "](" not in sources(shown.markdown, shown.caption, shown.header)
    assert "x.png" in texts(shown.header)
    app = mine(as_(ADA, "data"))
    app.button(key=f"own_delete_{name}").click().run()
    assert own.path_of(name).is_file()
    app.button(key=f"own_delete_{name}_yes").click().run()
    assert not own.path_of(name).exists()


def test_an_admin_deletes_what_is_anothers(store, as_, monkeypatch):
    name = brought()
    monkeypatch.setenv("NTK_UQ_ADMINS", "2")
    app = mine(as_(BOB, "data"))
    app.button(key=f"own_delete_{name}").click().run()
    app.button(key=f"own_delete_{name}_yes").click().run()
    assert not own.path_of(name).exists()


def test_an_upload_is_hers_and_private_and_a_viewer_has_none(store, as_, monkeypatch):
    app = mine(as_(BOB, "data"))
    app.file_uploader(key="upload").set_value(("mine.csv", CSV, "text/csv")).run()
    app.button(key="use_upload").click().run()
    assert not app.exception
    ((name, (one,)),) = holders.everybodys().items()
    assert (one.name, one.title, one.sharing) == ("Bob", "mine.csv", Sharing.PRIVATE)
    monkeypatch.setenv("NTK_UQ_ROLE", "viewer")
    app = mine(as_(ADA, "data"))
    uploader = app.file_uploader(key="upload")
    assert uploader.disabled
    assert "upload nothing" in uploader.help
    assert own.is_own(name)


def test_without_a_login_there_is_no_list_and_no_owner(store):
    app = mine(open_page("data"))
    app.file_uploader(key="upload").set_value(("mine.csv", CSV, "text/csv")).run()
    assert "upload_sharing" not in [box.key for box in app.selectbox]
    app.button(key="use_upload").click().run()
    assert holders.everybodys() == {}
    assert not [b for b in mine(app).button if b.label == "Delete"]
