"""Handwritten digits, 8 x 8 pixels, that come with scikit-learn."""

import functools

from ntk_uq.base import streams
from ntk_uq.base.references import Reference
from ntk_uq.datasets.base import Dataset, Examples

N_ALL = 1797
N_TEST = 500
_SHUFFLE = 1998  # fixed for ever: it decides which examples are the test set


@functools.cache
def _load() -> Examples:
    # Imported here: scikit-learn takes a second, and only this function needs it.
    from sklearn.datasets import load_digits

    bunch = load_digits()
    # The file is ordered by writer, so a contiguous test set would be other people's hands.
    order = streams.permutation(_SHUFFLE, N_ALL)
    inputs, labels = bunch.data[order], bunch.target[order]
    return Examples(inputs[N_TEST:], labels[N_TEST:], inputs[:N_TEST], labels[:N_TEST])


DIGITS = Dataset(
    name="digits",
    title="Handwritten digits, 8 × 8",
    about=(
        "1,797 images of handwritten digits, 8 × 8 pixels with 17 grey levels, shipped with "
        "scikit-learn. Small enough for everything to be instantaneous."
    ),
    task="classification",
    n_outputs=10,
    shape=(8, 8),
    input_unit="grey level",
    target_unit="digit",
    preparation="sphere",
    citation="E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI (1998)",
    reference=Reference.of(
        "alpaydin1998",
        "misc",
        author="Alpaydin, E. and Kaynak, C.",
        title="{Optical Recognition of Handwritten Digits}",
        publisher="UCI Machine Learning Repository",
        year="1998",
        doi="10.24432/C50P49",
    ),
    sizes=lambda: (N_ALL - N_TEST, N_TEST),
    fingerprint=lambda: f"sklearn-digits-shuffle{_SHUFFLE}",
    load=_load,
    licence="CC BY 4.0",
)

DATASETS = (DIGITS,)
