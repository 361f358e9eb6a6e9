"""Something to cite, as BibTeX has it."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Reference:
    """Something to cite.

    Attributes:
        key: of its BibTeX entry.
        kind: of the entry, such as ``article``.
        fields: of BibTeX, in their order; titles in braces keep their capitals.
    """

    key: str
    kind: str
    fields: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, key: str, kind: str, *, arxiv: str = "", **fields: str) -> Self:
        """A reference with its fields by name: at least ``author``, ``title`` and ``year``.

        Args:
            key: of its BibTeX entry.
            kind: of the entry.
            arxiv: the identifier there, such as ``2503.05938``.
            fields: of BibTeX.
        """
        eprint = {"eprint": arxiv, "archiveprefix": "arXiv"} if arxiv else {}
        return cls(key, kind, tuple({**fields, **eprint}.items()))

    def entry(self) -> str:
        """The BibTeX entry."""
        lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in self.fields)
        return f"@{self.kind}{{{self.key},\n{lines}\n}}\n"

    def words(self) -> str:
        """Authors, title and where, in one line without markup."""
        found = dict(self.fields)
        authors = _without_markup(found["author"]).split(" and ")
        short = f"{authors[0]} et al." if len(authors) > 3 else "; ".join(authors)
        where = found.get("journal") or found.get("booktitle") or found.get("institution")
        where = where or found.get("publisher") or ""
        numbers = " ".join(filter(None, (found.get("volume"), found.get("pages"))))
        place = f"{where} {numbers}".strip().replace("--", "–")
        parts = (short, _without_markup(found["title"]), place, found["year"])
        text = ", ".join(part for part in parts if part)
        if "eprint" in found:
            text += f", arXiv:{found['eprint']}"
        return f"{text}, doi:{found['doi']}" if "doi" in found else text


def _without_markup(text: str) -> str:
    return text.replace("{\\'e}", "é").replace("{", "").replace("}", "")
