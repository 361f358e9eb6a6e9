"""Views that are opened in one click, as plain data: things to try, and the tasks of the paper."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ntk_uq import datasets
from ntk_uq.base.fields import Spec
from ntk_uq.specs import DataSpec, OptimizerSpec, TrainingSpec
from ntk_uq.views import CurvesView, EnsemblesView, PhaseMapView, TrainingTimeView, WidthView

PAPER = "arXiv:2503.05938"


@dataclass(frozen=True)
class PresetView:
    """A view with what it shows, in words.

    Attributes:
        label: of the link.
        about: what is to be seen there.
        view: what is opened.
    """

    label: str
    about: str
    view: Spec


TRY = (
    PresetView(
        "Is the plateau the network's?",
        "With 50 test examples instead of 400 (grey) ε levels off higher, at the floor; the "
        "networks' own part goes on falling.",
        CurvesView(data=DataSpec(n_test=50), baseline=CurvesView().as_baseline()),
    ),
    PresetView(
        "Are real networks like that?",
        "Train 80 small ones in less than a minute, and see how they depart from infinite width.",
        EnsemblesView(
            optimizer=OptimizerSpec(steps=200),
            widths=(32, 128),
            n_train=(50, 100, 200, 400),
            members=10,
        ),
    ),
    PresetView(
        "How wide must a network be?",
        "Train 80 of four widths in less than a minute, and read from which width on they are as "
        "at infinite width.",
        WidthView(depths=(1,), widths=(32, 64, 128, 256), n_train=(50,), members=20),
    ),
    PresetView(
        "When should training stop?",
        "With label noise μ has a minimum in time, and ε another one.",
        TrainingTimeView(),
    ),
)
"""Four things for newcomers."""

_TASKS = tuple(dataset for dataset in datasets.REGISTRY.values() if dataset.paper)
_TEST, _LOW = 1000, 50

AS_IN_THE_PAPER = (
    *(
        PresetView(
            task.title,
            task.paper,
            CurvesView(DataSpec(task.name, n_test=_TEST), n_low=_LOW, n_high=3200),
        )
        for task in _TASKS
    ),
    PresetView(
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


def _deep() -> Iterator[PresetView]:
    """The paper's tasks at depths 1 to 4, trained and Bayesian."""
    for task in _TASKS:
        view = CurvesView(
            DataSpec(task.name, n_test=_TEST), depths=(1, 2, 3, 4), n_low=_LOW, n_high=3200
        )
        yield PresetView(f"{task.title}, trained", f"Depths 1 to 4: {task.paper}.", view)
        yield PresetView(
            f"{task.title}, Bayesian",
            "The same depths, as the Bayesian posterior has them.",
            replace(view, training=TrainingSpec(posterior="bayes")),
        )


GALLERY = (
    *_deep(),
    replace(AS_IN_THE_PAPER[-1], about="μ, σ and ε of the three tasks, with finite networks."),
    PresetView(
        "Finite over infinite width",
        "From which width on networks are as they are at infinite width.",
        WidthView(),
    ),
    PresetView(
        "Phase diagram",
        "The loss over the variances of weights and biases, with the critical line.",
        PhaseMapView(),
    ),
    PresetView(
        "Training time",
        "The loss along the training: with label noise there is a best moment to stop.",
        TrainingTimeView(),
    ),
)
"""What the home page begins with."""
