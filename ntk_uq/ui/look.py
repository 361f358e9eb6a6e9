"""What Streamlit's themes cannot say of how pages look."""

import streamlit as st

from ntk_uq.ui import session

# The bar beside a page that grows takes its room from the start.
_ALWAYS = "[data-testid='stMain'] { scrollbar-gutter: stable; }"
# An opened list is closed by a scroll, also by that which the browser makes when something above it
# grows: until something was chosen, the browser makes none.
_LISTS = (
    ":is([data-testid='stMain'], [data-testid='stSidebarContent']):has([aria-expanded='true']"
    "[role='combobox']) { overflow-anchor: none; }"
)
# What is chosen of several buttons is written in the colour that others have as their ground.
_DARK = "button[data-variant][data-selected='true'] p { color: #9CC9F5; }"


def draw() -> None:
    """Adds it to the page."""
    st.html(f"<style>{_ALWAYS}{_LISTS}{_DARK if session.dark() else ''}</style>")
