"""The setup that travels between pages: data, network and training, as far as somebody chose them.

A page's view holds the setup and its own axes. Where a view has which choice follows from its
fields, so that a page that is added takes part without a word.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from ntk_uq.base.errors import SpecError
from ntk_uq.base.fields import Spec
from ntk_uq.specs import ArchitectureSpec, DataSpec, OptimizerSpec, TrainingSpec

View = TypeVar("View", bound=Spec)
Path = tuple[str, ...]

_PLAIN = ("depths", "activation", "sigma_w", "sigma_b", "jitter", "widths", "members")
"""Choices that a view may have as fields of its own."""

_BY_STEPS = (("steps", "eta"), ("net_steps", "net_eta"))
"""Pairs of fields of views whose finite networks are always trained by gradient descent."""

_OF_NETWORKS = ("optimizer", "widths", "members")
"""Choices that mean something only where finite networks are shown."""


def places(view: Spec) -> dict[str, Path]:
    """Where a view has each choice of the setup: the names of the fields that lead to it. An
    optimizer that is spelt as one of :data:`_BY_STEPS` has a path that begins with an empty name.
    """
    found: dict[str, Path] = {}
    for path, value in _parts(view, ()):
        if isinstance(value, DataSpec | ArchitectureSpec):
            found |= {f.name: (*path, f.name) for f in fields(value)}
        elif isinstance(value, TrainingSpec):
            found |= {"training": path, "jitter": (*path, "jitter")}
        elif isinstance(value, OptimizerSpec):
            found["optimizer"] = path
    names = {f.name for f in fields(view)}  # type: ignore[arg-type]
    found |= {name: (name,) for name in _PLAIN if name in names}
    for pair in _BY_STEPS:
        if names.issuperset(pair):
            found["optimizer"] = ("", *pair)
    return found


def _parts(spec: Spec, path: Path) -> Iterator[tuple[Path, Spec]]:
    for item in fields(spec):  # type: ignore[arg-type]
        value = getattr(spec, item.name)
        if isinstance(value, Spec):
            yield (*path, item.name), value
            yield from _parts(value, (*path, item.name))


def choices(view: Spec) -> dict[str, Any]:
    """The setup that a view holds, by the names of the choices."""
    shown = getattr(view, "finite", True)
    return {
        name: _read(view, name, path)
        for name, path in places(view).items()
        if shown or name not in _OF_NETWORKS
    }


def unseen(view: Spec) -> frozenset[str]:
    """The fields of a view that mean nothing as it is: those of finite networks that it does not
    show."""
    if getattr(view, "finite", True):
        return frozenset()
    found = places(view)
    return frozenset(field for name in _OF_NETWORKS for field in found.get(name, ()) if field)


def _read(view: Any, name: str, path: Path) -> Any:
    if not path[0]:
        return OptimizerSpec("gd", *(getattr(view, name) for name in path[1:]))
    value = view
    for step in path:
        value = getattr(value, step)
    return replace(value, jitter=0.0) if name == "training" else value


def _written(view: Any, name: str, path: Path, value: Any) -> Any:
    """The view with another value of a choice. Raises SpecError where it can have none such."""
    if not path[0]:
        if value.optimizer != "gd":
            raise SpecError("its networks are trained by gradient descent.")
        return replace(view, **dict(zip(path[1:], (value.steps, value.eta), strict=True)))
    if name == "training":
        value = replace(value, jitter=_read(view, "jitter", (*path, "jitter")))
    return _put(view, path, value)


def _put(spec: Any, path: Path, value: Any) -> Any:
    head, *rest = path
    return replace(spec, **{head: _put(getattr(spec, head), tuple(rest), value) if rest else value})


@dataclass(frozen=True)
class Setup:
    """What somebody has chosen, on whatever page; what nobody has is each page's own default.

    Attributes:
        chosen: by the names of :func:`choices`.
    """

    chosen: Mapping[str, Any] = field(default_factory=dict)

    def taking(self, view: Spec) -> "Setup":
        """With all that a view holds: a link that was opened says all of it."""
        return self._with(choices(view))

    def changed(self, before: Spec, after: Spec) -> "Setup":
        """With what somebody changed on a page."""
        old, new = choices(before), choices(after)
        changes = {name: new[name] for name in new if name in old and new[name] != old[name]}
        return self._with(changes) if changes else self

    def _with(self, changes: Mapping[str, Any]) -> "Setup":
        chosen = {**self.chosen, **changes}
        # One depth, and several: who chose several goes on with one of them, and vice versa.
        one, several = "depth" in changes, "depths" in changes
        if one and not several and changes["depth"] not in chosen.get("depths", ()):
            chosen.pop("depths", None)
        if several and not one and chosen.get("depth") not in changes["depths"]:
            chosen.pop("depth", None)
        # Steps of gradient descent are the same of finite and of infinite width.
        training: TrainingSpec = chosen.get("training", TrainingSpec())
        optimizer: OptimizerSpec = chosen.get("optimizer", OptimizerSpec())
        if training.steps is not None and optimizer.counterpart is not None:
            if "training" in changes:
                chosen["optimizer"] = OptimizerSpec("gd", training.steps, training.eta)
            elif "optimizer" in changes:
                chosen["training"] = optimizer.counterpart
        return Setup(chosen)

    def put(self, view: View) -> tuple[View, tuple[str, ...]]:
        """A view with this setup and its own axes; and what it could not take, in sentences."""
        notes = []
        for name, path in places(view).items():
            value = self._value(view, name, path)
            if value == _read(view, name, path):
                continue
            try:
                view = _written(view, name, path, value)
            except SpecError as error:
                notes.append(f"The setup's {told(name, value)} is not taken here: {error}")
        return view, (*notes, *self._unused(places(view)))

    def _value(self, view: Spec, name: str, path: Path) -> Any:
        own = _read(view, name, path)
        if name == "depth" and name not in self.chosen:
            several = self.chosen.get("depths", (own,))
            return own if own in several else several[0]
        if name == "depths" and getattr(view, "vary", "depth") != "depth":
            several = self.chosen.get(name, own)  # this view has one of them
            one = self.chosen.get("depth", own[0])
            return (one,) if one in several else several[:1]
        if name == "depths" and name not in self.chosen:
            one = self.chosen.get("depth", own[0])
            return own if one in own else (one,)
        return self.chosen.get(name, own)

    def _unused(self, there: Mapping[str, Path]) -> Iterator[str]:
        """What has no place on a page of finite networks, and is not the usual."""
        training = self.chosen.get("training")
        if "optimizer" not in there or "training" in there:
            return
        if training is not None and training.posterior == "bayes":
            yield "The setup's Bayesian posterior is not shown here: networks are trained."
        if training is not None and training.time is not None and there["optimizer"][0]:
            yield (
                f"The setup's training time t = {training.time:g} is not used here: networks are "
                "trained for a number of steps."
            )
        if self.chosen.get("jitter") and "jitter" not in there:
            yield (
                f"The setup's jitter of {self.chosen['jitter']:g} is not used here: networks are "
                "trained without."
            )


_NAMES = {
    "n_test": "N_T",
    "sigma_w": "σ_w",
    "sigma_b": "σ_b",
    "zca": "ZCA whitening",
    "noise": "label noise",
    "dataset": "data set",
}


def told(name: str, value: Any) -> str:
    """A choice of the setup in words."""
    if isinstance(value, TrainingSpec):
        return "training"
    if isinstance(value, OptimizerSpec):
        return f"optimizer {value.optimizer}"
    if isinstance(value, tuple):
        value = ", ".join(map(str, value))
    written = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{_NAMES.get(name, name)} {written}"


def fitted(view: View, n_pool: int, n_test: int) -> tuple[View, tuple[str, ...]]:
    """A view with no more examples than a data set has, and what was changed for it.

    Args:
        view: any page's.
        n_pool: the largest N_D that there is.
        n_test: the largest N_T.
    """
    changes = []
    holder: Any = view
    for path, value in [((), view), *_parts(view, ())]:
        for name in ("n_test", "n_train", "n_high", "sample"):
            held = getattr(value, name, None)
            if name not in {f.name for f in fields(value)} or held is None:  # type: ignore[arg-type]
                continue
            most = n_test if name == "n_test" else n_pool
            fits = _fitting(held, most)
            if fits == held:
                continue
            with suppress(SpecError):  # the page says what is wrong then
                if name == "n_high" and value.n_low >= fits:  # type: ignore[attr-defined]
                    holder = _put(holder, (*path, "n_low"), max(1, min(fits - 1, fits // 8)))
                holder = _put(holder, (*path, name), fits)
                symbol = {"n_test": "N_T", "sample": "The sample"}.get(name, "N_D")
                changes.append(f"{symbol} goes to {most:,}: the data set has no more examples.")
    return holder, tuple(dict.fromkeys(changes))


def _fitting(held: Any, most: int) -> Any:
    if not isinstance(held, tuple):
        return min(held, most)
    kept = tuple(n for n in held if n <= most)
    return kept if kept == held else tuple(sorted({*kept, most}))
