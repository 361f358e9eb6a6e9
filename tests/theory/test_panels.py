"""Panels against NumPy's own factors, congruences and products, wherever the panels end."""

import itertools

import numpy as np
import pytest
import scipy.linalg
from helpers.reference_theory import random_spd
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from scipy.linalg.lapack import dsygst

from ntk_uq.theory.condition import Conditions
from ntk_uq.theory.panels import (
    Panels,
    divide,
    multiply_half,
    multiply_vector,
    solve_upper,
    solve_vector,
    subtract,
)

ABOVE = 777.0  # what stands above the diagonal, and must not matter

WIDTHS = st.lists(st.integers(1, 9), min_size=1, max_size=6)
SEEDS = st.integers(0, 2**32 - 1)
many = hypothesis_settings(max_examples=60, deadline=None)


def cuts_of(widths):
    return (0, *itertools.accumulate(widths))


def panels_of(matrix, cuts):
    """A matrix, with at least as many rows as columns, in panels, and nothing above them."""
    panels = Panels(cuts, len(matrix))
    for (low, high), panel in zip(panels.ranges, panels.columns, strict=True):
        panel[:] = matrix[low:, low:high]
        width = high - low
        panel[:width][np.triu_indices(width, 1)] = ABOVE
    return panels


def eliminated(matrix, cuts):
    panels = panels_of(matrix, cuts)
    for j in range(len(panels.columns)):
        panels.eliminate(j)
    return panels


def dense(panels, n):
    """The lower triangle of the leading n columns."""
    return np.tril(panels.square(n))


@many
@given(widths=WIDTHS, extra=st.integers(0, 7), heights=WIDTHS, across=WIDTHS, seed=SEEDS)
def test_tiles_of_any_alignment_write_the_panels_and_nothing_else(
    widths, extra, heights, across, seed
):
    cuts = cuts_of(widths)
    n_rows = cuts[-1] + extra
    matrix = np.random.default_rng(seed).standard_normal((n_rows, n_rows))
    panels = Panels(cuts, n_rows)
    for panel in panels.columns:
        panel[:] = np.nan
    # Tiles go on to the right of the panels, and start above them.
    rows = (*(c for c in cuts_of(heights) if c < n_rows), n_rows)
    columns = (*(c for c in cuts_of(across) if c < n_rows), n_rows)
    for top, bottom in itertools.pairwise(rows):
        for left, right in itertools.pairwise(columns):
            tile = matrix[top:bottom, left:right]
            panels.write(slice(top, bottom), slice(left, right), tile)
    for (low, high), panel in zip(panels.ranges, panels.columns, strict=True):
        assert panel.flags.c_contiguous
        np.testing.assert_array_equal(panel, matrix[low:, low:high])
    # One entry more, somewhere: it changes no other one, and nothing where there is no panel.
    i, j = np.random.default_rng(seed).integers(n_rows, size=2)
    panels.write(slice(i, i + 1), slice(j, j + 1), np.full((1, 1), np.inf))
    for low, high in panels.ranges:
        want = matrix[low:, low:high].copy()
        if i >= low and low <= j < high:
            want[i - low, j - low] = np.inf
        np.testing.assert_array_equal(panels.columns[panels.cuts.index(low)], want)


@many
@given(widths=WIDTHS, extra=st.integers(0, 7), value=st.floats(-3, 3), seed=SEEDS)
def test_parts_of_panels_are_parts_of_the_matrix(widths, extra, value, seed):
    cuts = cuts_of(widths)
    n, n_rows = cuts[-1], cuts[-1] + extra
    matrix = np.random.default_rng(seed).standard_normal((n_rows, n))
    panels = panels_of(matrix, cuts)
    panels.add_diagonal(value)
    matrix[np.diag_indices(n)] += value
    for size in cuts[1:]:
        np.testing.assert_array_equal(dense(panels, size), np.tril(matrix[:size, :size]))
        columns = np.full((n_rows, size), np.nan)
        for low, high, rows in panels.below(size, size, n_rows):
            columns[size:, low:high] = rows
        np.testing.assert_array_equal(columns[size:], matrix[size:, :size])


