"""Where eigenvectors are found: on JAX's accelerator where there is one, else on the processor."""

from collections.abc import Callable

import numpy as np
import scipy.linalg
from jaxtyping import Float

from ntk_uq.costs.memory import check_card_modes
from ntk_uq.datasets import Split
from ntk_uq.theory.card.modes import CardModes, card_eigen_of
from ntk_uq.theory.device import accelerator_memory
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.modes import Modes


def modes_of(kernels: Kernels, split: Split, tell: Callable[[str], None]) -> Modes:
    """The kernels of a training and a test set in the NTK's eigenvectors.

    Args:
        tell: called with words for what is being done.

    Raises:
        SingularKernelError: if T has no eigenvectors in float64.
    """
    if accelerator_memory() is None:
        return Modes(kernels, split, tell)
    return CardModes(kernels, split, tell)


def check_modes(n: int, n_test: int, n_features: int, on_processor: Callable[[], object]) -> None:
    """Whether n examples fit, before anything is loaded; the processor has a check of its own.

    Raises:
        MemoryLimitError: if they do not.
    """
    memory = accelerator_memory()
    if memory is None:
        on_processor()
    else:
        check_card_modes(n, n_test, n_features, memory)


def eigen_of(
    kernels: Kernels, x: Float[np.ndarray, "n d"], tell: Callable[[str], None]
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"], Float[np.ndarray, "n n"]]:
    """Eigenvalues of K and of T, rising, and T's eigenvectors, one a column.

    Args:
        tell: called with words for what is being done.
    """
    if accelerator_memory() is not None:
        return card_eigen_of(kernels, x, tell)
    tell("evaluating the kernels")
    nngp, ntk = kernels.symmetric(x)
    tell("eigenvalues of the NNGP kernel")
    of_nngp = scipy.linalg.eigvalsh(nngp, overwrite_a=True, check_finite=False)
    del nngp
    tell("eigenvalues and eigenvectors of the NTK")
    return of_nngp, *scipy.linalg.eigh(ntk, driver="evd", overwrite_a=True, check_finite=False)
