"""Phase maps: their cells as curves, what the store has of them, and what the rest costs."""

from ntk_uq.analysis.maps.cost import MapCost, check_map_cost, map_cost
from ntk_uq.analysis.maps.critical import CriticalLine, critical_lines, sides
from ntk_uq.analysis.maps.plan import Group, groups
from ntk_uq.analysis.maps.stored import Cell, CellValue, PhaseMap, stored_map, warnings_of

__all__ = [
    "Cell",
    "CellValue",
    "CriticalLine",
    "Group",
    "MapCost",
    "PhaseMap",
    "check_map_cost",
    "critical_lines",
    "groups",
    "map_cost",
    "sides",
    "stored_map",
    "warnings_of",
]
