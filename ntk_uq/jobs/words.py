"""What a job computes, in words; and in what two of them differ.

One function a kind. To add one: a function from its specification to words, and an entry in
:data:`KINDS`.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ntk_uq import datasets
from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.fields import Spec, parse_json
from ntk_uq.datasets import own
from ntk_uq.jobs.asking import (
    CALIBRATION,
    CURVE,
    DESCENT,
    ENSEMBLE,
    FETCH,
    INSPECTION,
    MAP,
    SPECTRUM,
    TRAINING_TIME,
)
from ntk_uq.specs import (
    ArchitectureSpec,
    Axis,
    CalibrationSpec,
    CurveSpec,
    DataSpec,
    DescentSpec,
    EnsembleSpec,
    FetchSpec,
    InspectionSpec,
    MapSpec,
    OptimizerSpec,
    SpectrumSpec,
    TrainingSpec,
    TrainingTimeSpec,
)

_MOST_FIELDS = 8


def words(kind: str, spec: str) -> str:
    """What a job computes, such as "MNIST, depth 2, relu, N_D 125 to 4000, 3 draws, N_T 1000".

    Of a kind, or a specification, that this program does not know: the fields of its JSON.

    Args:
        kind: the job's kind.
        spec: its specification, JSON text.
    """
    try:
        data = parse_json(spec)
        if kind in KINDS:
            cls, say = KINDS[kind]
            return say(cls.from_json(data))
    except NtkUqError:
        data = _loaded(spec)
    fields = [f"{name} {shown(value)}" for name, value in flat(data).items()]
    more = ", …" if len(fields) > _MOST_FIELDS else ""
    return ", ".join(fields[:_MOST_FIELDS]) + more or kind


def curve(spec: CurveSpec) -> str:
    """A scaling curve in words."""
    parts = (
        *(title(spec.data.dataset), *network(spec.architecture)),
        *(_span("N_D", spec.n_train), _draws(spec.draws)),
        *(f"N_T {spec.data.n_test}", training(spec.training), *preparation(spec.data)),
    )
    return ", ".join(parts)


def ensemble(spec: EnsembleSpec) -> str:
    """Ensembles of finite networks in words."""
    parts = (
        *(title(spec.data.dataset), *network(spec.architecture)),
        f"width {', '.join(map(str, spec.widths))}",
        *(_span("N_D", spec.n_train), f"{spec.members} members"),
        *(f"N_T {spec.data.n_test}", optimizer(spec.optimizer), *preparation(spec.data)),
    )
    return ", ".join(parts)


def descent(spec: DescentSpec) -> str:
    """The theory along a training in words."""
    parts = (
        *(title(spec.data.dataset), *network(spec.architecture), f"N_D {spec.n_train}"),
        *(f"along {spec.steps[-1]} steps, η {spec.eta:g}", *preparation(spec.data)),
    )
    return ", ".join(parts)


def training_time(spec: TrainingTimeSpec) -> str:
    """The theory against training time in words."""
    levels = {"label noise": spec.noises, "jitter": spec.jitters}
    parts = (
        *(title(spec.data.dataset), *network(spec.architecture), f"N_D {spec.n_train}"),
        f"τ {spec.times[0]:.3g} to {spec.times[-1]:.3g}",
        *(_span(name, values) for name, values in levels.items() if values != (0.0,)),
        *(_draws(spec.draws), f"N_T {spec.data.n_test}"),
        *preparation(spec.data),
    )
    return ", ".join(parts)


def phase_map(spec: MapSpec) -> str:
    """A phase map in words."""
    x, y = spec.axes
    names = {x.name, y.name}
    fixed = [
        *([f"depth {spec.architecture.depth}"] if "depth" not in names else []),
        *([spec.architecture.activation] if "activation" not in names else []),
        *([f"σ_w {spec.architecture.sigma_w:.4g}"] if "sigma_w" not in names else []),
        *([f"σ_b {spec.architecture.sigma_b:.4g}"] if "sigma_b" not in names else []),
        *([f"N_D {spec.n_train}"] if "n_train" not in names else []),
        *([f"N_T {spec.data.n_test}"] if "n_test" not in names else []),
    ]
    trained = [] if names & {"time", "steps"} else [training(spec.training)]
    over = f"map over {_axis(x)} and {_axis(y)}"
    draws = _draws(spec.draws)
    parts = (title(spec.data.dataset), over, *fixed, draws, *trained, *preparation(spec.data))
    return ", ".join(parts)


def _span(name: str, values: Sequence[float]) -> str:
    """The first and the last of some increasing numbers."""
    first, last = (str(v) if isinstance(v, int) else f"{v:g}" for v in (values[0], values[-1]))
    return f"{name} {first}" if len(values) == 1 else f"{name} {first} to {last}"


def _draws(number: int) -> str:
    return f"{number} draw{'s' * (number != 1)}"


def axis_symbol(name: str) -> str:
    """What an axis of a map is called."""
    return _SYMBOLS.get(name, name)


_SYMBOLS = {
    "sigma_w": "σ_w",
    "sigma_b": "σ_b",
    "n_train": "N_D",
    "n_test": "N_T",
    "time": "t",
    "steps": "k",
}


def _axis(axis: Axis) -> str:
    first, last = (v if isinstance(v, str) else f"{v:g}" for v in (axis.values[0], axis.values[-1]))
    if axis.categorical:
        return ", ".join(axis.values)
    return f"{axis_symbol(axis.name)} {first} to {last}"


def calibration(spec: CalibrationSpec) -> str:  # noqa: ARG001 (one interface for all)
    """A measurement of the workers' speed in words."""
    return "How fast a worker trains"


