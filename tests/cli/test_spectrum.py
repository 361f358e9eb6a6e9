"""``ntk_uq spectrum``: table, JSON, and what it refuses."""

import json

import numpy as np
import pytest

from ntk_uq.cli import main
from ntk_uq.specs import ForeseenSpec

ARGUMENTS = ("spectrum", "--sample", "200", "--n-train", "25,50,100", "--quiet")


def test_json_has_the_spectrum_the_curve_and_its_exponents(capsys):
    assert main([*ARGUMENTS, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    spec = ForeseenSpec.from_json(found["spec"])
    assert (spec.sample, spec.n_train) == (200, (25, 50, 100))
    assert found["digest"] == spec.digest()
    for name in ("ntk_eigenvalues", "nngp_eigenvalues", "target_power", "initial_power"):
        assert len(found[name]) == 200
    assert [point["n_train"] for point in found["foreseen"]] == [25, 50, 100]
    for point in found["foreseen"]:
        assert point["mu"] == pytest.approx(point["mu_bias"] + point["mu_variance"])
        assert 0 < point["mu_error"] < point["mu"]
        assert point["measured"]["mu"] == pytest.approx(point["mu"], rel=0.1)
        assert point["holds"] is True
    exponents = found["exponents"]
    assert set(exponents) == {
        *("kernel", "target_power", "initial_power"),
        *("mu_bias", "mu_variance"),
    }
    assert exponents["mu_variance"]["measured"]["alpha"] > 0


def test_the_table_says_what_was_foreseen_and_what_measured(capsys):
    assert main(list(ARGUMENTS)) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].split() == [
        *("N_D", "mu", "foreseen", "bias", "variance", "mu", "measured", "ratio"),
        *("by", "spectrum", "alone"),
    ]
    assert "eigenvalues of the kernel: ~ rank^-b, b = " in out
    assert "the variance over initializations" in out


def test_sizes_follow_from_the_sample_where_none_are_named(capsys):
    assert main(["spectrum", "--sample", "120", "--quiet", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [point["n_train"] for point in found["foreseen"]] == [25, 50]


def test_bayesian_networks_and_what_is_not_foreseen(capsys):
    assert main([*ARGUMENTS, "--posterior", "bayes", "--jitter", "0.01", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ntk_eigenvalues"] is None
    assert [point["of_spectrum"] for point in found["foreseen"]] == [None] * 3


def test_a_curve_that_the_spectrum_alone_gets_wrong_is_marked(capsys):
    assert main([*ARGUMENTS, "--dataset", "calorimeter"]) == 0
    rows = capsys.readouterr().out.splitlines()[1:4]
    assert all(row.rstrip().endswith("!") for row in rows)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--sample", "9999"), "sample"),
        (("--sample", "3000"), "The sample is 3,000"),
        (("--sample", "100", "--n-train", "80"), "tells of N_D up to 50"),
        (("--sample", "200", "--n-train", "ten"), "must be a whole number"),
    ],
)
def test_it_refuses_in_words(capsys, arguments, words):
    assert main(["spectrum", "--quiet", *arguments]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error


def test_sizes_that_were_named_are_never_left_out(capsys):
    assert main(["spectrum", "--sample", "400", "--n-train", "25,50,100,200,400", "--quiet"]) == 2
    assert "tells of N_D up to 200" in capsys.readouterr().err


@pytest.mark.parametrize(("scale", "code"), [(1e80, 0), (1e150, 0), (1e170, 2)])
def test_targets_of_any_size_end_in_numbers_or_in_words(tmp_path, capsys, scale, code):
    x = np.random.default_rng(0).standard_normal((150, 3))
    rows = [f"{a},{b},{c},{scale * (a + b * c)}" for a, b, c in x]
    path = tmp_path / "huge.csv"
    path.write_text("\n".join(["a,b,c,y", *rows]))
    arguments = ["spectrum", "--dataset", str(path), "--target", "raw", "--sample", "100"]
    assert main([*arguments, "--json", "--quiet", "--no-store"]) == code
    out, error = capsys.readouterr()
    if code:
        assert "not finite in float64" in error
    else:
        assert json.loads(out)["foreseen"][0]["mu_error"] > 0
