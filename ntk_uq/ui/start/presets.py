"""Views that are opened in one click: things to try, and the tasks of the paper."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import streamlit as st

from ntk_uq import datasets
from ntk_uq.base.fields import Spec
from ntk_uq.specs import DataSpec, OptimizerSpec, TrainingSpec
from ntk_uq.ui.links import opening_of
from ntk_uq.ui.pages import page_of
from ntk_uq.views import CurvesView, EnsemblesView, PhaseMapView, TrainingTimeView, WidthView

PAPER = "arXiv:2503.05938"


@dataclass(frozen=True)
class Preset:
    """A view with what it shows, in words.

    Attributes:
        label: of the link.
        about: what is to be seen there.
        view: what is opened.
    """

    label: str
    about: str
    view: Spec

    def draw(self, page: str, key: str) -> None:
        """Draws what opens it, on the page of that title, with a key of the widget's own.

        A link from a page to itself leaves the browser with the old address (Streamlit 1.67): there
        a button writes the new one.
        """
        there = page_of(self.view)
        if there.title != page:
            opening_of(self.view, label=self.label).draw()
            return
        st.button(
            self.label,
            icon=there.icon,
            type="tertiary",
            key=f"{key}_{self.label}",
            on_click=st.query_params.from_dict,
            args=(self.view.to_query(),),
        )


TRY = (
    Preset(
        "Is the plateau the network's?",
        "With 50 test examples instead of 400 the floor of ε rises; the networks' own part stays.",
        CurvesView(data=DataSpec(n_test=50)),
    ),
    Preset(
        "Are real networks like that?",
        "Train 80 small ones in less than a minute, and see how they depart from infinite width.",
        EnsemblesView(
            optimizer=OptimizerSpec(steps=200),
            widths=(32, 128),
            n_train=(50, 100, 200, 400),
            members=10,
        ),
    ),
    Preset(
        "When should training stop?",
        "With label noise μ has a minimum in time, and ε another one.",
        TrainingTimeView(),
    ),
)
"""Three things for newcomers."""

_TASKS = tuple(dataset for dataset in datasets.REGISTRY.values() if dataset.paper)
_TEST, _LOW = 1000, 50

AS_IN_THE_PAPER = (
    *(
        Preset(
            task.title,
            task.paper,
            CurvesView(DataSpec(task.name, n_test=_TEST), n_low=_LOW, n_high=3200),
        )
        for task in _TASKS
    ),
    Preset(
        "All three, finite over infinite",
        "μ, σ, ε and their exponents in one figure, with networks where they are trained",
        CurvesView(
            DataSpec(_TASKS[0].name, n_test=_TEST),
            depths=(2,),
            vary="dataset",
            values=tuple(task.name for task in _TASKS),
            n_low=_LOW,
            n_high=1600,
            n_points=6,
            finite=True,
            widths=(256,),
        ),
    ),
)
"""The paper's three tasks at infinite width, trained to convergence, and all of them with finite
networks; N_D, N_T, depths, widths and draws are such that two cores compute a curve in some
seconds, and not the paper's."""


def _deep() -> Iterator[Preset]:
    """The paper's tasks at depths 1 to 4, trained and Bayesian."""
    for task in _TASKS:
        view = CurvesView(
            DataSpec(task.name, n_test=_TEST), depths=(1, 2, 3, 4), n_low=_LOW, n_high=3200
        )
        yield Preset(f"{task.title}, trained", f"Depths 1 to 4: {task.paper}.", view)
        yield Preset(
            f"{task.title}, Bayesian",
            "The same depths, as the Bayesian posterior has them.",
            replace(view, training=TrainingSpec(posterior="bayes")),
        )


GALLERY = (
    *_deep(),
    replace(AS_IN_THE_PAPER[-1], about="μ, σ and ε of the three tasks, with finite networks."),
    Preset(
        "Finite over infinite width",
        "From which width on networks are as they are at infinite width.",
        WidthView(),
    ),
    Preset(
        "Phase diagram",
        "The loss over the variances of weights and biases, with the critical line.",
        PhaseMapView(),
    ),
    Preset(
        "Training time",
        "The loss along the training: with label noise there is a best moment to stop.",
        TrainingTimeView(),
    ),
)
"""What the home page begins with."""
