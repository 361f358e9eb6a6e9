"""What a step size eta means for a network of any width: the infinite-width NTK says."""

import numpy as np
import scipy.linalg
from jaxtyping import Float
from scipy.sparse.linalg import ArpackNoConvergence, eigsh

from ntk_uq.base.errors import SingularKernelError
from ntk_uq.specs import ArchitectureSpec
from ntk_uq.theory.kernels import Kernels

_DENSE = 512
"""Up to this size all of LAPACK costs less than ARPACK's iterations."""


def largest_eigenvalue(matrix: Float[np.ndarray, "n n"]) -> float:
    """lambda_max of a symmetric positive semidefinite matrix, to float64's last digits."""
    n = len(matrix)
    if n > _DENSE:
        # A fixed start, with no symmetry in common with the data: the same bytes each time.
        start = np.cos(np.arange(n) ** 2)
        try:
            return float(eigsh(matrix, 1, v0=start, tol=0, return_eigenvectors=False)[0])
        except ArpackNoConvergence:
            pass  # two largest eigenvalues that agree; LAPACK does not mind
    return float(scipy.linalg.eigvalsh(matrix, subset_by_index=[n - 1, n - 1])[0])


def ntk_lambda_max(architecture: ArchitectureSpec, x: Float[np.ndarray, "n d"]) -> float:
    """Largest eigenvalue of the infinite-width NTK of one output on a training set.

    Gradient descent with steps ``eta / lambda_max`` is then the counterpart of
    :func:`ntk_uq.theory.filters.descent_filter` without ridge, at the same eta and k.

    Args:
        architecture: the network. x: prepared training inputs, (n_train, d).

    Raises:
        SpecError: if the kernel is not finite in float64.
        SingularKernelError: if it vanishes.
    """
    (ntk,) = Kernels(architecture, ("ntk",)).symmetric(x)
    value = largest_eigenvalue(ntk)
    if not value > 0:
        raise SingularKernelError("The NTK of the training subset vanishes in float64.")
    return value
