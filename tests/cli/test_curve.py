"""``ntk_uq curve``: what is printed where, what is kept, and every mistake in words."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ntk_uq import datasets
from ntk_uq.cli import main
from ntk_uq.specs import CurveSpec, DataSpec

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["curve", "--n-train", "10,20,40,80", "--n-test", "20", "--draws", "2"]
POINT_KEYS = {
    *("n_train", "draws", "mu", "mu_sem", "mu_bias", "mu_variance", "sigma", "sigma_sem"),
    *("epsilon", "epsilon_sem", "epsilon_population", "epsilon_floor", "condition", "warnings"),
    *("mu_error", "sigma_error", "epsilon_error", "mu_test_error", "sigma_test_error"),
    *("epsilon_test_error", "epsilon_population_test_error", "n_used"),
}


@pytest.fixture
def run(capsys):
    """Runs a command in this process; returns its exit code, output and errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(arguments)
        except SystemExit as stop:
            code = stop.code
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return run


def refuse_to_compute(monkeypatch):
    def evaluate(*arguments, **options):
        raise AssertionError("computed, and should not have been")

    monkeypatch.setattr("ntk_uq.theory.curve.evaluate_draw", evaluate)


def strict(text: str):
    def refuse(name: str):
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_json_has_exactly_the_documented_keys(run):
    code, out, _ = run(*SMALL, "--json")
    assert code == 0
    data = strict(out)
    # Reasons for missing points are beside the points: nothing may fail in silence.
    assert set(data) == {
        *("spec", "digest", "points", "fits", "laws", "verdict", "failures", "provenance")
    }
    spec = CurveSpec(DataSpec(n_test=20), n_train=(10, 20, 40, 80), draws=2)
    assert data["spec"] == spec.to_json()
    assert data["digest"] == spec.digest()
    assert [p["n_train"] for p in data["points"]] == [10, 20, 40, 80]
    for point in data["points"]:
        assert set(point) == POINT_KEYS
        assert point["draws"] == 2
        assert point["mu"] == pytest.approx(point["mu_bias"] + point["mu_variance"])
        assert point["mu_sem"] > 0
    assert set(data["fits"]) == {"mu", "sigma", "epsilon"}
    assert data["failures"] == []
    assert set(data["provenance"]) >= {"versions", "device", "dtype", "seconds"}
    assert data["provenance"]["dtype"] == "float64"
    assert data["provenance"]["seconds"] > 0
    assert {"ntk_uq", "jax", "numpy"} <= set(data["provenance"]["versions"])


def test_folds_take_every_example_as_a_test_example(run):
    code, out, _ = run("curve", "--n-train", "20,40,81", "--test", "folds=4", "--json")
    assert code == 0
    points = strict(out)["points"]
    assert [point["n_train"] for point in points] == [15, 30, 61]
    for point in points:
        assert set(point) == POINT_KEYS
        assert 0 < point["mu_error"] < point["mu"]
        assert point["mu_sem"] is None
    code, out, _ = run("curve", "--n-train", "20,40,81", "--test", "folds=4")
    assert code == 0
    assert "Other examples would move the points: mu by up to" in out
    assert "folds share training examples" in out
    code, _, err = run("curve", "--n-train", "6,40", "--test", "folds=4")
    assert code == 2
    assert "N_D 6 in 4 folds leaves fewer than two examples in some; choose N_D from 8 on" in err


def test_a_share_of_the_examples_is_asked_for_by_either_name(run, tmp_path):
    path = tmp_path / "mine.csv"
    rows = [f"{i / 7:.3f},{i % 5},{i % 3 + i / 9:.3f}" for i in range(40)]
    path.write_text("\n".join(["a,b,y", *rows]))
    names = set()
    for option in ("--test-data", "--test"):
        code, out, err = run(
            *("curve", "--dataset", str(path), option, "0.5", "--n-test", "20"),
            *("--n-train", "5,10", "--json"),
        )
        assert code == 0, err
        spec = strict(out)["spec"]
        assert spec["test"] == "held-out"
        names.add(spec["data"]["dataset"])
    (name,) = names
    assert datasets.get(name).sizes() == (20, 20)


