"""Former names: found under the present ones, with a warning that says these."""

import importlib
import sys

import pytest

import ntk_uq
from ntk_uq import specs
from ntk_uq.base import old_names


@pytest.mark.parametrize("name", old_names.MODULES)
def test_a_former_module_is_the_present_one(name, monkeypatch):
    monkeypatch.delitem(sys.modules, name, raising=False)
    present, renamed = old_names.MODULES[name]
    with pytest.warns(FutureWarning, match=f"{name} is now {present}"):
        module = importlib.import_module(name)
    target = importlib.import_module(present)
    for old, now in renamed.items():
        assert getattr(module, old) is getattr(target, now)
    for thing in (n for n in vars(target) if not n.startswith("__")):
        assert getattr(module, thing) is getattr(target, thing)


def test_former_names_of_the_package_and_its_specifications():
    with pytest.warns(FutureWarning, match="ntk_uq.time_law is now training_time"):
        assert ntk_uq.time_law is ntk_uq.training_time
    with pytest.warns(FutureWarning, match="HistorySpec is now DescentSpec"):
        assert specs.HistorySpec is specs.DescentSpec


@pytest.mark.parametrize("name", ["ntk_uq.nothing", "ntk_uq.theory.nothing"])
def test_other_names_are_not_found(name):
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        ntk_uq.nothing  # noqa: B018


def test_asking_twice_changes_nothing():
    before = list(sys.meta_path)
    old_names.install()
    assert sys.meta_path == before
