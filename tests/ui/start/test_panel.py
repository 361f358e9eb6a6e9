"""The start: there for newcomers, hidden by a click, found again, and its links open."""

import xml.etree.ElementTree as ET

import pytest
from helpers.pages_driver import open_page, texts, view_in

from ntk_uq import datasets
from ntk_uq.figures import Style
from ntk_uq.ui.pages.scaling_curves.page import WHY
from ntk_uq.ui.start import presets, tour
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
    links = {e.proto.label for e in app.get("page_link")} - {WHY}
    assert {preset.label for preset in ALL if not isinstance(preset.view, CurvesView)} == links
    smaller = presets.TRY[0]
    app.button(key=f"start_{smaller.label}").click().run()
    assert not app.exception
    assert view_in(app, CurvesView) == smaller.view
    assert app.number_input(key="curves_n_test").value == 50
    # What it has opened is in sight: the panel has made room, until it is asked for.
    assert not [button for button in app.button if button.key == f"start_{smaller.label}"]
    app.number_input(key="curves_n_test").set_value(60).run()
    app.button(key="start_toggle").click().run()
    app.button(key=f"start_{smaller.label}").click().run()  # at an address of before
    assert view_in(app, CurvesView) == smaller.view


def test_the_picture_is_an_svg_in_the_grounds_colours_and_has_words():
    for dark in (False, True):
        style = Style(dark)
        root = ET.fromstring(picture(style))
        lines = [e for e in root if e.tag.endswith("polyline")]
        assert [e.get("stroke") for e in lines] == [style.color(i) for i in range(3)]
        assert "alt=\"The networks' own part" in image(style)


def test_the_tour_goes_through_its_steps_and_leaves_nothing_behind(store):
    app = open_page()
    app.button(key="tour_begin").click().run()
    for at, step in enumerate(tour.STEPS, 1):
        assert f"**{at} of 6: {step.title}**" in texts(app.markdown)
        assert f".st-key-{step.target} {{ outline" in texts(app.markdown)
        if at < len(tour.STEPS):
            scripts = [e.proto.body for e in app.get("html") if "scrollIntoView" in e.proto.body]
            assert f".st-key-{step.target}'" in scripts[0]
            app.run()  # of the page itself: it scrolls no more
            assert not any("scrollIntoView" in e.proto.body for e in app.get("html"))
            app.button(key="tour_next").click().run()
    app.button(key="tour_back").click().run()
    assert "**5 of 6" in texts(app.markdown)
    app.button(key="tour_end").click().run()
    assert not app.exception
    assert "of 6:" not in texts(app.markdown)
    assert "outline" not in texts(app.markdown)


def test_who_knows_the_page_sees_no_tour_and_other_pages_offer_none(store):
    assert not [b for b in open_page(None, CurvesView()).button if b.key.startswith("tour")]
    runs = open_page("runs")
    runs.button(key="start_toggle").click().run()
    assert shown(runs)
    assert not [b for b in runs.button if b.key.startswith("tour")]