@many
@given(widths=WIDTHS, extra=st.integers(0, 7), seed=SEEDS)
def test_elimination_is_the_factor_of_numpy_whatever_the_panels(widths, extra, seed):
    rng = np.random.default_rng(seed)
    cuts = cuts_of(widths)
    n = cuts[-1]
    whole = np.concatenate([random_spd(n, rng, condition=100), rng.standard_normal((extra, n))])
    panels = panels_of(whole, cuts)
    for j, size in enumerate(cuts[1:]):
        panels.eliminate(j)
        # Done up to here: every leading block is the factor of its own matrix.
        lower = np.linalg.cholesky(whole[:size, :size])
        np.testing.assert_allclose(dense(panels, size), lower, atol=1e-12)
        low = cuts[j]
        assert not np.triu(panels.columns[j][: size - low], 1).any()
        # And the rows below it are B L'^-1.
        for start, stop, rows in panels.below(size, size, n + extra):
            want = scipy.linalg.solve_triangular(lower, whole[size:, :size].T, lower=True).T
            np.testing.assert_allclose(rows, want[:, start:stop], atol=1e-11)
        # What is left of the rest is its Schur complement.
        below = whole[size:, :size]
        schur = whole[size:, size:] - below @ np.linalg.solve(
            whole[:size, :size], whole[size:n, :size].T
        )
        for (start, stop), panel in list(zip(panels.ranges, panels.columns, strict=True))[j + 1 :]:
            np.testing.assert_allclose(
                np.tril(panel),
                np.tril(schur[start - size :, start - size : stop - size]),
                atol=1e-10,
            )


@many
@given(widths=WIDTHS, tests=st.lists(st.integers(1, 6), max_size=3), seed=SEEDS)
def test_the_transformation_leaves_the_covariance_of_the_rest(widths, tests, seed):
    """Behind the columns n, K is ``K_tt + W' K_dd W - W' K_dt - K_td W`` with ``W = T^-1 T_dt``."""
    rng = np.random.default_rng(seed)
    cuts = cuts_of(widths)
    all_cuts = cuts_of(widths + tests)
    n, m = cuts[-1], all_cuts[-1]
    t, k = random_spd(m, rng, condition=100), random_spd(m, rng, condition=100)
    # More rows than K has: those of the targets.
    factor = panels_of(np.concatenate([t[:, :n], rng.standard_normal((3, n))]), cuts)
    panels = panels_of(k, all_cuts)
    for j, size in enumerate(cuts[1:]):
        factor.eliminate(j)
        panels.transform(j, factor)
        assert panels.columns[j].size == 0, "it is of no use any more"
        d, r = slice(size), slice(size, m)
        w = np.linalg.solve(t[d, d], t[d, r])
        rest = k[r, r] + w.T @ k[d, d] @ w - w.T @ k[d, r] - k[r, d] @ w
        for low, high, rows in (
            (low, high, panel)
            for (low, high), panel in zip(panels.ranges, panels.columns, strict=True)
            if low >= size
        ):
            want = rest[low - size :, low - size : high - size]
            np.testing.assert_allclose(np.tril(rows), np.tril(want), atol=1e-9)


@pytest.mark.parametrize("last", [0, 5])
def test_the_transformation_of_one_panel_is_that_of_lapack(last):
    """With nothing behind it, or with a rest that the congruence by the whole factor tells."""
    rng = np.random.default_rng(last)
    n, m = 20, 20 + last
    t, k = random_spd(m, rng, condition=100), random_spd(m, rng, condition=100)
    factor = eliminated(t[:, :n], (0, n))
    panels = panels_of(k, (0, n, m) if last else (0, n))
    top = panels.columns[0][:n]
    panels.transform(0, factor)
    lower = np.linalg.cholesky(t[:n, :n])
    want, info = dsygst(k[:n, :n], lower, lower=1)
    assert info == 0
    np.testing.assert_allclose(np.tril(top), np.tril(want), atol=1e-11)
    if last:
        whole = np.eye(m)
        whole[:n, :n], whole[n:, :n] = lower, np.linalg.solve(lower, t[:n, n:]).T
        inverse = np.linalg.inv(whole)
        congruent = inverse @ k @ inverse.T
        np.testing.assert_allclose(
            np.tril(panels.columns[1]), np.tril(congruent[n:, n:]), atol=1e-10
        )


@many
@given(widths=WIDTHS, extra=st.integers(0, 4), columns=st.integers(1, 5), seed=SEEDS)
def test_solves_and_products_with_a_factor_are_those_with_its_matrix(widths, extra, columns, seed):
    rng = np.random.default_rng(seed)
    cuts = cuts_of(widths)
    n = cuts[-1]
    matrix = random_spd(n, rng, condition=50)
    factor = eliminated(np.concatenate([matrix, rng.standard_normal((extra, n))]), cuts)
    for size in cuts[1:]:
        square = matrix[:size, :size]
        b = rng.standard_normal((size, columns))
        backward = b.copy()
        solve_upper(factor, backward)
        np.testing.assert_allclose(np.linalg.cholesky(square).T @ backward, b, atol=1e-12)
        vector = b[:, 0].copy()
        np.testing.assert_allclose(multiply_vector(factor, vector), square @ vector, atol=1e-11)
        np.testing.assert_array_equal(vector, b[:, 0])
        solve_vector(factor, vector)
        np.testing.assert_allclose(square @ vector, b[:, 0], atol=1e-11)


