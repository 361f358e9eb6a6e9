"""The figures of ensembles and of widths: everything in the legend, panels with one scale."""

import pytest
from helpers.ensembles_planted import planted
from helpers.unchecked import unchecked

from ntk_uq.analysis.width_laws import width_laws
from ntk_uq.figures import Style
from ntk_uq.figures.ensembles import ensemble_figure
from ntk_uq.figures.width import width_figure
from ntk_uq.results.points import QUANTITIES


@pytest.fixture(autouse=True)
def _without_the_checks():
    with unchecked():
        yield


def names(figure):
    return [t.name for t in figure.data if t.showlegend is not False and t.name]


def test_infinite_width_is_seen_with_one_n_d_alone():
    one = planted((32, 64), (100,), lambda w, n: 1 - 8 / w, lambda n: 1.0)
    (line,) = [
        t for t in ensemble_figure("mu", one, "", Style()).data if t.name and "inf" in t.name
    ]
    assert "markers" in line.mode
    assert list(line.x) == [100]


def test_ensembles_name_their_bars_and_share_the_ratios_scale():
    found = planted((32, 64), (50, 100), lambda w, n: (1 - 8 / w) / n, lambda n: 1 / n)
    figures = [ensemble_figure(name, found, "", Style()) for name in QUANTITIES]
    for figure in figures:
        assert names(figure)[:3] == ["infinite width", "width 32", "width 64"]
        assert names(figure)[3].startswith("bars: ")
    assert len({figure.layout.yaxis2.range for figure in figures}) == 1


def test_widths_name_every_kind_of_mark_and_share_their_axes():
    found = planted((32, 64, 128, 256), (100,), lambda w, n: 1 - 16 / w, lambda n: 1.0, 0.003)
    study = width_laws(found)
    figures = [width_figure(name, [study], 100, 0.05, "", Style()) for name in QUANTITIES]
    for figure in figures:
        told = names(figure)
        assert told[0] == "depth 2"
        assert told[1:] == [
            "infinite width",
            "law q<sub>∞</sub> (1 + c/w + …)",
            "the law beyond the widths",
            "within 5 % of it",
            "wide enough from here (bars: 95 %)",
        ]
    assert len({(f.layout.xaxis2.range, f.layout.yaxis2.range) for f in figures}) == 1
    # 16/w is 5 % at 320, beyond the networks: there is a star, and a dotted line to it.
    assert 10 ** figures[0].layout.xaxis2.range[1] > 320
    (star,) = [t for t in figures[0].data if t.marker.symbol == "star" and t.x[0] is not None]
    assert star.x[0] == pytest.approx(320, rel=0.01)


def test_a_law_that_three_widths_cannot_carry_is_not_drawn_beyond_them():
    found = planted((32, 64, 128), (100,), lambda w, n: 1 - 60 / w + 1000 / w**2, lambda n: 1.0)
    law = width_laws(found).law("mu", 100)
    assert law.best.valid
    assert not law.best.carries
    figure = width_figure("mu", [width_laws(found)], 100, 0.1, "", Style())
    assert max(max(t.x) for t in figure.data if t.x[0] is not None) == 128
