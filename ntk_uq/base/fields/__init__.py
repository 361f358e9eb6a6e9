"""Fields of specifications: what they may hold, and how they are written.

One frozen specification is cache key, permalink and job. Checks are in ``checks.py``, what
applies them in ``spec.py``.
"""

from ntk_uq.base.fields.checks import Check, Choice, Increasing, Maybe, Name, Real, Switch, Whole
from ntk_uq.base.fields.spec import (
    LINK_VERSION,
    Spec,
    about,
    check_of,
    checked,
    default_of,
    digest_of,
    parse_json,
    same_as,
)

__all__ = [
    "LINK_VERSION",
    "Check",
    "Choice",
    "Increasing",
    "Maybe",
    "Name",
    "Real",
    "Spec",
    "Switch",
    "Whole",
    "about",
    "check_of",
    "checked",
    "default_of",
    "digest_of",
    "parse_json",
    "same_as",
]
