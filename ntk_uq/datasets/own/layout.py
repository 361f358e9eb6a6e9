"""How a file is to be read where the guess is not taken for granted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ntk_uq.base.errors import DataError

SEPARATORS = {"auto": "", "comma": ",", "semicolon": ";", "tab": "\t", "blanks": " "}
"""What stands between the columns of a text, by name; "auto" is found from the header."""

DECIMALS = ("auto", "point", "comma")
"""The decimal sign of a text. "auto" takes a comma only where nothing else can be meant."""

HEADERS = ("first", "none")
"""Whether the first line names the columns, or holds values as all others do."""


@dataclass(frozen=True)
class Layout:
    """How a file's text is split, and which of its arrays are read under which names.

    Attributes:
        separator: one of SEPARATORS.
        decimal: one of DECIMALS.
        header: one of HEADERS; without one, columns are called column1, column2, ...
        arrays: of an NPZ or HDF5 file, the arrays to read with the names that their columns get;
            none reads all, under their own.
    """

    separator: str = "auto"
    decimal: str = "auto"
    header: str = "first"
    arrays: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, allowed in (
            ("separator", tuple(SEPARATORS)),
            ("decimal", DECIMALS),
            ("header", HEADERS),
        ):
            if getattr(self, name) not in allowed:
                raise DataError(
                    f"The {name} is {getattr(self, name)!r:.40}; choose one of "
                    f"{', '.join(allowed)}."
                )
        if len({*self.arrays.values()}) < len(self.arrays):
            raise DataError(
                f"Two arrays are to have one name ({', '.join(self.arrays.values())}); give each "
                "a name of its own."
            )

    @property
    def of_text(self) -> bool:
        """Whether something is said that only a text has."""
        return (self.separator, self.decimal, self.header) != ("auto", "auto", "first")

    def check_kind(self, source: str, kind: str) -> None:
        """Raises DataError where a file of this kind has no such thing."""
        if kind != "csv" and self.of_text:
            raise DataError(
                f"{source} is no text: it has neither separator, decimal sign nor header to choose."
            )
        if kind not in ("npz", "hdf5") and self.arrays:
            raise DataError(f"{source} has columns; arrays are of NPZ and HDF5 files.")

    def renamed(self, source: str, names: tuple[str, ...]) -> dict[str, str]:
        """The arrays to read, with the names of their columns.

        Raises:
            DataError: if there is none of such a name, naming those that there are.
        """
        for name in self.arrays:
            if name not in names:
                raise DataError(
                    f"{source} has no array {name!r:.80}; it has {', '.join(names[:12])}. Choose "
                    "among them."
                )
        return dict(self.arrays) or {name: name for name in names}

    def said(self) -> dict[str, Any]:
        """What was chosen, as JSON's own types; what was left to the program is not among it."""
        usual = Layout()
        found = {n: getattr(self, n) for n in ("separator", "decimal", "header")}
        chosen: dict[str, Any] = {n: v for n, v in found.items() if v != getattr(usual, n)}
        return {**chosen, **({"arrays": dict(self.arrays)} if self.arrays else {})}
