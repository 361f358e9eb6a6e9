"""Condition numbers of leading parts by Lanczos steps on an accelerator."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ntk_uq.specs import ArchitectureSpec
from ntk_uq.theory.card.condition import CardConditions, CardConditionsOfMany
from ntk_uq.theory.kernels import Kernels

SIZES = (43, 100, 127)


def factor(t):
    """Filled up to a bucket."""
    filled = np.eye(128) * t[0, 0] ** 0.5
    filled[:127, :127] = np.linalg.cholesky(t)
    return filled


def few_eigenvalues(share):
    """The kernel of a deep network with a large bias: all inputs are almost parallel."""
    x = np.random.default_rng().standard_normal((127, 24))
    t = Kernels(ArchitectureSpec(16, "erf", 0.75, 10.0)).symmetric(x)[1]
    return t + share * t[0, 0] * np.eye(127)


@pytest.mark.parametrize("share", [1e-1, 2.4e-3, 1e-5])
def test_where_two_eigenvalues_are_all_it_ends_with_them(share):
    """Steps are as many all the same; what comes after the last direction is rounding."""
    kernels = [few_eigenvalues(share * scale) for scale in (1, 3)]
    want = [[np.linalg.cond(t[:n, :n]) for n in SIZES] for t in kernels]
    with jax.enable_x64(True):
        lowers = [jnp.asarray(factor(t)) for t in kernels]
        for lower, numbers in zip(lowers, want, strict=True):
            of = CardConditions(lower)
            assert [of.at(n) for n in SIZES] == pytest.approx(numbers, rel=1e-3)
        many = CardConditionsOfMany(jnp.stack(lowers))
        found = [many.at(n) for n in SIZES]
    assert [list(numbers) for numbers in zip(*found, strict=True)] == [
        pytest.approx(numbers, rel=1e-3) for numbers in want
    ]
