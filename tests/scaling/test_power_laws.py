"""Fits by planted truths: exponents and plateaus recovered, and what is neither called by name."""

import json
import math
import warnings

import numpy as np
import pytest
from helpers.unchecked import unchecked
from hypothesis import given, settings
from hypothesis import strategies as st

from ntk_uq.base.errors import SpecError
from ntk_uq.scaling import (
    asymptotic_window,
    fit_plateau,
    fit_power_law,
    format_value,
    widen_by_draws,
)

GRID = 2.0 ** np.arange(2, 14)  # 4 .. 8192
ALPHA = 0.37


def law(n, alpha=ALPHA, amplitude=2.0):
    return amplitude * np.asarray(n, dtype=float) ** -alpha


def names(fit):
    return {flag.name for flag in fit.flags}


def noisy(truth, relative, rng):
    """Values with Gaussian noise, and their true standard errors."""
    error = relative * truth
    return truth + error * rng.standard_normal(len(truth)), error


def of_few_draws(truth, relative, draws, rng):
    """Mean and its standard error as a user gets them: both estimated from few draws."""
    sample = truth * (1 + relative * rng.standard_normal((draws, len(truth))))
    return sample.mean(0), sample.std(0, ddof=1) / math.sqrt(draws)


def within_binomial(hits, trials, probability=0.95):
    return abs(hits / trials - probability) <= 3 * math.sqrt(
        probability * (1 - probability) / trials
    )


# --- power laws -----------------------------------------------------------------------------------


def test_noiseless_power_law_is_exact():
    fit = fit_power_law(GRID, law(GRID))
    assert fit.valid
    assert fit.flags == ()
    assert fit.alpha == pytest.approx(ALPHA, abs=1e-13)
    assert fit.amplitude == pytest.approx(2.0, rel=1e-13)
    assert fit.r_squared == pytest.approx(1)
    assert fit.chi2 is None
    assert fit.dof == 10
    assert fit.window == (4, 8192)
    assert 0 < fit.alpha_error < 1e-12  # rounding, never zero
    assert fit.describe().startswith("α = 0.37 ±")
    assert fit.predict([10.0, 1e5]) == pytest.approx(law([10.0, 1e5]))
    assert [point.n_train for point in fit.local] == pytest.approx(GRID[:-1] * math.sqrt(2))
    assert [point.alpha for point in fit.local] == pytest.approx([ALPHA] * 11)
    assert all(point.error is None for point in fit.local)


def test_errors_follow_the_textbook_formulas():
    rng = np.random.default_rng(1)
    values, _ = noisy(law(GRID), 0.02, rng)
    error = 0.03 * values
    fit = fit_power_law(GRID, values, error)
    x, y = np.log(GRID), np.log(values)
    xx = x - x.mean()
    slope = xx @ y / (xx @ xx)
    residual = y - y.mean() - slope * xx
    chi2 = residual @ residual / 0.03**2
    assert fit.alpha == pytest.approx(-slope)
    assert fit.chi2 == pytest.approx(chi2)
    # This replica's chi2 is below its dof: the error is that of the points, not scaled down.
    assert chi2 < fit.dof
    assert fit.alpha_error == pytest.approx(0.03 / math.sqrt(xx @ xx))
    # Errors three times too small: scaled up by sqrt(chi2 / dof) to what the scatter says.
    tight = fit_power_law(GRID, values, error / 3)
    expected = math.sqrt(residual @ residual / fit.dof / (xx @ xx))
    assert tight.alpha_error == pytest.approx(expected)
    assert fit_power_law(GRID, values).alpha_error == pytest.approx(expected)
    assert fit.local[0].error == pytest.approx(0.03 * math.sqrt(2) / math.log(2))
    assert fit.r_squared == pytest.approx(1 - residual @ residual / np.sum((y - y.mean()) ** 2))


def test_weights_follow_the_errors():
    values = law(GRID).copy()
    values[:3] *= 1.5
    error = np.where(np.arange(12) < 3, 0.5, 0.001) * values
    assert fit_power_law(GRID, values, error).alpha == pytest.approx(ALPHA, abs=2e-3)
    assert abs(fit_power_law(GRID, values).alpha - ALPHA) > 0.05


