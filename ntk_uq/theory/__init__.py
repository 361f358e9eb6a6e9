"""The infinite-width answer: kernels, their factorizations, and the moments of the test loss.

Nothing is imported here, so that the web process can ask :mod:`ntk_uq.costs.memory` what a
curve needs without loading JAX.
"""
