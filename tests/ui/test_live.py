"""What pages share that show growing results."""

from ntk_uq.ui import live


def test_what_was_read_whole_is_used_once_and_then_read_again():
    read = live.once("first", True, lambda: "later")
    assert [read(), read(), read()] == ["first", "later", "later"]


def test_what_was_not_complete_is_read_again_at_once():
    assert live.once("first", False, lambda: "later")() == "later"
