"""Things in sentences: one row, and two rows; a, b and c."""

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


def listed(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; at least one."""
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1])))