COVERAGE_CASES = {
    "true errors, 6 points": (GRID[:6], lambda t, r: noisy(t, 0.03, r)),
    "true errors, 12 points": (GRID, lambda t, r: noisy(t, 0.03, r)),
    "errors that shrink": (GRID, lambda t, r: noisy(t, 0.1 * GRID**-0.3, r)),
    "errors of 5 draws": (GRID, lambda t, r: of_few_draws(t, 0.1, 5, r)),
    "no errors, 6 points": (GRID[:6], lambda t, r: (noisy(t, 0.02, r)[0], None)),
    "no errors, 24 points": (
        np.geomspace(8, 8192, 24),
        lambda t, r: (noisy(t, 0.02, r)[0], None),
    ),
    "errors 3 times too small": (
        GRID,
        lambda t, r: tuple(a / b for a, b in zip(noisy(t, 0.03, r), (1, 3), strict=True)),
    ),
}


@pytest.mark.parametrize("case", COVERAGE_CASES)
@unchecked()
def test_interval_covers_95_percent(case):
    grid, sample = COVERAGE_CASES[case]
    rng = np.random.default_rng(20240501)
    trials, hits = 300, 0
    for _ in range(trials):
        low, high = fit_power_law(grid, *sample(law(grid), rng)).alpha_interval
        hits += low <= ALPHA <= high
    assert within_binomial(hits, trials), f"{case}: {hits} of {trials}"


@unchecked()
def test_interval_is_only_conservative_at_four_points():
    # With two degrees of freedom the wider of two intervals covers 98 to 99 %: never too little,
    # and not so much as Student's t times max(1, chi2 / dof), which misses one in a thousand.
    rng = np.random.default_rng(12)
    hits = 0
    for _ in range(2000):
        low, high = fit_power_law(GRID[4:8], *noisy(law(GRID[4:8]), 0.03, rng)).alpha_interval
        hits += low <= ALPHA <= high
    assert 0.95 < hits / 2000 < 0.995


@unchecked()
def test_true_power_laws_are_rarely_rejected():
    rng = np.random.default_rng(5)
    samples = [noisy(law(GRID), 0.03, rng) for _ in range(200)]
    rejected = sum(not fit_power_law(GRID, *sample).valid for sample in samples)
    # Two tests at 1 % each, 200 curves: 4 expected.
    assert rejected <= 10
    draws = [of_few_draws(law(GRID), 0.1, 5, rng) for _ in range(200)]
    # With errors known to 35 % only, chi2 is no longer chi2.
    assert sum(not fit_power_law(GRID, *sample).valid for sample in draws) <= 24


@unchecked()
def test_band_covers_the_law_about_68_percent():
    rng = np.random.default_rng(8)
    at = np.array([8.0, 200.0, 50_000.0])
    inside = np.zeros(3)
    for _ in range(300):
        low, high = fit_power_law(GRID, *noisy(law(GRID), 0.03, rng)).band(at)
        assert np.all(low < high)
        inside += (low <= law(at)) & (law(at) <= high)
    # Never narrower than Gaussian, wider by Student's t and by chi2 above its dof.
    assert np.all(inside / 300 > 0.62)
    assert np.all(inside / 300 < 0.83)


def test_lucky_errors_do_not_rule_the_fit():
    values = law(GRID) * np.exp(0.03 * np.cos(5 * np.arange(12)))
    error = 0.03 * values
    lucky = error.copy()
    lucky[[2, 8]] /= 1000
    assert fit_power_law(GRID, values, lucky).alpha == fit_power_law(GRID, values, error).alpha


# --- power laws that are none ---------------------------------------------------------------------


@pytest.mark.parametrize("c", [1.0, 3.0, -0.5])
@pytest.mark.parametrize("relative", [None, 0.003])
def test_correction_to_scaling_is_bending(c, relative):
    grid = GRID[2:]
    values = law(grid) * (1 + c * grid**-0.5)
    fit = fit_power_law(grid, values, None if relative is None else relative * values)
    assert not fit.valid
    assert "bending" in names(fit)
    exact = [ALPHA + 0.5 * c * n**-0.5 / (1 + c * n**-0.5) for n in (grid[0], grid[-1])]
    assert (fit.alpha_first, fit.alpha_last) == pytest.approx(exact, abs=0.04)
    assert fit.drift == pytest.approx(exact[1] - exact[0], abs=0.06)
    assert (
        fit.describe()
        == f"still bending: local exponent {fit.alpha_first:.2f} → {fit.alpha_last:.2f}"
    )
    assert fit.alpha is not None


