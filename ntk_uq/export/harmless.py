"""Words that a spreadsheet does not compute, wherever they stand in a file of values.

A spreadsheet takes a cell for a formula that begins with one of ``= + - @``, and a formula can run
programs. Where a cell begins is for the spreadsheet to say: in some countries at a semicolon, at a
tab if it was told so, and in a line of comments at every comma. So each such beginning inside words
is broken, and not only the first: with an apostrophe, which spreadsheets take for "this is text",
or, inside JSON and addresses, by the sign's code, which reads back as what it was. What is a number
(``-0.31``) stays one.
"""

import json
import re
from typing import Any

_BEGINS = re.compile(
    # What a cell may begin behind, and what may stand between: quotes, and blanks that are cut off.
    r"(?P<before>(?:^|[,;|\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029])[\s\"]*)"
    r"(?P<sign>[=+\-@\uff0b\uff0d\uff1d\uff20])"
    # No number: one goes on to the brackets and quotes of what it stands in and the next separator.
    r"(?!(?<=[+-])\d+(?:\.\d*)?(?:[eE][+-]?\d+)?[\]})\"]*\s*(?:$|[,;|\t]))"
)


def words(text: str) -> str:
    """``text`` with an apostrophe before each sign with which a formula could begin."""
    return _BEGINS.sub(r"\g<before>'\g<sign>", text)


def json_words(value: Any) -> str:
    """``value`` as JSON in which no formula could begin; it is read as the same value.

    Raises:
        TypeError: for what JSON cannot hold.
    """
    return _BEGINS.sub(
        lambda found: f"{found['before']}\\u{ord(found['sign']):04x}", json.dumps(value)
    )


def address(text: str) -> str:
    """An address in which no formula could begin; it leads to the same place."""
    return _BEGINS.sub(lambda found: found["before"] + _coded(found["sign"]), text)


def _coded(sign: str) -> str:
    # Not quote(), which leaves a minus as it is.
    return "".join(f"%{byte:02X}" for byte in sign.encode())