def test_json_has_standard_output_for_itself_and_progress_goes_elsewhere(run):
    _, out, err = run(*SMALL, "--json")
    assert out.startswith("{")
    assert out.endswith("}\n")
    assert "8/8" in err
    _, quiet_out, quiet_err = run(*SMALL, "--json", "--quiet")
    assert quiet_err == ""
    assert strict(quiet_out)["points"] == strict(out)["points"]


@pytest.mark.parametrize(
    "more",
    [
        ["--n-train", "10", "--n-test", "1"],
        ["--n-train", "10", "--n-test", "20"],
        ["--n-train", "1", "--n-test", "20"],
        ["--n-train", "100", "--activation", "linear", "--n-test", "20"],
    ],
    ids=["one-test-example", "one-size", "one-example", "singular"],
)
def test_json_is_strict_where_numbers_are_missing(run, more):
    _, out, _ = run("curve", *more, "--json", "--quiet")
    data = strict(out)
    assert data["fits"]["mu"]["alpha"] is None


def test_fits_are_of_the_window_that_was_asked_for(run):
    sizes = ["--n-train", "10,20,40,80,160,320", "--n-test", "20", "--quiet"]
    _, out, _ = run("curve", *sizes, "--fit-low", "15", "--fit-high", "200", "--json")
    data = strict(out)
    assert len(data["points"]) == 6
    for name in ("mu", "sigma"):
        assert data["fits"][name]["window"] == [20, 160]
    _, table, _ = run("curve", *sizes, "--fit-low", "15", "--fit-high", "200")
    assert sum("(N_D 20 to 160)" in line for line in table.splitlines()) >= 2


SIZES = ["--n-train", "10,20,40,80,160,320", "--n-test", "20", "--draws", "2", "--quiet"]


def test_every_law_is_listed_with_its_weight_and_the_largest_size_is_held_out(run):
    _, short, _ = run("curve", *SIZES)
    assert "held out" not in short
    assert "constant" not in short
    assert short.splitlines()[-1].startswith("μ ")  # the verdict
    _, out, _ = run("curve", *SIZES, "-v")
    lines = out.splitlines()
    for name in ("mu", "sigma", "epsilon"):
        rows = [line.replace("*", " ").split() for line in lines]
        rows = [row for row in rows if row[:1] == [name]]
        laws = [row[1] for row in rows if row[1] != "and"]
        assert laws == ["constant", "power", "offset", "broken"], name
    assert sum("held out N_D = 320: " in line for line in lines) == 3
    assert "expect" not in out.replace("expected", "")


def test_an_extrapolation_is_a_sentence_and_a_record(run):
    _, out, _ = run("curve", *SIZES, "--law", "auto", "--extrapolate", "60000")
    (sentence,) = [line for line in out.splitlines() if "at N_D = 60,000" in line]
    assert "expect μ = " in sentence or "no expectation of μ" in sentence
    assert "expect no expectation" not in sentence
    assert "N_D = 60,000 is 188 times beyond the data" in out
    _, out, _ = run("curve", *SIZES, "--law", "auto", "--extrapolate", "60000", "--json")
    data = strict(out)
    assert set(data["extrapolation"]) == {"mu", "sigma", "epsilon"}
    found = data["extrapolation"]["mu"]
    assert found["n_train"] == 60000
    assert (found["value"] is None) == (found["reason"] != "")
    assert [fit["law"] for fit in data["laws"]["mu"]["fits"]] == [
        *("constant", "power", "offset", "broken")
    ]


def test_a_law_that_does_not_exist_is_told_before_the_work(run, monkeypatch):
    monkeypatch.setattr("ntk_uq.cli.curve._compute", None)
    code, _, err = run("curve", *SIZES, "--law", "exponential")
    assert code == 2
    assert "law is 'exponential'; choose one of power, auto, offset, broken" in err


