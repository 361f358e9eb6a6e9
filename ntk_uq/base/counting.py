"""Numbers of things in sentences: one row, and two rows."""


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
