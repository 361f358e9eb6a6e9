"""The start: there for newcomers, hidden by a click, found again, and its links open."""

import xml.etree.ElementTree as ET

import pytest
from helpers.pages_driver import open_page, texts, view_in

from ntk_uq import datasets
from ntk_uq.figures import Style
from ntk_uq.ui.start import presets
from ntk_uq.ui.start.picture import image, picture
from ntk_uq.views import CurvesView

ALL = (*presets.TRY, *presets.AS_IN_THE_PAPER)


def shown(app):
    assert not app.exception
    return "How much of the loss is luck?" in texts(app.markdown)


def test_a_newcomer_is_told_and_hides_it_and_finds_it_again(store):
    app = open_page()
    assert shown(app)
    assert "epsilon_\\text{population}" in texts(app.markdown)
    app.button(key="start_hide").click().run()
    assert not shown(app)
    (script,) = [e.proto.body for e in app.get("html") if "document.cookie" in e.proto.body]
    assert "ntk_uq_start=hidden" in script
    app.run()
    assert not shown(app)
    app.button(key="start_toggle").click().run()
    assert shown(app)


def test_who_comes_by_a_link_sees_what_it_shows(store):
    app = open_page(None, CurvesView())
    assert not shown(app)
    app.button(key="start_toggle").click().run()
    assert shown(app)


def test_presets_are_one_click_away_on_every_page(store):
    app = open_page("runs")
    assert not shown(app)
    assert not app.get("page_link")
    app.session_state["start_presets"] = True
    labels = {e.proto.label for e in app.run().get("page_link")}
    assert labels == {preset.label for preset in ALL}


@pytest.mark.parametrize("preset", ALL, ids=lambda preset: preset.label)
def test_every_preset_is_a_view_of_a_known_data_set(preset):
    assert type(preset.view).from_query(preset.view.to_query()) == preset.view
    assert preset.about
    assert datasets.get(preset.view.data.dataset)


def test_the_papers_three_tasks_are_one_figure_with_networks():
    view = presets.AS_IN_THE_PAPER[-1].view
    found = {spec.data.dataset for spec in view.curves()}
    assert found == {"mnist", "cifar10", "calorimeter"}
    assert all(spec is not None for spec in view.networks())


def test_the_panel_opens_all_of_them_here_by_a_button_and_elsewhere_by_a_link(store):
    app = open_page()
    links = {e.proto.label for e in app.get("page_link")}
    assert {preset.label for preset in ALL if not isinstance(preset.view, CurvesView)} == links
    smaller = presets.TRY[0]
    app.button(key=f"start_{smaller.label}").click().run()
    assert not app.exception
    assert view_in(app, CurvesView) == smaller.view
    assert app.number_input(key="curves_n_test").value == 50


def test_the_picture_is_an_svg_in_the_grounds_colours_and_has_words():
    for dark in (False, True):
        style = Style(dark)
        root = ET.fromstring(picture(style))
        lines = [e for e in root if e.tag.endswith("polyline")]
        assert [e.get("stroke") for e in lines] == [style.color(i) for i in range(3)]
        assert "alt=\"The networks' own part" in image(style)
