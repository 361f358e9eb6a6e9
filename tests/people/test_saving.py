"""What each sees and changes of what was saved."""

import pytest

from ntk_uq.base.errors import NotAllowedError, SpecError
from ntk_uq.people import SOMEBODY, Person, Role, Saving
from ntk_uq.store import SavedKind
from ntk_uq.store.named_views import NamedView

ADA, BOB = Person("a", "Ada", Role.MEMBER), Person("b", "Bob", Role.MEMBER)
EVE, VIC = Person("e", "Eve", Role.ADMIN), Person("v", "Vic", Role.VIEWER)


@pytest.fixture
def hands(store):
    """The saved views in everybody's hands; one is of an older version."""
    for one in (ADA, BOB, EVE, VIC):
        store.people.see(one.id, one.name)
    store.views.save(NamedView("older", "width", {"v": "4"}))
    return {one.name: Saving(store, one) for one in (ADA, BOB, EVE, VIC)}


def names(hand):
    return [item.name for item in hand.visible()]


def changes(hand, item):
    return (
        lambda: hand.rename(item, "x"),
        lambda: hand.share(item, True),
        lambda: hand.remove(item),
    )


def test_what_is_private_is_its_owners_alone_and_what_is_shared_everybodys(hands):
    own = hands["Ada"].save_view("own", "width", {"v": "4"}, shared=False)
    ours = hands["Ada"].save_report("ours", b"{}", "1 view", shared=True)
    assert names(hands["Ada"]) == ["older", "ours", "own"]
    for other in ("Bob", "Eve", "Vic"):
        assert names(hands[other]) == ["older", "ours"]
        assert hands[other].content(ours) == b"{}"
        assert hands[other].owners()[ours.owner] == "Ada"
    assert [item.name for item in hands["Eve"].everything()] == ["older", "ours", "own"]
    with pytest.raises(NotAllowedError, match="only admins see"):
        hands["Bob"].everything()
    with pytest.raises(SpecError, match="its owner keeps it"):
        hands["Bob"].find(own.id)
    with pytest.raises(SpecError, match="its owner keeps it"):
        hands["Ada"].find("view-none")
    hidden = hands["Ada"].save_report("ours", b"{}", shared=False)
    with pytest.raises(SpecError, match="its owner keeps it"):
        hands["Bob"].content(hidden)
    assert hands["Eve"].find(own.id) == own


def test_a_member_changes_her_own_and_nobody_elses(hands):
    item = hands["Ada"].save_view("own", "width", {"v": "4"}, shared=True)
    (older,) = (i for i in hands["Ada"].visible() if i.name == "older")
    for other in ("Bob", "Vic"):
        for thing in (item, older):
            assert not hands[other].may_change(thing)
            for change in changes(hands[other], thing):
                with pytest.raises(NotAllowedError):
                    change()
    # Under its name, Bob saves one of his own.
    assert hands["Bob"].replaced(SavedKind.VIEW, "own") is None
    his = hands["Bob"].save_view("own", "data", {"v": "4"})
    assert his.id != item.id
    assert hands["Ada"].find(item.id).page == "width"
    hands["Ada"].share(item, False)
    assert hands["Ada"].find(item.id).shared is False
    hands["Ada"].rename(item, "renamed")
    hands["Ada"].remove(item)
    assert names(hands["Ada"]) == ["older", "own"]


def test_an_admin_changes_everything_and_it_stays_its_owners(hands):
    item = hands["Ada"].save_view("own", "width", {"v": "4"}, shared=True)
    assert hands["Eve"].replaced(SavedKind.VIEW, "own") == item
    changed = hands["Eve"].save_view("own", "data", {"v": "4"})
    assert (changed.id, changed.owner, changed.page) == (item.id, "a", "data")
    (older,) = (i for i in hands["Eve"].visible() if i.name == "older")
    with pytest.raises(SpecError, match="Nobody owns it"):
        hands["Eve"].share(older, False)
    hands["Eve"].save_view("older", "data", {"v": "4"})
    (older,) = (i for i in hands["Eve"].visible() if i.name == "older")
    assert (older.owner, older.page) == ("", "data")
    hands["Eve"].rename(older, "newer")
    assert names(hands["Bob"]) == ["newer", "own"]
    for one in hands["Eve"].visible():
        hands["Eve"].remove(one)
    assert names(hands["Ada"]) == []


def test_a_viewer_saves_nothing(hands):
    with pytest.raises(NotAllowedError, match="save nothing"):
        hands["Vic"].save_view("own", "width", {"v": "4"})
    with pytest.raises(NotAllowedError, match="save nothing"):
        hands["Vic"].save_report("own", b"{}")
    assert names(hands["Vic"]) == ["older"]


def test_where_nobody_is_asked_everything_is_everybodys(store):
    hand = Saving(store, SOMEBODY)
    view = hand.save_view(" a ", "width", {"v": "4"}, shared=False)
    assert store.views.list() == (NamedView("a", "width", {"v": "4"}),)  # as older versions do
    report = hand.save_report("r", b"{}", shared=False)
    assert report.shared
    assert hand.visible() == (view, report)
    assert all(hand.mine(item) and hand.may_change(item) for item in hand.visible())
    hand.save_view("b", "width", {"v": "4"})
    with pytest.raises(SpecError, match="already"):
        hand.rename(view, "b")
    hand.rename(view, "c")
    hand.remove(report)
    assert names(hand) == ["b", "c"]
