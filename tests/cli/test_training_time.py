"""The command of losses against training time."""

import json
import re

import pytest

from ntk_uq.analysis.training_time import sentences
from ntk_uq.results.training_time import stored_training_time
from ntk_uq.specs import ArchitectureSpec, DataSpec, TrainingTimeSpec
from ntk_uq.specs.training_time import time_grid

SMALL = (
    *("training-time", "--n-train", "60", "--n-test", "40", "--depth", "1", "--tau-low", "0.1"),
    *("--tau-high", "1e4", "--n-times", "9", "--noises", "0,4", "--draws", "2", "--quiet"),
)
SPEC = TrainingTimeSpec(
    DataSpec(n_test=40),
    ArchitectureSpec(1),
    n_train=60,
    times=time_grid(0.1, 1e4, 9),
    noises=(0.0, 4.0),
    draws=2,
)


def test_the_json_has_every_draw_and_the_store_keeps_them(run, store):
    code, out, error = run(*SMALL, "--json")
    assert (code, error) == (0, "")
    data = json.loads(out)
    assert TrainingTimeSpec.from_json(data["spec"]) == SPEC
    assert data["digest"] == SPEC.digest()
    found = stored_training_time(store.results, SPEC)
    assert data["draws"] == json.loads(json.dumps([d.to_json() for d in found.raw]))


def test_the_table_has_a_row_a_time_the_limit_and_the_words(run, store):
    code, out, error = run(*SMALL)
    assert (code, error) == (0, "")
    blocks = out.split("\n\n")
    assert blocks[1].startswith("label noise 4, jitter 0")
    title, header, *rows, words = blocks[1].splitlines()
    assert title == "label noise 4, jitter 0"
    assert header.split()[:4] == ["tau", "mu", "sigma", "epsilon"]
    assert [row.split()[0] for row in rows] == [*(f"{t:.4g}" for t in SPEC.times), "inf"]
    line = stored_training_time(store.results, SPEC).line(4.0)
    assert words == sentences(line)
    assert "is smallest at" in words
    assert blocks[2].startswith("tau = t lambda_max; the slowest mode needs")


def test_of_a_singular_kernel_no_slowest_mode_is_quoted(run):
    # A linear network of 64 inputs: 100 examples have null modes, which never move.
    singular = ("--activation", "linear", "--n-train", "100", "--n-test", "20", "--n-times", "3")
    code, out, error = run("time", *singular, "--draws", "1", "--no-store")
    assert code == 0
    assert out.splitlines()[-1] == "tau = t lambda_max"
    assert "slowest" not in out
    assert "where endless training leads cannot be computed" in error


def test_one_level_of_noise_is_a_list_of_one(run):
    alone = [a for a in SMALL if a not in ("--noises", "0,4")]
    code, out, _ = run(*alone, "--noise", "1.5", "--json", "--no-store")
    assert code == 0
    assert json.loads(out)["spec"]["noises"] == [1.5]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (("--noise", "1"), "noise is 1, .* leave noise at 0 and give noises"),
        (("--noises", "-1"), "noises\\[0\\] is -1; it must be at least 0"),
        (("--tau-low", "1e5"), "goes from 100000 to 10000; the largest must be above"),
        (("--n-times", "1"), "n_times is 1; it must be from 2"),
        (("--n-train", "5000"), "pool of digits holds 1,297"),
        (("--jitters", "0.1,x"), "'x'; it must be a number"),
    ],
)
def test_a_mistake_is_one_line(run, wrong, words):
    code, out, error = run(*SMALL, *(f"{wrong[0]}={wrong[1]}",))
    assert (code, out) == (2, "")
    assert len(error.splitlines()) == 1
    assert re.search(words, error)
