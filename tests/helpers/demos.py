"""Small demos, and whether anything of their store has changed."""

from ntk_uq.analysis.preset_views import PresetView
from ntk_uq.specs import DataSpec
from ntk_uq.views import CurvesView

VIEW = CurvesView(DataSpec(n_test=50), depths=(1,), n_low=20, n_high=40, n_points=2, draws=1)
TINY = (PresetView("Tiny curves", "two points of one curve", VIEW),)


def files(folder):
    """The content of every file in a folder and below it."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