@pytest.mark.parametrize("c", [0.1, 0.3])
def test_immaterial_curvature_widens_the_error_instead(c):
    grid = GRID[2:]
    fit = fit_power_law(grid, law(grid) * (1 + c * grid**-0.5))
    assert fit.valid
    low, high = fit.alpha_interval
    assert low <= ALPHA <= high
    assert fit.alpha_error >= abs(fit.drift) / math.sqrt(12)
    # Sampling the same smooth curve more densely teaches nothing about its exponent.
    dense = np.geomspace(grid[0], grid[-1], 30)
    again = fit_power_law(dense, law(dense) * (1 + c * dense**-0.5))
    assert again.alpha_error == pytest.approx(fit.alpha_error, rel=0.25)


@pytest.mark.parametrize("offset", [0.02, 0.1])
def test_offset_power_law_is_bending(offset):
    assert "bending" in names(fit_power_law(GRID, law(GRID, amplitude=1.0) + offset))


def test_noise_hides_bending_until_it_is_significant():
    values = law(GRID) * (1 + GRID**-0.5)
    assert "bending" in names(fit_power_law(GRID, values, 0.003 * values))
    assert "bending" not in names(fit_power_law(GRID, values, 0.3 * values))


def test_pure_noise_is_not_a_power_law():
    rng = np.random.default_rng(11)
    for _ in range(20):
        values = np.exp(0.4 * rng.standard_normal(12))
        fit = fit_power_law(GRID, values)
        assert not fit.valid
        assert "not_a_power_law" in names(fit)
        assert "not_a_power_law" in names(fit_power_law(GRID, values, 0.02 * values))


def test_small_deviations_do_not_condemn_precise_curves():
    wiggle = np.where(np.arange(12) % 2, 1.005, 0.995)
    precise = fit_power_law(GRID, law(GRID) * wiggle, 1e-4 * law(GRID))
    assert precise.chi2 / precise.dof > 1000
    assert precise.valid
    large = fit_power_law(GRID, law(GRID) * wiggle**6, 1e-4 * law(GRID))
    assert names(large) == {"not_a_power_law"}
    assert large.describe().startswith("not a power law")


def test_two_points_have_no_exponent_with_error():
    fit = fit_power_law([10, 100], [1.0, 0.5], [0.1, 0.1])
    assert names(fit) == {"too_few_points"}
    assert not fit.valid
    assert fit.alpha is None
    assert fit.alpha_error is None
    assert fit.dof is None
    assert fit.describe() == "too few points: 2, and an exponent needs 4"
    assert fit.local[0].alpha == pytest.approx(math.log10(2))
    with pytest.raises(SpecError, match="no power law to draw"):
        fit.predict([10.0])


def test_three_points_are_fitted_but_not_valid():
    fit = fit_power_law([10, 100, 1000], law([10, 100, 1000]))
    assert fit.alpha == pytest.approx(ALPHA)
    assert names(fit) == {"too_few_points"}


@pytest.mark.parametrize("errors", [None, [0.01] * 12])
def test_constant_curve(errors):
    fit = fit_power_law(GRID, [0.3] * 12, errors)
    assert names(fit) == {"constant"}
    assert not fit.valid
    assert fit.alpha == 0
    assert fit.r_squared is None
    assert fit.describe() == "constant: all values are equal"


def test_rising_curve():
    fit = fit_power_law(GRID, GRID**0.2)
    assert names(fit) == {"rising"}
    assert not fit.valid
    assert fit.alpha == pytest.approx(-0.2)
    assert fit.describe().startswith("not falling: exponent of N_D is 0.2")


def test_missing_points_are_counted_and_left_out():
    values = [*law(GRID)[:5], None, float("nan"), *law(GRID)[7:]]
    fit = fit_power_law(GRID, values)
    assert fit.valid
    assert names(fit) == {"missing_points"}
    assert fit.flags[0].reason.startswith("2 of 12 points")
    assert fit.n_points == 10
    assert fit.alpha == pytest.approx(ALPHA)
    assert names(fit_power_law(GRID, [None] * 12)) == {
        "missing_points",
        "too_few_points",
        "narrow_range",
    }


