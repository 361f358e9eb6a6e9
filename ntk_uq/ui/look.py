"""What Streamlit's themes cannot say of how pages look."""

import streamlit as st

from ntk_uq.ui import engine_line, job_panel, session

# The bar beside a page that grows takes its room from the start.
_ALWAYS = "[data-testid='stMain'] { scrollbar-gutter: stable; }"
# Streamlit keeps a hand's breadth free above the title and beside the page; a laptop needs it for
# figures.
_MARGINS = (
    "[data-testid='stMainBlockContainer'] { padding-top: 3.25rem; } "
    "@media (max-width: 1300px) { [data-testid='stMainBlockContainer'] "
    "{ padding-left: 2rem; padding-right: 2rem; } }"
)
# An opened list is closed by a scroll, also by that which the browser makes when something above it
# grows: until something was chosen, the browser makes none.
_LISTS = (
    ":is([data-testid='stMain'], [data-testid='stSidebarContent']):has([aria-expanded='true']"
    "[role='combobox']) { overflow-anchor: none; }"
)
# As high from the start as what stands there takes in words; in narrow windows a launch takes more.
_ROOMS = (
    f".st-key-{engine_line.ROOM} {{ min-height: 2.8em; }} "
    f"[class*='st-key-{job_panel.ROOM}_'] {{ min-height: 152px; }} "
    f"@media (max-width: 700px) {{ [class*='st-key-{job_panel.ROOM}_'] {{ min-height: 330px; }} }}"
)
# Links and buttons beside each other begin at one line and one edge, whatever each is made of.
_STARTS = (
    ".st-key-start_panel [data-testid='stElementContainer']:has([data-testid='stPageLink']) "
    "{ margin: 0; } "
    ".st-key-start_panel [data-testid='stPageLink'] p { white-space: normal; }"
)
# Streamlit's own CSV of a table has whatever a label or a title is, formulas of a spreadsheet
# included; "Take it home" below has the same numbers without.
_EXPORTS = (
    "[data-testid='stElementToolbarButton']:has([aria-label*='Download as CSV']) { display: none; }"
)
# What is chosen of several buttons is written in the colour that others have as their ground.
_DARK = "button[data-variant][data-selected='true'] p { color: #9CC9F5; }"

# Headings go from the page's title, h1, down by single levels, as screen readers list them; their
# sizes are those of a page full of figures.
_SIZES = {
    "stMain": {"h1": "2.25rem", "h2": "1.375rem", "h3": "1.125rem"},
    "stSidebar": {"h2": "1.125rem"},
    "stExpander": {"h2": "1rem"},
}
_HEADINGS = " ".join(
    f"body [data-testid='{place}'] {level} {{ font-size: {size}; line-height: 1.2; "
    f"padding: {0.9 if level == 'h1' else 0.5}rem 0 0.75rem; }}"
    for place, levels in _SIZES.items()
    for level, size in levels.items()
)


def draw() -> None:
    """Adds it to the page."""
    dark = _DARK if session.dark() else ""
    rules = (_ALWAYS, _MARGINS, _LISTS, _ROOMS, _EXPORTS, _STARTS, _HEADINGS, dark)
    st.html(f"<style>{' '.join(rules)}</style>")