def test_a_singular_kernel_is_a_failure_in_words_with_what_could_be_computed(run):
    arguments = ["curve", "--activation", "linear", "--n-train", "20,100", "--n-test", "20"]
    code, out, err = run(*arguments, "--json", "--quiet")
    data = strict(out)
    assert code == 1
    assert [p["n_train"] for p in data["points"]] == [20]
    (failure,) = data["failures"]
    assert failure.startswith("N_D 100: ")
    assert "jitter" in failure
    assert err == f"ntk_uq: {failure}\n"


def test_the_table_has_a_row_a_size_and_a_line_a_fit(run):
    code, out, _ = run(*SMALL)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split() == [
        *("N_D", "mu", "sigma", "epsilon", "population", "floor", "condition")
    ]
    assert [line.split()[0] for line in lines[1:5]] == ["10", "20", "40", "80"]
    assert all("±" in line for line in lines[1:5])
    assert len({len(line) for line in lines[:5]}) == 1
    for name in ("mu:", "sigma:", "epsilon:"):
        assert sum(line.strip().startswith(name) for line in lines[5:]) == 1


def test_the_table_of_nothing_says_so(run):
    code, out, err = run(
        *("curve", "--activation", "linear", "--n-train", "100", "--n-test", "20", "--quiet")
    )
    assert code == 1
    assert len(out.splitlines()[0].split()) == 7
    assert "nan" not in out
    assert "not positive definite" in err


def test_a_second_run_is_served_from_the_store(run, monkeypatch):
    _, first, _ = run(*SMALL, "--json", "--quiet")
    refuse_to_compute(monkeypatch)
    code, second, _ = run(*SMALL, "--json", "--quiet")
    assert code == 0
    assert strict(second) == strict(first)
    code, _, err = run("curve", "--n-train", "20,80", "--n-test", "20")
    assert code == 0
    assert "2/2" in err


def test_without_the_store_everything_is_computed_and_nothing_kept(run, monkeypatch):
    store = Path(os.environ["NTK_UQ_STORE"])
    code, first, _ = run(*SMALL, "--json", "--quiet", "--no-store")
    assert code == 0
    assert not store.exists()
    _, second, _ = run(*SMALL, "--json", "--quiet", "--no-store")
    assert strict(second)["points"] == strict(first)["points"]
    refuse_to_compute(monkeypatch)
    with pytest.raises(AssertionError, match="should not have been"):
        run(*SMALL, "--no-store")


def test_every_option_reaches_the_specification(run):
    _, out, _ = run(
        *("curve", "--dataset", "digits", "--n-test", "20", "--seed", "3", "--depth", "1"),
        *("--activation", "erf", "--sigma-w", "1.25", "--sigma-b", "0.5", "--steps", "7"),
        *("--eta", "0.5", "--jitter", "1e-6", "--n-train", "10,20", "--draws", "2"),
        *("--preparation", "none", "--zca", "0.1", "--noise", "0.3", "--json", "--quiet"),
    )
    assert strict(out)["spec"] == {
        "data": {
            **{"dataset": "digits", "n_test": 20, "seed": 3},
            **{"preparation": "none", "zca": 0.1, "target": "default", "noise": 0.3},
        },
        "architecture": {"depth": 1, "activation": "erf", "sigma_w": 1.25, "sigma_b": 0.5},
        "training": {
            **{"posterior": "trained", "time": None, "steps": 7, "eta": 0.5, "jitter": 1e-6}
        },
        "n_train": [10, 20],
        "draws": 2,
        "test": "held-out",
    }


@pytest.mark.parametrize("made", ["file", "foreign"])
def test_a_store_that_cannot_be_used_costs_the_keeping_and_not_the_curve(
    run, tmp_path, monkeypatch, made
):
    place = tmp_path / "place"
    if made == "file":
        place.write_text("mine")
    else:
        place.mkdir()
        (place / "thesis.tex").write_text("mine")
    monkeypatch.setenv("NTK_UQ_STORE", str(place))
    code, out, err = run(*SMALL, "--json", "--quiet")
    assert code == 0
    assert len(strict(out)["points"]) == 4
    assert len(err.splitlines()) == 1
    assert "results are not kept" in err
    assert str(place) in err
    assert "NTK_UQ_STORE" in err


