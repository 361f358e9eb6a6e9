"""Own files on the command line: from a path to a name, and what is refused."""

import argparse

import numpy as np
import pytest

from ntk_uq import datasets
from ntk_uq.base.errors import (
    DataError,
    MissingDataError,
    NotAllowedError,
    PrivateDataError,
    SpecError,
)
from ntk_uq.cli import own_data
from ntk_uq.datasets import own
from ntk_uq.datasets.own.holders import everybodys
from ntk_uq.people import shell


@pytest.fixture
def parser():
    made = argparse.ArgumentParser()
    own_data.add_options(made)
    return made


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i},{i * i},{i % 3},{'ab'[i % 2]},{i / 7}" for i in range(30)]
    text = "\n".join(['id,"size, log",y,kind,energy', *rows])
    (tmp_path / "f.csv").write_text(text)
    return tmp_path / "f.csv"


def test_a_path_becomes_a_name(parser, path):
    options = parser.parse_args(["--ignore-columns", "kind, id"])
    name = own_data.dataset_name("f.csv", options)
    assert name == own_data.dataset_name(str(path), options)
    assert datasets.get(name).task == "classification"
    assert own.look(name).about["features"] == ["size, log", "energy"]
    assert own_data.dataset_name(name, parser.parse_args([])) == name


def test_targets_and_task_are_chosen_by_options(parser, path):
    text = ["--target-columns", 'energy,"size, log"', "--ignore-columns", "kind"]
    dataset = datasets.get(own_data.dataset_name("f.csv", parser.parse_args(text)))
    assert (dataset.task, dataset.n_outputs) == ("regression", 2)
    assert dataset.target_unit == "energy, size, log"
    text = ["--task", "regression", "--ignore-columns", "kind"]
    assert datasets.get(own_data.dataset_name("f.csv", parser.parse_args(text))).n_outputs == 1


@pytest.mark.parametrize(
    ("options", "about", "features"),
    [
        (["--group-column", "id"], "whole groups of equal 'id'", ["size, log", "energy"]),
        (["--split-column", "flag"], "Column 'flag' says", ["id", "size, log", "energy"]),
        (["--test-last"], "in the order of the rows", ["id", "size, log", "energy"]),
        (["--test-last", "size, log"], "order of 'size, log'", ["id", "size, log", "energy"]),
    ],
)
def test_the_test_set_is_what_columns_say(parser, path, options, about, features):
    lines = path.read_text().splitlines()
    flagged = [f"{line},{n % 3 == 1:d}" for n, line in enumerate(lines[1:])]
    path.write_text("\n".join([f"{lines[0]},flag", *flagged]))
    left_out = "kind" if "flag" in options else "kind,flag"
    given = ["--ignore-columns", left_out, "--task", "classification", *options]
    name = own_data.dataset_name("f.csv", parser.parse_args(given))
    assert about in datasets.get(name).about
    assert own.look(name).about["features"] == features


def test_how_many_groups_are_tested_on_is_told(parser, path, capsys):
    options = parser.parse_args(["--ignore-columns", "kind", "--group-column", "id"])
    own_data.dataset_name("f.csv", options)
    assert (
        "6 of 30 examples are the test part: 6 of 30 groups of equal 'id'."
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--group-column", ""], "--group-column is empty"),
        (["--split-column", ""], "--split-column is empty"),
        (["--group-column", "id", "--test-data", "20%"], "is a share between 0 and 1"),
        (["--test-last", "--test-data", "abc"], "is a share between 0 and 1"),
    ],
)
def test_what_no_value_can_be_is_told(parser, path, options, words):
    with pytest.raises(SpecError, match=words):
        own_data.dataset_name("f.csv", parser.parse_args(options))


@pytest.mark.parametrize(
    "options",
    [
        ["--group-column", "id", "--test-last"],
        ["--split-column", "y", "--test-data", "0.3"],
        ["--test-data", "g.csv", "--split-column", "id"],
        ["--test-arrays", "x=a", "--test-last", "id"],
        ["--test-arrays", "x=a", "--test-data", "0.3"],
    ],
)
def test_one_thing_alone_says_what_the_test_set_is(parser, path, options):
    with pytest.raises(SpecError, match="each say what the test set is; give one"):
        own_data.dataset_name("f.csv", parser.parse_args(options))


@pytest.mark.parametrize("name", ["digits", "mnist", "own-" + "0" * 40, "no-such-set"])
def test_a_name_stays_a_name(parser, path, name):
    (path.parent / "digits").mkdir()  # a registered name is never a path
    assert own_data.dataset_name(name, parser.parse_args([])) == name
    with pytest.raises(SpecError, match=f"are for a data file; '{name}' is not the path of one"):
        own_data.dataset_name(name, parser.parse_args(["--task", "regression"]))


def test_a_file_without_a_suffix_is_a_path_if_it_is_there(parser, path):
    path.rename("table")
    with pytest.raises(DataError, match="table has a name without a suffix"):
        own_data.dataset_name("table", parser.parse_args([]))
    with pytest.raises(MissingDataError, match="There is no file"):
        own_data.dataset_name("folder/table", parser.parse_args([]))


def test_a_column_that_is_not_there_is_told_with_those_that_are(parser, path):
    options = parser.parse_args(["--target-columns", "mass"])
    with pytest.raises(DataError, match="no column 'mass'; it has id, size, log, y, kind, energy"):
        own_data.dataset_name("f.csv", options)


def test_data_add_prints_the_name(path, capsys):
    parser = argparse.ArgumentParser()
    own_data.add_parsers(parser.add_subparsers())
    options = parser.parse_args(["add", str(path), "--ignore-columns", "kind"])
    options.run(options)
    name = capsys.readouterr().out.strip()
    assert own.is_own(name)
    assert np.isfinite(datasets.get(name).load().pool_inputs).all()


@pytest.fixture
def user(monkeypatch):
    """Says who runs the commands, where people log in."""
    monkeypatch.setenv("NTK_UQ_LOGIN", "oidc")
    monkeypatch.setenv("NTK_UQ_ADMINS", "root")

    def become(name, role="member"):
        monkeypatch.setenv("NTK_UQ_ROLE", role)
        monkeypatch.setattr(shell, "_user", lambda: name)

    return become


@pytest.mark.parametrize("sharing", [None, "link", "group"])
def test_a_file_is_whoevers_who_adds_it_and_private_unless_it_is_said(parser, path, user, sharing):
    user("ada")
    options = parser.parse_args(["--ignore-columns", "kind"])
    shared = parser.parse_args(
        ["--ignore-columns", "kind", *(["--sharing", sharing] if sharing else [])]
    )
    name = own_data.dataset_name("f.csv", shared)
    ((_, (one,)),) = everybodys().items()
    assert (one.name, one.title, one.sharing) == ("ada", "f.csv", sharing or "private")
    for person, role in (("bob", "member"), ("vic", "viewer")):
        user(person, role)
        if sharing is None:
            with pytest.raises(PrivateDataError, match="only ada and admins"):
                own_data.dataset_name(name, parser.parse_args([]))
        else:
            assert own_data.dataset_name(name, parser.parse_args([])) == name
    with pytest.raises(NotAllowedError, match="upload nothing"):
        own_data.dataset_name("f.csv", options)
    assert len(everybodys()[name]) == 1
    user("root")
    assert own_data.dataset_name(name, parser.parse_args([])) == name
