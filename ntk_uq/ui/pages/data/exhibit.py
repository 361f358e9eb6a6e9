"""What the page of data sets takes home."""

from collections.abc import Iterator

import numpy as np

from ntk_uq.datasets import Dataset
from ntk_uq.datasets.inspection.record import Inspection
from ntk_uq.export import Column, Exhibit, Plot, python_of, shell_of
from ntk_uq.export.bibliography import of_data
from ntk_uq.export.exhibit import Value
from ntk_uq.figures import Style
from ntk_uq.figures.data import class_figure, depth_figure, target_figure
from ntk_uq.figures.pictures import shower_figure, shown_layers, shown_showers, split_layers
from ntk_uq.figures.spectrum import eigenvalue_figure, power_figure
from ntk_uq.results.spectrum import KernelSpectrum, Spectrum
from ntk_uq.scaling import format_value
from ntk_uq.specs import ArchitectureSpec, DataSpec, PointSpec, SpectrumSpec, TrainingSpec
from ntk_uq.ui import exhibit_words as words
from ntk_uq.ui.pages import page_of
from ntk_uq.views import DataView

Row = dict[str, Value]

_PARTS = "class; target value; target bin; shower cell; shower layer; eigenvalue; target beyond"


def exhibit(
    view: DataView,
    dataset: Dataset,
    inspection: Inspection | None,
    wanted: SpectrumSpec,
    found: Spectrum | None,
    style: Style,
) -> Exhibit:
    """The view with what is there of it.

    Args:
        view: what the page shows.
        dataset: the view's data set.
        inspection: what is in it.
        wanted: the spectrum that belongs to the view.
        found: that spectrum, where it is there.
        style: of the figures.
    """
    columns = _columns(dataset)
    empty: Row = dict.fromkeys((column.name for column in columns), None)
    rows = [*_contents(dataset, inspection), *_spectra(found)]
    return Exhibit(
        page=page_of(view).address,
        title=dataset.title,
        caption=f"{dataset.about} {words.data_in_words(dataset, view.data)}",
        view=view,
        plots=(*_plots(dataset, inspection, style), *_spectrum_plots(found, style)),
        columns=columns,
        rows=tuple({**empty, **row} for row in rows),
        findings=_findings(inspection, found),
        details={
            "report": None if inspection is None else {**inspection.to_json(), "samples": None},
            "spectrum": None if found is None else found.to_json(),
        },
        provenance=_provenance(dataset, inspection, found),
        python=_python(view, wanted),
        shell=words.commands(view.data.dataset, (_export(view.data, wanted.n),)),
        sources=("jacot2018", "novak2020", "koltchinskii2000", *of_data(view.data)),
    )


def _plots(dataset: Dataset, inspection: Inspection | None, style: Style) -> Iterator[Plot]:
    if inspection is None:
        return
    if inspection.classes:
        figure = class_figure(inspection.classes, dataset.target_unit, style)
        yield Plot("classes", "Examples of each class", figure)
    for number, target in enumerate(inspection.targets, 1):
        name = "target" if len(inspection.targets) == 1 else f"target-{number}"
        figure = target_figure(target, target.name, style)
        yield Plot(name, f"Distribution of {target.name}", figure)
    if dataset.layers:
        chosen, labels = shown_showers(dataset, inspection)
        yield Plot("showers", "Showers", shower_figure(dataset, chosen, labels, style))
        yield Plot("layers", "Showers layer by layer", depth_figure(dataset, chosen, labels, style))


def _spectrum_plots(found: Spectrum | None, style: Style) -> Iterator[Plot]:
    if found is not None:
        yield Plot("eigenvalues", "Kernel spectrum", eigenvalue_figure(found, style))
        yield Plot("power", "Target beyond the first k eigenvectors", power_figure(found, style))


def _columns(dataset: Dataset) -> tuple[Column, ...]:
    return (
        Column("part", "", f"what the row is: {_PARTS}"),
        Column("name", "", "the class, the target, the shower or the kernel"),
        Column("examples_pool", "examples", "how many there are in the pool"),
        Column("examples_test", "examples", "how many there are in the test part"),
        Column("low", dataset.unit, "lower edge of the target's bin, or the target's value"),
        Column("high", dataset.unit, "upper edge of the bin, or the target's value"),
        Column("layer", "", "layer of the calorimeter"),
        Column("row", "", f"row of the cell in its layer{_cells(dataset, 0)}"),
        Column("column", "", f"column of the cell in its layer{_cells(dataset, 1)}"),
        Column("deposit", dataset.input_unit if dataset.layers else "", "of the cell or layer"),
        Column("rank", "", "k, from the largest eigenvalue on"),
        Column("eigenvalue", "kernel's unit", "of the kernel matrix over n"),
        Column("above_rounding", "", "whether float64 tells the eigenvalue from zero"),
        Column("share_beyond", "1", "share of |Y|^2 beyond the first k eigenvectors of the NTK"),
    )


