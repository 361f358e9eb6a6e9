"""Names of earlier versions that scripts taken home from a page import: they lead to today's.

A page offers a Python script that computes its numbers again, and such scripts are kept for years.
What they import is found under the names that it has now, with a warning that says these.
"""

import importlib
import sys
import warnings
from collections.abc import Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MODULES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "ntk_uq.curve_laws": ("ntk_uq.analysis.curve_laws", {}),
    "ntk_uq.datasets.inspect": ("ntk_uq.datasets.inspection.inspect", {}),
    "ntk_uq.ensembles": ("ntk_uq.results.ensembles", {}),
    "ntk_uq.ensembles.trajectories": ("ntk_uq.results.ensembles.losses_along", {}),
    "ntk_uq.theory.criticality": ("ntk_uq.activations.criticality", {}),
    "ntk_uq.theory.history": ("ntk_uq.theory.descent", {"evaluate_history": "evaluate_descent"}),
}
"""A module's former name: its present one, and what in it was called otherwise."""


def renamed(module: str, names: Mapping[str, str], name: str) -> Any:
    """What a module called ``name`` before, with a warning that says what it is called now.

    Args:
        module: the module that was asked, as it is called now.
        names: former names and where they are now; of another module where there is a dot.

    Raises:
        AttributeError: for any other name.
    """
    if name not in names:
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    warnings.warn(f"{module}.{name} is now {names[name]}", FutureWarning, stacklevel=3)
    return getattr(importlib.import_module(module), names[name])


class _Former(Loader):
    """Fills a module of a former name with what the present one holds."""

    def create_module(self, spec: ModuleSpec) -> None:  # noqa: ARG002 (Python's own module will do)
        return None

    def exec_module(self, module: ModuleType) -> None:
        present, names = MODULES[module.__name__]
        warnings.warn(f"{module.__name__} is now {present}", FutureWarning, stacklevel=2)
        target = importlib.import_module(present)
        module.__dict__.update({n: v for n, v in vars(target).items() if not n.startswith("__")})
        module.__dict__.update({former: getattr(target, now) for former, now in names.items()})


class _Finder(MetaPathFinder):
    """Finds the modules of :data:`MODULES` and no other."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 (the interface of all finders)
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        if fullname not in MODULES:
            return None
        package = any(name.startswith(f"{fullname}.") for name in MODULES)
        return ModuleSpec(fullname, _Former(), is_package=package)


def install() -> None:
    """Has Python find the former names; asking twice changes nothing."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
