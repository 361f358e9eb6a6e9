"""Energy regression on simulated electromagnetic showers (see :mod:`ntk_uq.datasets.showers`)."""

import functools
import hashlib
import io
import os
import tempfile
from pathlib import Path

import numpy as np

import ntk_uq.datasets.showers as showers
from ntk_uq import settings
from ntk_uq.datasets.base import Dataset, Examples

N_POOL = 16_000
N_TEST = 4_000
_SEED = 2503
_CHECKSUM = 32  # bytes of SHA-256 in front of the arrays


def _fingerprint() -> str:
    return f"showers-v{showers.VERSION}-n{N_POOL + N_TEST}-seed{_SEED}"


@functools.cache
def _load() -> Examples:
    path = settings.cache_directory() / f"{_fingerprint()}.pool"
    arrays = _read(path)
    if arrays is None:
        arrays = _simulate()
        _write(path, arrays)
    cells, energies = arrays
    return Examples(cells[:N_POOL], energies[:N_POOL], cells[N_POOL:], energies[N_POOL:])


def _simulate() -> tuple[np.ndarray, np.ndarray]:
    sample = showers.simulate(N_POOL + N_TEST, _SEED)
    # Rounded here and not only in the file: the first run and every later one agree exactly.
    return sample.cells_mev.astype(np.float32), sample.energies_gev


def _read(path: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """The cached pool, or None where it is missing or damaged: then it is simulated again."""
    n_all, n_cells = N_POOL + N_TEST, showers.CALORIMETER.n_cells
    try:
        content = path.read_bytes()
    except OSError:
        return None
    # A checksum of our own: a flipped bit in a header makes NumPy read other numbers, or raise
    # anything from TokenError to NotImplementedError, before zip looks at its sum.
    checksum, body = content[:_CHECKSUM], content[_CHECKSUM:]
    if hashlib.sha256(body).digest() != checksum:
        return None
    with np.load(io.BytesIO(body), allow_pickle=False) as file:
        cells, energies = file["cells_mev"], file["energies_gev"]
    fits = cells.shape == (n_all, n_cells) and energies.shape == (n_all,)
    return (cells, energies) if fits else None


def _write(path: Path, arrays: tuple[np.ndarray, np.ndarray]) -> None:
    """Keeps the pool: a temporary file, then a rename, so that no reader finds half a file.

    A cache that cannot be written costs the simulation next time and nothing else.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".pool")
    except OSError:
        return
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            body = io.BytesIO()
            np.savez(body, cells_mev=arrays[0], energies_gev=arrays[1])
            file.write(hashlib.sha256(body.getbuffer()).digest())
            file.write(body.getbuffer())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)


CALORIMETER = Dataset(
    name="calorimeter",
    title="Calorimeter showers",
    about=(
        "Electrons of 1 to 100 GeV in a sampling calorimeter of 490 cells, from a parametrized "
        "shower simulation; the network is to tell the incident energy from the cells."
    ),
    task="regression",
    n_outputs=1,
    shape=showers.CALORIMETER.shape,
    input_unit="MeV",
    target_unit="incident energy in GeV",
    preparation="scale",
    citation="Simulation after G. Grindhammer, S. Peters, arXiv:hep-ex/0001020",
    sizes=lambda: (N_POOL, N_TEST),
    fingerprint=_fingerprint,
    load=_load,
)
