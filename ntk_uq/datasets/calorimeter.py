"""Energy regression on simulated electromagnetic showers (see :mod:`ntk_uq.datasets.showers`)."""

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64

import ntk_uq.datasets.showers as showers
from ntk_uq.base import settings
from ntk_uq.base.references import Reference
from ntk_uq.datasets.base import Dataset, Examples, Layer
from ntk_uq.datasets.files import made_once, read_derived, write_derived

N_POOL = 16_000
N_TEST = 4_000
_SEED = 2503
_DIGEST, _DIGEST_BYTES = "digest", 16


@dataclass(frozen=True, eq=False)
class _Pool:
    """All showers, and the digest of their bytes: what was really made, wherever that was."""

    cells_mev: Float32[np.ndarray, "n cells"]
    energies_gev: Float64[np.ndarray, " n"]
    digest: str


def _name() -> str:
    return f"showers-v{showers.VERSION}-n{N_POOL + N_TEST}-seed{_SEED}"


def _path() -> Path:
    return settings.cache_directory() / f"{_name()}.pool"


def _fingerprint() -> str:
    """Holds the digest of the showers themselves, and not only how they are to be made.

    Results of a machine that makes others (of which none is known) are so never taken for those of
    this one. The first call in a process reads the pool, or makes it where there is none.
    """
    return f"{_name()}-{_digest(_path())}"


@functools.lru_cache(maxsize=8)
def _digest(path: Path) -> str:
    kept = read_derived(path, names=(_DIGEST,))
    digest = None if kept is None else _digest_of(kept)
    return _pool(path).digest if digest is None else digest


@functools.cache
def _load() -> Examples:
    pool = _pool(_path())
    cells, energies = pool.cells_mev, pool.energies_gev
    return Examples(cells[:N_POOL], energies[:N_POOL], cells[N_POOL:], energies[N_POOL:])


def _pool(path: Path) -> _Pool:
    """The cached pool, or one made now, which is then kept."""
    return made_once(path, lambda: _read(path), lambda: _kept(path, _simulate()))


def _kept(path: Path, pool: _Pool) -> _Pool:
    write_derived(
        path,
        cells_mev=pool.cells_mev,
        energies_gev=pool.energies_gev,
        **{_DIGEST: np.frombuffer(bytes.fromhex(pool.digest), np.uint8)},
    )
    return pool


def _simulate() -> _Pool:
    sample = showers.simulate(N_POOL + N_TEST, _SEED)
    # Rounded here and not only in the file: the first run and every later one agree exactly.
    cells, energies = sample.cells_mev.astype(np.float32), sample.energies_gev
    content = hashlib.sha256(cells.astype("<f4").tobytes())
    content.update(energies.astype("<f8").tobytes())
    return _Pool(cells, energies, content.hexdigest()[: 2 * _DIGEST_BYTES])


def _read(path: Path) -> _Pool | None:
    """The cached pool, or None where it is missing or damaged: then it is simulated again."""
    arrays = read_derived(path)
    if arrays is None:
        return None
    cells, energies, digest = arrays["cells_mev"], arrays["energies_gev"], _digest_of(arrays)
    n_all, n_cells = N_POOL + N_TEST, showers.CALORIMETER.n_cells
    fits = cells.shape == (n_all, n_cells) and energies.shape == (n_all,)
    return _Pool(cells, energies, digest) if fits and digest is not None else None


def _digest_of(arrays: dict[str, np.ndarray]) -> str | None:
    found = arrays.get(_DIGEST)
    fits = found is not None and found.dtype == np.uint8 and found.shape == (_DIGEST_BYTES,)
    return bytes(found).hex() if found is not None and fits else None


CALORIMETER = Dataset(
    name="calorimeter",
    title="Calorimeter showers",
    paper="regression of an electron's energy, with the showers simulated here",
    about=(
        "Electrons of 1 to 100 GeV in a sampling calorimeter of 490 cells, from a parametrized "
        "shower simulation; the network is to tell the incident energy from the cells."
    ),
    task="regression",
    n_outputs=1,
    shape=showers.CALORIMETER.shape,
    input_unit="MeV",
    target_unit="incident energy in GeV",
    unit="GeV",
    preparation="scale",
    citation="Simulation after G. Grindhammer, S. Peters, arXiv:hep-ex/0001020",
    reference=Reference.of(
        "grindhammer2000",
        "misc",
        author="Grindhammer, Guenter and Peters, Sven",
        title=(
            "{The Parameterized Simulation of Electromagnetic Showers in Homogeneous and Sampling "
            "Calorimeters}"
        ),
        year="2000",
        arxiv="hep-ex/0001020",
    ),
    sizes=lambda: (N_POOL, N_TEST),
    fingerprint=_fingerprint,
    load=_load,
    licence="Made here, no restriction",
    layers=tuple(
        Layer(i, *showers.CALORIMETER.shape[1:]) for i in range(showers.CALORIMETER.shape[0])
    ),
    cells=("cell in y", "cell in x"),
)

DATASETS = (CALORIMETER,)