@pytest.mark.parametrize("method", ["get", "put"])
def test_a_store_that_fails_on_the_way_costs_the_keeping_and_not_the_curve(
    run, monkeypatch, method, caplog
):
    from ntk_uq.base.errors import StoreError
    from ntk_uq.store import ResultsCache

    def fail(*arguments):
        raise StoreError("the disk is gone")

    monkeypatch.setattr(ResultsCache, method, fail)
    code, out, err = run(*SMALL, "--json", "--quiet")
    assert code == 0
    assert len(strict(out)["points"]) == 4
    assert "the disk is gone" in err + caplog.text


MISTAKES = [
    (["--dataset", "nosuch"], 2, "no data set 'nosuch'; choose one of digits"),
    (["--dataset", "../x"], 1, "There is no file ../x"),
    (["--depth", "two"], 2, "depth is 'two'; it must be a whole number"),
    (["--depth", "99"], 2, "depth is 99; it must be from 1 to 32"),
    (["--depth", ""], 2, "depth is empty"),
    (["--sigma-w", "nan"], 2, "sigma_w is nan"),
    (["--activation", "tanh"], 2, "activation is 'tanh'; choose one of relu"),
    (["--n-train", "100,50"], 2, "n_train goes from 100 down to 50"),
    (["--n-train", "50,50"], 2, "n_train holds 50 twice"),
    (["--n-train", "50;60"], 2, "n_train is '50;60'"),
    (["--n-train", ""], 2, "n_train is empty"),
    (["--n-train", "-5"], 2, "n_train[0] is -5"),
    (["--n-train", "1298"], 2, "the pool of digits holds 1,297 examples; choose at most 1,297"),
    (["--n-test", "501"], 2, "the test part of digits holds 500 examples; choose at most 500"),
    (["--time", "1", "--steps", "2"], 2, "either a gradient-flow time or a number of steps"),
    (["--eta", "0.5"], 2, "only together with steps"),
    (["--steps", "3", "--eta", "2"], 2, "eta is 2; it must be above 0 and below 2"),
    (["--posterior", "bayes", "--steps", "3"], 2, "no training time"),
    (["--fit-low", "x"], 2, "fit_low is 'x'; it must be a number"),
    (["--fit-low", "nan"], 2, "fit_low is nan; it must be at least 1"),
    (["--fit-high", "0"], 2, "fit_high is 0; it must be at least 1"),
    (["--fit-low", "50", "--fit-high", "20"], 2, "fit window goes from 50 to 20"),
    (["--dataset", "mnist"], 1, "NTK_UQ_DATA"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), MISTAKES, ids=lambda v: str(v)[:40])
@pytest.mark.parametrize("store", [True, False], ids=["store", "no-store"])
def test_a_mistake_is_one_line_in_words(run, arguments, code, words, store):
    got, out, err = run("curve", *arguments, *([] if store else ["--no-store"]))
    assert got == code
    assert out == ""
    assert words in err
    assert err.startswith("ntk_uq: ")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("store", [True, False], ids=["store", "no-store"])
def test_a_curve_beyond_the_memory_is_refused_before_anything_is_loaded(run, monkeypatch, store):
    monkeypatch.setenv("NTK_UQ_MEMORY", "500MiB")
    monkeypatch.setattr("ntk_uq.datasets.load_split", None)
    code, out, err = run(
        *("curve", "--dataset", "calorimeter", "--n-train", "50,16000"),
        *([] if store else ["--no-store"]),
    )
    assert code == 1
    assert out == ""
    assert err.startswith("ntk_uq: N_D = 16000")
    assert "500.0 MiB (NTK_UQ_MEMORY)" in err
    assert "The largest N_D that fits is" in err
    assert len(err.splitlines()) == 1


def test_the_largest_size_that_is_said_to_fit_is_taken(run, monkeypatch):
    from ntk_uq.base.errors import MemoryLimitError
    from ntk_uq.costs.memory import check_memory

    limit = 500 * 2**20
    with pytest.raises(MemoryLimitError) as caught:
        check_memory(CurveSpec(n_train=(16_000,)), 490, limit)
    largest = int(str(caught.value).rstrip(".").split()[-1])
    check_memory(CurveSpec(n_train=(largest,)), 490, limit)
    with pytest.raises(MemoryLimitError):
        check_memory(CurveSpec(n_train=(largest + 1,)), 490, limit)


