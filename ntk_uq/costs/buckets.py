"""To which sizes problems are filled up on an accelerator, so that few programs serve all of them.

What fills up changes no digit: such examples are zero, have no covariance with any other, and a
variance of their own. It costs operations. So steps are small where operations cost time, and large
where a program's start does.
"""

SMALLEST = 128

SIZES = (
    *(SMALLEST, 256, 512, 1024, 2048, 4096),
    *(6144, 8192, 10240, 12288, 16384, 20480, 24576, 28672, 32768, 40960, 49152, 61440, 73728),
)
"""Each a multiple of the blocks of :mod:`ntk_uq.theory.card.factor`. Beyond the last one, multiples
of 16,384."""

_BEYOND = 16384


def bucket(n: int) -> int:
    """The smallest bucket that holds n examples."""
    for size in SIZES:
        if n <= size:
            return size
    return -(-n // _BEYOND) * _BEYOND