@pytest.mark.parametrize("bad", [0.0, -0.2])
def test_values_that_are_not_positive(bad):
    values = law(GRID)
    values[3] = bad
    fit = fit_power_law(GRID, values)
    assert names(fit) == {"non_positive"}
    assert not fit.valid
    assert "N_D = 32" in fit.flags[0].reason
    assert fit.alpha == pytest.approx(ALPHA)


def test_narrow_range():
    grid = np.array([100, 150, 200, 300, 390])
    fit = fit_power_law(grid, law(grid))
    assert names(fit) == {"narrow_range"}
    assert fit.describe().startswith("too narrow: N_D from 100 to 390")
    assert fit_power_law([100, 150, 200, 400], law([100, 150, 200, 400])).valid


def test_missing_and_zero_errors_count_with_a_typical_one():
    values = law(GRID) * np.exp(0.02 * np.cos(5 * np.arange(12)))
    error = 0.02 * values
    holes = error.copy()
    holes[2], holes[7] = 0, np.nan
    fit, full = fit_power_law(GRID, values, holes), fit_power_law(GRID, values, error)
    assert names(fit) == {"missing_errors"}
    assert fit.valid
    assert fit.alpha_error == pytest.approx(full.alpha_error)
    none = fit_power_law(GRID, values, [0.0] * 12)
    assert none.chi2 is None
    assert none.alpha_error == fit_power_law(GRID, values).alpha_error


def test_errors_of_any_size_leave_the_line_determined():
    values = law([1, 2, 3, 6, 8, 11, 13])
    wild = [1e-300, 1e300, 1e-200, 1e300, 1e300, 1e300, 1e-3]
    fit = fit_power_law([1, 2, 3, 6, 8, 11, 13], values, wild)
    assert fit.alpha == pytest.approx(ALPHA)
    assert fit.alpha_error > 0
    far = fit_power_law([1, 1.1, 1.2, 1.3, 1.4, 1.5, 9], law([1, 1.1, 1.2, 1.3, 1.4, 1.5, 9]), wild)
    assert far.alpha == pytest.approx(ALPHA)


def test_window_selects_points_but_local_exponents_are_of_the_whole_curve():
    values = np.where(GRID < 100, law(GRID, 0.8), law(GRID) * 64 ** (ALPHA - 0.8))
    fit = fit_power_law(GRID, values, window=(100, 5000))
    assert fit.valid
    assert fit.window == (128, 4096)
    assert fit.alpha == pytest.approx(ALPHA)
    assert len(fit.local) == 11
    assert fit.local[0].alpha == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1, 2], [1.0]), "2 training set sizes and 1 values"),
        (([1, 2], [1.0, 2.0], [1.0]), "2 values and 1 errors"),
        (([2, 1], [1.0, 2.0]), "goes from 2 to 1"),
        (([1, 1], [1.0, 2.0]), "goes from 1 to 1"),
        (([0, 1], [1.0, 2.0]), "must be positive"),
        (([float("nan"), 1], [1.0, 2.0]), "must be positive"),
        (([1, 2], [1.0, 2.0], [0.1, -0.1]), "errors has -0.1"),
        (([1, 2], [1.0, 2.0], None, (5, 5)), "n_lo smaller than n_hi"),
        (([1, 2], [1.0, 2.0], None, (5, 9)), "holds no point"),
        (([1, 2], ["a", 2.0]), "not a list of numbers"),
        (([[1, 2]], [[1.0, 2.0]]), r"shape \(1, 2\)"),
    ],
)
def test_mistakes_are_named(arguments, words):
    with pytest.raises(SpecError, match=words):
        fit_power_law(*arguments)
    with pytest.raises(SpecError, match=words):
        fit_plateau(*arguments)
    if len(arguments) < 4:
        with pytest.raises(SpecError, match=words):
            asymptotic_window(*arguments)


# --- the asymptotic window ------------------------------------------------------------------------


def test_window_finds_the_asymptotic_part():
    grid = 2.0 ** np.arange(2, 18)
    knee = 32.0
    values = law(grid) * (1 + (knee / grid) ** 2)
    low, high = asymptotic_window(grid, values)
    assert high == grid[-1]
    # The correction to the local exponent, 2 / (1 + (n/n0)^2), is 0.12 at 4 n0 and 0.03 at 8 n0.
    assert 2 * knee <= low <= 16 * knee
    fit = fit_power_law(grid, values, window=(low, high))
    assert fit.valid
    assert fit.alpha_interval[0] <= ALPHA <= fit.alpha_interval[1]
    wider = fit_power_law(grid, values, window=(low / 2, high))
    assert not wider.valid  # it is the widest


