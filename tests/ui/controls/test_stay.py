"""No control is mounted anew while another one is edited.

Streamlit's browser code knows a block (columns, a fold, a container) by its place among its
neighbours. Whatever comes before it in one run, and not in another, takes its place, and then its
controls are mounted anew: what is being typed into one of them is gone, and nobody hears of it.
"""

import itertools

import pytest
from helpers.pages_driver import compute, open_page
from streamlit.testing.v1.element_tree import Block

from ntk_uq.jobs.asking import submit
from ntk_uq.specs import (
    AXES,
    OPTIMIZERS,
    PREPARATIONS,
    TARGETS,
    DataSpec,
    MapSpec,
    OptimizerSpec,
)
from ntk_uq.specs.varied import VARIED
from ntk_uq.views import (
    CurvesView,
    DataView,
    EnsemblesView,
    PhaseMapView,
    RunsView,
    SpectrumView,
    TrainingTimeView,
    WidthView,
)
from ntk_uq.views.runs import ORDERS
from ntk_uq.views.training_time import FAMILIES

OPTIONS = {
    "dataset": ("digits", "calorimeter"),
    "preparation": PREPARATIONS,
    "target": TARGETS,
    "activation": ("relu", "erf"),
    "kind": ("converged", "time", "steps", "bayes"),
    "vary": VARIED,
    "law": ("power", "auto"),
    "optimizer": OPTIMIZERS,
    "against": ("time", "jitter", "noise"),
    "test": ("held-out", "folds=5"),
    "family": FAMILIES,
    "x": AXES,
    "y": AXES,
    "scale": ("automatic", "log"),
    "order": ORDERS,
}
"""What is chosen, by the last part of a box's key."""
PAGES = (None, "ensembles", "width", "training_time", "spectrum", "phase_map", "data", "runs")
DATA, SHORT = DataSpec(n_test=40), OptimizerSpec(steps=20)
VIEWS = [
    (None, CurvesView(DATA, (1, 2), n_low=10, n_high=40, n_points=3, draws=1, bayes=True)),
    (
        "ensembles",
        EnsemblesView(DATA, optimizer=SHORT, widths=(8,), n_train=(10,), members=4),
    ),
    (
        "width",
        WidthView(DATA, (1, 2), optimizer=SHORT, widths=(8, 16), n_train=(10,), members=4),
    ),
    ("training_time", TrainingTimeView(DATA, n_train=20, n_times=8, draws=1)),
    ("spectrum", SpectrumView(DATA, (1, 2), sample=60)),
    (
        "phase_map",
        PhaseMapView(
            MapSpec(DATA, n_train=20, draws=1, x_values=(0.8, 1.5), y="depth", y_values=(1, 3))
        ),
    ),
    ("data", DataView(DATA, sample=20)),
    ("runs", RunsView(everything=True)),
]
REFUSED = {"number_input": (None, -7.0), "text_input": ("not that",)}


def homes(block, path=()):
    """Of every control below a block, by key: the places of all blocks around it, and its id."""
    found = {}
    for place, child in block.children.items():
        if isinstance(child, Block):
            found |= homes(child, (*path, place))
        elif getattr(child, "key", None):
            found[child.key] = (path, child.id)
    return found


def choices(app):
    """Every toggle and every option: the control's kind and key, and a value."""
    for toggle in app.sidebar.toggle:
        yield "toggle", toggle.key, not toggle.value
    for box in app.sidebar.selectbox:
        for option in OPTIONS[box.key.split("_", 1)[1]]:
            if box.value != option:
                yield "selectbox", box.key, option


def refused(app, keys):
    """Of these controls, all that can be given what is refused, likewise."""
    for kind, values in REFUSED.items():
        for box in app.sidebar.get(kind):
            for value in values if box.key in keys else ():
                yield kind, box.key, value


def enter(app, kind, key, value):
    """Enters a value; where the controls were before, where they are then, and what stood there."""
    before, usual = homes(app.sidebar), getattr(app, kind)(key=key).value
    getattr(app, kind)(key=key).set_value(value).run()
    return before, homes(app.sidebar), usual


def moved(before, after):
    return [key for key in before.keys() & after.keys() if before[key] != after[key]]


@pytest.mark.parametrize("page", PAGES)
def test_the_others_stay_where_they_are(store, page):
    app = open_page(page)
    found, tried = [], set()

    def refuse(keys):
        for kind, key, value in list(refused(app, keys - tried)):
            before, after, usual = enter(app, kind, key, value)
            gone = before.keys() - after.keys()
            found.append((key, value, moved(before, after), gone))
            enter(app, kind, key, usual)
        tried.update(keys)

    refuse(set(homes(app.sidebar)))
    for kind, key, value in list(choices(app)):
        before, after, usual = enter(app, kind, key, value)
        found.append((key, value, moved(before, after), set()))
        refuse(after.keys() - before.keys())
        if any(control.key == key for control in getattr(app, kind)):
            enter(app, kind, key, usual)
    assert [one for one in found if one[2] or one[3]] == []
    assert len(found) > 5


@pytest.mark.parametrize(("page", "view"), VIEWS, ids=lambda one: one if type(one) is str else "")
def test_nothing_moves_when_results_come_or_a_message_to_all(store, page, view):
    app = open_page(page, view)
    before = homes(app.main)
    found = view.ensembles() if isinstance(view, EnsemblesView | WidthView) else ()
    for spec in found if isinstance(found, tuple) else (found,):
        submit(store.jobs, spec)
    app.run()
    launched = homes(app.main)
    compute(store)
    app.run()
    there = homes(app.main)
    store.notice.write("The server restarts at six", "Ada")
    app.run()
    told = homes(app.main)
    assert len(before) > 2
    for one, next_one in itertools.pairwise((before, launched, there, told)):
        assert moved(one, next_one) == []
