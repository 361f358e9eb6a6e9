"""The page of phase maps."""

from dataclasses import dataclass, field

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Choice, Maybe, Spec, Whole, checked
from ntk_uq.specs import EXPONENTS, MAP_QUANTITIES, DataSpec, MapSpec


@dataclass(frozen=True)
class PhaseMapView(Spec):
    """Everything that the page of phase maps shows: the map, which quantity of it, and the cell
    whose numbers are shown. ``row`` and ``column`` count from 0; None is no cell."""

    map: MapSpec = field(default_factory=MapSpec)
    quantity: str = checked(Choice(MAP_QUANTITIES), "mu", "what the colours show")
    scale: str = checked(
        Choice(("automatic", "linear", "log")),
        "automatic",
        "scale of the colours; automatic is logarithmic where values span more than a factor 10",
    )
    row: int | None = checked(Maybe(Whole(0, 199)), None, "row of the cell shown, from 0")
    column: int | None = checked(Maybe(Whole(0, 199)), None, "column of the cell shown, from 0")

    def validate(self) -> None:
        if self.quantity in EXPONENTS and not self.map.sizes:
            raise SpecError(
                f"quantity is {self.quantity}, but the map has one N_D a cell (sizes = 0); choose "
                "4 N_D or more to fit an exponent."
            )

    @property
    def data(self) -> DataSpec:
        """The map's data set and its preparation."""
        return self.map.data

    @property
    def shown(self) -> tuple[int, int] | None:
        """Row and column of the cell that is shown in detail; None where no cell of the map is
        chosen."""
        rows, columns = self.map.shape
        if self.row is None or self.column is None or self.row >= rows or self.column >= columns:
            return None
        return self.row, self.column
