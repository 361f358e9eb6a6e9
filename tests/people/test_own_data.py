"""Users' own data sets: who sees, lists, uploads, renames, shares and deletes which."""

import pytest

from ntk_uq import datasets
from ntk_uq.base.errors import DataError, NotAllowedError, PrivateDataError
from ntk_uq.datasets import own
from ntk_uq.datasets.own import Sharing, holders, showing
from ntk_uq.people import SOMEBODY, OwnData, Person, Role, bring_for

ADA, BOB = Person("a", "Ada", Role.MEMBER), Person("b", "Bob", Role.MEMBER)
EVE, VIC = Person("e", "Eve", Role.ADMIN), Person("v", "Vic", Role.VIEWER)
CSV = b"a,y\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(20))
STRANGERS = [BOB, VIC]


@pytest.fixture(autouse=True)
def _login(monkeypatch):
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    monkeypatch.setattr(showing, "_asked", showing._all)


def brought():
    return own.Brought(own.add(own.open_file(CSV, "cells.csv")), ())


def bring(person, sharing=Sharing.PRIVATE, title="cells.csv"):
    return bring_for(OwnData(person), sharing, title, brought).name


def changes(person, name):
    acting = OwnData(person)
    return (
        lambda: acting.rename(name, "mine now"),
        lambda: acting.share(name, Sharing.GROUP),
        lambda: acting.delete(name),
    )


@pytest.mark.parametrize("stranger", STRANGERS)
def test_what_is_private_is_neither_seen_nor_listed_nor_changed_by_others(stranger):
    name = bring(ADA)
    with pytest.raises(PrivateDataError, match="only Ada and admins see it"):
        OwnData(stranger).check(name)
    assert OwnData(stranger).hidden() == {name: "Ada"}
    assert OwnData(stranger).offered() == ()
    for change in changes(stranger, name):
        with pytest.raises(NotAllowedError, match="is Ada's"):
            change()
    assert own.path_of(name).is_file()
    (one,) = holders.holders(name)
    assert (one.title, one.sharing, one.kept) == ("cells.csv", Sharing.PRIVATE, True)


@pytest.mark.parametrize("sharing", [Sharing.LINK, Sharing.GROUP])
@pytest.mark.parametrize("stranger", STRANGERS)
def test_what_is_shared_is_seen_and_listed_only_for_the_group_and_still_not_changed(
    stranger, sharing
):
    name = bring(ADA, sharing)
    OwnData(stranger).check(name)
    assert OwnData(stranger).hidden() == {}
    assert OwnData(stranger).offered() == ((name,) if sharing is Sharing.GROUP else ())
    assert OwnData(stranger).hers() == {}
    for change in changes(stranger, name):
        with pytest.raises(NotAllowedError):
            change()


@pytest.mark.parametrize("person", [ADA, EVE])
def test_its_owner_and_an_admin_rename_share_and_delete(person):
    name = bring(ADA)
    acting = OwnData(person)
    assert list(acting.hers()) == [name]
    acting.rename(name, "  my   cells ")
    assert acting.title(name) == "my cells"
    acting.share(name, Sharing.GROUP)
    assert OwnData(BOB).title(name) == "my cells"
    assert OwnData(BOB).offered() == (name,)
    acting.delete(name)
    assert not own.path_of(name).exists()
    assert acting.hers() == {}
    assert OwnData(BOB).offered() == ()


def test_a_viewer_uploads_nothing_and_nothing_is_kept():
    with pytest.raises(NotAllowedError, match="upload nothing"):
        bring(VIC)
    assert not list(own.path_of("own-" + "0" * 40).parent.glob("*"))


def test_what_was_private_stays_so_when_the_data_are_deleted():
    name = bring(ADA)
    OwnData(ADA).delete(name)
    assert OwnData(BOB).hidden() == {name: "Ada"}
    assert bring(ADA) == name
    assert own.path_of(name).is_file()
    assert list(OwnData(ADA).hers()) == [name]


def test_equal_data_of_two_stay_until_both_have_deleted_them_and_each_has_her_title():
    name = bring(ADA, title="a.csv")
    assert bring(BOB, title="b.csv") == name
    assert [OwnData(p).title(name) for p in (ADA, BOB)] == ["a.csv", "b.csv"]
    assert OwnData(VIC).hidden() == {name: "Ada and Bob"}
    OwnData(ADA).delete(name)
    assert own.path_of(name).is_file()
    OwnData(BOB).delete(name)
    assert not own.path_of(name).exists()


def test_data_of_before_stay_as_they_are_whoever_uploads_them_again():
    name = brought().name
    OwnData(BOB).check(name)
    assert bring(ADA) == name
    OwnData(BOB).check(name)
    OwnData(ADA).delete(name)
    assert own.path_of(name).is_file()
    with pytest.raises(NotAllowedError):
        OwnData(BOB).delete(name)


@pytest.mark.parametrize("text", ["{", "[]", '{"holders": []}', '{"holders": [{"person": "b"}]}'])
def test_a_record_that_cannot_be_read_is_somebodys_private_one(text):
    name = bring(ADA)
    own.path_of(name).with_suffix(".json").write_text(text)
    for person in (ADA, BOB):
        with pytest.raises(PrivateDataError, match="only somebody and admins"):
            OwnData(person).check(name)
    OwnData(EVE).check(name)


def test_where_nobody_is_asked_nothing_is_private_and_nothing_is_written(monkeypatch):
    name = bring(ADA)
    monkeypatch.delenv("NTK_UQ_LOGIN")
    assert OwnData(SOMEBODY).hidden() == {}
    assert OwnData(SOMEBODY).title(name) is None
    own.path_of(name).with_suffix(".json").unlink()
    assert bring(SOMEBODY) == name
    assert holders.holders(name) == ()


@pytest.mark.parametrize("title", ["", "  ", "x" * 81, "a\x00b"])
def test_a_title_that_cannot_be_shown_is_refused(title):
    name = bring(ADA)
    with pytest.raises(DataError, match="write 1 to 80"):
        OwnData(ADA).rename(name, title)


def test_a_process_that_knows_who_looks_gives_data_to_those_alone_and_by_their_title(monkeypatch):
    name = bring(ADA)
    assert datasets.get(name).title == "cells.csv"
    OwnData(ADA).rename(name, "![x](http://evil.example)")
    monkeypatch.setattr(showing, "_asked", OwnData(ADA).title)
    assert datasets.get(name).title == "![x](http://evil.example)"
    monkeypatch.setattr(showing, "_asked", OwnData(BOB).title)
    with pytest.raises(PrivateDataError):
        datasets.get(name)
