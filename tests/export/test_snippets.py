"""Snippets make the specification that they were made from, and compute its numbers."""

import argparse
import json
import shlex
from dataclasses import replace

import numpy as np
import pytest
from helpers.made import VIEW, computed

import ntk_uq
import ntk_uq.specs
import ntk_uq.views
from ntk_uq.cli import curve, data, ensemble, main, phase_map, spectrum, width
from ntk_uq.cli import training_time as time
from ntk_uq.engine import inline
from ntk_uq.export.snippets import needed, python_of, shell_of
from ntk_uq.specs import (
    ArchitectureSpec,
    CurveSpec,
    DataSpec,
    DescentSpec,
    EnsembleSpec,
    OptimizerSpec,
    PointSpec,
    SpectrumSpec,
    TrainingSpec,
)
from ntk_uq.views import CurvesView, EnsemblesView, RunsView
from ntk_uq.views.commands import COMMANDS

CURVES = [
    CurveSpec(),
    CurveSpec(DataSpec("mnist", 1000, 7, "scale", 0.25), n_train=(5,), draws=3),
    CurveSpec(DataSpec("own-" + "a1" * 20), ArchitectureSpec(3, "erf", 1.7, 0.1)),
    CurveSpec(DataSpec("calorimeter", target="log"), training=TrainingSpec("bayes", jitter=1e-6)),
    CurveSpec(training=TrainingSpec(steps=5, eta=0.3), n_train=tuple(range(1, 60))),
]
ENSEMBLES = [
    EnsembleSpec(),
    EnsembleSpec(optimizer=OptimizerSpec("momentum", 50, 1.5, 0.8), widths=(3, 5), members=4),
    EnsembleSpec(DataSpec(seed=3), optimizer=OptimizerSpec("sgd", eta=0.5, batch_size=9)),
]
OTHERS = [
    DescentSpec(steps=(0, 3), jitter=0.5),
    SpectrumSpec(n=7),
    PointSpec(DataSpec(), ArchitectureSpec(), TrainingSpec()),
    CurvesView(depths=(1,), fit_low=3.0, n_low=3, axis="linear", parts=True),
    EnsemblesView(shown_width=64),
    RunsView(text='a "quoted\\ word', states=("done",)),
]


@pytest.mark.parametrize("spec", [*CURVES, *ENSEMBLES, *OTHERS], ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("indent", [0, 8])
def test_python_makes_the_same_specification(spec, indent):
    code = python_of(spec, indent)
    assert eval(code, {"ntk_uq": ntk_uq}) == spec
    assert max(len(line) for line in code.splitlines()) <= 100


def test_python_names_only_what_is_not_the_default():
    spec = CurveSpec(DataSpec("mnist", n_test=1000), draws=3)
    assert python_of(spec) == (
        'ntk_uq.CurveSpec(data=ntk_uq.DataSpec("mnist", n_test=1000), draws=3)'
    )
    assert python_of(CurveSpec()) == "ntk_uq.CurveSpec()"
    assert python_of(SpectrumSpec()) == "ntk_uq.specs.SpectrumSpec()"


def parsed(command, module, name, text, monkeypatch):
    """What the command line reads in a command, without computing it."""
    found = []
    words = shlex.split(text)
    assert words[:4] == ["python", "-m", "ntk_uq", command]
    monkeypatch.setattr(module, name, lambda spec, *rest: found.append(spec) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        main(words[3:])
    return found[0]


@pytest.mark.parametrize(
    "spec", [CURVES[0], *CURVES[3:], replace(CURVES[1], data=DataSpec(n_test=9))]
)
def test_the_shell_reads_the_same_curve(spec, monkeypatch):
    assert parsed("curve", curve, "_compute", shell_of("curve", spec), monkeypatch) == spec


def test_the_shell_takes_the_names_of_data_sets_of_ones_own(tmp_path, monkeypatch):
    from ntk_uq.datasets import own

    lines = ["a,b,y"] + [f"{i * 37 % 101},{i * i % 97},{i % 2}" for i in range(60)]
    (tmp_path / "mine.csv").write_text("\n".join(lines))
    name = own.add_path(tmp_path / "mine.csv")
    spec = CurveSpec(DataSpec(name, n_test=5), n_train=(4, 8))
    assert parsed("curve", curve, "_compute", shell_of("curve", spec), monkeypatch) == spec
    assert name in needed(name)
    assert "data add FILE" in needed(name)
    assert ntk_uq.curve(eval(python_of(spec), {"ntk_uq": ntk_uq})).complete


@pytest.mark.parametrize("spec", ENSEMBLES)
def test_the_shell_reads_the_same_ensembles(spec, monkeypatch):
    assert (
        parsed("ensemble", inline, "run_comparison", shell_of("ensemble", spec), monkeypatch)
        == spec
    )


def test_a_window_is_taken_from_the_view_and_nothing_else_is():
    spec = CurveSpec(DataSpec("mnist"), ArchitectureSpec(3))
    words = shlex.split(shell_of("curve", spec, CurvesView(fit_low=50.0)))
    assert words[words.index("--dataset") + 1] == "mnist"
    assert words[words.index("--fit-low") + 1] == "50.0"


def test_every_option_of_a_command_is_the_command_lines_own():
    for command, groups in COMMANDS.items():
        parser = argparse.ArgumentParser()
        commands = parser.add_subparsers()
        for module in (curve, ensemble, data, phase_map, spectrum, time, width):
            module.add_parsers(commands)
        inner = parser
        for word in command.split():
            actions = [a for a in inner._actions if isinstance(a, argparse._SubParsersAction)]
            inner = actions[0].choices[word]
        known = {option for action in inner._actions for option in action.option_strings}
        assert {group.option(name) for group in groups for name in group.names} <= known


def test_what_is_needed_before():
    assert needed("digits") == ""
    assert needed("mnist") == "needs the files of mnist: python -m ntk_uq data fetch mnist"


def test_the_python_of_a_view_computes_its_rows(capsys):
    exhibit, _ = computed()
    names = {}
    exec(compile(exhibit.python, "again.py", "exec"), names)
    got = [
        (spec.architecture.depth, p.n_train, p.mu, p.epsilon_floor)
        for spec, curve_ in zip(names["specs"].values(), names["curves"].values(), strict=True)
        for p in curve_.points
    ]
    wanted = [(r["depth"], r["n_train"], r["mu"], r["epsilon_floor"]) for r in exhibit.rows]
    np.testing.assert_allclose(np.array(got), np.array(wanted), rtol=1e-12)
    assert "depth 3 160 " in capsys.readouterr().out


def test_the_commands_of_a_view_compute_its_rows(capsys):
    exhibit, _ = computed()
    got = []
    for line in exhibit.shell:
        assert main([*shlex.split(line)[3:], "--json", "--quiet"]) == 0
        got += [p["mu"] for p in json.loads(capsys.readouterr().out)["points"]]
    np.testing.assert_allclose(got, [row["mu"] for row in exhibit.rows], rtol=1e-12)
    assert len(exhibit.shell) == len(VIEW.depths)
