"""Results to Plotly figures: no numerics beyond evaluating a fit, nothing of the browser."""

from ntk_uq.figures.ground import on_ground
from ntk_uq.figures.quantities import TITLES
from ntk_uq.figures.scaling import Trace, scaling_figure
from ntk_uq.figures.style import PLOT_CONFIG, Style

__all__ = ["PLOT_CONFIG", "TITLES", "Style", "Trace", "on_ground", "scaling_figure"]