def test_window_of_a_clean_law_is_everything_and_of_noise_nothing():
    assert asymptotic_window(GRID, law(GRID)) == (4, 8192)
    values = law(GRID).tolist()
    assert asymptotic_window(GRID, [*values[:-1], None]) == (4, 4096)
    rng = np.random.default_rng(2)
    assert asymptotic_window(GRID, np.exp(rng.standard_normal(12))) is None
    assert asymptotic_window(GRID[:3], values[:3]) is None
    assert asymptotic_window([10, 11, 12, 13, 14], law([10, 11, 12, 13, 14])) is None
    assert asymptotic_window([], []) is None


# --- plateaus -------------------------------------------------------------------------------------


def with_plateau(grid, onset=256.0, level=0.01, alpha=0.4):
    return level * np.maximum(1.0, (np.asarray(grid) / onset) ** -alpha)


def test_planted_plateau_is_found():
    fit = fit_plateau(GRID, with_plateau(GRID))
    assert fit.valid
    assert fit.plateau == pytest.approx(0.01)
    assert fit.onset == 256
    assert fit.onset_interval == (128, 512)
    assert fit.window == (256, 8192)
    assert fit.n_points == 6
    assert fit.slope == pytest.approx(0, abs=1e-12)
    assert fit.plateau_error > 0
    assert fit.describe().endswith("from N_D = 256")


@unchecked()
def test_noisy_plateaus_are_recovered_within_their_errors():
    rng = np.random.default_rng(6)
    covered = bracketed = 0
    for _ in range(200):
        fit = fit_plateau(GRID, *noisy(with_plateau(GRID), 0.03, rng))
        assert fit.valid
        covered += fit.plateau_interval[0] <= 0.01 <= fit.plateau_interval[1]
        bracketed += fit.onset_interval[0] <= 256 <= fit.onset_interval[1]
        assert fit.plateau_error >= 0.03 * 0.01 * 0.9
    assert covered >= 190
    assert bracketed >= 190


@unchecked()
def test_plateau_error_covers_a_common_shift():
    # Nested subsets: every point of the tail is off by the same 3 %.
    rng = np.random.default_rng(7)
    truth = with_plateau(GRID)
    hits = 0
    for _ in range(300):
        fit = fit_plateau(GRID, truth * (1 + 0.03 * rng.standard_normal()), 0.03 * truth)
        hits += fit.plateau_interval[0] <= 0.01 <= fit.plateau_interval[1]
    assert within_binomial(hits, 300)


def test_flat_from_the_first_point_has_no_lower_bound():
    fit = fit_plateau(GRID, [0.2] * 12, [0.01] * 12)
    assert fit.valid
    assert fit.onset == 4
    assert fit.onset_interval == (None, 8)


@pytest.mark.parametrize("errors", [None, 0.03, 0.1])
@unchecked()
def test_a_power_law_has_no_plateau(errors):
    rng = np.random.default_rng(9)
    truth = law(GRID, 0.21)
    for _ in range(20):
        values, error = noisy(truth, errors or 0.0, rng)
        fit = fit_plateau(GRID, values, error if errors else None)
        assert names(fit) == {"still_falling"}
        assert not fit.valid
        assert fit.plateau is None
    clean = fit_plateau(GRID, truth)
    assert clean.describe() == "no plateau: falls by 80 % from N_D = 4 to 8192"
    assert clean.slope == pytest.approx(-0.21)


@unchecked()
def test_a_slow_decay_seen_through_noise_is_rarely_a_plateau():
    rng = np.random.default_rng(10)
    found = sum(fit_plateau(GRID, *noisy(law(GRID, 0.1), 0.05, rng)).valid for _ in range(100))
    # Every short tail of this curve is flat within its errors; only the whole curve tells.
    assert found <= 3


