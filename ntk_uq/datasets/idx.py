"""Reading IDX files, the format of MNIST, with every header field checked.

An IDX file starts with two zero bytes, a type byte (8 is unsigned byte), the number of
dimensions, and each dimension as a big-endian 32-bit integer; the values follow.
"""

import gzip
import io
import struct
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from ntk_uq.base.errors import DataError

_UNSIGNED_BYTE = 8
_MOST_VALUES = 2**31  # a header may promise anything; memory is not given on its word alone

_PIECE = 2**20


def read_shape(path: Path, dims: int) -> tuple[int, ...]:
    """The dimensions in the header of an IDX file of unsigned bytes, gzipped or plain.

    Raises:
        DataError: if the file is not such a file, naming the file and the wrong field.
    """
    return _read(path, dims, header_only=True)[0]


def read_idx(path: Path, dims: int) -> UInt8[np.ndarray, "..."]:
    """The values of an IDX file of unsigned bytes with ``dims`` dimensions.

    Raises:
        DataError: if the file is damaged, truncated, longer than its header says, or not IDX.
    """
    shape, body = _read(path, dims, header_only=False)
    return np.frombuffer(body, dtype=np.uint8).reshape(shape)


def _read(path: Path, dims: int, header_only: bool) -> tuple[tuple[int, ...], bytes]:
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            head = file.read(4 + 4 * dims)
            shape = _parse_header(path, head, dims)
            if header_only:
                return shape, b""
            size = int(np.prod(shape, dtype=np.int64))
            # One byte more than promised tells a file that is too long, and a compressed file
            # can never expand beyond that.
            body = _read_at_most(file, size + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{path} is damaged or truncated ({error}); copy or download it again."
        ) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    if len(body) != size:
        got = f"only {len(body)}" if len(body) < size else f"more than {size}"
        raise DataError(
            f"{path} is damaged: its header promises {size} values and it holds {got}; "
            "copy or download it again."
        )
    return shape, body


def _read_at_most(file: io.BufferedIOBase, count: int) -> bytes:
    """Up to ``count`` bytes; in pieces, since one read allocates all that it is asked for."""
    body = bytearray()
    while piece := file.read(min(count - len(body), _PIECE)):
        body += piece
    return bytes(body)


def _parse_header(path: Path, head: bytes, dims: int) -> tuple[int, ...]:
    if len(head) != 4 + 4 * dims:
        raise DataError(f"{path} is damaged: it ends inside its header; download it again.")
    zero, kind, got_dims = struct.unpack(">HBB", head[:4])
    if zero != 0 or kind != _UNSIGNED_BYTE or got_dims != dims:
        raise DataError(
            f"{path} starts with {head[:4].hex()}; an IDX file of unsigned bytes with {dims} "
            f"dimension{'s' * (dims > 1)} starts with 0000{_UNSIGNED_BYTE:02x}{dims:02x}."
        )
    shape = struct.unpack(f">{dims}I", head[4:])
    if not all(shape) or int(np.prod(shape, dtype=object)) > _MOST_VALUES:
        raise DataError(f"{path} has the dimensions {shape} in its header, which cannot be right.")
    return shape
