"""The growing Cholesky factor against NumPy's, whatever the steps in which it grows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_theory import random_spd

from ntk_uq.errors import SingularKernelError
from ntk_uq.theory import cholesky
from ntk_uq.theory.cholesky import BLOCK, GrowingCholesky


def write_rows(factor, matrix, old, n):
    """New rows as the class asks for them; what is above the diagonal must not matter."""
    factor.matrix[:old, old:n] = 777.0
    factor.matrix[old:n, :n] = np.where(
        np.arange(n)[None, :] <= np.arange(old, n)[:, None], matrix[old:n, :n], 777.0
    )


def grown(matrix, sizes):
    factor, old = GrowingCholesky(len(matrix)), 0
    for n in sizes:
        write_rows(factor, matrix, old, n)
        factor.extend(n)
        old = n
    return factor


@pytest.mark.parametrize(
    "sizes",
    [
        (BLOCK - 1,),
        (BLOCK,),
        (BLOCK + 1,),
        (1, 2, BLOCK, BLOCK + 1, 2 * BLOCK + 3),
        (BLOCK - 1, BLOCK + 1, 3 * BLOCK),
        (300, 700),
    ],
)
def test_the_factor_is_the_one_of_numpy_in_whatever_steps_it_grows(sizes):
    rng = np.random.default_rng(len(sizes))
    matrix = random_spd(sizes[-1], rng)
    factor, old = GrowingCholesky(sizes[-1]), 0
    for n in sizes:
        write_rows(factor, matrix, old, n)
        factor.extend(n)
        assert factor.size == n
        # Every leading block is the factor of its own matrix, with zeros above the diagonal.
        np.testing.assert_allclose(
            factor.matrix[:n, :n], np.linalg.cholesky(matrix[:n, :n]), rtol=0, atol=1e-12
        )
        assert not np.triu(factor.matrix[:n, :n], 1).any()
        old = n


@pytest.mark.parametrize("n", [1, BLOCK, BLOCK + 1, 2 * BLOCK + 7])
@pytest.mark.parametrize("columns", [1, 5])
def test_triangular_solves_invert_both_triangles(n, columns):
    rng = np.random.default_rng(n)
    matrix = random_spd(n, rng, condition=50)
    factor = grown(matrix, (n,) if n == 1 else (n // 3, n))
    b = rng.standard_normal((n, columns))
    lower = np.linalg.cholesky(matrix)
    solved = b.copy()
    factor.solve_lower(solved)
    np.testing.assert_allclose(lower @ solved, b, atol=1e-12)
    kept = solved.copy()
    np.testing.assert_allclose(lower.T @ factor.solve_upper(solved), solved, atol=1e-12)
    assert np.array_equal(solved, kept), "solve_upper returns a new array"
    np.testing.assert_allclose(matrix @ factor.solve_upper(solved), b, atol=1e-12)


# Small blocks, so that a schedule of a few dozen rows crosses many of them in every way.
@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.integers(1, 23), min_size=1, max_size=6),
    block=st.sampled_from([1, 2, 7, 8, 64]),
    seed=st.integers(0, 2**16),
)
def test_factor_and_right_hand_sides_grow_together_on_any_schedule(steps, block, seed):
    before = cholesky.BLOCK
    cholesky.BLOCK = block
    try:
        rng = np.random.default_rng(seed)
        total = sum(steps)
        matrix, rhs = random_spd(total, rng, condition=100), rng.standard_normal((total, 3))
        factor, solved, old = GrowingCholesky(total), np.full((total, 3), np.nan), 0
        for step in steps:
            n = old + step
            write_rows(factor, matrix, old, n)
            factor.extend(n)
            solved[old:n] = rhs[old:n]
            kept = solved[:old].copy()
            factor.solve_lower(solved[:n], old)
            assert np.array_equal(solved[:old], kept)
            lower = np.linalg.cholesky(matrix[:n, :n])
            np.testing.assert_allclose(factor.matrix[:n, :n], lower, atol=1e-12)
            np.testing.assert_allclose(lower @ solved[:n], rhs[:n], atol=1e-11)
            np.testing.assert_allclose(
                matrix[:n, :n] @ factor.solve_upper(solved[:n]), rhs[:n], atol=1e-11
            )
            old = n
    finally:
        cholesky.BLOCK = before


@pytest.mark.parametrize("n", [1, 2, 15, 16, 40, 500])
@pytest.mark.parametrize("condition", [10.0, 1e5, 1e10])
def test_the_condition_number_is_good_to_a_few_percent(n, condition):
    matrix = random_spd(n, np.random.default_rng(n), condition)
    estimate = grown(matrix, (n,)).condition()
    truth = np.linalg.cond(matrix)
    assert estimate == pytest.approx(truth, rel=0.03)


def test_the_condition_number_of_a_kernel_with_one_dominant_direction():
    # As kernels are: all entries positive, and a long tail of small eigenvalues.
    x = np.random.default_rng(1).standard_normal((400, 10))
    matrix = np.exp(x @ x.T / 10) + 1e-6 * np.eye(400)
    assert grown(matrix, (100, 400)).condition() == pytest.approx(np.linalg.cond(matrix), rel=0.05)


def test_an_identity_has_condition_one():
    assert grown(np.eye(50), (50,)).condition() == pytest.approx(1, rel=1e-10)


@pytest.mark.parametrize("n", [40, BLOCK + 20])
def test_a_duplicated_row_is_refused_and_the_rows_before_stay(n):
    rng = np.random.default_rng(2)
    x = rng.standard_normal((n, n + 10))
    x[n - 5] = x[3]
    matrix = x @ x.T / n
    matrix[n - 5, n - 5] -= 1e-9  # rounding alone may fall on either side of zero
    good = n - 10
    factor = grown(matrix, (good // 2, good))
    before = factor.matrix[:good, :good].copy()
    rhs = rng.standard_normal((good, 2))
    write_rows(factor, matrix, good, n)
    with pytest.raises(
        SingularKernelError, match=rf"of {n} examples is not positive definite in float64"
    ):
        factor.extend(n)
    assert factor.size == good
    np.testing.assert_array_equal(np.tril(factor.matrix[:good, :good]), before)
    solved = rhs.copy()
    factor.solve_lower(solved)
    np.testing.assert_allclose(
        matrix[:good, :good] @ factor.solve_upper(solved), rhs, rtol=0, atol=1e-8
    )


def test_after_a_refusal_other_rows_can_be_taken_instead(monkeypatch):
    # Panels so small that one of the new ones is factored before the refusal.
    monkeypatch.setattr(cholesky, "BLOCK", 4)
    rng = np.random.default_rng(4)
    matrix = random_spd(30, rng)
    factor = grown(matrix, (20,))
    bad = matrix.copy()
    bad[25, 25] = -1.0
    write_rows(factor, bad, 20, 30)
    with pytest.raises(SingularKernelError):
        factor.extend(30)
    write_rows(factor, matrix, 20, 30)
    factor.extend(30)
    np.testing.assert_allclose(factor.matrix, np.linalg.cholesky(matrix), atol=1e-13)
