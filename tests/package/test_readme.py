"""What the README promises is done."""

import re
import shlex
from pathlib import Path

import pytest

from ntk_uq.cli import main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def test_the_library_example_runs_and_prints_what_it_says(capsys):
    curve, ensemble = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(ensemble, "README.md", "exec"), {})
    rows = [line.split() for line in capsys.readouterr().out.strip().splitlines()]
    assert [int(width) for width, *_ in rows] == [32, 128]
    for _, mu, low, high, ratio in rows:
        assert float(low) < float(mu) < float(high)
        assert 0 < float(ratio) < 2
    exec(compile(curve, "README.md", "exec"), {})
    *points, fit, laws = capsys.readouterr().out.strip().splitlines()
    assert [int(line.split()[0]) for line in points] == [50, 100, 200, 400, 800]
    assert fit.startswith(("α = ", "still bending"))
    assert re.search(r"; (ε = .* \(95 %: |no expectation of ε)", laws)


EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("code", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_of_the_documentation_runs_and_prints(code, capsys):
    exec(compile(code, "docs/python.md", "exec"), {})
    lines = capsys.readouterr().out.strip().splitlines()
    assert lines
    if "training_time" in code:
        assert [line.split()[:2] for line in lines] == [
            *(["0.0", "0.0"], ["0.0", "0.01"], ["4.0", "0.0"], ["4.0", "0.01"])
        ]
        tau, mu, gain = eval(lines[2].split(maxsplit=2)[2])
        assert 1 < tau < 1000
        assert 0 < mu < 1
        assert gain > 0.1


COMMANDS = re.findall(r"^    \.venv/bin/python -m ntk_uq (.+)$", README, re.MULTILINE)


# 4 to 13 s each. Of their kinds shorter ones run every time: here a curve of depth 2, one of the
# calorimeter, and widths; in tests/cli all options, laws, maps and ensembles, at smaller sizes.
LONG = ("--dataset mnist", "--law auto", "map ", "ensemble ")


def marked(command):
    slow = [pytest.mark.slow] if any(words in command for words in LONG) else []
    return pytest.param(command, marks=slow)


@pytest.mark.parametrize("command", [*map(marked, COMMANDS)])
def test_every_command_runs(command, request, tmp_path, monkeypatch, capsys):
    if "mnist" in command:
        request.getfixturevalue("real_data")
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command)) == 0, capsys.readouterr().err


def test_there_are_commands():
    assert len(COMMANDS) == 11
    assert len(EXAMPLES) == 6


PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_local_links_lead_somewhere(page):
    for target in re.findall(r"\]\(((?!https?:)[^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target
