"""The test loss of networks trained on n of M examples, averaged over which n: without drawing any.

Two forms. :class:`EffectiveMedium` has a potential for each example, which finds the scale on which
it counts; :func:`of_modes` takes all examples for alike and needs the spectrum alone.
docs/theory.md derives both.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg
import scipy.optimize
from jaxtyping import Float

from ntk_uq.base.errors import SingularKernelError
from ntk_uq.theory.folds import Inverse

Matrix = Float[np.ndarray, "m m"]
Values = Float[np.ndarray, "m"]

TOLERANCE = 1e-5
"""Of the condition on each example, relative to n / M."""

_MOST_STEPS = 300


class Loss(NamedTuple):
    """The loss on the examples that were not trained on, by example or by mode.

    Attributes:
        bias: of the mean network, (M,): the mean over it is mu_bias.
        variance: over initializations, (M,): the mean over it is mu_variance.
    """

    bias: Values
    variance: Values

    @property
    def mu(self) -> float:
        """Mean loss over initializations, examples and training subsets."""
        return float(np.mean(self.bias + self.variance))


class EffectiveMedium:
    """n training examples out of M at random, replaced by a medium that is alike for every draw.

    With T the kernel of all M, and ``q_j`` 1 for an example that is trained on and 0 for others,
    the residuals of networks trained with ridge d are ``r = (T^-1 + q / d)^-1 T^-1 y``. Their mean
    over draws has ``q_j / d`` replaced by a constant ``s_j`` for each example (the coherent
    potential of a lattice with site disorder; Soven, Phys. Rev. 156 (1967) 809): with
    ``G = (T^-1 + s)^-1`` and the leverages ``l_j = s_j G_jj``,

        n / M - l_j = d s_j (1 - l_j)        for every j,

    and the squares of the residuals on the examples that are not trained on have the weights w,

        (d (1 - l_j) + (1 - d s_j) G_jj) w_j - s_j (1 - d s_j) sum_k G_jk^2 w_k
            = (1 - n/M) d + (1 - d s_j) G_jj,

    so that ``sum_k w_k ((1 + T s)^-1 y)_k^2 / (M - n)`` is their mean. The function at
    initialization is one more target to unlearn: with its covariance K in the place of ``y y'``
    the same sum is the variance over initializations. With one number s for all examples, whose
    leverages then differ, this is the formula of the spectrum (:func:`of_modes`).

    Args:
        ntk: T, (M, M), in the kernel's unit; the NNGP kernel for Bayesian networks.
        nngp: K, (M, M), the outputs' covariance at initialization; None for Bayesian networks,
            whose variance is that of the posterior.
        targets: Y, (M, C), without label noise.
        ridge: d, on T's diagonal.
        noise: variance of the label noise on what is trained on, in squared units of the target.

    Raises:
        SingularKernelError: from :meth:`at`, where there is no medium, since T has too few
            directions; or where it is not found.
    """

    def __init__(
        self,
        ntk: Matrix,
        nngp: Matrix | None,
        targets: Float[np.ndarray, "m c"],
        ridge: float = 0.0,
        noise: float = 0.0,
    ) -> None:
        self._ntk, self._nngp, self._targets = ntk, nngp, targets
        self._ridge, self._noise = ridge, noise
        self.potential: Values = np.zeros(len(ntk))

    def at(self, n: int) -> Loss:
        """The loss after training on n examples, ``0 < n < M``, at each example.

        :attr:`potential` is s afterwards, from which the next search starts.
        """
        m, d = len(self._ntk), self._ridge
        left = self._find(n / m)
        s = self.potential
        root = np.sqrt(s)
        leverage = 1 - np.diagonal(left)
        greens = -left / np.outer(root, root)
        np.fill_diagonal(greens, leverage / s)
        own = np.diagonal(greens).copy()
        weights = _weights(greens, s, leverage, n / m, d)
        left *= root
        left /= root[:, None]  # (1 + T s)^-1
        scale = weights * m / (m - n)
        bias = scale * np.mean((left @ self._targets) ** 2, axis=1)
        if self._noise:
            # What noise on every example would cost, less its own part at those not trained on.
            bias += self._noise * (scale * np.sum(left**2, axis=1) - 1)
        if self._nngp is None:
            variance = own / (1 - leverage)
        else:
            variance = scale * np.einsum("ij,ij->i", left @ self._nngp, left)
        return Loss(bias, variance)

    def _find(self, share: float) -> Matrix:
        """``(1 + s^1/2 T s^1/2)^-1`` at the s that has the leverages; puts that s in its place."""
        d, s = self._ridge, self.potential
        with np.errstate(all="ignore"):
            if not s.any():
                s = share / (np.diagonal(self._ntk) + d)
            for _ in range(_MOST_STEPS):
                if not np.isfinite(s).all():
                    raise self._none(share)
                root = np.sqrt(s)
                left = Inverse(root[:, None] * self._ntk * root, 1.0).matrix
                rest = np.diagonal(left)  # 1 - l
                off = share - (1 - rest) - d * s * rest
                if np.abs(off).max() < TOLERANCE * share:
                    self.potential = s
                    return left
                # Exact for a kernel without off-diagonal elements, whose l / (1 - l) is T s.
                s = share / (d + (1 - share) * (1 - rest) / (rest * s))
        if d:
            raise SingularKernelError(
                f"No medium was found in {_MOST_STEPS} steps: examples of the sample are nearly "
                "alike, and the jitter hardly tells them apart. Choose a smaller N_D, or a larger "
                "jitter."
            )
        raise self._none(share)

    def _none(self, share: float) -> SingularKernelError:
        m = len(self._ntk)
        return SingularKernelError(
            f"The kernel of {m} examples has too few directions for N_D = {share * m:.0f}: some "
            "examples are zero, or alike, or nearly so. Choose a smaller N_D, or a jitter."
        )


def _weights(greens: Matrix, s: Values, leverage: Values, share: float, d: float) -> Values:
    """w of :class:`EffectiveMedium`; ``greens`` is overwritten."""
    own, undone = np.diagonal(greens).copy(), 1 - d * s
    constant = (1 - share) * d + undone * own
    matrix = np.square(greens, out=greens)
    matrix *= -(s * undone)[:, None]
    matrix[np.diag_indices(len(s))] += d * (1 - leverage) + undone * own
    return scipy.linalg.solve(matrix, constant, overwrite_a=True, check_finite=False)


def of_modes(
    eigenvalues: Values, power: Values, initial: Values, n: int, ridge: float = 0.0
) -> Loss:
    """The loss by mode where all examples are alike: from the spectrum alone.

    With ``L_i = lambda_i / (lambda_i + kappa)`` and ``S = sum_i L_i``, kappa solves
    ``M kappa (n - S) = d (M - S)``, which is ``S = n`` without a ridge d, and

        E = 1 + (1 - e) S2 / ((n - S) + (1 - e)(S - S2)),    S2 = sum_i L_i^2,  e = d / (M kappa),
        mu_bias = E' / (1 - n/M) sum_i (1 - L_i)^2 v_i^2,
        E' = E - e^2 (M - S) / ((n - S) + (1 - e)(S - S2)).

    Without a ridge ``E' = n / (n - S2)``, and for M to infinity this is the formula of Bordelon,
    Canatar and Pehlevan (arXiv:2002.02561) and of Simon et al. (arXiv:2110.03922); the factor
    ``1 / (1 - n/M)`` is there because the n examples that are trained on are among the M.

    Args:
        eigenvalues: lambda of ``T / M``, falling, (M,), in the kernel's unit.
        power: ``v_i^2``, the targets' along T's eigenvectors: their sum is ``|Y|^2 / (M C)``.
        initial: ``q_i``, that of the function at initialization: their sum is ``tr K / M``.
        n: training examples, ``0 < n < M``.
        ridge: d, on T's diagonal.

    Raises:
        SingularKernelError: where T has no more than n directions and d is 0.
    """
    m = len(eigenvalues)
    a = m * np.maximum(eigenvalues, 0.0)
    floor = m * np.finfo(float).eps * a.max()
    if not ridge and np.count_nonzero(a > floor) <= n:
        raise SingularKernelError(
            f"The kernel of the sample has {np.count_nonzero(a > floor)} directions; choose N_D "
            "below that, or a jitter."
        )

    def off(log_k: float) -> float:
        k = np.exp(log_k)
        learnt = np.sum(a / (a + k))
        return float((n - learnt) - (ridge / k) * (m - learnt))

    low, high = np.log(1e-6 * floor + ridge), np.log(2 * a.sum() / n + 2 * ridge * m / n)
    k = np.exp(scipy.optimize.brentq(off, low, high, xtol=1e-12))
    learnt, e = a / (a + k), ridge / k
    total, squares = learnt.sum(), np.sum(learnt**2)
    rest = (n - total) + (1 - e) * (total - squares)
    factor = 1 + (1 - e) * squares / rest - e**2 * (m - total) / rest
    scale = m * factor / (1 - n / m) * (1 - learnt) ** 2
    return Loss(scale * power, scale * initial)