def test_rising_scattering_and_unknown_tails_are_told_apart():
    rising = fit_plateau(GRID, GRID**0.1)
    assert rising.describe() == "no plateau: rises by a factor 2.1 from N_D = 4 to 8192"
    # A slope that a short tail may have, but that is one straight line over a factor 2048.
    slow = fit_plateau(GRID, law(GRID, 0.04), 0.01 * law(GRID, 0.04))
    assert slow.describe() == "no plateau: falls by 26 % from N_D = 4 to 8192"
    assert fit_plateau(GRID[:4], law(GRID[:4], 0.03)).valid
    zigzag = fit_plateau(GRID, np.where(np.arange(12) % 2, 0.9, 1.1))
    assert names(zigzag) == {"scatter"}
    assert zigzag.describe().startswith("no plateau: the points scatter too much")
    small = np.where(np.arange(12) % 2, 0.955, 1.045)
    assert names(fit_plateau(GRID, small)) == {"scatter"}
    assert fit_plateau(GRID, small, 0.04 * small).valid
    unknown = fit_plateau(GRID[:4], [1.0, 1.02, 0.99, 1.01], [0.5] * 4)
    assert names(unknown) == {"undetermined"}
    assert unknown.describe().startswith("no plateau can be told: the slope from N_D = 8 to 32 is")


def test_first_point_of_the_decay_is_not_swallowed():
    # One point 8 % above nine flat ones changes slope and scatter too little to be noticed there.
    values = np.ones(10)
    values[0] = 1.08
    fit = fit_plateau(GRID[:10], values, 0.01 * values)
    assert fit.onset == 8


def test_plateau_needs_points_range_and_positive_values():
    assert names(fit_plateau([10, 100], [1.0, 1.0])) == {"too_few_points"}
    assert names(fit_plateau([10, 20, 30], [1.0, 1.0, 1.0])) == {"narrow_range"}
    values = with_plateau(GRID)
    values[4] = 0
    fit = fit_plateau(GRID, values)
    assert names(fit) == {"non_positive"}
    assert not fit.valid
    assert "zero or negative" in fit.describe()
    assert fit_plateau(GRID, [*with_plateau(GRID)[:-1], None]).valid


def test_plateau_in_a_window():
    values = with_plateau(GRID)
    assert not fit_plateau(GRID, values, window=(4, 512)).valid
    assert fit_plateau(GRID, values, window=(64, 9000)).onset == 256


# --- numbers and records --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.372, 0.004, "0.372 ± 0.004"),
        (0.37234, 0.0123, "0.372 ± 0.012"),
        (0.372, 0.0096, "0.372 ± 0.010"),
        (0.372, 0.0196, "0.372 ± 0.020"),
        (-0.372, 0.05, "-0.37 ± 0.05"),
        (-0.001, 0.05, "0.00 ± 0.05"),
        (3.1e-5, 2e-6, "(3.1 ± 0.2)e-05"),
        (1234567, 3210, "(1.235 ± 0.003)e+06"),
        (123456, 3210, "123000 ± 3000"),
        (372, 34, "370 ± 30"),
        (0.001, 30, "0 ± 30"),
        (0.372, 3e-17, "0.372 ± 3e-17"),
        (0.372, 0, "0.372 ± 0"),
        (0, 0, "0 ± 0"),
        (0.37214, None, "0.3721"),
        (0.37214, float("nan"), "0.3721"),
        (3.1e-5, None, "3.1e-05"),
        (None, 0.1, "not determined"),
        (float("nan"), 0.1, "not determined"),
        (1e308, 2e307, "(1.0 ± 0.2)e+308"),
    ],
)
def test_format_value(value, error, text):
    assert format_value(value, error) == text


@given(
    st.floats(-1e300, 1e300),
    st.floats(0, 1e300),
)
def test_formatted_value_is_close_to_the_value(value, error):
    text = format_value(value, error)
    shown, power = text.split(" ± ")[0].lstrip("("), text.partition(")e")[2] or "0"
    read = float(f"{shown}e{power}") if "e" not in shown else float(shown)
    # Rounded to the error's own digits (at most a third of it), or to ten digits, or denormal.
    assert abs(read - value) <= max(0.3 * error, 1e-9 * abs(value), 5e-323)


