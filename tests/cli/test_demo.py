"""``ntk_uq demo build`` and what ``run --demo`` refuses to show."""

import re

import pytest
from helpers.demos import TINY, VIEW, files

from ntk_uq.analysis.preset_views import AS_IN_THE_PAPER, PresetView
from ntk_uq.base import settings
from ntk_uq.engine.engine import Engine
from ntk_uq.jobs import prepared
from ntk_uq.specs import DataSpec
from ntk_uq.store import JobState, Store, open_store
from ntk_uq.views import CurvesView

OTHER = CurvesView(DataSpec(n_test=50), depths=(2,), n_low=20, n_high=40, n_points=2, draws=1)


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setattr(prepared, "SMALL", TINY)
    return settings.demo_directory()


def test_it_is_built_beside_the_usual_store_and_only_once(tiny, run):
    code, out, error = run("demo", "build")
    assert (code, error) == (0, "")
    assert tiny == settings.store_directory().with_name("store-demo")
    assert "1 view, 0 of them there already." in out
    assert re.search(r"1 job to do, about \d+ s on this machine", out)
    assert "1 of 1: Tiny curves is there" in out
    assert f"The demo is in {tiny}. This shows it: python -m ntk_uq run --demo\n" in out
    assert not settings.store_directory().exists()
    with Store(tiny, read_only=True) as store:
        assert prepared.missing(store, VIEW) == ()
        assert [job.state for job in store.jobs.list()] == [JobState.DONE]
        assert store.jobs.engines() == []
    results = files(tiny / "results")
    code, out, _ = run("demo", "build")
    assert code == 0
    assert "1 view, 1 of them there already." in out
    assert "to do" not in out
    assert files(tiny / "results").keys() == results.keys()


def test_it_goes_on_where_it_was_stopped(tiny, run, monkeypatch):
    both = (*TINY, PresetView("Deeper", "", OTHER))
    monkeypatch.setattr(prepared, "SMALL", both)
    step, steps = Engine.step, []

    def stopped(self):
        steps.append(1)
        with open_store(tiny) as store:
            if not prepared.missing(store, VIEW):
                raise KeyboardInterrupt
        return step(self)

    monkeypatch.setattr(Engine, "step", stopped)
    code, out, error = run("demo", "build")
    assert (code, error) == (130, "ntk_uq: interrupted; what was computed is kept\n")
    monkeypatch.setattr(Engine, "step", step)
    code, out, _ = run("demo", "build")
    assert code == 0
    assert "2 views, 1 of them there already." in out
    assert "1 job to do" in out
    assert "2 of 2: Deeper is there" in out


def test_what_has_no_data_is_left_out_by_name(tiny, run, monkeypatch):
    monkeypatch.setattr(prepared, "SMALL", (AS_IN_THE_PAPER[1], *TINY))
    code, out, _ = run("demo", "build")
    assert code == 0
    assert "Left out: MNIST. " in out
    with Store(tiny, read_only=True) as store:
        assert [one.label for one in prepared.views(store)] == ["Tiny curves"]


def test_what_cannot_be_computed_is_said_and_the_rest_is_there(tiny, run, monkeypatch):
    huge = PresetView("Huge", "", CurvesView(DataSpec(n_test=50), n_low=20, n_high=5000))
    monkeypatch.setattr(prepared, "SMALL", (huge, *TINY))
    code, out, _ = run("demo", "build")
    assert code == 1
    assert "Huge not all of it could be computed" in out
    assert re.search(r"^Huge: .*5,?000", out, re.MULTILINE)  # the digits are fewer
    assert "1 of 2: Tiny curves is there" in out
    assert "This shows it" not in out


def test_the_full_one_has_more(tiny, run, monkeypatch):
    monkeypatch.setattr(prepared, "FULL", (*TINY, PresetView("Deeper", "", OTHER)))
    _, out, _ = run("demo", "build", "--full")
    assert "2 views" in out
    with pytest.raises(SystemExit):
        run("demo", "build", "--full", "--small")


def test_another_folder_is_named_where_it_is_shown(tiny, run, tmp_path):
    code, out, _ = run("demo", "build", "--store", str(tmp_path / "shown"))
    assert code == 0
    assert f"run --demo {tmp_path / 'shown'}\n" in out
    assert not tiny.exists()


def test_the_usual_store_is_not_made_a_demo(run):
    code, _, error = run("demo", "build", "--store", str(settings.store_directory()))
    assert code == 2
    assert "is the usual store" in error


@pytest.fixture
def demo(monkeypatch):
    # The command sets it for the pages that it starts.
    monkeypatch.setenv("NTK_UQ_DEMO", str(settings.demo_directory()))


def test_none_is_shown_where_there_is_none_or_not_all_of_it(demo, run):
    folder = settings.demo_directory()
    code, _, error = run("run", "--demo", "--headless")
    assert code == 2
    assert f"There is no store in {folder}" in error
    assert "python -m ntk_uq demo build" in error
    assert not folder.exists()
    with Store(folder) as store:
        pass
    _, _, error = run("run", "--headless")  # the setting alone says so, too
    assert "holds no demo" in error
    with Store(folder) as store:
        prepared.name_views(store, TINY)
    before = files(folder)
    code, _, error = run("run", "--demo", "--headless")
    assert code == 2
    assert "is not complete: results of Tiny curves are missing. Run `python" in error
    assert files(folder) == before


def test_no_engine_computes_for_a_demo(demo, run):
    code, _, error = run("engine")
    assert code == 2
    assert "NTK_UQ_DEMO is set" in error
