"""The command that trains ensembles."""

import json

import pytest

from ntk_uq.results.ensembles.stored import stored_ensembles
from ntk_uq.specs import ArchitectureSpec, DataSpec, EnsembleSpec, OptimizerSpec

SMALL = (
    *("ensemble", "--dataset", "digits", "--depth", "1", "--width", "8,16"),
    *("--n-train", "10,20", "--n-test", "30", "--steps", "20", "--quiet"),
)
SPEC = EnsembleSpec(
    DataSpec(n_test=30), ArchitectureSpec(1), OptimizerSpec(steps=20), (8, 16), (10, 20), 6
)


def test_the_json_has_every_point_with_the_theory_beside_it(run, store):
    code, out, error = run(*SMALL, "--members", "6", "--json")
    assert (code, error) == (0, "")
    data = json.loads(out)
    assert EnsembleSpec.from_json(data["spec"]) == SPEC
    assert [(p["n_train"], p["width"]) for p in data["points"]] == [
        *((10, 8), (10, 16), (20, 8), (20, 16))
    ]
    for point in data["points"]:
        assert point["members"] == 6
        assert point["diverged"] == 0
        for name in ("mu", "sigma", "epsilon"):
            low, high = point[f"{name}_ci"]
            assert low < point[name] < high or low <= high
        assert point["mu_bias"] + point["mu_variance"] == pytest.approx(point["mu"], rel=1e-5)
        assert point["train_loss"] > 0
        assert point["theory"]["n_train"] == point["n_train"]
        assert point["theory"]["mu"] > 0
    assert stored_ensembles(store.results, SPEC).complete


def test_running_again_with_more_members_trains_the_new_ones(run, store, monkeypatch):
    run(*SMALL, "--members", "4", "--json")
    trained = []
    from ntk_uq.training import members

    real = members.train_members

    def counted(spec, width, n_train, wanted, **more):
        trained.extend(wanted)
        yield from real(spec, width, n_train, wanted, **more)

    monkeypatch.setattr(members, "train_members", counted)
    _, again, _ = run(*SMALL, "--members", "4", "--json")
    assert trained == []
    assert json.loads(again)["points"][0]["members"] == 4
    run(*SMALL, "--members", "6", "--json")
    assert sorted(trained) == [4, 4, 4, 4, 5, 5, 5, 5]


def test_the_table_says_what_it_is_compared_with(run):
    _, out, _ = run(*SMALL, "--members", "6")
    lines = out.splitlines()
    assert lines[0].split() == [
        *("width", "N_D", "networks", "mu", "sigma", "epsilon", "mu/theory", "epsilon/theory")
    ]
    assert lines[-1] == "gd, 20 steps, eta = 1; theory: infinite width at the same eta and k"
    one = ("--width", "8", "--n-train", "10", "--members", "6")  # each compiles another program
    _, out, _ = run(*SMALL, *one, "--optimizer", "adam", "--eta", "0.01")
    assert "a departure from the theory" in out


@pytest.mark.parametrize(
    ("optimizer", "usual"),
    [
        pytest.param("momentum", {"momentum": 0.9}, marks=pytest.mark.slow),
        ("sgd", {"batch_size": 32}),
    ],
)
def test_an_optimizer_alone_is_enough(run, optimizer, usual):
    some = ("--members", "1", "--width", "8", "--n-train", "40", "--optimizer", optimizer, "--json")
    code, out, _ = run(*SMALL, *some)
    assert code == 0
    assert usual.items() <= json.loads(out)["spec"]["optimizer"].items()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--width", "0"), r"widths\[0\] is 0; it must be from 1"),
        (("--members", "1000000"), "members is 1000000"),
        (("--steps", "0"), "steps is 0"),
        (("--eta", "2"), "it must be below 2"),
        (("--n-train", "10,5000"), "N_D is 5,000, but the pool of digits holds 1,297"),
        (("--optimizer", "sgd"), "batch_size is 32, but the training set holds 10 examples"),
        (("--optimizer", "lamb"), "choose one of gd, momentum, sgd, adam"),
    ],
)
def test_mistakes_are_told_in_a_line(run, arguments, words):
    code, out, error = run(*SMALL, *arguments)
    assert code == 2
    assert out == ""
    assert error.count("\n") == 1
    import re

    assert re.search(words, error)


def test_networks_that_diverge_are_counted_and_never_averaged_in(run):
    code, out, error = run(
        *("ensemble", "--dataset", "digits", "--activation", "linear", "--width", "4"),
        *("--n-train", "50", "--n-test", "100", "--steps", "300", "--eta", "1.99"),
        *("--members", "12", "--json", "--quiet"),
    )
    (point,) = json.loads(out)["points"]
    assert code == 0
    assert 0 < point["diverged"] < point["members"] == 12
    assert f"{point['diverged']} of 12 networks diverged and are left out" in error
    assert 0 < point["mu"] < 1
