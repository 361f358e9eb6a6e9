"""Files as users' programs write them, by pandas, NumPy and h5py; and how the readers take them."""

import io
import zipfile

import h5py
import numpy as np
import pandas as pd

from ntk_uq.datasets.own.hdf5 import read_hdf5
from ntk_uq.datasets.own.parquet import read_parquet
from ntk_uq.datasets.own.source import source_of


def npz_bytes(compressed=False, **arrays):
    out = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(out, **arrays)
    return out.getvalue()


def npy_bytes(array, allow_pickle=False):
    out = io.BytesIO()
    np.lib.format.write_array(out, np.asarray(array), allow_pickle=allow_pickle)
    return out.getvalue()


def zip_bytes(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def hdf5_bytes(fill):
    """The bytes of an HDF5 file that ``fill`` has filled."""
    out = io.BytesIO()
    with h5py.File(out, "w") as file:
        fill(file)
    return out.getvalue()


def hdf5_of(**arrays):
    def fill(file):
        for name, array in arrays.items():
            file[name] = array

    return hdf5_bytes(fill)


def parquet_bytes(frame, **options):
    out = io.BytesIO()
    frame.to_parquet(out, engine="pyarrow", index=False, **options)
    return out.getvalue()


def csv_bytes(frame, **options):
    return frame.to_csv(index=False, **options).encode()


def frame_of(n=40, d=3, seed=0):
    """A table of quantities with a target column y of three classes."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"x{i}": rng.normal(size=n) for i in range(d)})
    return frame.assign(y=rng.integers(0, 3, n))


def read_here(content, name):
    """A Parquet or HDF5 file by its reader, in this process and not in one of its own."""
    reader = read_parquet if name.endswith(".parquet") else read_hdf5
    return reader(source_of(content, name))
