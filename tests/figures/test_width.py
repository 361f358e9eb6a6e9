"""The figure of the page of widths."""

import pytest

from ntk_uq.analysis.width_laws import width_laws
from ntk_uq.engine.inline import run_comparison
from ntk_uq.figures import Style
from ntk_uq.figures.width import width_figure
from ntk_uq.specs import ArchitectureSpec, DataSpec, EnsembleSpec, OptimizerSpec


@pytest.fixture(scope="module")
def study():
    spec = EnsembleSpec(
        DataSpec(n_test=30),  # sizes of the page's tests: these networks are compiled once
        ArchitectureSpec(depth=1),
        OptimizerSpec(steps=20),
        widths=(8, 16, 32),
        n_train=(10,),
        members=6,
    )
    return width_laws(run_comparison(spec))


def test_the_tolerance_and_infinite_width_are_drawn_across_the_ratio(study):
    figure = width_figure("mu", [study], 10, 0.2, "", Style())
    band, line = figure.layout.shapes
    assert (band.type, band.y0, band.y1, band.yref) == ("rect", 0.8, 1.2, "y2")
    assert (line.type, line.y0, line.y1, line.yref) == ("line", 1, 1, "y2")
    low, high = figure.layout.yaxis2.range
    assert 10**low < 0.8
    assert 10**high > 1.2
