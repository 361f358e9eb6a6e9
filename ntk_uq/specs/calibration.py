"""A measurement of the workers' speed."""

from dataclasses import dataclass

from ntk_uq.base.fields import Spec


@dataclass(frozen=True)
class CalibrationSpec(Spec):
    """How fast the engine's workers train: measured once and kept."""
