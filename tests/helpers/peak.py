"""What the programs of an accelerator take in memory, by XLA's own account of each."""

import gc
from contextlib import contextmanager

import jax

from ntk_uq.theory.card import condition, factor, kernels, many, modes, moments, resident

PROGRAMS = {
    condition: ("_lanczos", "_combined", "_lanczos_of_many", "_combined_of_many"),
    factor: ("cholesky", "forward", "backward", "solve", "eigenvectors"),
    kernels: ("_first_of",),
    many: ("_eigenvectors", "_after_time"),
    modes: ("_rotated",),
    moments: ("trained", "bayesian", "bayesian_by_solution", "multiply", "residual", "filtered"),
}
MADE = {
    kernels: ("whole_kernels", "mended_kernels", "_product"),
    many: ("_prepare", "_solved"),
    modes: ("_program",),
}
"""What makes programs."""


class Peak:
    """The largest sum, so far, of the arrays that are there when a program begins and of what XLA
    says it takes beside them, in bytes."""

    def __init__(self):
        gc.collect()
        self._before, self.bytes, self.of = _there(), 0, ""
        self.seen = set()  # names of programs

    def watching(self, program, name):
        def run(*arguments):
            # Inside of another program it is a part of that.
            if not any(isinstance(a, jax.core.Tracer) for a in jax.tree.leaves(arguments)):
                self.count(program.lower(*arguments).compile().memory_analysis(), name)
            return program(*arguments)

        return run

    def count(self, account, name):
        self.seen.add(name)
        own = account.temp_size_in_bytes + account.output_size_in_bytes
        needed = _there() - self._before + own - account.alias_size_in_bytes
        if needed > self.bytes:
            self.bytes, self.of = needed, name


def _there():
    return sum(array.nbytes for array in jax.live_arrays())


@contextmanager
def watched(monkeypatch):
    """Watches all programs of :mod:`ntk_uq.theory.card` inside the block; gives the peak."""
    monkeypatch.setattr(resident, "_known", resident.OrderedDict())
    peak = Peak()
    with monkeypatch.context() as patch:
        for module, names in PROGRAMS.items():
            for name in names:
                patch.setattr(module, name, peak.watching(getattr(module, name), name))
        for module, names in MADE.items():
            for name in names:
                make = getattr(module, name)
                patch.setattr(
                    module,
                    name,
                    lambda *a, make=make, name=name: peak.watching(make(*a), name),
                )
        yield peak
