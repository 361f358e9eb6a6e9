"""Views of scaling curves that are one click away."""

from ntk_uq.specs import DataSpec
from ntk_uq.views import CurvesView

THREE_TASKS = CurvesView(
    DataSpec("mnist", n_test=1000),
    depths=(2,),
    vary="dataset",
    values=("mnist", "cifar10", "calorimeter"),
    n_low=50,
    n_high=1600,
    n_points=6,
    finite=True,
    widths=(256,),
)
"""The three tasks of arXiv:2503.05938 in one figure: images of digits and of things, energies of
showers; trained networks over the theory, mu, sigma, epsilon and their exponents."""

PRESETS = {"The paper's three tasks, finite over infinite width": THREE_TASKS}
"""By the labels of their links."""
