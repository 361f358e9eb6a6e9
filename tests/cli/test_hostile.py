"""No traceback from the shell: hostile values for every option of every command."""

import argparse
import io
import random
import sys

import pytest

from ntk_uq import cli
from ntk_uq.base.errors import EngineError
from ntk_uq.cli import demo
from ntk_uq.engine import inline

HOSTILE = (
    *("", " ", "-", "--", "---", "=", ",", ",,", "*", "?", "%", "%s", "{}", "\\", "/", ".", ".."),
    *("0", "-1", "1e400", "nan", "inf", "-inf", "1_0", "٣", "1,1", "2,1", "1e-400", "0x10"),
    *("9" * 400, "a" * 300, "a" * 300 + ".csv", "a/" * 3000, "\0", "a\0b.csv", "\ud800", "µ", "🙂"),
    *("\n", "\t\r", "/dev/null", "/proc/self/mem", "/root/../etc", "~", "~nobody/x.csv", "C:\\x"),
    *("none", "default", "digits", "relu", "{'a': 1}", "[1]", "$(id)", "`id`", "; ls", "'", '"'),
)
_LEFT_OUT = {"engine", "run", "web"}  # they serve until they are ended


def commands(parser, words=()):
    """Every command with its options and how many values stand without one."""
    inner = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    if not inner:
        yield words, parser._actions
        return
    for name, one in inner[0].choices.items():
        if name not in _LEFT_OUT:
            yield from commands(one, (*words, name))


def drawn(rng, words, actions):
    """A command line: some of the options, some values hostile."""
    line = list(words)
    for action in actions:
        if isinstance(action, argparse._HelpAction):
            continue
        value = rng.choice(HOSTILE)
        if not action.option_strings:
            line.append(value)
        elif rng.random() < 0.25:
            flag = rng.choice(action.option_strings)
            line += (
                [flag] if action.nargs == 0 else rng.choice(([f"{flag}={value}"], [flag, value]))
            )
    return line


@pytest.fixture
def parser(monkeypatch):
    """The command line's own, caught on its way."""
    found = []
    parse = argparse.ArgumentParser.parse_args

    def caught(self, arguments=None):
        found.append(self)
        return parse(self, arguments)

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", caught)
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    return found[0]


@pytest.mark.parametrize("runs", [200, pytest.param(2000, marks=pytest.mark.slow)])
def test_no_command_line_ends_in_a_traceback(parser, store, monkeypatch, tmp_path, runs):
    def nothing(*args, **options):
        raise EngineError("nothing is computed here")

    for name in ("run_curve", "run_comparison", "run_map", "run_training_time"):
        monkeypatch.setattr(inline, name, nothing)
    monkeypatch.setattr(demo._Builder, "build", nothing)
    monkeypatch.setenv("NTK_UQ_MIRRORS", "only,http://127.0.0.1:9/")
    monkeypatch.chdir(tmp_path)
    rng, every = random.Random(runs), list(commands(parser))
    assert len(every) > 10
    for run in range(runs):
        line = drawn(rng, *every[run % len(every)])
        if "--follow" in line:
            line.remove("--follow")
        out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
        try:
            code = cli.main(line)
        except SystemExit as end:
            code = end.code
        except BaseException as error:
            raise AssertionError(f"{line} ended in {type(error).__name__}: {error}") from error
        assert code in (0, 1, 2), line


def test_what_cannot_be_written_is_written_by_its_code(store, monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    assert cli.main(["curve", "--n-train", "10,20,30", "--n-test", "20", "--quiet"]) == 0
    out.flush()
    assert rb"\u03bc" in out.buffer.getvalue()


def test_a_name_that_no_file_can_have_is_told(store, capsys):
    name = "a" * 300
    assert cli.main(["curve", "--dataset", name]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"ntk_uq: {name[:50]}")
    assert said.rstrip().endswith("File name too long")
    assert len(said) < 200


def test_a_value_that_argparse_drops_is_told(capsys):
    with pytest.raises(SystemExit):
        cli.main(["training-time", "--n-train=--"])
    assert "--n-train=-- has -- as its value" in capsys.readouterr().err
