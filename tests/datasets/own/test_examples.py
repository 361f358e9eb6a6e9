"""From a table to examples: targets, tasks and what no network can be trained on."""

import numpy as np
import pytest

from ntk_uq.base.errors import DataError
from ntk_uq.datasets import own
from ntk_uq.datasets.own.arrays import column_of

N = 40
RNG = np.random.default_rng(3)
X = RNG.normal(size=(N, 2))


def table(**columns):
    return own.Table("f", tuple(column_of("f", name, np.asarray(v)) for name, v in columns.items()))


def made(targets=("y",), task="auto", ignore=(), **columns):
    return own.make(table(**columns), targets, task, ignore)


AUTO = {
    "text": (["b", "a"] * 20, ("a", "b")),
    "booleans": (np.arange(N) % 2 == 0, ("False", "True")),
    "integers": (np.arange(N) % 3 - 1, ("-1", "0", "1")),
    "whole numbers in floating point": (np.arange(N) % 2 * 1.0, ("0", "1")),
    "twenty of them": (np.arange(N) % 20, tuple(map(str, range(20)))),
    "more": (np.arange(N) % 21, None),
    "all different": (np.arange(N), None),
    "quantities": (X[:, 0], None),
    "a column of shape (n, 1)": (np.arange(N)[:, None] % 2, ("0", "1")),
}


@pytest.mark.parametrize("case", AUTO)
def test_auto_takes_labels_for_classes_and_quantities_for_a_regression(case):
    target, names = AUTO[case]
    kept = made(x=X, y=target)
    if names is None:
        assert (kept.task, kept.class_names, kept.targets.dtype) == ("regression", (), np.float64)
        assert sorted(kept.targets) == sorted(np.ravel(target))
    else:
        assert (kept.task, kept.class_names) == ("classification", names)
        assert kept.targets.dtype == np.int64
        # Every example has kept its label: inputs and targets are in one order.
        by_row = {row.tobytes(): str(label) for row, label in zip(X, np.ravel(target), strict=True)}
        for row, code in zip(kept.inputs, kept.targets, strict=True):
            assert float(by_row[row.tobytes()] == names[code]) or case.startswith("whole")


def test_rows_stay_together_and_each_is_there_once():
    kept = made(x=X, y=X.sum(axis=1))
    np.testing.assert_allclose(kept.targets, kept.inputs.sum(axis=1))
    assert {row.tobytes() for row in kept.inputs} == {row.tobytes() for row in X}
    assert not np.array_equal(kept.inputs, X)


def test_several_targets_are_the_outputs_of_one_regression():
    energy, angle = RNG.normal(size=N), np.arange(N)
    columns = {"a": X[:, 0], "energy [GeV]": energy, "b": X[:, 1], "angle": angle}
    kept = made(("angle", "energy [GeV]"), **columns)
    assert kept.target_names == ("angle", "energy [GeV]")
    assert kept.feature_names == ("a", "b")
    order = np.argsort(kept.targets[:, 0])
    np.testing.assert_array_equal(kept.targets[order], np.stack([angle, energy], axis=1))
    np.testing.assert_array_equal(kept.inputs[order], X)
    block = made(x=X, y=RNG.normal(size=(N, 3)))
    assert block.targets.shape == (N, 3)
    assert block.target_names == ("y0", "y1", "y2")


@pytest.mark.parametrize("shape", [(28, 28), (3, 8, 8), (8, 8, 3), (1, 5)])
def test_the_shape_of_one_block_is_kept(shape):
    x = RNG.integers(0, 255, (N, *shape), dtype=np.uint8)
    kept = made(x=x, y=np.arange(N) % 2)
    assert kept.shape == shape
    assert kept.inputs.shape == (N, int(np.prod(shape)))
    assert kept.feature_names == ()
    beside = made(x=x, z=X, y=np.arange(N) % 2)
    assert beside.shape == (beside.inputs.shape[1],)
    assert beside.feature_names[-1] == "z[1]"


def test_more_inputs_than_a_table_may_have_go_without_names():
    kept = made(x=np.ones((N, 20_001), np.uint8) * np.arange(N)[:, None] % 7, y=np.arange(N) % 2)
    assert (kept.shape, kept.feature_names) == ((20_001,), ())


def test_minus_zero_is_zero():
    minus, plus = np.array(X), np.array(X)
    minus[0], plus[0] = -0.0, 0.0
    assert made(x=minus, y=X[:, 0]).inputs.tobytes() == made(x=plus, y=X[:, 0]).inputs.tobytes()