def spectrum(spec: SpectrumSpec) -> str:
    """A spectrum in words."""
    parts = (title(spec.data.dataset), *network(spec.architecture), f"n {spec.n}")
    return ", ".join((*parts, *preparation(spec.data)))


def report(spec: InspectionSpec) -> str:
    """A look through a data set in words."""
    return f"What is in {title(spec.dataset)}"


def fetch(spec: FetchSpec) -> str:
    """Files to fetch in words."""
    return f"Files of {title(spec.name)}"


KINDS: dict[str, tuple[type[Spec], Callable[[Any], str]]] = {
    CURVE: (CurveSpec, curve),
    ENSEMBLE: (EnsembleSpec, ensemble),
    DESCENT: (DescentSpec, descent),
    MAP: (MapSpec, phase_map),
    CALIBRATION: (CalibrationSpec, calibration),
    SPECTRUM: (SpectrumSpec, spectrum),
    INSPECTION: (InspectionSpec, report),
    FETCH: (FetchSpec, fetch),
    TRAINING_TIME: (TrainingTimeSpec, training_time),
}
"""For each kind, the class of its specifications and how they are put into words."""


def title(name: str) -> str:
    """A data set's name for people; of an uploaded one, the beginning of its name.

    Everybody sees what is computed here, and what a file was called is its owner's business.
    """
    if name.startswith(own.PREFIX):
        return f"own data {name[len(own.PREFIX) :][:8]}"
    return datasets.REGISTRY[name].title if name in datasets.REGISTRY else name


def network(spec: ArchitectureSpec) -> tuple[str, ...]:
    """Depth and activation, and the variances where they are not the usual ones."""
    parts = [f"depth {spec.depth}", spec.activation]
    if not math.isclose(spec.sigma_w, math.sqrt(2)):
        parts.append(f"σ_w {spec.sigma_w:g}")
    if spec.sigma_b:
        parts.append(f"σ_b {spec.sigma_b:g}")
    return tuple(parts)


def training(spec: TrainingSpec) -> str:
    """How the networks are trained."""
    if spec.posterior == "bayes":
        text = "Bayesian posterior"
    elif spec.time is not None:
        text = f"gradient flow to t {spec.time:g}"
    elif spec.steps is not None:
        text = f"{spec.steps} steps, η {spec.eta:g}"
    else:
        text = "to convergence"
    return f"{text}, jitter {spec.jitter:g}" if spec.jitter else text


def optimizer(spec: OptimizerSpec) -> str:
    """How finite networks are trained."""
    text = f"{spec.optimizer}, {spec.steps} steps, η {spec.eta:g}"
    if spec.momentum is not None:
        text += f", momentum {spec.momentum:g}"
    return text if spec.batch_size is None else f"{text}, batches of {spec.batch_size}"


def preparation(spec: DataSpec) -> tuple[str, ...]:
    """Seed and preparation, where they are not the usual ones."""
    parts = [f"seed {spec.seed}"] if spec.seed else []
    if spec.preparation != "default":
        parts.append(f"inputs {spec.preparation}")
    if spec.zca is not None:
        parts.append(f"ZCA {spec.zca:g}")
    if spec.target != "default":
        parts.append(f"target {spec.target}")
    if spec.noise:
        parts.append(f"label noise {spec.noise:g}")
    return tuple(parts)


@dataclass(frozen=True)
class Difference:
    """A field that two specifications do not share: its name, and both values in words."""

    name: str
    left: str
    right: str


def differences(left: str, right: str) -> tuple[Difference, ...]:
    """The fields in which two specifications (JSON texts) differ; "–" where one has none."""
    ours, theirs = flat(_loaded(left)), flat(_loaded(right))
    names = dict.fromkeys((*ours, *theirs))
    pairs = ((name, *(_of(fields, name) for fields in (ours, theirs))) for name in names)
    return tuple(Difference(*pair) for pair in pairs if pair[1] != pair[2])


def flat(data: Any) -> dict[str, Any]:
    """The plain fields of nested JSON objects by name; ``outer.name`` where two share a name."""
    leaves = _leaves(data, ())
    names = Counter(path[-1] for path, _ in leaves if path)
    return {
        (path[-1] if path and names[path[-1]] == 1 else ".".join(path) or "value"): value
        for path, value in leaves
    }


def _leaves(data: Any, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    if not isinstance(data, Mapping):
        return [(path, data)]
    return [leaf for name, value in data.items() for leaf in _leaves(value, (*path, str(name)))]


def _of(fields: Mapping[str, Any], name: str) -> str:
    return shown(fields[name]) if name in fields else "–"


def shown(value: Any) -> str:
    """A value of a specification for people."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        texts = [shown(item) for item in value]
        return ", ".join(texts) if len(texts) <= 12 else f"{', '.join(texts[:11])}, … {texts[-1]}"
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)


def _loaded(spec: str) -> Any:
    """What the JSON holds; the text itself where it is none: this is only shown."""
    try:
        return parse_json(spec)
    except NtkUqError:
        return spec
