"""Energy regression on simulated electromagnetic showers (see :mod:`ntk_uq.datasets.showers`)."""

import functools
from pathlib import Path

import numpy as np

import ntk_uq.datasets.showers as showers
from ntk_uq.base import settings
from ntk_uq.base.references import Reference
from ntk_uq.datasets.base import Dataset, Examples, Layer
from ntk_uq.datasets.files import read_derived, write_derived

N_POOL = 16_000
N_TEST = 4_000
_SEED = 2503


def _fingerprint() -> str:
    return f"showers-v{showers.VERSION}-n{N_POOL + N_TEST}-seed{_SEED}"


@functools.cache
def _load() -> Examples:
    path = settings.cache_directory() / f"{_fingerprint()}.pool"
    arrays = _read(path)
    if arrays is None:
        arrays = _simulate()
        write_derived(path, cells_mev=arrays[0], energies_gev=arrays[1])
    cells, energies = arrays
    return Examples(cells[:N_POOL], energies[:N_POOL], cells[N_POOL:], energies[N_POOL:])


def _simulate() -> tuple[np.ndarray, np.ndarray]:
    sample = showers.simulate(N_POOL + N_TEST, _SEED)
    # Rounded here and not only in the file: the first run and every later one agree exactly.
    return sample.cells_mev.astype(np.float32), sample.energies_gev


def _read(path: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """The cached pool, or None where it is missing or damaged: then it is simulated again."""
    arrays = read_derived(path)
    if arrays is None:
        return None
    cells, energies = arrays["cells_mev"], arrays["energies_gev"]
    n_all, n_cells = N_POOL + N_TEST, showers.CALORIMETER.n_cells
    fits = cells.shape == (n_all, n_cells) and energies.shape == (n_all,)
    return (cells, energies) if fits else None


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
