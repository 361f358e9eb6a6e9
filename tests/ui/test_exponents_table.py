"""The table of exponents says what the sentences above the figures say."""

import pytest
from helpers.planted_curve import made
from helpers.scaling_planted import planted

from ntk_uq.figures import Trace
from ntk_uq.ui.tables import exponents_of
from ntk_uq.views import CurvesView


@pytest.mark.parametrize("kind", ["offset", "broken"])
def test_a_table_tells_of_a_refused_fit_what_the_sentence_tells(kind):
    curve = made(planted(kind), draws=6)
    trace = Trace("one", curve, curve.fits())
    (row,) = exponents_of([trace], CurvesView()).rows
    for quantity, cell in (("sigma", row["σ ~ N_D^−α"]), ("epsilon", row["ε"])):
        trend = trace.verdict.trend(quantity)
        if trend.law is not None:
            assert cell.endswith(trend.does)
