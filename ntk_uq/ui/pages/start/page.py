"""The page "Start": what there is to open, as cards with small pictures."""

import functools
import html
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from ntk_uq.analysis.shown import view_of_named
from ntk_uq.base.errors import LinkError
from ntk_uq.figures import Style
from ntk_uq.figures.small import HEIGHT
from ntk_uq.people import Saving
from ntk_uq.store import SavedItem, SavedKind, Store
from ntk_uq.ui import pages, saved, session, setup_words
from ntk_uq.ui.links import Opening, opening_of
from ntk_uq.ui.pages.start import pictures
from ntk_uq.ui.pages.start.pictures import CardPicture
from ntk_uq.ui.plain_text import plain
from ntk_uq.ui.start.presets import GALLERY, PAPER

_PATIENCE = 1.5  # seconds until cards are shown without the pictures that are still being drawn
_LOOK_SECONDS = 1.0
_WIDTH = 290  # pixels of a card
_MOST = 60
_EVERY = "start_page_every"
# The link of a card is as large as the card; what changes it lies above.
_STYLE = (
    "[class*='st-key-card_'] { position: relative; } "
    "[class*='st-key-card_'] [data-testid='stElementContainer']:has([data-testid='stPageLink']) "
    "{ position: static; } "
    "[class*='st-key-card_'] [data-testid='stPageLink'] a::after "
    "{ content: ''; position: absolute; inset: 0; } "
    "[class*='st-key-card_'] [data-testid='stPageLink'] p { white-space: normal; } "
    "[class*='st-key-card_'] [data-testid='stPopover'] { position: relative; z-index: 1; }"
)

_HOW = (
    "Nothing yet. *Named views* above every page saves what it shows, and the page *Report* a "
    "report."
)


@dataclass(frozen=True)
class Card:
    """What is to be opened.

    Attributes:
        key: of the card in the page.
        title: as it was given.
        about: one sentence on it, as Markdown.
        opening: the link to it; None where this version has no such page.
        picture: draws its picture, until a time by the monotonic clock.
        item: what was saved; None for a preset.
    """

    key: str
    title: str
    about: str
    opening: Opening | None
    picture: Callable[[float], CardPicture]
    item: SavedItem | None = None


def page() -> None:
    """The whole page."""
    st.markdown(
        "What there is to open: presets, and what was saved here under a name. Pictures show the "
        "results that are in the store now."
    )
    # A timer only while pictures are being drawn.
    every = st.session_state.get(_EVERY)
    st.fragment(_cards, run_every=every)(every)


def _cards(every: float | None) -> None:
    with session.told():
        store = session.store()
        hands = saved.saving(store)
        saved.tell()
        st.html(f"<style>{_STYLE}</style>")
        until = time.monotonic() + _PATIENCE
        items, owners = hands.visible(), hands.owners()
        mine = [item for item in items if hands.mine(item)]
        others = [item for item in items if not hands.mine(item)]
        st.markdown("## Presets")
        st.caption(f"The tasks of the paper are those of {PAPER}; sizes are ours, for two cores.")
        drawn = _grid(hands, "presets", list(_presets(store)), until)
        known = hands.person.known
        st.markdown("## What you saved" if known else "## Saved on this server")
        drawn &= _grid(hands, "mine", list(_saved(store, hands, mine, owners)), until)
        if known:
            st.markdown("## What the group shares")
            drawn &= _grid(hands, "others", list(_saved(store, hands, others, owners)), until)
    still = None if drawn else _LOOK_SECONDS
    if still != every:
        st.session_state[_EVERY] = still
        st.rerun()


def _presets(store: Store) -> Iterator[Card]:
    for number, preset in enumerate(GALLERY):
        link = opening_of(preset.view, label=preset.label)
        picture = functools.partial(pictures.of_view, store, preset.view, session.dark())
        yield Card(f"preset_{number}", preset.label, preset.about, link, picture)


def _saved(
    store: Store, hands: Saving, items: Iterable[SavedItem], owners: dict[str, str]
) -> Iterator[Card]:
    for item in items:
        link = saved.opening(item)
        about, picture = (
            _report(store, item) if item.kind is SavedKind.REPORT else _view(store, item)
        )
        whose = plain(saved.whose(hands, item, owners))
        told = " · ".join(filter(None, (about, whose)))
        yield Card(item.id, item.name, told, link, picture, item)


def _view(store: Store, item: SavedItem) -> tuple[str, Callable[[float], CardPicture]]:
    """A sentence on a view, and its picture."""
    try:
        view = view_of_named(item)
    except LinkError as error:
        return plain(str(error)), lambda _: CardPicture(words=pictures.NO_FIGURE)
    about = setup_words.line(view) or plain(pages.page_of(view).title)
    return about, functools.partial(pictures.of_view, store, view, session.dark())


def _report(store: Store, item: SavedItem) -> tuple[str, Callable[[float], CardPicture]]:
    """A sentence on a report, and its picture."""
    day = datetime.fromtimestamp(item.saved, UTC).date().isoformat()
    about = plain(f"Report: {item.about}; saved {day}.")
    return about, functools.partial(pictures.of_report, store, item, session.dark())


def _grid(hands: Saving, key: str, cards: list[Card], until: float) -> bool:
    """Cards beside and below each other; whether all of their pictures are drawn."""
    if not cards:
        st.caption(_HOW)
        return True
    with st.container(horizontal=True, key=f"cards_{key}"):
        drawn = [_card(hands, card, until) for card in cards[:_MOST]]
    if len(cards) > _MOST:
        st.caption(f"{len(cards) - _MOST} more are listed by *Named views*, and by *Report*.")
    return all(drawn)


def _card(hands: Saving, card: Card, until: float) -> bool:
    """One card; whether its picture is drawn."""
    with st.container(border=True, key=f"card_{card.key}", width=_WIDTH, height="stretch"):
        picture = card.picture(until)
        st.html(_shown(picture, card.title))
        if card.opening is not None:
            card.opening.draw()
        else:
            st.markdown(f"{plain(card.title)}: this version has no such page.")
        st.caption(card.about)
        if card.item is not None:
            saved.changes(hands, card.item, "change")
    return picture.words != pictures.DRAWING


def _shown(picture: CardPicture, title: str) -> str:
    """The picture as HTML, or a plain place that says why there is none."""
    if picture.svg:
        alt = html.escape(f"Small picture of {title}", quote=True)
        look = f"display:block;width:100%;height:{HEIGHT}px"
        return f'<img src="{picture.source}" alt="{alt}" style="{look}">'
    grey = Style(session.dark()).grey
    look = (
        f"height:{HEIGHT}px;display:flex;align-items:center;justify-content:center;"
        f"text-align:center;padding:0 16px;box-sizing:border-box;"
        f"border:1px dashed {grey};color:{grey};font-size:0.875rem"
    )
    return f'<div style="{look}">{html.escape(picture.words)}</div>'
