"""What legends say of fits: exponents with errors, and that of the networks' own part."""

import numpy as np

from ntk_uq.figures import legend_words
from ntk_uq.scaling import fit_plateau, fit_power_law

GRID = [40, 80, 160, 320, 640, 1280]


def falling(alpha):
    n = np.array(GRID, dtype=float)
    return fit_power_law(GRID, n**-alpha, 0.01 * n**-alpha)


def test_a_power_law_has_its_error_in_the_last_digits():
    said = legend_words.of_fit(falling(0.4))
    assert said.startswith("~ N<sub>D</sub><sup>−0.400(")
    assert legend_words.power(-0.1) == "N<sub>D</sub><sup>0.10</sup>"


def test_a_level_and_what_falls_instead():
    level = fit_plateau(GRID, [0.03] * 6, [0.0003] * 6)
    assert legend_words.of_fit(level).startswith("levels off at 0.0300(")
    steep = fit_plateau(GRID, list(np.array(GRID, dtype=float) ** -0.5), None)
    assert legend_words.of_fit(steep) == "~ N<sub>D</sub><sup>−0.50</sup>"


def test_the_own_part_is_quoted_where_it_may_be():
    none = fit_plateau(GRID, list(np.array(GRID, dtype=float) ** -0.5), None)
    own = legend_words.of_own_part((falling(0.5), none))
    assert own.startswith("own ~ N<sub>D</sub><sup>−0.50")
    level = fit_plateau(GRID, [0.03] * 6, [0.0003] * 6)
    assert legend_words.of_own_part((falling(0.5), level)).startswith("own 0.0300(")
    assert legend_words.of_own_part(None) == ""
    assert legend_words.of_own_part((fit_power_law([1, 2], [1, 1], None), none)) == ""