@many
@given(
    n=st.integers(1, 40),
    more=st.integers(-39, 40),
    steepness=st.floats(0, 3),
    seed=SEEDS,
)
def test_quotients_are_as_good_as_solves_however_steep_the_triangle(n, more, steepness, seed):
    """Its inverse serves where that costs no more than two digits; a solve's error is small by
    the size of quotient and triangle, however near to singular that is."""
    rng = np.random.default_rng(seed)
    # Of these the inverse grows exponentially with n, from a steepness of 1 or so.
    lower = np.eye(n) + steepness * np.tril(rng.standard_normal((n, n)), -1)
    # A product with the inverse is worst where the quotient is no larger than what it is of.
    b = rng.standard_normal((max(1, n + more), n)) @ lower.T
    quotient = b.copy()
    divide(quotient, lower + np.triu(np.full((n, n), ABOVE), 1))
    # Higham, Accuracy and Stability of Numerical Algorithms, 2002, theorem 8.5: row by row.
    bound = np.abs(quotient) @ np.abs(lower).T
    assert np.all(np.abs(quotient @ lower.T - b) <= 1e2 * n * np.finfo(float).eps * bound)


@many
@given(widths=WIDTHS, extra=st.integers(0, 4), columns=st.integers(1, 5), seed=SEEDS)
def test_half_a_matrix_times_vectors_is_added_and_its_other_half_is_the_transpose(
    widths, extra, columns, seed
):
    rng = np.random.default_rng(seed)
    cuts = cuts_of(widths)
    n = cuts[-1]
    matrix = rng.standard_normal((n + extra, n))
    matrix[:n] += matrix[:n].T
    panels = panels_of(matrix, cuts)
    for size in cuts[1:]:
        square = matrix[:size, :size]
        # The lower triangle, block by block, and half of the blocks on the diagonal.
        block = np.searchsorted(cuts[1:], np.arange(size), side="right")
        half = np.where(block[:, None] == block[None, :], square / 2, np.tril(square))
        w, v = rng.standard_normal((2, size, columns))
        before, kept = v.copy(), w.copy()
        multiply_half(panels, w, v)
        np.testing.assert_allclose(v - before, half @ w, atol=1e-12)
        np.testing.assert_array_equal(w, kept)
        product = w.T @ (v - before)
        np.testing.assert_allclose(product + product.T, w.T @ square @ w, atol=1e-11)


def test_products_and_quotients_are_taken_in_place():
    rng = np.random.default_rng(0)
    c, a, b = (rng.standard_normal(shape) for shape in ((7, 4), (7, 3), (4, 3)))
    want = c - a @ b.T
    subtract(c, a, b)
    np.testing.assert_allclose(c, want, atol=1e-14)
    lower = np.tril(rng.standard_normal((4, 4))) + 3 * np.eye(4)
    poisoned = lower + np.triu(np.full((4, 4), ABOVE), 1)
    divide(c, poisoned)
    np.testing.assert_allclose(c @ lower.T, want, atol=1e-13)


def test_nothing_at_all_is_left_alone():
    empty = np.empty((0, 3))
    subtract(empty, np.empty((0, 2)), np.ones((3, 2)))
    c = np.ones((2, 3))
    subtract(c, np.empty((2, 0)), np.empty((3, 0)))
    np.testing.assert_array_equal(c, 1)
    divide(empty, np.eye(3))


NOT_IN_PLACE = {
    "every other column": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "column by column": np.asfortranarray,
    "upside down": lambda a: a[::-1],
}


@pytest.mark.parametrize("how", NOT_IN_PLACE)
def test_an_array_that_would_be_copied_is_refused(how):
    """BLAS would change the copy, and the array stay as it is, without a word."""
    a = NOT_IN_PLACE[how](np.ones((6, 3)))
    factor = eliminated(np.eye(6), (0, 2, 6))
    refused = pytest.raises(ValueError, match="only C-contiguous arrays are changed in place")
    with refused:
        subtract(a, np.ones((6, 2)), np.ones((3, 2)))
    with refused:
        divide(a, np.eye(3))
    with refused:
        solve_vector(factor, np.ones(12)[::2])
    with refused:
        solve_upper(factor, a)
    with refused:
        multiply_half(factor, np.ones((6, 3)), a)
    np.testing.assert_array_equal(a, 1)


