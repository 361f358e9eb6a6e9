"""Incident energy from the showers of the Fast Calorimeter Simulation Challenge.

A file is HDF5; radial bins run fastest in a shower, then angular ones, then layers
(https://calochallenge.github.io/homepage/). The first file of a set is the pool, the second the
test part.

Incident energies span decades (data set 1: 15 powers of two from 256 MeV to 4.2 TeV; data set 2:
uniform in ln E from 1 GeV to 1 TeV). Their logarithm is the target: the energies themselves would
be a regression of the few most energetic showers. Voxels keep their size, which holds the energy.
"""

from ntk_uq.base.references import Reference
from ntk_uq.datasets.base import Dataset, Layer
from ntk_uq.datasets.shower_files import ShowerFiles

PHOTON_FILES = ShowerFiles(
    name="calochallenge1-photons",
    files=("dataset_1_photons_1.hdf5", "dataset_1_photons_2.hdf5"),
    md5=("005d2adeda7db034b388112661265656", "4767715ed56e99565fd9c67340661e70"),
    voxels=368,
    record=8099322,
)
PION_FILES = ShowerFiles(
    name="calochallenge1-pions",
    files=("dataset_1_pions_1.hdf5", "dataset_1_pions_2.hdf5"),
    md5=("6a5f52722064a1bcd8a0bc002f16515d", "fee7457b40127bc23c8ab909e2638ca0"),
    voxels=533,
    record=8099322,
)
ELECTRON_FILES = ShowerFiles(
    name="calochallenge2-electrons",
    files=("dataset_2_1.hdf5", "dataset_2_2.hdf5"),
    md5=("e590333e9a2da51b258288d74bd8357a", "7a56fd68aa53ded37c2ac445694d9736"),
    voxels=6480,
    record=6366271,
    n_bytes=(1_356_475_617, 1_366_708_391),
)


def _dataset(
    files: ShowerFiles,
    title: str,
    about: str,
    shape: tuple[int, ...],
    number: int,
    year: str,
    layers: dict[int, tuple[int, int]],
) -> Dataset:
    return Dataset(
        name=files.name,
        title=title,
        about=f"{about} The network is to tell the logarithm of the incident energy from them.",
        task="regression",
        n_outputs=1,
        shape=shape,
        input_unit="MeV",
        target_unit="incident energy in MeV",
        unit="MeV",
        preparation="scale",
        citation=(
            "M. Faucci Giannelli et al., Fast Calorimeter Simulation Challenge 2022, Dataset "
            f"{number}, doi:{_doi(files)}"
        ),
        reference=Reference.of(
            f"calochallenge{number}",
            "misc",
            author=(
                "Faucci Giannelli, Michele and Kasieczka, Gregor and Krause, Claudius and Nachman, "
                "Ben and Salamani, Dalila and Shih, David and Zaborowska, Anna"
            ),
            title=f"{{Fast Calorimeter Simulation Challenge 2022 - Dataset {number}}}",
            publisher="Zenodo",
            year=year,
            doi=_doi(files),
        ),
        source=files.source,
        sizes=files.sizes,
        fingerprint=files.fingerprint,
        load=files.load,
        files=files.locate,
        target="log",
        licence="CC BY 4.0",
        layers=tuple(Layer(i, *bins) for i, bins in layers.items()),
        cells=("angular bin", "radial bin"),
    )


def _doi(files: ShowerFiles) -> str:
    return f"10.5281/zenodo.{files.record}"


PHOTONS = _dataset(
    PHOTON_FILES,
    "CaloChallenge 1, photons",
    "Photons of 15 energies, powers of two from 256 MeV to 4.2 TeV, in 368 voxels of the ATLAS "
    "calorimeter (Geant4).",
    (368,),
    1,
    "2023",
    {0: (1, 8), 1: (10, 16), 2: (10, 19), 3: (1, 5), 12: (1, 5)},
)
PIONS = _dataset(
    PION_FILES,
    "CaloChallenge 1, charged pions",
    "Charged pions of 15 energies, powers of two from 256 MeV to 4.2 TeV, in 533 voxels of the "
    "ATLAS calorimeter (Geant4).",
    (533,),
    1,
    "2023",
    {
        **{0: (1, 8), 1: (10, 10), 2: (10, 10), 3: (1, 5)},
        **{12: (10, 15), 13: (10, 16), 14: (1, 10)},
    },
)
ELECTRONS = _dataset(
    ELECTRON_FILES,
    "CaloChallenge 2, electrons",
    "Electrons of 1 GeV to 1 TeV, uniform in ln E, in a cylinder of tungsten and silicon of 45 "
    "layers with 16 angular and 9 radial bins (Geant4).",
    (45, 16, 9),
    2,
    "2022",
    dict.fromkeys(range(45), (16, 9)),
)

DATASETS = (PHOTONS, PIONS, ELECTRONS)
