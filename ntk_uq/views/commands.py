"""Which fields of which specifications a command takes as options, and how these are called.

Written once: the command line declares its options from here, and a view's command is spelt from
here.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ntk_uq.base.fields import Spec, default_of
from ntk_uq.specs import (
    ArchitectureSpec,
    CurveSpec,
    DataSpec,
    EnsembleSpec,
    ForeseenSpec,
    MapSpec,
    OptimizerSpec,
    PointSpec,
    TrainingSpec,
    TrainingTimeSpec,
)
from ntk_uq.views import CurvesView, TrainingTimeView, WidthView


class Options(NamedTuple):
    """Fields of one specification that a command takes.

    Attributes:
        cls: the specification.
        names: of the fields.
        called: the options whose names are not the fields' own.
    """

    cls: type[Spec]
    names: Iterable[str]
    called: Mapping[str, str] = {}

    def option(self, name: str) -> str:
        """What the option of a field is called, such as ``--n-train``."""
        return option_of(name, self.called)


def option_of(name: str, called: Mapping[str, str] | None = None) -> str:
    """What the option of a field is called; ``called`` has those with a name of their own."""
    return (called or {}).get(name, f"--{name.replace('_', '-')}")


DATA = Options(DataSpec, ("dataset", "n_test", "seed", "preparation", "zca", "target", "noise"))
NETWORK = Options(ArchitectureSpec, ("depth", "activation", "sigma_w", "sigma_b"))
TRAINING = Options(TrainingSpec, ("posterior", "time", "steps", "eta", "jitter"))
CURVE = Options(CurveSpec, ("n_train", "draws", "test"))
WINDOW = Options(CurvesView, ("fit_low", "fit_high"))
VARY = Options(CurvesView, ("vary", "values"))
LAW = Options(CurvesView, ("law", "extrapolate"))
BASELINE = Options(CurvesView, ("baseline",))
NETWORKS = Options(
    CurvesView,
    ("widths", "members", "net_steps", "net_eta"),
    {"widths": "--networks"},
)
ENSEMBLE = Options(EnsembleSpec, ("widths", "n_train", "members"), {"widths": "--width"})
OPTIMIZER = Options(OptimizerSpec, ("optimizer", "steps", "eta", "momentum", "batch_size"))
WIDTH = Options(WidthView, ("tolerance",))
TRAINING_TIME = Options(TrainingTimeSpec, ("n_train", "draws", "jitters", "noises"))
POSTERIOR = Options(TrainingSpec, ("posterior", "jitter"))
FORESEEN = Options(ForeseenSpec, ("sample", "n_train"))
TIMES = Options(TrainingTimeView, ("tau_low", "tau_high", "n_times"))
MAP = Options(MapSpec, ("n_train", "draws", "x", "y", "sizes"))
"""Without the values of the axes, whose options read more than a list."""

POINT = Options(PointSpec, ("n_train", "draw"))

COMMANDS: dict[str, tuple[Options, ...]] = {
    "curve": (DATA, NETWORK, TRAINING, CURVE, VARY, WINDOW, LAW, BASELINE, NETWORKS),
    "ensemble": (DATA, NETWORK, ENSEMBLE, OPTIMIZER),
    "width": (DATA, NETWORK, ENSEMBLE, OPTIMIZER, WIDTH),
    "training-time": (DATA, NETWORK, TRAINING_TIME, TIMES),
    "spectrum": (DATA, NETWORK, POSTERIOR, FORESEEN),
    "data export": (DATA, POINT),
}
"""The options of each command that computes or writes something from a specification."""


def spelt(options: Options, spec: Spec) -> list[str]:
    """The fields that a command says of a specification: those that are not the default; those of
    finite networks all of them where a view shows networks, and none where it does not."""
    if options is NETWORKS:
        return list(options.names) if isinstance(spec, CurvesView) and spec.finite else []
    return [n for n in options.names if getattr(spec, n) != default_of(options.cls, n)]
