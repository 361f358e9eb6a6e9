"""What is in one data set: its distribution, its examples, its spectrum, its flaws."""

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from ntk_uq import datasets
from ntk_uq.base.counting import counted
from ntk_uq.datasets import Dataset
from ntk_uq.datasets.inspection.record import Inspection, Sample
from ntk_uq.figures import Style
from ntk_uq.figures.data import class_figure, depth_figure, target_figure
from ntk_uq.figures.pictures import images, is_image, shower_figure, shown_showers
from ntk_uq.figures.spectrum import eigenvalue_figure, power_figure
from ntk_uq.results.spectrum import KernelSpectrum, Spectrum
from ntk_uq.scaling import format_value
from ntk_uq.specs import DataSpec
from ntk_uq.ui import fitted_table, panels, say
from ntk_uq.ui.plain_text import plain
from ntk_uq.views import DataView

_MOST_COLUMNS = 50
_PICTURE_WIDTH = 112


def summary(dataset: Dataset, inspection: Inspection) -> None:
    """The numbers at a glance."""
    cells = st.columns(4)
    cells[0].metric("Pool, for N_D", f"{inspection.n_pool:,}")
    cells[1].metric("Test part, for N_T", f"{inspection.n_test:,}")
    cells[2].metric("Values an input, d", " × ".join(map(str, inspection.shape)))
    outputs = "classes, C" if dataset.task == "classification" else "targets, C"
    cells[3].metric(f"Outputs: {outputs}", str(dataset.n_outputs))
    for notice in inspection.notices:
        say.warning(notice, icon=":material/info:")


def flaws(dataset: Dataset, inspection: Inspection) -> None:
    """Duplicates, constant inputs, test examples in the pool, doubtful units: what would spoil
    or colour a curve."""
    found, same = [], inspection.duplicates
    if same.pool:
        text = f"{same.pool:,} examples of the pool have an input that another one has, too"
        text += f" (such as {_pairs(same.pool_pairs)})"
        if same.conflicting:
            text += f"; {same.conflicting:,} of them with different targets"
        found.append(
            f"{text}. Without jitter, the kernel of a training set with two of them is singular."
        )
    if same.test:
        found.append(
            f"{same.test:,} examples of the test part are in the pool, too (test and pool: "
            f"{_pairs(same.test_pairs)}): the test loss is too small by what is remembered."
        )
    if inspection.inputs.constant:
        indices = inspection.inputs.constant_indices
        which = ", ".join(dataset.features[i] for i in indices) if dataset.features else ""
        which = which or f"number {', '.join(map(str, indices))}"
        more = ", …" if inspection.inputs.constant > len(indices) else ""
        found.append(
            f"{inspection.inputs.constant:,} of {inspection.d:,} input values are the same in all "
            f"of the pool ({plain(which)}{more}): they say nothing and do no harm."
        )
    st.markdown("### Duplicates and constant inputs")
    if found:
        st.markdown("\n".join(f"- {text}" for text in found))
    else:
        st.markdown("None: all inputs differ, and every input value varies.")
    zeros = (
        f"{inspection.inputs.zeros:.1%} of all input values are zero. "
        if inspection.inputs.zeros
        else ""
    )
    st.caption(
        f"{zeros}Input values from {inspection.inputs.minimum:.4g} to "
        f"{inspection.inputs.maximum:.4g}, mean {inspection.inputs.mean:.4g}, standard deviation "
        f"{inspection.inputs.std:.4g} "
        f"[{dataset.input_unit}]."
    )
    if inspection.response is not None:
        st.markdown(
            f"Sum of the deposits over incident energy: **{inspection.response.mean:.3f} ± "
            f"{inspection.response.std:.3f}** (mean and spread over showers, median "
            f"{inspection.response.median:.3f}). Far from 1, a unit would be wrong."
        )


def _pairs(pairs: Sequence[tuple[int, int]]) -> str:
    return ", ".join(f"{a} and {b}" for a, b in pairs[:3])


def distribution(view: DataView, dataset: Dataset, inspection: Inspection, style: Style) -> None:
    """Classes, or the targets' histograms."""
    if inspection.classes:
        _chart(view, class_figure(inspection.classes, dataset.target_unit, style), "classes")
        return
    tabs = [t.name for t in inspection.targets]
    chosen = tabs[0]
    if len(tabs) > 1:
        chosen = st.selectbox(
            "Target", tabs, key="shown_target", help="Whose histogram is drawn; all are learnt."
        )
    target = next(t for t in inspection.targets if t.name == chosen)
    _chart(view, target_figure(target, chosen, style), f"target_{chosen}")
    st.caption(
        f"Mean {target.mean:.5g}, standard deviation {target.std:.5g}, median {target.median:.5g}, "
        f"from {target.minimum:.5g} to {target.maximum:.5g}."
        + (f" {len(target.values)} different values." if target.values else "")
    )