LABELS = np.arange(N) % 2
GAP = np.where(np.arange(N) == 17, np.nan, X[:, 0])
CASES = {
    "few": ({"x": X[:9], "y": LABELS[:9]}, {}, "holds 9 examples; at least 10"),
    "NaN in an input": (
        {"a": GAP, "y": LABELS},
        {},
        "column 'a', index 17 is nan; every value must be",
    ),
    "infinite in a block": (
        {"x": np.where(X[3, 1] == X, np.inf, X), "y": LABELS},
        {},
        r"column 'x', index 3 at \(1,\) is inf",
    ),
    "NaN in the target": ({"x": X, "y": GAP}, {}, "column 'y', index 17 is nan"),
    "text input": (
        {"x": X, "color": ["red", "blue"] * 20, "y": LABELS},
        {},
        "column 'color', index 0: 'red' is not a number.*Encode it.*leave the column out",
    ),
    "identifiers": (
        {"x": X, "id": np.arange(N) + 2**60, "y": LABELS},
        {},
        r"column 'id', index 0 is 1152921504606846976, beyond.*2\^53.*identifier",
    ),
    "one class": ({"x": X, "y": ["a"] * N}, {}, "all 40 examples have one and the same label"),
    "own classes": (
        {"x": X, "y": [f"c{i}" for i in range(N)]},
        {},
        "column 'y' has 40 classes among 40 examples",
    ),
    "many classes": (
        {"x": X, "y": np.arange(N) % 21},
        {"task": "classification"},
        "21 classes among",
    ),
    "a thousand": (
        {"x": np.arange(5000), "y": np.arange(5000) % 1001},
        {"task": "classification"},
        "more than 1000 different labels",
    ),
    "a thousand words": (
        {"x": np.arange(5000), "y": [f"w{i % 1002}" for i in range(5000)]},
        {},
        "more than 1000 different labels",
    ),
    "quantities as classes": (
        {"x": X, "y": X[:, 0]},
        {"task": "classification"},
        "column 'y', index 0 is .*no label of a class",
    ),
    "one-hot": ({"x": X, "y": np.eye(4)[np.arange(N) % 4]}, {"task": "classification"}, "argmax"),
    "constant": (
        {"x": X, "y": np.full(N, 2.5)},
        {},
        "'y' is 2.5 in all 40 examples: there is nothing",
    ),
    "constant among others": (
        {"x": X, "y": np.stack([X[:, 0], np.ones(N)], axis=1)},
        {},
        "target 'y1' is 1 in all",
    ),
    "text as a quantity": (
        {"x": X, "y": ["a", "b"] * 20},
        {"task": "regression"},
        "column 'y', index 0: 'a' is not a number.*choose classification",
    ),
    "3-d target": ({"x": X, "y": np.zeros((N, 2, 2))}, {}, r"'?y'? has the shape \(40, 2, 2\)"),
    "no input": ({"y": LABELS}, {}, "no columns beside the target"),
    "no target": ({"x": X, "y": LABELS}, {"targets": ()}, "No target is chosen.*x, y"),
    "unknown": ({"x": X, "y": LABELS}, {"targets": ("z",)}, "no column 'z'; it has x, y"),
    "unknown to ignore": ({"x": X, "y": LABELS}, {"ignore": ("z",)}, "no column 'z'; it has x, y"),
    "both": ({"x": X, "y": LABELS}, {"ignore": ("y",)}, "'y' both as target and to be left out"),
    "target twice": ({"x": X, "y": LABELS}, {"targets": ("y", "y")}, "a target twice"),
    "two columns of labels": (
        {"x": X, "y": LABELS, "z": LABELS},
        {"targets": ("y", "z"), "task": "classification"},
        "2 targets are chosen.*one column",
    ),
    "task": (
        {"x": X, "y": LABELS},
        {"task": "clustering"},
        "'clustering'; choose one of auto, class",
    ),
    "too many targets": (
        {"x": X, "y": RNG.normal(size=(N, 1001))},
        {},
        "1001 targets; at most",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_be_trained_on_is_refused_in_words(case):
    columns, options, words = CASES[case]
    with pytest.raises(DataError, match=words):
        made(**columns, **options)


def test_a_target_that_varies_in_the_test_part_alone_is_refused():
    rows = made(x=np.arange(N), y=np.arange(N) * 1.0).inputs[:, 0]
    y = np.zeros(N)
    y[int(rows[0])] = 1.0  # in the test part
    with pytest.raises(DataError, match="the same in all 32 examples of the pool"):
        made(x=X, y=y, task="regression")
    y[int(rows[-1])] = 1.0
    assert made(x=X, y=y, task="regression").task == "regression"


def test_inputs_that_grow_beyond_the_limit_are_refused(monkeypatch):
    monkeypatch.setenv("NTK_UQ_UPLOAD_EXPANDED", "1KiB")
    with pytest.raises(DataError, match=r"take 62\.5 KiB as float32; at most 1\.0 KiB"):
        made(x=np.ones((N, 400), np.uint8), y=LABELS)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [(("a", "y"), "y"), (("Target", "b"), "Target"), (("label", "c"), "label")],
)
def test_the_target_is_found_by_its_name(names, chosen):
    found = table(**dict.fromkeys(names, LABELS))
    assert own.default_targets(found) == (chosen,)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("a", "b"), "no column named y, target, label or incident_energies.*the columns are a, b"),
        (("y", "label"), r"more than one column \(y, label\)"),
    ],
)
def test_a_target_is_never_guessed_by_its_place(names, words):
    with pytest.raises(DataError, match=words) as caught:
        own.default_targets(table(**dict.fromkeys(names, LABELS)))
    assert "--target-columns" in str(caught.value)


def test_a_preview_says_what_is_in_the_columns():
    found = table(
        a=np.where(np.arange(N) == 3, np.inf, np.arange(N)),
        b=["u", "v", "w", "w"] * 10,
        c=np.zeros((N, 2, 2)),
        d=np.arange(N) % 2 == 1,
    )
    a, b, c, d = own.summaries(found)
    assert (a.kind, a.low, a.high, a.problem) == ("numbers", 0, 39, "some values are not finite")
    assert (b.kind, b.distinct, b.low) == ("text", 3, None)
    assert (c.shape, c.distinct) == ((2, 2), None)
    assert (d.low, d.high, d.distinct) == (0, 1, 2)
    rows = own.first_rows(found, 3)
    assert rows["a"] == ["0", "1", "2"]
    assert rows["b"] == ["u", "v", "w"]
    assert rows["c"] == ["2 × 2 values"] * 3
    long = table(q=np.arange(5000))
    assert own.summaries(long)[0].distinct is None
