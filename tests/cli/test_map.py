"""``ntk_uq map``."""

import json

import pytest

from ntk_uq.cli import main

ARGUMENTS = [
    *("map", "--dataset", "digits", "--n-test", "40", "--n-train", "30", "--quiet"),
    *("--x", "sigma_w", "--x-values", "1:2:3", "--y", "depth", "--y-values", "1,2"),
]


def test_a_table_from_the_largest_y_down(capsys):
    assert main(ARGUMENTS) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "mu:"
    assert out[1].split()[-3:] == ["1", "1.5", "2"]
    assert [line.split()[0] for line in out[2:4]] == ["2", "1"]
    assert all(float(n) > 0 for n in out[2].split()[1:])


def test_json_has_every_quantity_and_reason(capsys):
    assert main([*ARGUMENTS, "--json", "--x", "n_train", "--x-values", "10,30,2000"]) == 0
    found = capsys.readouterr()
    data = json.loads(found.out)
    assert len(data["cells"]) == 6
    assert data["cells"][2]["mu"] is None
    assert "pool of digits" in data["cells"][2]["reason"]
    assert data["cells"][1]["epsilon_population"] > 0
    assert "2 cells: N_D is 2,000" in found.err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--y", "sigma_w"], "Both axes are sigma_w"),
        (["--x-values", "1:2"], "low:high:count"),
        (["--quantity", "alpha_mu"], "has no 'alpha_mu'"),
        (["--posterior", "bayes", "--x", "time"], "a Bayesian posterior has none"),
    ],
)
def test_a_mistake_is_told_before_the_work(more, words, capsys):
    assert main([*ARGUMENTS, *more]) == 2
    assert words in capsys.readouterr().err


def test_where_no_axis_is_a_sigma_the_side_of_the_line_is_told(capsys):
    assert main([*ARGUMENTS, "--x", "n_train", "--x-values", "10,30"]) == 0
    assert "relu with σ_w = 1.414 and σ_b = 0 is critical" in capsys.readouterr().out