def examples(view: DataView, dataset: Dataset, inspection: Inspection, style: Style) -> None:
    """Some examples as pictures, or as rows of a table."""
    if dataset.layers:
        _showers(view, dataset, inspection, style)
        return
    labels = [_label(inspection, sample) for sample in inspection.samples]
    st.markdown(f"### {counted(len(inspection.samples), 'example')} of the pool")
    if is_image(inspection.shape):
        alt = [f"an example, labelled {label}" for label in labels]
        st.image(images(inspection), caption=labels, width=_PICTURE_WIDTH, alt=alt)
    else:
        names = dataset.features or tuple(map(str, range(inspection.d)))
        rows = [sample.inputs[:_MOST_COLUMNS] for sample in inspection.samples]
        target = f"target: {plain(dataset.target_unit)}"
        fitted_table.draw(
            [
                {target: plain(label)}
                | {plain(name): f"{value:.4g}" for name, value in zip(names, row, strict=False)}
                for label, row in zip(labels, rows, strict=True)
            ],
            "examples",
        )
        if inspection.d > _MOST_COLUMNS:
            st.caption(f"The first {_MOST_COLUMNS} of {inspection.d:,} input values.")


def _showers(view: DataView, dataset: Dataset, inspection: Inspection, style: Style) -> None:
    chosen, labels = shown_showers(dataset, inspection)
    st.markdown(f"### {len(chosen)} showers of the pool, of increasing incident energy")
    _chart(view, shower_figure(dataset, chosen, labels, style), "showers")
    st.caption(
        f"A row a shower, a column a layer; within a layer, rows are the {dataset.cells[0]}, "
        f"columns the {dataset.cells[1]} from 0 on the left. Deposits below a ten thousandth of "
        "the shower's largest have the ground's colour."
    )
    _chart(view, depth_figure(dataset, chosen, labels, style), "depth")


def _label(inspection: Inspection, sample: Sample) -> str:
    if inspection.classes:
        return inspection.classes[int(sample.targets[0])].name
    return ", ".join(f"{value:.4g}" for value in sample.targets)


def spectrum(view: DataView, found: Spectrum, style: Style) -> None:
    """Eigenvalues, the target along them, and what both mean."""
    panels.show(
        [eigenvalue_figure(found, style), power_figure(found, style)],
        "spectrum",
        view=view,
        linked=False,
    )
    lines = [
        _decay_in_words(name, kernel) for name, kernel in (("NTK", found.ntk), ("NNGP", found.nngp))
    ]
    st.markdown("\n".join(f"- {line}" for line in lines))
    st.caption(
        "Eigenvalues of the kernel matrix over n estimate those of the kernel on the data's "
        "distribution. Gradient descent learns the target along the first eigenvectors first; how "
        "fast eigenvalues and the rest of the target fall decides the exponents of the curves. "
        f"Computed in {found.seconds:.1f} s; {found.provenance.get('preparation')}."
    )


def _decay_in_words(name: str, kernel: KernelSpectrum) -> str:
    decay = kernel.decay
    condition = "none in float64" if kernel.condition is None else f"{kernel.condition:.2g}"
    text = f"**{name}**: rank {kernel.rank}, condition number {condition}, mean diagonal "
    text += f"{kernel.trace:.4g}; "
    if decay.valid and decay.exponent is not None:
        exponent = format_value(decay.exponent, decay.error)
        return (
            f"{text}eigenvalues fall as $k^{{-a}}$, a = {exponent}, from rank {decay.low} to "
            f"{decay.high}."
        )
    return f"{text}no power law: {' '.join(decay.reasons)}"


def _chart(view: DataView, figure: go.Figure, key: str) -> None:
    panels.show([figure], f"chart_{key}", view=view)


def preparation(dataset: Dataset, spec: DataSpec) -> None:
    """How the network sees these data, in words."""
    st.caption(
        f"Preparation: {plain(datasets.describe(dataset, spec))}. "
        f"The loss is then in: {plain(datasets.loss_unit(dataset, spec))}."
    )
