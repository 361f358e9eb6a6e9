"""A look through a data set."""

from dataclasses import dataclass
from typing import ClassVar

from ntk_uq.base.fields import Name, Spec, checked


@dataclass(frozen=True)
class InspectionSpec(Spec):
    """Which data set to look through."""

    digested_as: ClassVar[str] = "ReportSpec"

    dataset: str = checked(Name(), "digits", "name of a registered data set")