@pytest.mark.parametrize("variable", ["NTK_UQ_MEMORY", "NTK_UQ_WORKERS"])
def test_a_setting_that_cannot_be_read_is_told_by_name(run, monkeypatch, variable):
    monkeypatch.setenv(variable, "much")
    code, out, err = run("curve", "--n-train", "10", "--n-test", "20")
    assert (code, out) == (2, "")
    assert f"{variable} is 'much'" in err


@pytest.mark.parametrize(
    "arguments",
    [[], ["nosuch"], ["curve", "--nosuch"], ["curve", "--depth"], ["curve", "extra"], ["data"]],
    ids=" ".join,
)
def test_wrong_usage_ends_with_code_2_and_the_usage(run, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage: ntk_uq")
    assert "error:" in err.splitlines()[-1]


def test_an_interruption_is_told_and_what_was_computed_is_kept(run, monkeypatch):
    import ntk_uq.theory.curve as theory

    real = theory.evaluate_draw

    def interrupted(*arguments, **options):
        points = real(*arguments, **options)
        yield next(points)
        yield next(points)
        raise KeyboardInterrupt

    monkeypatch.setattr(theory, "evaluate_draw", interrupted)
    code, out, err = run(*SMALL, "--quiet")
    assert (code, out) == (130, "")
    assert err == "ntk_uq: interrupted; what was computed is kept\n"
    monkeypatch.setattr(theory, "evaluate_draw", real)
    refuse_to_compute(monkeypatch)
    assert run("curve", "--n-train", "10,20", "--n-test", "20", "--quiet")[0] == 0


def test_help_names_every_field_with_its_default(run):
    code, out, err = run("curve", "--help")
    assert (code, err) == (0, "")
    for option in ("--dataset", "--n-test", "--depth", "--sigma-w", "--posterior", "--eta"):
        assert option in out
    assert "50,100,200,400,800" in out
    assert "relu|erf|gelu|linear" in out
    code, out, _ = run("--version")
    assert (code, out) == (0, "ntk_uq 0.1.0\n")


# In processes of their own


def test_help_and_mistakes_load_no_jax():
    code = """
import contextlib, sys
from ntk_uq.cli import main
for command in ("--help", "curve --help", "curve --eta 0.5", "curve --dataset nosuch"):
    with contextlib.suppress(SystemExit):
        main(command.split())
    heavy = {"jax", "neural_tangents", "distributed", "streamlit", "sklearn"}
    if heavy & set(sys.modules):
        sys.exit(f"{command} loaded {heavy & set(sys.modules)}")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "no data set 'nosuch'" in done.stderr


def into_a_closed_pipe(*arguments: str) -> subprocess.CompletedProcess:
    """Runs a command whose reader has gone before the first line."""
    read, write = os.pipe()
    os.close(read)
    try:
        return subprocess.run(
            [sys.executable, "-m", "ntk_uq", *arguments],
            cwd=ROOT,
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
        )
    finally:
        os.close(write)


@pytest.mark.parametrize(
    "arguments",
    [["data", "list"], pytest.param(["--help"], marks=pytest.mark.slow)],
    ids=" ".join,
)
def test_a_reader_that_leaves_is_no_reason_to_complain(arguments):
    done = into_a_closed_pipe(*arguments)
    assert done.stderr == ""
    assert done.returncode in (0, 1)


@pytest.mark.slow
def test_a_reader_that_leaves_a_curve_is_no_reason_to_complain():
    done = into_a_closed_pipe(*SMALL, "--quiet", "--json")
    assert done.stderr == ""
    assert done.returncode in (0, 1)


def test_three_points_of_two_draws_do_not_say_that_nothing_changes(store, capsys):
    words = "curve --dataset digits --depth 1 --n-train 25,50,100 --n-test 100 --draws 2"
    assert main([*words.split(), "--steps", "100", "--eta", "1", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "does not change" not in said
    assert "cannot be told: there are too few points" in said
