"""A report: views that somebody collected, with titles and notes, in an order."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

from ntk_uq.base.errors import ExportError
from ntk_uq.export.document import FORMAT, Document, json_of, read
from ntk_uq.export.html import page_of

MOST_ITEMS = 100
LONGEST_TITLE, LONGEST_TEXT = 200, 20_000
"""Characters of a title, and of an introduction or a note (schema.json says the same)."""


@dataclass(frozen=True)
class Item:
    """One view in a report.

    Attributes:
        title: its heading.
        notes: what the reader wrote about it.
        added: when, in UTC.
        view: the view as it was then, with its figures.
    """

    title: str
    notes: str
    added: str
    view: Document


@dataclass(frozen=True)
class Report:
    """Some views in an order.

    Attributes:
        title: of the whole.
        introduction: what stands before them.
        items: the views.
    """

    title: str = ""
    introduction: str = ""
    items: tuple[Item, ...] = ()

    def with_view(self, view: Document) -> Self:
        """The report with a view at its end.

        Raises:
            ExportError: if it is full.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return self.with_items((Item(view["title"][:LONGEST_TITLE], "", now, view),))

    def with_items(self, items: tuple[Item, ...]) -> Self:
        """The report with further items at its end. Raises ExportError if there is no room."""
        if len(self.items) + len(items) > MOST_ITEMS:
            raise ExportError(
                f"A report holds at most {MOST_ITEMS} views; take some out, or begin another one."
            )
        return replace(self, items=(*self.items, *items))

    def moved(self, place: int, by: int) -> Self:
        """The report with the item at a place moved up (by -1) or down (by 1), if there is room."""
        items = list(self.items)
        other = min(max(place + by, 0), len(items) - 1)
        items.insert(other, items.pop(place))
        return replace(self, items=tuple(items))

    def without(self, place: int) -> Self:
        """The report without the item at a place."""
        return replace(self, items=self.items[:place] + self.items[place + 1 :])

    def changed(self, place: int, title: str, notes: str) -> Self:
        """The report with another title and other notes at a place."""
        item = replace(self.items[place], title=title[:LONGEST_TITLE], notes=notes[:LONGEST_TEXT])
        return replace(self, items=(*self.items[:place], item, *self.items[place + 1 :]))

    def to_html(self) -> str:
        """The report as one HTML page that needs nothing else."""
        return page_of(
            [item.view for item in self.items],
            self.title or "Report",
            self.introduction,
            [item.title or item.view["title"] for item in self.items],
            [item.notes for item in self.items],
        )

    def to_json(self) -> str:
        """The report as the text of a file that :func:`open_report` reads."""
        items = [
            {"title": i.title, "notes": i.notes, "added": i.added, "view": i.view}
            for i in self.items
        ]
        return json_of(
            {
                "format": "ntk_uq report",
                "version": FORMAT,
                "title": self.title,
                "introduction": self.introduction,
                "items": items,
            }
        )


def open_report(content: bytes) -> Report:
    """The report in a file that was saved.

    Raises:
        ExportError: if it is none.
    """
    data: Mapping[str, Any] = read(content, "report")
    return Report(data["title"], data["introduction"], tuple(Item(**i) for i in data["items"]))