def test_records_are_plain_json():
    fits = [
        fit_power_law(GRID, law(GRID), 0.1 * law(GRID)),
        fit_power_law([10], [float("nan")]),
        fit_plateau(GRID, with_plateau(GRID)),
        fit_plateau([], []),
    ]
    for fit in fits:
        record = json.loads(json.dumps(fit.to_json(), allow_nan=False))
        assert record["valid"] == fit.valid
        assert [flag["name"] for flag in record["flags"]] == [flag.name for flag in fit.flags]
    assert fits[0].to_json()["local"][0]["alpha"] == pytest.approx(ALPHA)
    assert fits[0].to_json()["window"] == [4, 8192]


numbers = st.one_of(st.none(), st.floats(), st.floats(min_value=1e-3, max_value=10))


@st.composite
def curves(draw):
    size = draw(st.integers(0, 12))
    steps = st.one_of(st.integers(1, 10**6), st.floats(min_value=5e-324, max_value=1e308))
    n_train = sorted(
        draw(st.lists(steps, min_size=size, max_size=size, unique=draw(st.booleans())))
    )
    values = draw(st.lists(numbers, min_size=size, max_size=size))
    positive = st.one_of(st.none(), st.floats(min_value=0), st.floats(min_value=1e-3, max_value=1))
    errors = draw(
        st.one_of(
            st.none(),
            st.lists(positive, min_size=size, max_size=size),
            st.lists(numbers, max_size=12),
        )
    )
    window = draw(st.one_of(st.none(), st.tuples(st.floats(), st.floats())))
    return n_train, values, errors, window


@pytest.mark.parametrize("examples", [120, pytest.param(400, marks=pytest.mark.slow)])
def test_no_data_raises_or_warns(examples):
    settings(max_examples=examples, deadline=None)(given(curves())(raises_or_warns_never))()


@pytest.mark.parametrize("values", [[1.0, 1.0, 9e289], [9e289, 1.0, 1.0], [5e-324, 1.0, 1e308]])
def test_a_curve_at_the_ends_of_what_numbers_hold_is_described(values):
    raises_or_warns_never(([4.0, 5.0, 16.0], values, None, None))


@unchecked()
def raises_or_warns_never(curve):
    n_train, values, errors, window = curve
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        for fit in (fit_power_law, fit_plateau):
            try:
                result = fit(n_train, values, errors, window)
            except SpecError:
                continue
            assert json.dumps(result.to_json(), allow_nan=False)
            assert result.describe()
            # Nothing undetermined hides behind NaN: what JSON says is what the record holds.
            for name, value in result.to_json().items():
                assert (value is None) == (getattr(result, name) is None), name
            if result.valid and fit is fit_power_law:
                assert result.alpha > 0
                assert len(result.predict([10.0])) == 1
                result.band([1e-300, 1e300])
        try:
            found = asymptotic_window(n_train, values, errors)
        except SpecError:
            return
        assert found is None or fit_power_law(n_train, values, errors, found).valid


@pytest.mark.parametrize("alpha", [1e-10, 0.003])
def test_an_exponent_as_good_as_zero_is_not_quoted(alpha):
    n = np.geomspace(10, 1000, 8)
    fit = fit_power_law(n, n**-alpha)
    assert names(fit) == {"flat"}
    assert not fit.valid
    assert fit.describe().startswith("flat: α = ")


def test_draws_that_disagree_about_the_sign_make_a_fit_flat():
    n = np.geomspace(10, 1000, 8)
    draws = [n**-0.05, n**0.01, n**-0.01]
    mean = np.mean(draws, axis=0)
    fit = fit_power_law(n, mean)
    assert fit.valid
    wider = widen_by_draws(fit, n, draws)
    assert wider.alpha_error > fit.alpha_error
    assert names(wider) == {"flat"}
    assert not wider.valid


def test_draws_widen_an_error_and_never_narrow_it():
    n = np.geomspace(10, 1000, 8)
    draws = [n**-0.5, n**-0.52, n**-0.54]
    fit = fit_power_law(n, np.mean(draws, axis=0))
    wider = widen_by_draws(fit, n, draws)
    assert wider.alpha_error == pytest.approx(0.02 / np.sqrt(3))
    # Student's t of two degrees of freedom.
    assert wider.alpha_interval[1] - wider.alpha == pytest.approx(
        4.303 * 0.02 / np.sqrt(3), rel=1e-3
    )
    assert wider.valid
    same = widen_by_draws(wider, n, [n**-0.52, n**-0.52])
    assert same.alpha_error == wider.alpha_error
