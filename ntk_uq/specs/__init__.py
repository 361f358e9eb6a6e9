"""What to compute: frozen specifications that are cache key, permalink and job in one.

They hold plain values only, are validated on construction, and have a stable digest, a JSON form
and a form for links (see :mod:`ntk_uq.fields`).
"""

from ntk_uq.specs.curves import CurveSpec, PointSpec, check_window
from ntk_uq.specs.data import PREPARATIONS, TARGETS, DataSpec
from ntk_uq.specs.ensembles import EnsembleSpec, MemberSpec
from ntk_uq.specs.flow import FlowSpec
from ntk_uq.specs.history import HistorySpec
from ntk_uq.specs.looks import CalibrationSpec, FetchSpec, ReportSpec, SpectrumSpec
from ntk_uq.specs.network import ACTIVATIONS, ArchitectureSpec
from ntk_uq.specs.ranges import DEPTH, DRAWS, MEMBERS, N_TRAIN, WIDTH
from ntk_uq.specs.training import OPTIMIZERS, POSTERIORS, USUAL, OptimizerSpec, TrainingSpec

__all__ = [
    "ACTIVATIONS",
    "DEPTH",
    "DRAWS",
    "MEMBERS",
    "N_TRAIN",
    "OPTIMIZERS",
    "POSTERIORS",
    "PREPARATIONS",
    "TARGETS",
    "USUAL",
    "WIDTH",
    "ArchitectureSpec",
    "CalibrationSpec",
    "CurveSpec",
    "DataSpec",
    "EnsembleSpec",
    "FetchSpec",
    "FlowSpec",
    "HistorySpec",
    "MemberSpec",
    "OptimizerSpec",
    "PointSpec",
    "ReportSpec",
    "SpectrumSpec",
    "TrainingSpec",
    "check_window",
]
