"""What a page shows, as a specification: its link form is the address bar.

One file a page, called as the page.
"""

from ntk_uq.base.fields import Spec
from ntk_uq.views.data import DataView
from ntk_uq.views.ensembles import EnsemblesView
from ntk_uq.views.phase_map import PhaseMapView
from ntk_uq.views.runs import ORDERS, STATES, RunsView
from ntk_uq.views.scaling_curves import MOST_CURVES, CurvesView, logarithmic_grid, view_of
from ntk_uq.views.spectrum import SpectrumView, spectrum_view_of
from ntk_uq.views.training_time import TrainingTimeView, training_time_view_of
from ntk_uq.views.width import WidthView

__all__ = [
    "MOST_CURVES",
    "ORDERS",
    "STATES",
    "CurvesView",
    "DataView",
    "EnsemblesView",
    "PhaseMapView",
    "RunsView",
    "SpectrumView",
    "TrainingTimeView",
    "WidthView",
    "logarithmic_grid",
    "page_name",
    "spectrum_view_of",
    "training_time_view_of",
    "view_of",
]


def page_name(view: Spec | type[Spec]) -> str:
    """The name of the page that shows a view: the file of its view here is called as the page."""
    cls = view if isinstance(view, type) else type(view)
    return cls.__module__.removeprefix(f"{__name__}.").partition(".")[0]
