"""How often intervals and bands hold the truth: 200 replicas each of planted laws.

The numbers of section 8 of docs/theory.md are those of these tests.
"""

import functools

import numpy as np
import pytest
from helpers.scaling_planted import PLANTED, correlated_draws, planted
from helpers.unchecked import unchecked

from ntk_uq.scaling import fit_laws

GRID = np.geomspace(40, 1200, 8).round()
REPLICAS = 200
QUOTED = {"power": ("alpha",), "offset": ("q_inf", "alpha")} | {
    "broken": ("alpha_1", "alpha_2", "n_break")
}


def of_draws(truth, count, rng, **more):
    draws = correlated_draws(truth, GRID, count, rng)
    return fit_laws(GRID, draws.mean(0), None, draws=draws, **more)


def of_given_errors(truth, rng):
    values = truth * (1 + 0.02 * rng.standard_normal(len(GRID)))
    return fit_laws(GRID, values, 0.02 * values)


def of_few_independent(truth, rng):
    sample = truth * (1 + 0.05 * rng.standard_normal((5, len(GRID))))
    return fit_laws(GRID, sample.mean(0), sample.std(0, ddof=1) / np.sqrt(5))


def without_errors(truth, rng):
    return fit_laws(GRID, truth * np.exp(0.01 * rng.standard_normal(len(GRID))))


CASES = {
    "3 draws, correlated": lambda truth, rng: of_draws(truth, 3, rng),
    "10 draws, correlated": lambda truth, rng: of_draws(truth, 10, rng),
    "given errors of 2 %": of_given_errors,
    "errors from 5 values": of_few_independent,
    "no errors": without_errors,
}


@functools.cache
@unchecked()
def replicas(case, law):
    """Of each replica: which quoted intervals hold the truth, bands at 4 and 16 times, the pick."""
    truth = planted(law)
    rng = np.random.default_rng(3)
    rows = []
    for _ in range(REPLICAS):
        choice = CASES[case](truth(GRID), rng)
        fit = choice.fit(law)
        parameters = [fit.parameter(name) for name in QUOTED[law]]
        held = [
            p is not None and p.interval[0] <= PLANTED[law][p.name] <= p.interval[1]
            for p in parameters
        ]
        bands = []
        for times in (4, 16):
            found, value = choice.extrapolate(GRID[-1] * times), truth(GRID[-1] * times)
            inside = None
            if found.interval is not None:
                inside = [low <= value <= high for low, high in (found.interval, found.interval_68)]
            bands.append(inside)
        rows.append((fit.available, held, bands, choice.chosen, choice.held_out[0].within))
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("law", PLANTED)
@pytest.mark.parametrize("case", CASES)
def test_95_percent_intervals_hold_the_planted_parameters(case, law):
    rows = [held for available, held, *_ in replicas(case, law) if available]
    assert len(rows) >= 0.98 * REPLICAS
    coverage = np.mean(rows, axis=0)
    assert np.all(coverage >= 0.9), dict(zip(QUOTED[law], coverage, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("law", PLANTED)
@pytest.mark.parametrize("case", CASES)
def test_bands_hold_the_truth_beyond_the_data(case, law):
    for index in range(2):
        inside = [bands[index] for _, _, bands, *_ in replicas(case, law) if bands[index]]
        assert len(inside) >= 0.95 * REPLICAS
        outer, inner = np.mean(inside, axis=0)
        assert outer >= 0.9
        assert 0.6 <= inner <= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("law", PLANTED)
@pytest.mark.parametrize("case", CASES)
def test_aicc_picks_the_planted_law(case, law):
    picked = [chosen for *_, chosen, _ in replicas(case, law)]
    assert picked.count(law) >= 0.75 * REPLICAS


@pytest.mark.slow
@pytest.mark.parametrize("case", ["3 draws, correlated", "10 draws, correlated"])
@pytest.mark.parametrize("law", PLANTED)
def test_the_held_out_point_lies_in_its_band(case, law):
    within = [row[-1] for row in replicas(case, law) if row[-1] is not None]
    assert np.mean(within) >= 0.9


@unchecked()
def test_a_few_replicas_hold_what_was_planted():
    # The same in little, for every run of the tests.
    rng = np.random.default_rng(11)
    for law, names in QUOTED.items():
        hits = []
        for _ in range(12):
            # Without the other laws, which take most of the time.
            fit = of_draws(planted(law)(GRID), 3, rng, laws=(law,)).fit(law)
            if fit.available:
                ends = [(n, fit.parameter(n).interval) for n in names]
                hits.append([lo <= PLANTED[law][n] <= hi for n, (lo, hi) in ends])
        assert len(hits) >= 11
        assert np.mean(hits) > 0.85
