"""What to compute: frozen specifications that are cache key, permalink and job in one.

They hold plain values only, are validated on construction, and have a stable digest, a JSON form
and a form for links (see :mod:`ntk_uq.base.fields`).
"""

from typing import Any

from ntk_uq.base import old_names
from ntk_uq.specs.calibration import CalibrationSpec
from ntk_uq.specs.curves import CurveSpec, PointSpec, check_window, logarithmic_grid
from ntk_uq.specs.data import PREPARATIONS, TARGETS, DataSpec
from ntk_uq.specs.descent import DescentSpec
from ntk_uq.specs.ensembles import EnsembleSpec, MemberSpec
from ntk_uq.specs.fetch import FetchSpec
from ntk_uq.specs.foreseen import ForeseenSpec
from ntk_uq.specs.inspection import InspectionSpec
from ntk_uq.specs.map import (
    AXES,
    EXPONENT_SPAN,
    EXPONENTS,
    MAP_QUANTITIES,
    MOMENTS,
    MOST_CELLS,
    MOST_POINTS,
    Axis,
    MapSpec,
    read_values,
)
from ntk_uq.specs.network import ACTIVATIONS, ArchitectureSpec
from ntk_uq.specs.ranges import DEPTH, DRAWS, MEMBERS, N_TRAIN, WIDTH
from ntk_uq.specs.spectrum import SpectrumSpec
from ntk_uq.specs.training import OPTIMIZERS, POSTERIORS, OptimizerSpec, TrainingSpec
from ntk_uq.specs.training_time import TrainingTimeSpec


def __getattr__(name: str) -> Any:
    return old_names.renamed(
        __name__,
        {
            "FlowSpec": "TrainingTimeSpec",
            "HistorySpec": "DescentSpec",
            "ReportSpec": "InspectionSpec",
        },
        name,
    )


__all__ = [
    "ACTIVATIONS",
    "AXES",
    "DEPTH",
    "DRAWS",
    "EXPONENTS",
    "EXPONENT_SPAN",
    "MAP_QUANTITIES",
    "MEMBERS",
    "MOMENTS",
    "MOST_CELLS",
    "MOST_POINTS",
    "N_TRAIN",
    "OPTIMIZERS",
    "POSTERIORS",
    "PREPARATIONS",
    "TARGETS",
    "WIDTH",
    "ArchitectureSpec",
    "Axis",
    "CalibrationSpec",
    "CurveSpec",
    "DataSpec",
    "DescentSpec",
    "EnsembleSpec",
    "FetchSpec",
    "ForeseenSpec",
    "InspectionSpec",
    "MapSpec",
    "MemberSpec",
    "OptimizerSpec",
    "PointSpec",
    "SpectrumSpec",
    "TrainingSpec",
    "TrainingTimeSpec",
    "check_window",
    "logarithmic_grid",
    "read_values",
]
