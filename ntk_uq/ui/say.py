"""Messages above and between what a page shows: whatever they quote stays a text.

Links, files and what others named hold what their authors like. As Markdown a message would load
pictures from elsewhere, or be a link to there. What a page says of itself may have Markdown, and is
written where it is said; ``tests/ui/test_say.py`` refuses any other message that is not said here.
"""

import streamlit as st

from ntk_uq.ui.plain_text import plain


def error(text: object, icon: str = ":material/error:") -> None:
    """What cannot be, and what to do about it."""
    st.error(plain(str(text)), icon=icon)


def warning(text: object, icon: str = ":material/warning:") -> None:
    """What should be known of what is shown."""
    st.warning(plain(str(text)), icon=icon)


def info(text: object, icon: str = ":material/info:") -> None:
    """What is worth knowing."""
    st.info(plain(str(text)), icon=icon)
