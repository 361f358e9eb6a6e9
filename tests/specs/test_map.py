"""Maps as specifications: what they hold, what they refuse, how they are written."""

import pytest

from ntk_uq.base.errors import LinkError, SpecError
from ntk_uq.specs import (
    MOST_CELLS,
    ArchitectureSpec,
    CurveSpec,
    DataSpec,
    MapSpec,
    TrainingSpec,
    read_values,
)
from ntk_uq.views import PhaseMapView


def test_a_cell_is_the_curve_of_its_values():
    spec = MapSpec(
        DataSpec("mnist", 70, 3),
        ArchitectureSpec(3, "erf", 1.1, 0.2),
        TrainingSpec("bayes"),
        n_train=90,
        draws=4,
        x="sigma_w",
        x_values=(0.5, 1, 2),
        y="activation",
        y_values=("relu", "gelu"),
    )
    assert spec.shape == (2, 3)
    assert spec.cell(1, 2) == CurveSpec(
        DataSpec("mnist", 70, 3),
        ArchitectureSpec(3, "gelu", 2.0, 0.2),
        TrainingSpec("bayes"),
        (90,),
        4,
    )


@pytest.mark.parametrize(
    ("axis", "values", "found"),
    [
        ("depth", (1, 4), lambda c: c.architecture.depth),
        ("sigma_b", (0.0, 0.5), lambda c: c.architecture.sigma_b),
        ("n_train", (10, 80), lambda c: c.n_train[-1]),
        ("n_test", (10, 80), lambda c: c.data.n_test),
        ("time", (0.5, 100.0), lambda c: c.training.time),
        ("steps", (5, 100), lambda c: c.training.steps),
        ("jitter", (0.0, 1e-6), lambda c: c.training.jitter),
    ],
)
def test_every_axis_sets_its_field(axis, values, found):
    spec = MapSpec(x=axis, x_values=values, y="sigma_w", y_values=(1, 2))
    assert tuple(found(spec.cell(0, i)) for i in range(2)) == values
    assert [spec.cell(i, 0).architecture.sigma_w for i in range(2)] == [1.0, 2.0]
    assert type(found(spec.cell(0, 1))) is type(values[1])


def test_with_sizes_a_cell_has_several_n_train_up_to_its_own():
    spec = MapSpec(x="n_train", x_values=(80, 400), y_values=(1, 2), sizes=4)
    assert spec.cell(0, 0).n_train == (10, 20, 40, 80)
    assert spec.cell(0, 1).n_train == (50, 100, 200, 400)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"y": "sigma_w"}, "Both axes are sigma_w; choose another"),
        ({"x_values": (1.0,)}, "x_values has one value of sigma_w; an axis needs two"),
        ({"x_values": ()}, "x_values has 0 values"),
        ({"x_values": (2, 1)}, "x_values goes from 2.0 down to 1.0; sort it"),
        ({"x_values": "12"}, "must be a list of numbers or of names"),
        ({"x_values": (0, 1)}, r"x_values\[0\] is 0; it must be above 0"),
        ({"x_values": (1, "relu")}, r"x_values\[1\] is 'relu'; it must be a number"),
        ({"x_values": ("relu", "erf")}, "the axis sigma_w takes numbers"),
        ({"y_values": (1, 2.5)}, r"y_values\[1\] is 2.5; it must be a whole number"),
        ({"y_values": (1, 40)}, r"y_values\[1\] is 40; it must be from 1 to 32"),
        ({"x": "activation"}, "the axis is activation; give names"),
        ({"x": "activation", "x_values": ("relu", "tanh")}, "choose one of relu, erf"),
        ({"x": "activation", "x_values": ("relu", "relu")}, "holds a name twice"),
        ({"x": "colour"}, "x is 'colour'; choose one of depth"),
        ({"x": "time", "training": TrainingSpec("bayes")}, "a Bayesian posterior has none"),
        ({"x": "time", "training": TrainingSpec(steps=7)}, r"by steps \(7\); choose the axis"),
        ({"x": "steps", "training": TrainingSpec(time=2.5)}, r"by time \(2.5\)"),
        ({"x": "time", "y": "steps"}, "not both"),
        ({"sizes": 3}, "an exponent needs 4 N_D or more"),
        ({"sizes": 6, "n_train": 4}, "no 6 different N_D between 4 / 8 and 4"),
    ],
)
def test_an_impossible_map_is_refused_in_words(changes, words):
    with pytest.raises(SpecError, match=words):
        MapSpec(**{"x": "sigma_w", "x_values": (1, 2), "y": "depth", "y_values": (1, 2), **changes})


