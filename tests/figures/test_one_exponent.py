"""One curve has one exponent: in the sentence, the legend and the line that is drawn."""

import pytest
from helpers.planted_curve import made
from helpers.scaling_planted import planted

from ntk_uq.figures import Style, Trace, legend_words, scaling_figure


@pytest.mark.parametrize("kind", ["power", "offset", "broken"])
def test_legend_and_table_have_the_exponent_of_the_sentence_and_no_other(kind):
    curve = made(planted(kind), draws=6)
    trace = Trace("one", curve, curve.fits())
    trend = trace.verdict.trend("epsilon")
    assert not trend.reached
    drawn = scaling_figure("epsilon", [trace], "1", Style())
    (name,) = (t.name for t in drawn.data if t.name and t.name.startswith("one: "))
    assert legend_words.of_trend(trend) in name
    assert "N_D^" not in curve.fits().epsilon.describe()
    # The law that is told is drawn through the points.
    assert any(t.mode == "lines" and t.legendgroup == "one" and len(t.x) > 20 for t in drawn.data)
