"""Foreseen curves with planted decays and exponents."""

from ntk_uq.results.foreseen import Foreseen, ForeseenPoint, MeanLoss
from ntk_uq.results.spectrum import Decay, KernelSpectrum


def decay(exponent, error=0.1, valid=True):
    """A decay, and a reason where it is not to be quoted."""
    reasons = () if valid else (f"{exponent} is none",)
    return Decay(exponent, error, 10, 100, valid, reasons)


def planted(b, a, c, bias=0.5, variance=0.3):
    """Decays of eigenvalues, target and initial function, and points whose parts fall with these
    exponents; what is foreseen is what is measured."""
    kernel = KernelSpectrum((1.0, 0.5), 1.5, 1e-12, 2.0, b)
    points = []
    for n in (25, 50, 100, 200):
        parts = n**-bias, n**-variance
        loss = MeanLoss(sum(parts), *parts, 0.01)
        points.append(ForeseenPoint(n, loss, None, loss, 8, None, 1.0, None))
    return Foreseen(2, kernel, kernel, (1.0, 0.5), (1.0, 0.5), a, c, tuple(points), 0.0, 0.0, 1, {})
