"""What the README promises is done."""

import re
import shlex
from pathlib import Path

import pytest

from ntk_uq.cli import main

ROOT = Path(__file__).resolve().parents[1]
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


COMMANDS = re.findall(r"^    \.venv/bin/python -m ntk_uq (.+)$", README, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(command, request, tmp_path, monkeypatch, capsys):
    if "mnist" in command:
        request.getfixturevalue("real_data")
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command)) == 0, capsys.readouterr().err


def test_there_are_commands():
    assert len(COMMANDS) == 8


@pytest.mark.parametrize("text", [README, *(p.read_text() for p in (ROOT / "docs").glob("*.md"))])
def test_local_links_lead_somewhere(text):
    for target in re.findall(r"\]\(((?!https?:)[^)]+)\)", text):
        assert (ROOT / target).exists(), target
