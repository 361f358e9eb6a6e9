"""Views that somebody saved under a name."""

import pytest

from ntk_uq.base.errors import SpecError, StoreError
from ntk_uq.store.named_views import MOST, NamedView, NamedViews


@pytest.fixture
def views(tmp_path):
    return NamedViews(tmp_path / "views")


def test_what_was_saved_is_listed_by_name_replaced_and_deleted(views):
    assert views.list() == ()
    one = NamedView("../b: ünïcode", "width", {"v": "4", "depths": "1,2"})
    other = NamedView("A", "", {"v": "4"})
    views.save(one)
    views.save(other)
    assert NamedViews(views.directory).list() == (one, other)
    assert {path.parent for path in views.directory.rglob("*.json")} == {views.directory}
    again = NamedView("A", "data", {"v": "3"})
    views.save(again)
    assert [v.page for v in views.list() if v.name == "A"] == ["data"]
    views.delete("A")
    views.delete("A")
    assert views.list() == (one,)


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "is empty"), ("  ", "is empty"), ("a\nb", "one line"), ("x" * 61, "61")],
)
def test_a_name_that_cannot_be_is_refused_in_words(views, name, words):
    with pytest.raises(SpecError, match=words):
        views.save(NamedView(name, "", {}))


def test_files_of_others_are_left_alone(views):
    views.save(NamedView("mine", "", {"v": "4"}))
    for i, text in enumerate(("", "[]", "{}", '{"name": 1, "page": "", "query": {}}', "\x00")):
        (views.directory / f"{i}.json").write_text(text)
    assert [v.name for v in views.list()] == ["mine"]


def test_there_is_an_end_to_them(views):
    views.directory.mkdir()
    for i in range(MOST):
        (views.directory / f"{i}.json").touch()
    with pytest.raises(SpecError, match="delete one of them first"):
        views.save(NamedView("one more", "", {}))


def test_where_nothing_can_be_written_it_is_said(tmp_path):
    with pytest.raises(StoreError, match="views"):
        NamedViews(tmp_path / "missing" / "views").save(NamedView("a", "", {}))
