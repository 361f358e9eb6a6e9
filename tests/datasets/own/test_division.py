"""Which rows of a table become the test part: groups, orders, a column that says it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ntk_uq import datasets
from ntk_uq.base.errors import DataError, SpecError
from ntk_uq.datasets import own
from ntk_uq.datasets.own import Division, Numbers, Table, TextColumn, Unusable
from ntk_uq.specs import CurveSpec, DataSpec
from ntk_uq.specs.testing import in_folds

N = 60


def text(name, values):
    labels = list(dict.fromkeys(values))
    codes = np.array([labels.index(value) for value in values])
    return TextColumn(name, tuple(labels), codes, f"line 2: {labels[0]!r} is not a number")


def table(*further, n=N):
    row = np.arange(float(n))
    columns = (Numbers("x", row), Numbers("z", row % 7), Numbers("y", np.sin(row)))
    return Table("t.csv", (*columns, *further))


def parts(made, n_test=None):
    """The rows of both parts, from the column that numbers them."""
    n_test = made.n_test if n_test is None else n_test
    rows = made.inputs[:, 0].astype(int).tolist()
    return rows[:n_test], rows[n_test:]


def made(division, *further, n=N, ignore=()):
    found = own.make(table(*further, n=n), ("y",), ignore=ignore, test=division)
    np.testing.assert_array_equal(found.rows, found.inputs[:, 0])
    np.testing.assert_array_equal(found.targets, np.sin(found.inputs[:, 0].astype(float)))
    assert sorted([*parts(found)[0], *parts(found)[1]]) == list(range(n))
    return found


GROUPS = np.array([n // 7 for n in range(N)])


@pytest.mark.parametrize(
    "column",
    [
        Numbers("event", GROUPS),
        Numbers("event", GROUPS + 0.5),
        Numbers("event", GROUPS[:, None]),
        text("event", [f"e{g}" for g in GROUPS]),
    ],
)
def test_groups_never_part_and_are_no_input(column):
    found = made(Division(groups="event"), column)
    assert found.feature_names == ("x", "z")
    test, pool = parts(found)
    assert not {GROUPS[n] for n in test} & {GROUPS[n] for n in pool}
    assert abs(len(test) - 0.2 * N) <= 4, "as near to a fifth as whole groups of 7 come"
    other = made(Division(0.5, groups="event"), column)
    assert abs(other.n_test - 0.5 * N) <= 4


@given(
    st.lists(st.integers(0, 12), min_size=10, max_size=80).filter(lambda g: len(set(g)) > 1),
    st.floats(0.01, 0.99),
)
def test_any_groups_are_kept_whole_and_both_parts_have_some(groups, share):
    n, column = len(groups), Numbers("g", np.array(groups))
    sizes = sorted(map(groups.count, set(groups)))
    if n - sizes[-1] < 2 or sizes[0] < 2:  # a pool of one example is refused
        return
    found = made(Division(share, groups="g"), column, n=n)
    test, pool = parts(found)
    assert test
    assert len(pool) >= 2
    assert not {groups[n] for n in test} & {groups[n] for n in pool}
    # One group more or less is what whole groups miss at most, where both parts need one.
    wanted = min(max(share * n, sizes[0]), n - sizes[0])
    assert abs(len(test) - wanted) <= sizes[-1]


@pytest.mark.parametrize(
    ("sizes", "wanted"), [((199, 1), 1), ((1, 199), 1), ((180, *[1] * 20), 20), ((100, 100), 100)]
)
def test_groups_that_lead_beyond_the_share_are_passed_over(sizes, wanted):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    found = made(Division(groups="g"), Numbers("g", groups), n=200)
    assert found.n_test == wanted
    (told,) = Division(groups="g").notes(table(Numbers("g", groups), n=200))
    assert f"{wanted} of 200 examples are the test part: " in told
    assert told.endswith("; 40 were asked for.")


def test_equal_values_of_an_order_do_not_part():
    t = Numbers("t", np.arange(N) // 9)  # 6 of 54 to 59, and 9 of each before
    test, pool = parts(made(Division(last="t"), t))
    assert len(test) == 15  # 6 or 15: 12 were asked for, and the earlier one comes first
    assert not {n // 9 for n in test} & {n // 9 for n in pool}
    (told,) = Division(last="t").notes(table(t))
    assert "from '5' to '6' in the order of 't'" in told


def test_groups_are_drawn_at_random_and_the_same_ones_again():
    column = Numbers("event", np.arange(N) // 3)
    first = made(Division(groups="event"), column)
    assert parts(first) == parts(made(Division(groups="event"), column))
    chosen = sorted({n // 3 for n in parts(first)[0]})
    assert chosen != list(range(len(chosen)))
    assert parts(first)[0] != sorted(parts(first)[0]), "N_T of them are of all groups"


@pytest.mark.parametrize(
    ("last", "column", "rank"),
    [
        (own.ROWS, None, np.arange(N)),
        ("t", Numbers("t", -np.arange(N)), -np.arange(N)),
        ("t", Numbers("t", np.arange(N)[::-1] * 0.5), np.arange(N)[::-1]),
        ("t", text("t", [f"2024-{n % 12 + 1:02d}" for n in range(N)]), np.arange(N) % 12),
    ],
)
def test_the_last_in_an_order_are_tested_on(last, column, rank):
    further = () if column is None else (column,)
    ignore = ("t",) if isinstance(column, TextColumn) else ()
    found = made(Division(0.25, last=last), *further, ignore=ignore)
    test, pool = parts(found)
    assert len(test) == N // 4
    assert min(rank[n] for n in test) >= max(rank[n] for n in pool)
    assert test != sorted(test)
    assert pool != sorted(pool)


def test_a_column_of_order_stays_an_input_where_nobody_leaves_it_out():
    found = made(Division(last="t"), Numbers("t", np.arange(N) ** 2))
    assert found.feature_names == ("x", "z", "t")


SAID = [n % 5 == 2 for n in range(N)]


@pytest.mark.parametrize(
    "column",
    [
        text("set", ["test" if t else "train" for t in SAID]),
        text("set", [" Test " if t else "TRAINING" for t in SAID]),
        text("set", ["true" if t else "false" for t in SAID]),
        text("set", ["yes" if t else "no" for t in SAID]),
        Numbers("set", np.array(SAID)),
        Numbers("set", np.array(SAID, float)),
        Numbers("set", np.array(SAID, np.int64)[:, None]),
    ],
)
def test_a_column_says_which_are_tested_on(column):
    found = made(Division(split="set"), column)
    assert sorted(parts(found)[0]) == [n for n in range(N) if SAID[n]]
    assert found.feature_names == ("x", "z")


@pytest.mark.parametrize(
    ("division", "column", "words"),
    [
        (Division(split="set"), text("set", ["train"] * 50 + ["val"] * 10), "'val'"),
        (Division(split="set"), Numbers("set", np.arange(N) % 3), "holds 2;"),
        (Division(split="set"), Numbers("set", np.full(N, np.nan)), "holds nan;"),
        (Division(split="set"), Numbers("set", np.zeros(N)), "0 of the 60"),
        (Division(split="set"), Numbers("set", np.ones(N)), "60 of the 60"),
        (Division(split="set"), Numbers("set", np.zeros((N, 2))), "neither numbers nor text"),
        (Division(split="no such"), Numbers("set", np.zeros(N)), "no such"),
        (Division(split="y"), Numbers("set", np.zeros(N)), "is the target"),
        (Division(groups="g"), Numbers("g", np.zeros(N)), "too few groups"),
        (
            Division(groups="g"),
            Numbers("g", np.r_[np.nan, np.zeros(N - 1)]),
            "index 0 is missing, and cannot say",
        ),
        (Division(groups="g"), Numbers("g", np.zeros((N, 2))), "belong together"),
        (Division(groups="y"), Numbers("g", np.zeros(N)), "is the target"),
        (Division(last="t"), Numbers("t", np.r_[np.nan, np.zeros(N - 1)]), "index 0 is missing"),
        (Division(last="t"), Numbers("t", np.zeros((N, 2))), "has no order"),
        (Division(last="t"), Numbers("t", np.zeros(N)), "one and the same value"),
        (Division(last="t"), text("t", ["1", "nan", *map(str, range(58))]), "is missing .'nan'."),
        (Division(last="t"), text("t", ["1", "inf", *map(str, range(58))]), "is not known"),
        (Division(last="t"), text("t", ["6/3/2020", *["10/1/2020"] * 59]), "dates as 2024-12-31"),
        (Division(last="t"), Unusable("t", "dates", N, "Save them as seconds"), "as seconds"),
        (Division(groups="g"), text("g", ["a", "NA", *"ab" * 29]), "is missing .'NA'."),
        (Division(0.99, last=own.ROWS), Numbers("t", np.zeros(N)), "Choose another share"),
    ],
)
def test_what_says_nothing_is_refused_in_words(division, column, words):
    ignore = tuple(filter(None, [division.last]))  # as an input it is refused before
    with pytest.raises(DataError, match=words):
        own.make(table(column), ("y",), ignore=ignore, test=division)


@pytest.mark.parametrize("division", [{"groups": "g"}, {"last": "g"}])
def test_texts_beyond_what_is_told_apart_are_refused(division):
    codes = np.r_[np.arange(N - 1), -1]
    many = TextColumn("g", tuple(f"id{n:02d}" for n in range(N - 1)), codes, "line 2: no number")
    with pytest.raises(DataError, match="of more values than are told apart"):
        own.make(table(many), ("y",), ignore=("g",), test=Division(**division))


@pytest.mark.parametrize(
    "chosen",
    [
        {"split": "a", "groups": "b"},
        {"groups": "a", "last": "b"},
        {"split": "a", "last": own.ROWS},
        {"split": "a", "share": 0.3},
        {"share": 1.0},
        {"share": float("nan")},
    ],
)
def test_what_does_not_go_together_is_refused(chosen):
    with pytest.raises(DataError):
        Division(**chosen)


def test_a_share_alone_is_what_it_was():
    for share in (None, 0.2, 0.4):
        first = own.make(table(), ("y",), test=share)
        again = own.make(table(), ("y",), test=Division(share))
        assert first.rows is None
        np.testing.assert_array_equal(first.inputs, again.inputs)
        assert first.n_test == again.n_test


def test_it_is_kept_with_its_rows_and_told():
    event = Numbers("event", GROUPS)
    name = own.add(table(event), ("y",), test=Division(groups="event"))
    dataset = datasets.get(name)
    examples = dataset.load()
    assert "whole groups of equal 'event'" in dataset.about
    for place in (0, 5, len(examples.pool_inputs) - 1):
        assert dataset.row_of(place) == examples.pool_inputs[place, 0]
    assert own.look(name).choices["groups"] == "event"
    json.dumps(own.look(name).choices)
    ordered = datasets.get(own.add(table(), ("y",), test=Division(0.3, last=own.ROWS)))
    assert "The last examples in the order of the rows" in ordered.about
    assert set(ordered.load().test_inputs[:, 0]) == set(range(42, 60))
    said = Numbers("set", np.array(SAID))
    told = datasets.get(own.add(table(said), ("y",), test=Division(split="set")))
    assert "Column 'set' says which examples are the test part" in told.about


@pytest.mark.parametrize(
    ("division", "words"),
    [(Division(groups="event"), "part groups of equal 'event'"), (Division(last=""), "later")],
)
def test_folds_are_refused_where_they_would_part_what_belongs_together(division, words):
    name = own.add(table(Numbers("event", GROUPS)), ("y",), test=division)
    data = DataSpec(name, n_test=10)
    assert datasets.get_for(data, 40)
    with pytest.raises(SpecError, match=words):
        datasets.get_for(data, 40, folds=5)
    # The same examples, divided at random, are another data set: its folds are allowed.
    other = own.add(table(Numbers("event", GROUPS)), ("y",))
    assert datasets.get_for(replace(data, dataset=other), 40, folds=5)


def test_the_engine_refuses_them_too():
    from ntk_uq.engine.inline import run_curve

    name = own.add(table(Numbers("event", GROUPS)), ("y",), test=Division(groups="event"))
    spec = CurveSpec(DataSpec(name, n_test=5), n_train=(20,), test=in_folds(5))
    with pytest.raises(SpecError, match="cannot be tested on folds"):
        run_curve(spec)
