"""Things and times in sentences: one row, two rows; three minutes; a, b and c."""

from collections.abc import Sequence


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 row``, ``2,000 rows``.

    Args:
        number: how many.
        one: the thing.
        many: several of it, where that is not ``one`` with an s.
    """
    return f"{number:,} {plural(number, one, many)}"


def plural(number: int, one: str, many: str | None = None) -> str:
    """The thing alone, after a number or before a list: ``row`` of one, else ``rows``."""
    return one if number == 1 else many or f"{one}s"


def duration(seconds: float) -> str:
    """Seconds for people."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} days"


def listed(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; at least one."""
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1])))