def _cells(dataset: Dataset, side: int) -> str:
    return f", {dataset.cells[side]}" if dataset.cells[side] else ""


def _contents(dataset: Dataset, inspection: Inspection | None) -> Iterator[Row]:
    if inspection is None:
        return
    for one in inspection.classes:
        counts = {"examples_pool": one.n_pool, "examples_test": one.n_test}
        yield {"part": "class", "name": one.name, **counts}
    for target in inspection.targets:
        for value, count in zip(target.values, target.counts, strict=True):
            place = {"low": value, "high": value, "examples_pool": count}
            yield {"part": "target value", "name": target.name, **place}
        edges = target.histogram.edges
        for low, high, count in zip(edges, edges[1:], target.histogram.counts, strict=False):
            place = {"low": low, "high": high, "examples_pool": count}
            yield {"part": "target bin", "name": target.name, **place}
    if dataset.layers:
        yield from _showers(dataset, inspection)


def _showers(dataset: Dataset, inspection: Inspection) -> Iterator[Row]:
    drawn = set(shown_layers(dataset))
    for sample, label in zip(*shown_showers(dataset, inspection), strict=True):
        for index, cells in enumerate(split_layers(dataset, sample)):
            layer = {"name": label, "layer": dataset.layers[index].name}
            yield {"part": "shower layer", **layer, "deposit": float(cells.sum())}
            if index in drawn:
                for (row, column), deposit in np.ndenumerate(cells):
                    place = {"row": row, "column": column, "deposit": float(deposit)}
                    yield {"part": "shower cell", **layer, **place}


def _spectra(found: Spectrum | None) -> Iterator[Row]:
    if found is None:
        return
    for name, kernel in (("NTK", found.ntk), ("NNGP", found.nngp)):
        for rank, value in enumerate(kernel.eigenvalues, 1):
            sure = {"eigenvalue": value, "above_rounding": value > kernel.rounding}
            yield {"part": "eigenvalue", "name": name, "rank": rank, **sure}
    for rank, power in enumerate(found.power, 1):
        yield {"part": "target beyond", "name": "NTK", "rank": rank, "share_beyond": 1 - power}


def _findings(inspection: Inspection | None, found: Spectrum | None) -> tuple[str, ...]:
    said: list[str] = []
    if inspection is None:
        said.append("The data set had not been looked through yet.")
    else:
        same = inspection.duplicates
        said += inspection.notices
        said.append(
            f"{inspection.n_pool:,} examples in the pool, {inspection.n_test:,} in the test part."
        )
        said.append(
            f"{same.pool:,} examples of the pool have an input that another one has, too, "
            f"{same.conflicting:,} of them with different targets; {same.test:,} examples of the "
            "test part are in the pool."
        )
        said.append(
            f"{inspection.inputs.constant:,} of {inspection.d:,} input values are constant."
        )
    if found is None:
        said.append("The kernels' spectrum was not there yet.")
    else:
        said += [decay_in_words(n, k) for n, k in (("NTK", found.ntk), ("NNGP", found.nngp))]
    return tuple(said)


def decay_in_words(name: str, kernel: KernelSpectrum) -> str:
    """How a kernel's eigenvalues fall, or why no exponent is quoted."""
    decay = kernel.decay
    if decay.valid and decay.exponent is not None:
        exponent = format_value(decay.exponent, decay.error)
        return (
            f"{name}: rank {kernel.rank}; eigenvalues fall as k^-a, a = {exponent}, from rank "
            f"{decay.low} to {decay.high}."
        )
    return f"{name}: rank {kernel.rank}; no power law: {' '.join(decay.reasons)}"


def _provenance(
    dataset: Dataset, inspection: Inspection | None, found: Spectrum | None
) -> dict[str, object]:
    fingerprint = None if inspection is None else inspection.fingerprint
    origin = {} if found is None else dict(found.provenance)
    return {"citation": dataset.citation, "data_fingerprint": fingerprint, **origin}


def _python(view: DataView, wanted: SpectrumSpec) -> str:
    name = view.data.dataset
    return words.script(
        name,
        "import ntk_uq.specs\n"
        "from ntk_uq import datasets\n"
        "from ntk_uq.datasets.inspection.inspect import inspect\n"
        "from ntk_uq.theory.spectrum import evaluate_spectrum",
        f'inspection = inspect(datasets.get("{name}"))\n'
        "print(inspection.n_pool, inspection.n_test, inspection.classes or inspection.targets)",
        f"spectrum = evaluate_spectrum(\n    {python_of(wanted, 4)}\n)\n"
        "print(spectrum.ntk.eigenvalues[:10], spectrum.ntk.decay, spectrum.power[:10])",
    )


def _export(spec: DataSpec, n: int) -> str:
    """The command that writes the prepared examples of the spectrum."""
    point = PointSpec(spec, ArchitectureSpec(), TrainingSpec(), n_train=n)
    return f"{shell_of('data export', point)} --out {spec.dataset}.npz"
