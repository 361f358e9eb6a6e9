"""What legends say of a curve: the numbers of the sentences, and of the networks' own part."""

import pytest

from ntk_uq.analysis.verdicts import Trend
from ntk_uq.figures import legend_words


def trend(alpha=None, error=None, level=None, level_error=None, reached=False, **more):
    return Trend("epsilon", alpha, error, level, level_error, reached, "does", **more)


@pytest.mark.parametrize(
    ("does", "said"),
    [
        (trend(0.4, 0.003), "~ N<sub>D</sub><sup>−0.400(3)</sup>"),
        (trend(level=0.03, level_error=0.0003, reached=True), "levels off at 0.0300(3)"),
        (trend(level=0.03, level_error=0.0003), "falls towards 0.0300(3)"),
        (
            trend(0.6, 0.1, alpha_first=0.2, alpha_first_error=0.1),
            "bends, N<sub>D</sub><sup>−0.20</sup> to N<sub>D</sub><sup>−0.60</sup>",
        ),
        (trend(), "no power law"),
    ],
)
def test_every_trend_has_its_few_words(does, said):
    assert legend_words.of_trend(does) == said


def test_what_rises_has_no_minus():
    assert legend_words.power(-0.1) == "N<sub>D</sub><sup>0.10</sup>"


def test_the_own_part_is_quoted_where_it_may_be():
    own = legend_words.of_own_part(trend(0.5, 0.002))
    assert own == "own part ~ N<sub>D</sub><sup>−0.500(2)</sup>"
    level = trend(level=0.03, level_error=0.0003, reached=True)
    assert legend_words.of_own_part(level) == "own part 0.0300(3)"
    assert legend_words.of_own_part(None) == ""
    assert legend_words.of_own_part(trend()) == ""
