"""What a piece of text is that should have been a number."""

import math
import re

from ntk_uq.datasets.own.table import shown

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]\d.*)?|\d{1,2}:\d{2}(:\d{2}.*)?", re.ASCII)
_COMPLEX = re.compile(
    r"\(?[+-]?[\d.eE+-]*[\d.][+-]?[\d.eE]*[ij]\)?|\(\s*[+-]?[\d.]+\S*\s*,\s*[+-]?[\d.]+\S*\s*\)",
    re.ASCII,
)
_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?", re.ASCII)
_FORTRAN = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))[dDqQ]([+-]?\d+)", re.ASCII)
_NO_LETTER = re.compile(r"([+-]?\d?\.\d+)([+-]\d{3})", re.ASCII)
_FULL_FIELD = re.compile(r"\*{2,}")
_THOUSANDS = re.compile(
    r"[$€£¥]?\s*[+-]?[$€£¥]?\s*"
    # In threes, or as in India all but the last three in twos.
    r"\d{1,3}([,.'_\u2019 \u00a0\u2009\u202f])(\d{3}(\1\d{3})*|\d{2}(\1\d{2})*\1\d{3})"
    r"([.,]\d*)?([eE][+-]?\d+)?\s*[%$€£¥]?",
    re.ASCII,
)
_NEGATIVE = re.compile(
    r"\(\s*[$€£¥]?\s*(\d{1,3}([,.'\u2019 \u00a0]\d{3})+|\d+)([.,]\d*)?\s*\)", re.ASCII
)
_UNIT = re.compile(r"([$€£¥~<>≈±]\s*)?[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*(%|[^\W\d]+)?")
_UNCERTAIN = re.compile(r".*\d\s*(±|\+/-|\+-)\s*[\d.].*|[+-]?\d+(\.\d*)?\(\d+\)", re.ASCII)
_WHOLE = re.compile(r"[+-]?0*([1-9]\d*)", re.ASCII)
EXACT = 2**53
"""Whole numbers up to here are kept by float64 as they are; beyond, neighbours become one."""
_LONGEST = 64  # characters that are looked at for what they might be
COMMA_NUMBER = r"^\s*[+-]?(\d+|\d*,\d+|\d+,)([eE][+-]?\d+)?\s*$"
"""A number with a decimal comma, or a whole one; for Arrow, too."""
GROUPED = r"^\s*[+-]?\d{1,3}(,\d{3})+\s*$"
"""What may as well be a number with separators of thousands."""
_SPREADSHEET = {"#n/a", "#div/0!", "#value!", "#ref!", "#name?", "#num!", "#null!"}
"""What spreadsheets write where a formula failed."""
_MISSING = {
    *("", "na", "n/a", "n.a.", "<na>", "nan", "nat", "null", "none", "nil", "-", "--", "?", "."),
    *_SPREADSHEET,
}
_INFINITE = {"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"}


def is_number(text: str) -> bool:
    """Whether a text is a finite decimal number, blanks around it left aside; also as Fortran
    writes it, 1.0D-01."""
    text = _plain(text)
    return _NUMBER.fullmatch(text) is not None and math.isfinite(float(text))


def number(text: str) -> float:
    """The number that a text is, of which :func:`is_number` is true."""
    return float(_plain(text))


def _plain(text: str) -> str:
    text = text.strip()
    fortran = _FORTRAN.fullmatch(text)
    return text if fortran is None else f"{fortran[1]}e{fortran[2]}"


def with_point(text: str) -> str:
    """A number that is written with a decimal comma, with a point."""
    return text.replace(",", ".")


def is_beyond(text: str) -> bool:
    """Whether a text is a whole number that float64 cannot be trusted with, such as an identifier
    of 19 digits. With a decimal point or an exponent it is a quantity, and may be rounded."""
    match = _WHOLE.fullmatch(text.strip())
    return match is not None and (len(match[1]) > 16 or int(match[1]) > EXACT)


def is_missing(text: str) -> bool:
    """Whether a text stands for a value that is not there."""
    return text.strip().lower() in _MISSING


def is_written_otherwise(text: str) -> bool:
    """Whether a text is a number for people that is none here: one with separators of thousands, a
    decimal comma, in brackets for a minus, with an exponent without its letter, or too wide."""
    text = text.strip()
    if len(text) > _LONGEST:
        return False
    patterns = (_THOUSANDS, _COMMA, _NEGATIVE, _NO_LETTER, _FULL_FIELD)
    return any(pattern.fullmatch(text) for pattern in patterns)


def not_a_number(text: str, comma: bool = False) -> str:
    """Why it is none, as the second half of a sentence after its place.

    Args:
        text: what was found.
        comma: whether the decimal sign is a comma.
    """
    stripped = text.strip()
    sign, written = ("comma", "1234,50") if comma else ("point", "1234.50")
    if not stripped:
        return "the value is missing"
    if is_beyond(stripped):
        return (
            f"{shown(stripped)} is beyond the whole numbers that float64 holds (2^53); leave "
            "identifiers out, and write quantities with an exponent, as 1e20"
        )
    if len(stripped) > _LONGEST:
        return f"{shown(stripped)} is not a number"
    if stripped.lower() in _SPREADSHEET:
        return f"{shown(stripped)} is an error of a spreadsheet, where a value is missing"
    if is_missing(stripped):
        return f"{shown(stripped)} is not a number (a missing value?)"
    if stripped.lower() in _INFINITE or _NUMBER.fullmatch(stripped):
        if math.isfinite(float(stripped)):
            if comma:
                return f"{shown(stripped)} has a decimal point; the decimal sign is a comma here"
            return f"{shown(stripped)} is a number that was saved as text; save it as a number"
        return f"{shown(stripped)} is infinite or too large for a number"
    if _NEGATIVE.fullmatch(stripped):
        return f"{shown(stripped)} looks like a negative number in brackets: write -{written}"
    if _THOUSANDS.fullmatch(stripped) and not _COMMA.fullmatch(stripped):
        return (
            f"{shown(stripped)} looks like a number with thousands separators: leave them out, and "
            f"write a decimal {sign}, as {written}"
        )
    if no_letter := _NO_LETTER.fullmatch(stripped):
        return (
            f"{shown(stripped)} looks like a number whose exponent has no letter, as Fortran "
            f"writes three digits of it: write {no_letter[1]}E{no_letter[2]}"
        )
    if _FULL_FIELD.fullmatch(stripped):
        return (
            f"{shown(stripped)} is what Fortran writes where a number is too wide for its field: "
            "write it in a wider one"
        )
    if re.fullmatch(r"[+-]?\d{1,3},\d{3}", stripped):
        return (
            f"{shown(stripped)} is not a number: if the comma separates thousands, leave it out; "
            "if it is a decimal comma, write a decimal point"
        )
    if _COMMA.fullmatch(stripped):
        return (
            f"{shown(stripped)} is not a number: write a decimal point, not a comma, or choose the "
            "comma as decimal sign"
        )
    if _UNCERTAIN.fullmatch(stripped):
        return f"{shown(stripped)} is a number with its error; write the number alone"
    if _DATE.fullmatch(stripped):
        return f"{shown(stripped)} is a date or a time, not a number"
    if _COMPLEX.fullmatch(stripped):
        return f"{shown(stripped)} is a complex number; real numbers are taken"
    if _UNIT.fullmatch(stripped) and not stripped.isalnum():
        return f"{shown(stripped)} is a number with a unit or a sign: write the number alone"
    return f"{shown(stripped)} is not a number"
