"""The setup of a view in one line of words."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ntk_uq import datasets, optimizers
from ntk_uq.base.counting import counted, plural
from ntk_uq.base.errors import NtkUqError
from ntk_uq.base.fields import Spec
from ntk_uq.datasets.recipes import recipe
from ntk_uq.jobs import field_words, varied_words, words
from ntk_uq.specs import DataSpec, OptimizerSpec, TrainingSpec
from ntk_uq.ui import own
from ntk_uq.ui.plain_text import plain
from ntk_uq.views import CurvesView, PhaseMapView
from ntk_uq.views.setup import choices, unseen


def line(view: Spec) -> str:
    """:func:`parts` as Markdown, the data set in bold."""
    title, *others = parts(view) or [""]
    return " · ".join(filter(None, [title and f"**{plain(title)}**", *map(plain, others)]))


def caption(view: Spec) -> str:
    """What stands below a figure that leaves its page: :func:`parts`, the number of draws, and how
    what is drawn in grey differs."""
    draws, baseline = getattr(view, "draws", None), getattr(view, "baseline", None)
    told = parts(view)
    if draws:
        told.append(f"mean and standard error of {counted(draws, 'draw')}")
    if baseline and isinstance(view, CurvesView):
        found = difference(view.pinned(), view)
        told.append(f"from the baseline, in grey, it differs by {found or 'nothing'}")
    # Lines end nowhere within "σ_b = 0" or "depths 1, 2".
    return _WITHIN.sub("\u00a0", " · ".join(told))


_WITHIN = re.compile(r"(?<=[=→]) | (?=[=→])|(?<=\d,) (?=\d)|(?<=\d) (?=×)|(?<=×) (?=\d)")


def difference(old: Spec, new: Spec) -> str:
    """In which fields two views of a page differ, in words; "" for none. Of finite networks that
    neither shows nothing is said."""
    there, here = old.to_query(), new.to_query()
    left_out = {"baseline", *(unseen(old) & unseen(new))}
    return ", ".join(
        f"{field_words.name(name)} {_short(there[name])} → {_short(here[name])}"
        for name in here
        if here[name] != there[name] and name not in left_out
    )


def _short(text: str) -> str:
    try:
        return number(float(text), 5)
    except ValueError:
        return text if len(text) <= 30 else f"{text[:30]}…"


def parts(view: Spec) -> list[str]:
    """Data set, preparation, network, training, N_T and seed; nothing for a view without.

    What is usual is left out: no label noise, no jitter, seed 0; and so is what is on an axis.
    """
    held = choices(view)
    if "dataset" not in held:
        return []
    axes = (view.map.x, view.map.y) if isinstance(view, PhaseMapView) else ()
    data = DataSpec(**{name: held[name] for name in _DATA})
    several = _varied(view)
    title = several.pop("dataset", "")
    prepared = several.pop("preparation", "") or _prepared(view, data)
    told = [title or _title(data.dataset), prepared]
    network = {name: told for name, told in _network(view, held) if name not in axes}
    training = [several.pop(n) for n in ("posterior", "time") if n in several] or _training(held)
    told.append(", ".join((*(network | several).values(), *training)))
    test = [] if "n_test" in axes else [f"N_T = {data.n_test:,}"]
    if isinstance(view, CurvesView) and view.base.folds is not None:
        test = [f"tested on {view.base.folds} folds"]
    told.append(", ".join([*test, *([f"seed {data.seed}"] if data.seed else [])]))
    if isinstance(view, CurvesView) and view.finite and view.training.steps is None:
        told.append(f"networks by {view.net_steps:,} steps, η {view.net_eta:g}")
    return [part for part in told if part]


def _varied(view: Spec) -> dict[str, str]:
    """Of curves of which a field varies, that field and its values in words."""
    if not isinstance(view, CurvesView) or view.vary == "depth":
        return {}
    labels = [varied_words.label(view.vary, spec) for spec in view.curves()]
    start = f"{varied_words.NAMES[view.vary]} = " if "=" in labels[0] else ""
    return {view.vary: start + ", ".join(text.rpartition("= ")[2] for text in labels)}


_DATA = ("dataset", "n_test", "seed", "preparation", "zca", "target", "noise")


def _title(name: str) -> str:
    try:
        return datasets.get(name).title
    except NtkUqError:
        return own.title_of(name) or words.title(name)


def preparation(view: Spec) -> str:
    """How inputs and targets are prepared, in full, as Markdown; "" where that is not known."""
    held = choices(view)
    if "dataset" not in held:
        return ""
    data = DataSpec(**{name: held[name] for name in _DATA})
    try:
        return plain(datasets.describe(datasets.get(data.dataset), data))
    except NtkUqError:
        return ""


def _prepared(view: Spec, data: DataSpec) -> str:
    """The preparation in few words; of several data sets, that of each where they differ."""
    if not isinstance(view, CurvesView) or view.vary != "dataset":
        return _preparation(data)
    found = [_preparation(spec.data) for spec in view.curves()]
    if len(set(found)) == 1:
        return found[0]
    labels = [varied_words.label(view.vary, spec) for spec in view.curves()]
    return "; ".join(f"{name}: {told}" for name, told in zip(labels, found, strict=True))


def _preparation(data: DataSpec) -> str:
    """The same in few words."""
    try:
        known = recipe(datasets.get(data.dataset), data)
    except NtkUqError:
        return ", ".join(words.preparation(replace(data, seed=0)))
    parts = [] if data.zca is None else [f"ZCA-whitened, {data.zca:g}"]
    if data.zca is None or known.inputs != "none":
        parts.append(_INPUTS[known.inputs])
    parts.append(_TARGETS[known.targets])
    if data.noise:
        parts.append(f"label noise {data.noise:g}")
    return ", ".join(filter(None, parts))


_INPUTS = {
    "sphere": "inputs on a sphere",
    "standardize": "inputs standardized",
    "scale": "inputs on one scale",
    "none": "inputs as they are",
}
_TARGETS = {
    "classes": "",
    "standardize": "target standardized",
    "log": "logarithm of the target",
    "raw": "target as it is",
}


def _network(view: Any, held: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The network's choices and their words."""
    several = "depths" in held and getattr(view, "family", "depth") == "depth"
    depths = held["depths"] if several else (held["depth"],)
    yield "activation", held["activation"]
    yield "depth", f"{plural(len(depths), 'depth')} {', '.join(map(str, depths))}"
    yield "sigma_w", f"σ_w = {number(held['sigma_w'])}"
    yield "sigma_b", f"σ_b = {held['sigma_b']:g}"
    if "widths" in held and getattr(view, "finite", True):
        widths = held["widths"]
        yield "widths", f"{plural(len(widths), 'width')} {', '.join(f'{w:,}' for w in widths)}"


def number(value: float, digits: int = 6) -> str:
    """A number of a setup, in few digits; the usual sigma_w as it is written."""
    return "√2" if math.isclose(value, math.sqrt(2)) else f"{value:.{digits}g}"


def _training(held: Mapping[str, Any]) -> list[str]:
    training, optimizer, jitter = (held.get(n) for n in ("training", "optimizer", "jitter"))
    parts = []
    if isinstance(training, TrainingSpec):
        if training.posterior == "bayes":
            parts.append("Bayesian posterior")
        else:
            parts.append("trained " + words.training(training))
    elif isinstance(optimizer, OptimizerSpec):
        title = optimizers.get(optimizer.optimizer).title
        parts.append("trained by " + words.optimizer(optimizer, title))
    if jitter:
        parts.append(f"jitter {jitter:g}")
    return parts
