"""How many operations a textbook counts, so that a rate can be compared with a product's."""

from collections.abc import Sequence


def curve_operations(sizes: Sequence[int], n_test: int, n_features: int, n_outputs: int) -> float:
    """Of a whole curve of converged, trained networks, with one factor for all of its N_D.

    With N the largest N_D and t = N_T, once: the inner products of all inputs that both kernels
    need, ``(N + t)^2 d``; the Cholesky factor, ``N^3 / 3``; ``A = L^-1 T_dt``, ``N^2 t``. And for
    each n: ``W = L^-T A``, ``n^2 t``; ``K W``, ``2 n^2 t``; ``W' (K W - 2 K_dt)``, ``2 n t^2``; the
    mean, ``2 n t C``. An algorithm that does fewer can reach more than the product's rate.
    """
    n, t = sizes[-1], n_test
    once = (n + t) ** 2 * n_features + n**3 / 3 + n**2 * t
    return once + sum(3 * m**2 * t + 2 * m * t**2 + 2 * m * t * n_outputs for m in sizes)


def training_time_operations(
    sizes: Sequence[int], n_test: int, n_features: int, n_outputs: int
) -> float:
    """The same at finite training time, where each N_D has eigenvectors of its own.

    In place of factor and solves, for each n: the eigenvectors, counted as ``9 n^3`` (Golub and
    Van Loan, Matrix Computations, section 8.3), and ``V g V' T_dt``, ``4 n^2 t``.
    """
    n, t = sizes[-1], n_test
    each = (9 * m**3 + 6 * m**2 * t + 2 * m * t**2 + 2 * m * t * n_outputs for m in sizes)
    return (n + t) ** 2 * n_features + sum(each)
