"""What in a page leads to another server: links, pictures, frames, forms, whatever is fetched."""

import urllib.parse
from html.parser import HTMLParser

_LEADING = frozenset(
    ("href", "xlink:href", "src", "srcset", "action", "formaction", "data", "poster", "background")
)


class _Reader(HTMLParser):
    def __init__(self, netloc: str) -> None:
        super().__init__()
        self.netloc, self.found = netloc, []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            value = (value or "").strip()
            leads = name in _LEADING and _leads(value, self.netloc)
            styled = name == "style" and "url(" in value and self.netloc in value
            runs = name.startswith("on") and self.netloc in value
            if leads or styled or runs:
                self.found.append(f"{tag} {name}={value[:80]}")

    handle_startendtag = handle_starttag


def _leads(value: str, netloc: str) -> bool:
    if value.lower().startswith("javascript:"):
        return True
    try:
        return urllib.parse.urlsplit(value).netloc.rpartition("@")[2] == netloc
    except ValueError:
        return False


def leading(html: str, netloc: str) -> list[str]:
    """The elements of a page that lead to a host, or to a script."""
    reader = _Reader(netloc)
    reader.feed(html)
    return reader.found
