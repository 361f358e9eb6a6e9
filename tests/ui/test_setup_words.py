"""The line that says a page's setup says nothing that is not so."""

import math
from dataclasses import replace

from helpers.pages_driver import open_page, texts, view_in

from ntk_uq.specs import DataSpec, TrainingSpec
from ntk_uq.ui import setup_words
from ntk_uq.views import CurvesView, TrainingTimeView

SMALL = CurvesView(DataSpec(n_test=40), (1,), n_low=10, n_high=40, n_points=3, draws=1)


def test_of_several_data_sets_each_has_its_own_preparation():
    both = CurvesView(DataSpec(), depths=(1,), vary="dataset", values=("digits", "calorimeter"))
    told = setup_words.line(both).replace("\\", "")
    assert "Handwritten digits: inputs on a sphere" in told
    assert "Calorimeter showers: inputs on one scale, target standardized" in told
    one = setup_words.line(CurvesView(DataSpec(), depths=(1,)))
    assert "inputs on a sphere ·" in one
    assert ": inputs" not in one


def test_what_is_shown_of_the_default_is_the_default(store):
    app = open_page(None, SMALL)
    for typed, found in ((1.5, 1.5), (1.4142, math.sqrt(2)), (1.4141, 1.4141)):
        app.number_input(key="curves_sigma_w").set_value(typed).run()
        assert view_in(app, CurvesView).sigma_w == found
    linked = replace(SMALL, sigma_w=1.4142)
    app = open_page(None, linked)
    app.number_input(key="curves_draws").set_value(2).run()
    assert view_in(app, CurvesView) == replace(linked, draws=2), "a link is opened as it is"


def test_a_wrong_entry_of_a_list_is_named_as_people_count(store):
    app = open_page(None, SMALL)
    app.text_input(key="curves_depths").set_value("1, 0").run()
    assert "entry 2 of “Depths, hidden layers”" in texts(app.caption).replace("\\", "")


def test_what_differs_leaves_out_networks_that_nobody_sees():
    other = replace(SMALL, sigma_b=0.5, widths=(16, 32), net_steps=7)
    assert setup_words.difference(SMALL, other) == "σ_b 0 → 0.5"
    by_steps = replace(SMALL, training=TrainingSpec(steps=300, eta=0.5))
    assert setup_words.difference(SMALL, by_steps) == "steps none → 300, η 1 → 0.5"
    time = TrainingTimeView()
    assert setup_words.difference(time, replace(time, steps=7, members=3)) == ""
    seen = replace(other, finite=True)
    assert "widths 256 → 16,32" in setup_words.difference(SMALL, seen)


def test_a_caption_says_what_is_drawn_and_in_what_the_grey_differs():
    told = setup_words.caption(replace(SMALL, sigma_b=0.5, baseline=SMALL.as_baseline()))
    told = told.replace("\u00a0", " ")
    for part in ("Handwritten digits, 8 × 8", "depth 1", "N_T = 40", "of 1 draw"):
        assert part in told
    assert told.endswith("from the baseline, in grey, it differs by σ_b 0 → 0.5")
    assert "baseline" not in setup_words.caption(SMALL)
