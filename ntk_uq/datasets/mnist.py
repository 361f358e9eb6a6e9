"""MNIST from its four official IDX files in the data directory."""

import functools
import hashlib
from pathlib import Path

import numpy as np

from ntk_uq.base.errors import DataError
from ntk_uq.base.references import Reference
from ntk_uq.datasets.base import Dataset, Examples
from ntk_uq.datasets.files import sha256
from ntk_uq.datasets.idx import read_idx, read_shape
from ntk_uq.datasets.remote import SLACK, RemoteFile, Source

FILES = {
    "train-images-idx3-ubyte": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
"""Names of the four files and the SHA-256 of their official gzipped form."""

UNPACKED = (
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
)
"""The SHA-256 of the same files unpacked."""

SIDE = 28
CLASSES = 10


def _source() -> Source:
    bases = (
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    )
    sizes = (9_912_422, 28_881, 1_648_877, 4_542)
    files = tuple(
        RemoteFile(
            name=f"{name}.gz",
            checksum=f"sha256:{packed}",
            urls=tuple(f"{base}{name}.gz" for base in bases),
            limit=size + SLACK,
            size=size,
            unpacked=f"sha256:{unpacked}",
        )
        for (name, packed), unpacked, size in zip(FILES.items(), UNPACKED, sizes, strict=True)
    )
    return Source("mnist", "mnist", files)


SOURCE = _source()


def locate() -> tuple[Path, ...]:
    """The four files, gzipped or unpacked, in the order of :data:`FILES`.

    Raises:
        MissingDataError: naming the directory, the missing files and the setting.
    """
    return SOURCE.locate("MNIST", "the four official files")


def _sizes() -> tuple[int, int]:
    paths = locate()
    sizes = []
    for images, labels in (paths[:2], paths[2:]):
        shape = read_shape(images, 3)
        (n_labels,) = read_shape(labels, 1)
        if shape[1:] != (SIDE, SIDE):
            raise DataError(
                f"{images} holds images of {shape[1]} x {shape[2]} pixels; MNIST has 28 x 28."
            )
        if shape[0] != n_labels:
            raise DataError(f"{images} holds {shape[0]} images but {labels} {n_labels} labels.")
        sizes.append(shape[0])
    return sizes[0], sizes[1]


def _fingerprint() -> str:
    return "mnist-" + hashlib.sha256("".join(_checksums()).encode()).hexdigest()


def _checksums() -> list[str]:
    return [sha256(path) for path in locate()]


def _load() -> Examples:
    return _load_files(_fingerprint())


@functools.lru_cache(maxsize=1)
def _load_files(fingerprint: str) -> Examples:  # noqa: ARG001
    _sizes()
    paths = locate()
    return Examples(*_read(*paths[:2]), *_read(*paths[2:]), notices=_notices(paths))


def _read(images: Path, labels: Path) -> tuple[np.ndarray, np.ndarray]:
    x = read_idx(images, 3).reshape(-1, SIDE * SIDE)
    y = read_idx(labels, 1).astype(np.int64)
    if y.max() >= CLASSES:
        raise DataError(f"{labels} holds the label {y.max()}; MNIST has 0 to 9.")
    return x, y


def _notices(paths: tuple[Path, ...]) -> tuple[str, ...]:
    known = zip(FILES.values(), UNPACKED, strict=True)
    strange = [
        path.name
        for path, got, official in zip(paths, _checksums(), known, strict=True)
        if got not in official
    ]
    if not strange:
        return ()
    return (f"Not the official MNIST files by checksum: {', '.join(strange)}.",)


MNIST = Dataset(
    name="mnist",
    title="MNIST",
    paper="classification of handwritten digits",
    about=(
        "70,000 images of handwritten digits, 28 × 28 pixels: 60,000 in the pool, 10,000 for "
        "the test set. Read from the four official files in the data directory."
    ),
    task="classification",
    n_outputs=CLASSES,
    shape=(SIDE, SIDE),
    input_unit="grey level",
    target_unit="digit",
    preparation="sphere",
    citation="Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits",
    reference=Reference.of(
        "lecun1998",
        "article",
        author="LeCun, Yann and Bottou, L{\\'e}on and Bengio, Yoshua and Haffner, Patrick",
        title="{Gradient-Based Learning Applied to Document Recognition}",
        journal="Proceedings of the IEEE",
        volume="86",
        number="11",
        pages="2278--2324",
        year="1998",
        doi="10.1109/5.726791",
        note="Published with the MNIST database of Y. LeCun, C. Cortes and C. J. C. Burges",
    ),
    source=SOURCE,
    sizes=_sizes,
    fingerprint=_fingerprint,
    load=_load,
    files=locate,
    licence="CC BY-SA 3.0",
)

DATASETS = (MNIST,)
