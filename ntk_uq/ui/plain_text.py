"""Texts of users where Streamlit would read Markdown."""

import re

JOINER = "\u2060"
"""Invisible. Before an address it is no blank and no punctuation, behind which alone Markdown makes
links of what is no link by any sign: addresses as such, which no backslash protects."""

_ADDRESS = re.compile(r"(?=https?://|www\.)|(?<![-.\w+])(?=[-.\w+]+@[-\w]+\.)", re.IGNORECASE)
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>:$&])")


def plain(text: str) -> str:
    """The text as it is: what somebody typed may be neither a picture from elsewhere nor a link."""
    return _SPECIAL.sub(r"\\\1", _ADDRESS.sub(JOINER, text))
