"""Every control of every page says what it is, what it does, and where that is derived."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.pages_driver import open_page

from ntk_uq.specs import MapSpec, OptimizerSpec, TrainingSpec
from ntk_uq.ui.controls import effects
from ntk_uq.ui.pages.table import PAGES
from ntk_uq.views import CurvesView, EnsemblesView, PhaseMapView, TrainingTimeView

THEORY = Path(__file__).resolve().parents[2] / effects.THEORY
SECTIONS = {int(n) for n in re.findall(r"^## (\d+)\. ", THEORY.read_text(), re.MULTILINE)}
KINDS = (
    *("number_input", "text_input", "selectbox", "toggle", "multiselect", "text_area"),
    *("button_group", "segmented_control", "file_uploader", "radio", "checkbox", "slider"),
)
BESIDE = ("Tell me when a run ends", "Name of this view")
SCIENCE = {"scaling_curves", "ensembles", "width", "training_time", "phase_map"}
OPENED = [
    *((name, None) for name in PAGES),
    # Controls that come with a choice.
    ("scaling_curves", CurvesView(training=TrainingSpec(steps=10, eta=0.5))),
    ("scaling_curves", CurvesView(training=TrainingSpec(time=10.0))),
    ("scaling_curves", CurvesView(finite=True)),
    ("scaling_curves", CurvesView(depths=(2,), vary="sigma_w", values=(1.0, 2.0))),
    ("scaling_curves", CurvesView(depths=(2,), vary="activation", values=("relu", "erf"))),
    ("scaling_curves", CurvesView(depths=(2,), vary="posterior", values=("trained", "bayes"))),
    ("ensembles", EnsemblesView(optimizer=OptimizerSpec("momentum", 10, 0.5, momentum=0.9))),
    ("ensembles", EnsemblesView(optimizer=OptimizerSpec("sgd", 10, 0.5, batch_size=8))),
    ("training_time", TrainingTimeView(family="depth", finite=True)),
    ("training_time", TrainingTimeView(family="jitter", finite=True)),
    ("phase_map", PhaseMapView(replace(MapSpec(), sizes=5))),
]


def controls(app):
    assert not app.exception
    return [element for kind in KINDS for element in app.get(kind)]


@pytest.mark.parametrize(("page", "view"), OPENED)
def test_every_control_has_help_that_is_more_than_its_label(store, page, view):
    found = controls(open_page(page, view))
    for element in found:
        label, told = element.proto.label, element.proto.help
        assert len(told) > len(label) + 20, f"{label}: {told!r}"
        assert label.lower() != told.lower().rstrip(".")
    if page in SCIENCE:
        assert len(found) > 8


@pytest.mark.parametrize(("page", "view"), [pair for pair in OPENED if pair[0] in SCIENCE])
def test_what_concerns_the_curves_names_a_section_of_the_theory(store, page, view):
    for element in controls(open_page(page, view)):
        if element.proto.label in BESIDE:
            continue
        told = element.proto.help
        (section,) = re.findall(rf"{re.escape(effects.THEORY)}, section (\d+)\.", told)
        assert int(section) in SECTIONS, element.proto.label


def test_a_field_tells_its_range():
    assert "Range: above 0 and below 4." in effects.of(OptimizerSpec, "eta")
    assert "whole numbers from 1 to 1,000,000." in effects.of(OptimizerSpec, "steps")
    assert ", or empty." in effects.of(CurvesView, "fit_low")
    assert "up to 8 numbers with commas between" in effects.of(CurvesView, "depths")
