"""Kinds of files that users have, many of each: what is right was written down before any of them
was read. All go through the command line, and what is read is compared with the data set that is
made of the same columns without a reader."""

import pytest
from helpers.kinds import arrays, tables, texts
from helpers.reading import ask_here

from ntk_uq.cli import main

CASES = {
    f"{kind}: {label}": case
    for module in (texts, arrays, tables)
    for kind, cases in module.KINDS.items()
    for label, case in cases.items()
}


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    monkeypatch.setattr("ntk_uq.datasets.own.reading.ask", ask_here)


@pytest.mark.parametrize("label", CASES)
def test_a_file_is_read_noted_or_refused_with_its_remedy(label, tmp_path, monkeypatch, capsys):
    case, path = CASES[label], tmp_path / CASES[label].file
    path.write_bytes(case.content)
    monkeypatch.chdir(tmp_path)
    code = main(["data", "add", str(path), *case.options])
    told = capsys.readouterr()
    case.check(code, told.out, told.err)