@pytest.mark.parametrize("bad", [0, 4, 5, 13, 19])
def test_a_matrix_that_is_not_positive_definite_is_an_error_at_its_panel(bad):
    rng = np.random.default_rng(bad)
    matrix = random_spd(20, rng)
    matrix[bad, bad] = -1.0
    panels = panels_of(matrix, (0, 5, 12, 20))
    at = next(j for j, (_, high) in enumerate(panels.ranges) if bad < high)
    for j in range(at):
        panels.eliminate(j)
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        panels.eliminate(at)
    # The columns before are the factor that they were.
    good = panels.cuts[at]
    if good:
        np.testing.assert_allclose(
            dense(panels, good), np.linalg.cholesky(matrix[:good, :good]), atol=1e-12
        )


def test_a_pivot_of_zero_is_an_error():
    panels = panels_of(np.diag([1.0, 1, 1, 0, 1, 1]), (0, 6))
    with pytest.raises(np.linalg.LinAlgError):
        panels.eliminate(0)


@pytest.mark.parametrize("at", [(3, 3), (5, 2)])
def test_what_is_no_number_is_an_error(at):
    matrix = np.eye(6)
    matrix[at] = np.nan
    panels = panels_of(matrix, (0, 6))
    with pytest.raises(np.linalg.LinAlgError):
        panels.eliminate(0)


@pytest.mark.parametrize("n", [1, 2, 15, 16, 40, 500])
@pytest.mark.parametrize("number", [10.0, 1e5, 1e10])
def test_the_condition_number_is_good_to_a_few_percent(n, number):
    matrix = random_spd(n, np.random.default_rng(n), number)
    factor = eliminated(matrix, tuple(sorted({0, n // 3, n // 2, n})))
    truth = np.linalg.cond(matrix)
    # From inside, up to what rounding makes of the smallest eigenvalue.
    assert 0.95 * truth < Conditions(factor).at(n) < (1 + 1e-13 * number) * truth


def test_the_condition_number_is_that_of_the_leading_part_alone():
    rng = np.random.default_rng(3)
    matrix = random_spd(90, rng, 1e6)
    factor = eliminated(np.concatenate([matrix, rng.standard_normal((11, 90))]), (0, 7, 40, 90))
    for n in (7, 40, 90):
        assert Conditions(factor).at(n) == pytest.approx(np.linalg.cond(matrix[:n, :n]), rel=0.05)


def test_the_condition_number_of_a_kernel_with_one_dominant_direction():
    # As kernels are: all entries positive, and a long tail of small eigenvalues.
    x = np.random.default_rng(1).standard_normal((400, 10))
    matrix = np.exp(x @ x.T / 10) + 1e-6 * np.eye(400)
    factor = eliminated(matrix, (0, 100, 230, 400))
    assert Conditions(factor).at(400) == pytest.approx(np.linalg.cond(matrix), rel=0.05)


def test_condition_numbers_of_growing_parts_are_each_good_to_a_few_percent():
    rng = np.random.default_rng()
    x = rng.standard_normal((600, 12))
    x[450] = x[20] * (1 + 1e-4)  # the smallest eigenvalue is suddenly another's
    matrix = np.exp(x @ x.T / 12) + 1e-8 * np.eye(600)
    cuts = (0, 100, 200, 300, 400, 500, 600)
    conditions = Conditions(eliminated(matrix, cuts))
    for n in cuts[1:]:
        truth = np.linalg.cond(matrix[:n, :n])
        assert conditions.at(n) == pytest.approx(truth, rel=0.05), n


def test_an_identity_has_condition_one():
    factor = eliminated(np.eye(50), (0, 20, 50))
    assert Conditions(factor).at(50) == pytest.approx(1, rel=1e-10)


def test_condition_numbers_see_a_largest_eigenvalue_that_has_nothing_of_the_mean():
    """That Lanczos starts from the mean is good for most kernels, and not for those of deep
    networks in the chaotic phase."""
    rng = np.random.default_rng()
    n, cuts = 400, (0, 200, 300, 400)
    basis = np.linalg.qr(np.column_stack([np.ones(n), rng.standard_normal((n, n - 1))]))[0]
    matrix = (basis * [2.4, 3.0, *rng.uniform(0.8, 1.4, n - 2)]) @ basis.T
    found = Conditions(eliminated(matrix, cuts)).at(n)
    assert found == pytest.approx(np.linalg.cond(matrix), rel=0.05)
