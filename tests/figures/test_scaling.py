"""The axes of scaling curves."""

from dataclasses import replace

from ntk_uq.figures import Style, Trace, scaling_figure
from ntk_uq.results.curves import Curve
from ntk_uq.results.points import Point
from ntk_uq.views import CurvesView


def test_a_figure_has_room_where_the_points_of_folds_lie():
    view = CurvesView(depths=(1,), n_low=40, n_high=320, test="folds=2")
    assert view.base.sizes == tuple(n // 2 + n % 2 for n in view.n_train)
    spec = replace(view.base, draws=1)
    fields = {"sigma": 0.1, "epsilon": 0.1, "mu_bias": 0.5, "mu_variance": 0.5}
    raw = [
        Point(size, 0, mu=1.0, epsilon_floor=0.05, n_used=n, **fields)
        for size, n in zip(spec.sizes, spec.n_train, strict=True)
    ]
    curve = Curve(spec, tuple(raw))
    drawn = scaling_figure("mu", [Trace("a", curve, curve.fits())], "1", Style())
    low, high = (10**end for end in drawn.layout.xaxis.range)
    assert low < 20
    assert high > 160
