"""CIFAR-10 from the batches of its official binary version in the data directory.

A batch is a row of records of 3,073 bytes: the label, then the red, green and blue planes of
32 x 32 pixels each, row by row (https://www.cs.toronto.edu/~kriz/cifar.html).
"""

import functools
import hashlib
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from ntk_uq.base import settings
from ntk_uq.base.errors import DataError, MissingDataError
from ntk_uq.base.references import Reference
from ntk_uq.datasets.base import Dataset, Examples
from ntk_uq.datasets.files import md5, sha256, state
from ntk_uq.datasets.remote import SLACK, Archive, Member, RemoteFile, Source

POOL_FILES = {
    "data_batch_1.bin": "5dd7e06a14cb22eb9f671a540d1b7c25",
    "data_batch_2.bin": "5ea93a67294ea407fff1d09f752e9692",
    "data_batch_3.bin": "942cd6a4bcdd0dd3c604fbe906cb4421",
    "data_batch_4.bin": "ae636b3ba5c66a11e91e8cb52e771fcb",
    "data_batch_5.bin": "53f37980c15c3d472c316c40844f3f0d",
}
TEST_FILE = {"test_batch.bin": "803d5f7f4d78ea53de84dbe85f74fb6d"}
"""Names of the batches and their official MD5. The authors publish that of the archive only; these
are of its members, as two unrelated projects check them after unpacking."""

SHAPE = (3, 32, 32)
CLASSES = 10
NAMES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
"""Of the labels 0 to 9, as on the page above and in the official ``batches.meta.txt``."""

_PIXELS = 3 * 32 * 32
_RECORD = 1 + _PIXELS


def _source() -> Source:
    name, size = "cifar-10-binary.tar.gz", 170_052_171
    members = [Member(batch, 30_730_000) for batch in POOL_FILES | TEST_FILE]
    members.append(Member("batches.meta.txt", 4096, exact=False))
    file = RemoteFile(
        name=name,
        checksum="md5:c32a1d4ab5d03f1284b67883e8d87530",
        urls=(f"https://www.cs.toronto.edu/~kriz/{name}",),
        limit=size + SLACK,
        size=size,
    )
    return Source("cifar10", "cifar10", (file,), Archive("cifar-10-batches-bin", tuple(members)))


def locate() -> tuple[tuple[Path, ...], Path]:
    """The pool's batches that are there, in their order, and the test batch.

    Raises:
        MissingDataError: without any batch of the pool or without the test batch, naming the
            directory, the files and the setting.
    """
    folder = settings.data_directory() / "cifar10" / "cifar-10-batches-bin"
    pool = tuple(folder / name for name in POOL_FILES if (folder / name).is_file())
    (test,) = (folder / name for name in TEST_FILE)
    missing = [] if pool else ["data_batch_1.bin to data_batch_5.bin (one of them is enough)"]
    missing += [] if test.is_file() else [test.name]
    if missing:
        raise MissingDataError(
            f"CIFAR-10 is not complete in {folder}: missing {', '.join(missing)}. Run "
            f"`python -m ntk_uq data fetch cifar10`, unpack the official binary version there, or "
            f"set {settings.DATA} to the directory that holds cifar10/cifar-10-batches-bin/."
        )
    return pool, test


def _files() -> tuple[Path, ...]:
    pool, test = locate()
    return (*pool, test)


def _sizes() -> tuple[int, int]:
    pool, test = locate()
    return sum(_records(path) for path in pool), _records(test)


def _records(path: Path) -> int:
    """How many records a batch holds.

    Raises:
        DataError: if that is not a whole number, or none.
    """
    _, size = state(path)
    if not size or size % _RECORD:
        what = "is empty" if not size else f"is damaged or truncated: it holds {size} bytes"
        raise DataError(
            f"{path} {what}; a batch of CIFAR-10's binary version is a multiple of "
            f"{_RECORD} bytes (30730000 for 10000 images). Copy or download it again."
        )
    return size // _RECORD


def _fingerprint() -> str:
    pool, test = locate()
    sums = "".join(f"{path.name} {sha256(path)}\n" for path in (*pool, test))
    return "cifar10-" + hashlib.sha256(sums.encode()).hexdigest()


def _load() -> Examples:
    return _load_files(_fingerprint())


@functools.lru_cache(maxsize=1)
def _load_files(fingerprint: str) -> Examples:  # noqa: ARG001
    pool, test = locate()
    seen: dict[str, Path] = {}
    for path in (*pool, test):
        twin = seen.setdefault(sha256(path), path)
        if twin != path:
            raise DataError(
                f"{path} and {twin} hold the same images; each must be in the data once, or a "
                "network is tested on what it was trained on. Copy or download them again."
            )
    batches = [_read(path) for path in pool]
    inputs = np.concatenate([x for x, _ in batches])
    labels = np.concatenate([y for _, y in batches])
    return Examples(inputs, labels, *_read(test), notices=_notices(pool, test))


def _read(path: Path) -> tuple[UInt8[np.ndarray, "n pixels"], Int64[np.ndarray, "n"]]:
    n = _records(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    if len(content) != n * _RECORD:
        raise DataError(f"{path} has changed while it was read; try again.")
    records = np.frombuffer(content, np.uint8).reshape(n, _RECORD)
    labels = records[:, 0].astype(np.int64)
    if labels.max() >= CLASSES:
        row = int(labels.argmax())
        raise DataError(
            f"{path} holds the label {labels[row]} in record {row}; CIFAR-10 has 0 to 9. Is it a "
            "batch of the binary version?"
        )
    return np.ascontiguousarray(records[:, 1:]), labels


def _notices(pool: tuple[Path, ...], test: Path) -> tuple[str, ...]:
    notices = []
    there = {path.name for path in pool}
    absent = [name for name in POOL_FILES if name not in there]
    if absent:
        notices.append(
            f"The pool is a part of CIFAR-10's: {', '.join(absent)} "
            f"{'is' if len(absent) == 1 else 'are'} missing."
        )
    official = POOL_FILES | TEST_FILE
    strange = [path.name for path in (*pool, test) if md5(path) != official[path.name]]
    if strange:
        notices.append(f"Not the official CIFAR-10 files by checksum: {', '.join(strange)}.")
    return tuple(notices)


CIFAR10 = Dataset(
    name="cifar10",
    title="CIFAR-10",
    paper="classification of photographs",
    about=(
        "60,000 colour photographs of ten kinds of animals and vehicles, 32 × 32 pixels: 50,000 "
        "in the pool, 10,000 for the test set, or fewer where batches are missing. Read from the "
        "official binary version in the data directory."
    ),
    task="classification",
    n_outputs=CLASSES,
    shape=SHAPE,
    input_unit="intensity 0 to 255",
    target_unit="class",
    preparation="sphere",
    citation="A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images (2009)",
    reference=Reference.of(
        "krizhevsky2009",
        "techreport",
        author="Krizhevsky, Alex",
        title="{Learning Multiple Layers of Features from Tiny Images}",
        institution="University of Toronto",
        year="2009",
    ),
    source=_source(),
    sizes=_sizes,
    fingerprint=_fingerprint,
    load=_load,
    files=_files,
    classes=NAMES,
    licence="No licence stated; cite the report",
)

DATASETS = (CIFAR10,)
