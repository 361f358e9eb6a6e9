"""Texts of users where Streamlit would read Markdown."""

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>:$&])")


def plain(text: str) -> str:
    """The text as it is: what somebody typed may be neither a picture from elsewhere nor a link."""
    return _SPECIAL.sub(r"\\\1", text)
