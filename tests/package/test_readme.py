"""What the README promises is done."""

import re
import shlex
from pathlib import Path

import pytest

from ntk_uq.cli import main
from ntk_uq.engine import inline

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
IN_README = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(), re.DOTALL)
COMMANDS = re.findall(r"^    \.venv/bin/python -m ntk_uq (.+)$", README, re.MULTILINE)


# Computed, most of them take 1 to 13 s each: in the long run. Every time, each is carried out up to
# where it asks for its numbers, and to its end are carried out the short ones.


@pytest.fixture
def asked(monkeypatch):
    """The specifications of what would be computed; there, an example ends."""
    found = []
    for name in ("run_curve", "run_comparison", "run_map", "run_training_time", "run_foreseen"):
        monkeypatch.setattr(inline, name, lambda spec, *rest: found.append(spec) or 1 / 0)
    return found


@pytest.mark.parametrize("code", [c for c in (*IN_README, *EXAMPLES) if "ntk_uq.fit(\n" not in c])
def test_every_example_asks_for_what_there_is(code, asked):
    with pytest.raises(ZeroDivisionError):
        exec(compile(code, "example", "exec"), {})
    (spec,) = asked
    assert f"ntk_uq.{type(spec).__name__}(" in code


@pytest.mark.parametrize("command", [c for c in COMMANDS if not c.startswith(("data", "runs"))])
def test_every_command_asks_for_what_there_is(command, asked, request):
    if "mnist" in command:
        request.getfixturevalue("real_data")
    with pytest.raises(ZeroDivisionError):
        main(shlex.split(command))
    assert len(asked) == 1


@pytest.mark.slow
def test_the_library_example_runs_and_prints_what_it_says(capsys):
    curve, ensemble = IN_README
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


def often(text, short):
    """A parameter for every run of the tests where one of those words is in it."""
    slow = [] if any(words in text for words in short) else [pytest.mark.slow]
    return pytest.param(text, marks=slow)


@pytest.mark.parametrize(
    "code",
    [often(code, ("ntk_uq.fit(\n",)) for code in EXAMPLES],
    ids=range(len(EXAMPLES)),
)
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


@pytest.mark.parametrize(
    "command", [often(c, ("training-time", "data ", "runs ")) for c in COMMANDS]
)
def test_every_command_runs(command, request, tmp_path, monkeypatch, capsys):
    if "mnist" in command:
        request.getfixturevalue("real_data")
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command)) == 0, capsys.readouterr().err


def test_there_are_commands():
    assert len(COMMANDS) == 12
    assert len(EXAMPLES) == 7


PAGES = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_local_links_lead_somewhere(page):
    for target in re.findall(r"\]\(((?!https?:)[^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target