def test_too_many_cells_are_refused_with_how_many_are_allowed():
    hundred = tuple(1 + i / 100 for i in range(100))
    with pytest.raises(SpecError, match=rf"100 x 100 = 10,000 cells; at most {MOST_CELLS:,} are"):
        MapSpec(x="sigma_w", x_values=hundred, y="sigma_b", y_values=hundred)


def test_too_many_points_are_refused_with_how_many_are_allowed():
    values = tuple(1 + i / 10 for i in range(20))
    with pytest.raises(SpecError, match=r"400 cells, 5 N_D each and 20 draws: 40,000 points; at m"):
        MapSpec(x_values=values, y="sigma_b", y_values=values, sizes=5, draws=20)


@pytest.mark.parametrize(
    "view",
    [
        PhaseMapView(),
        PhaseMapView(MapSpec(sizes=5), "alpha_mu", "linear", 1, 2),
        PhaseMapView(
            MapSpec(x="activation", x_values=("erf", "relu"), y="jitter", y_values=(0, 1e-9, 0.1))
        ),
    ],
)
def test_a_map_survives_its_link_and_its_json(view):
    assert PhaseMapView.from_query(view.to_query()) == view
    assert MapSpec.from_json(view.map.to_json()) == view.map
    assert MapSpec.from_json(view.map.to_json()).digest() == view.map.digest()


def test_links_are_written_without_needless_digits():
    assert MapSpec().to_query()["y_values"] == "1,2,3,4,6"


@pytest.mark.parametrize(
    ("item", "text", "words"),
    [
        ("x_values", "1,nan", "nan"),
        ("x_values", "1,,2", "the axis sigma_w takes numbers|letters, digits"),
        ("x_values", "", "letters, digits"),
        ("quantity", "alpha_mu", "one N_D a cell"),
        ("row", "-1", "row is -1"),
    ],
)
def test_a_bad_link_is_refused_in_words(item, text, words):
    with pytest.raises(LinkError, match=words):
        PhaseMapView.from_query({**PhaseMapView().to_query(), item: text})


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("sigma_w", "1, 2.5", (1.0, 2.5)),
        ("sigma_w", "0.5:2:4", (0.5, 1.0, 1.5, 2.0)),
        ("time", "1:1e4:3 log", (1.0, 100.0, 10000.0)),
        ("n_train", "10:100:5 log", (10.0, 18.0, 32.0, 56.0, 100.0)),
        ("depth", "1:3:9", (1.0, 2.0, 3.0)),
        ("activation", "relu, erf", ("relu", "erf")),
    ],
)
def test_values_as_they_are_written(name, text, values):
    assert read_values(name, text) == values


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1:2", "low:high:count"),
        ("1:b:3", "low:high:count"),
        ("2:1:3", "low below high"),
        ("1:2:3 cube", "low below high"),
        ("0:2:3 log", "lowest value is above 0"),
        ("1:2:1", "has 1 values; choose 2 to"),
        ("1:2:999", "has 999 values"),
    ],
)
def test_values_that_cannot_be_read_are_told(text, words):
    with pytest.raises(SpecError, match=words):
        read_values("sigma_w", text)
