"""Specifications: what they refuse and in which words, what they normalize, that they come back."""

import dataclasses
import json
import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, example, given, settings

from ntk_uq.base.errors import LinkError, SpecError
from ntk_uq.base.fields import Real, Whole, about, check_of, default_of, digest_of, parse_json
from ntk_uq.specs import (
    ACTIVATIONS,
    ArchitectureSpec,
    CurveSpec,
    DataSpec,
    PointSpec,
    TrainingSpec,
)

NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

names = st.text(NAME_CHARACTERS, min_size=1, max_size=64)
data_specs = st.builds(DataSpec, names, st.integers(1, 100_000), st.integers(0, 2**32 - 1))
architectures = st.builds(
    ArchitectureSpec,
    st.integers(1, 32),
    st.sampled_from(ACTIVATIONS),
    st.floats(0, 100, exclude_min=True),
    st.floats(0, 100),
)
jitters = st.floats(0, 1)
trainings = st.one_of(
    st.builds(lambda j: TrainingSpec(jitter=j), jitters),
    st.builds(lambda j: TrainingSpec("bayes", jitter=j), jitters),
    st.builds(
        lambda t, j: TrainingSpec(time=t, jitter=j), st.floats(0, 1e15, exclude_min=True), jitters
    ),
    st.builds(
        lambda k, eta, j: TrainingSpec(steps=k, eta=eta, jitter=j),
        st.integers(1, 10**9),
        st.floats(0, 2, exclude_min=True, exclude_max=True),
        jitters,
    ),
)
grids = st.sets(st.integers(1, 1_000_000), min_size=1, max_size=64).map(lambda s: tuple(sorted(s)))
curves = st.builds(CurveSpec, data_specs, architectures, trainings, grids, st.integers(1, 100))
points = st.builds(
    PointSpec,
    data_specs,
    architectures,
    trainings,
    st.integers(1, 1_000_000),
    st.integers(0, 99),
)

QUERY = CurveSpec().to_query()
JSON = CurveSpec().to_json()

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(curves | points)
def test_every_spec_comes_back_from_its_json_text(spec):
    again = type(spec).from_json(json.loads(json.dumps(spec.to_json(), allow_nan=False)))
    assert again == spec
    assert again.digest() == spec.digest()


@given(curves | points)
def test_every_spec_comes_back_from_its_link(spec):
    query = spec.to_query()
    assert all(isinstance(text, str) for text in query.values())
    again = type(spec).from_query(query)
    assert again == spec
    assert again.digest() == spec.digest()


@given(curves, curves)
def test_different_specs_have_different_digests(one, other):
    assume(one != other)
    assert one.digest() != other.digest()


def test_digests_never_change():
    # Every cached result and every job is found by such a digest: a change here orphans them all.
    # If it is meant, raise ntk_uq.results.points.RESULTS_VERSION and pin the new digests.
    assert (
        CurveSpec().digest() == "cc5935d651508dbf3edd6f7acc96e26b038e785bfe4304af949d36cb2e5b0b27"
    )
    other = CurveSpec(
        DataSpec("mnist", 1000, 7),
        ArchitectureSpec(3, "erf", 1.5, 0.05),
        TrainingSpec("trained", None, 250, 0.5, 1e-8),
        (64, 128, 256),
        5,
    )
    assert other.digest() == "5baeee8bb53e7cca1ef38121b2705c5a3c530cd376ec68641693ba540564f7a2"


def test_equal_fields_of_different_classes_have_different_digests():
    assert digest_of({"A": {"x": 1}}) != digest_of({"B": {"x": 1}})
    assert DataSpec().digest() != digest_of(DataSpec().to_json())


@pytest.mark.parametrize(
    ("given_as", "same"),
    [
        (ArchitectureSpec(sigma_w=2), ArchitectureSpec(sigma_w=2.0)),
        (ArchitectureSpec(depth=3.0), ArchitectureSpec(depth=3)),
        (ArchitectureSpec(sigma_b=-0.0), ArchitectureSpec(sigma_b=0.0)),
        (ArchitectureSpec(depth=np.int64(3)), ArchitectureSpec(depth=3)),
        (ArchitectureSpec(sigma_w=np.float64(1.5)), ArchitectureSpec(sigma_w=1.5)),
        (ArchitectureSpec(sigma_w=np.float32(1.5)), ArchitectureSpec(sigma_w=1.5)),
        (TrainingSpec(time=1), TrainingSpec(time=1.0)),
        (TrainingSpec(jitter=-0.0), TrainingSpec()),
        (DataSpec(n_test=np.uint16(50)), DataSpec(n_test=50)),
        (CurveSpec(n_train=[10, 20]), CurveSpec(n_train=(10, 20))),
        (CurveSpec(n_train=np.array([10, 20])), CurveSpec(n_train=(10, 20))),
        (CurveSpec(n_train=range(10, 30, 10)), CurveSpec(n_train=(10, 20))),
    ],
)
def test_the_same_number_written_differently_is_the_same_spec(given_as, same):
    assert given_as == same
    assert given_as.digest() == same.digest()
    # Not only equal: -0.0 == 0.0 and np.int64(3) == 3, but they are written differently.
    assert json.dumps(given_as.to_json()) == json.dumps(same.to_json())
    assert hash(given_as) == hash(same)


OUT_OF_RANGE = [
    (DataSpec, "n_test", 0, "from 1 to 100000"),
    (DataSpec, "n_test", 100_001, "from 1 to 100000"),
    (DataSpec, "n_test", 2.5, "whole number"),
    (DataSpec, "n_test", "5", "whole number"),
    (DataSpec, "n_test", None, "whole number"),
    (DataSpec, "n_test", math.nan, "whole number"),
    (DataSpec, "n_test", math.inf, "whole number"),
    (DataSpec, "n_test", True, "whole number"),
    (DataSpec, "seed", -1, "from 0 to 4294967295"),
    (DataSpec, "seed", 2**32, "from 0 to 4294967295"),
    (DataSpec, "dataset", "", "1 to 64 letters"),
    (DataSpec, "dataset", "x" * 65, "1 to 64 letters"),
    (DataSpec, "dataset", "../etc", "letters, digits"),
    (DataSpec, "dataset", "a b", "letters, digits"),
    (DataSpec, "dataset", 3, "letters, digits"),
    (DataSpec, "dataset", None, "letters, digits"),
    (ArchitectureSpec, "depth", 0, "from 1 to 32"),
    (ArchitectureSpec, "depth", 33, "from 1 to 32"),
    (ArchitectureSpec, "depth", [2], "whole number"),
    (ArchitectureSpec, "activation", "tanh", "relu, erf, gelu, linear"),
    (ArchitectureSpec, "activation", None, "relu, erf, gelu, linear"),
    (ArchitectureSpec, "activation", ["relu"], "relu, erf, gelu, linear"),
    (ArchitectureSpec, "sigma_w", 0, "above 0 and at most 100"),
    (ArchitectureSpec, "sigma_w", -0.0, "above 0 and at most 100"),
    (ArchitectureSpec, "sigma_w", 100.5, "above 0 and at most 100"),
    (ArchitectureSpec, "sigma_w", math.nan, "above 0 and at most 100"),
    (ArchitectureSpec, "sigma_w", math.inf, "above 0 and at most 100"),
    (ArchitectureSpec, "sigma_w", "1.5", "must be a number"),
    (ArchitectureSpec, "sigma_w", None, "must be a number"),
    (ArchitectureSpec, "sigma_w", True, "must be a number"),
    (ArchitectureSpec, "sigma_b", -0.5, "at least 0 and at most 100"),
    (ArchitectureSpec, "sigma_b", 101, "at least 0 and at most 100"),
    (TrainingSpec, "posterior", "frequentist", "trained, bayes"),
    (TrainingSpec, "time", 0, "above 0 and at most 1e+15"),
    (TrainingSpec, "time", 2e15, "above 0 and at most 1e+15"),
    (TrainingSpec, "time", math.inf, "above 0 and at most 1e+15"),
    (TrainingSpec, "steps", 0, "from 1 to 1000000000"),
    (TrainingSpec, "steps", 10**9 + 1, "from 1 to 1000000000"),
    (TrainingSpec, "eta", 0, "above 0 and below 2"),
    (TrainingSpec, "eta", 2, "above 0 and below 2"),
    (TrainingSpec, "eta", 2.5, "above 0 and below 2"),
    (TrainingSpec, "eta", None, "must be a number"),
    (TrainingSpec, "jitter", -1e-9, "at least 0 and at most 1"),
    (TrainingSpec, "jitter", 1.5, "at least 0 and at most 1"),
    (CurveSpec, "draws", 0, "from 1 to 100"),
    (CurveSpec, "draws", 101, "from 1 to 100"),
    (CurveSpec, "n_train", 7, "list of whole numbers"),
    (CurveSpec, "n_train", "50,100", "list of whole numbers"),
    (CurveSpec, "n_train", None, "list of whole numbers"),
    (CurveSpec, "n_train", (0, 5), "from 1 to 1000000"),
    (CurveSpec, "n_train", (5, 1_000_001), "from 1 to 1000000"),
    (CurveSpec, "n_train", (5, 6.5), "whole number"),
    (CurveSpec, "n_train", (), "give 1 to 64"),
    (CurveSpec, "n_train", tuple(range(1, 66)), "give 1 to 64"),
    (CurveSpec, "n_train", (5, 5), "holds 5 twice"),
    (CurveSpec, "n_train", (7, 5), "sort it"),
    (CurveSpec, "data", None, "specification of its own"),
    (CurveSpec, "data", ArchitectureSpec(), "specification of its own"),
    (CurveSpec, "training", {"posterior": "bayes"}, "specification of its own"),
]


@pytest.mark.parametrize(("cls", "field", "value", "allowed"), OUT_OF_RANGE)
def test_a_value_out_of_range_is_refused_in_words(cls, field, value, allowed):
    with pytest.raises(SpecError) as caught:
        cls(**{field: value})
    words = str(caught.value)
    assert words.startswith(field)
    assert allowed in words


@pytest.mark.parametrize(
    ("cls", "field", "value", "shown"),
    [
        (ArchitectureSpec, "depth", 33, "33"),
        (ArchitectureSpec, "sigma_w", 100.5, "100.5"),
        (ArchitectureSpec, "activation", "tanh", "'tanh'"),
        (DataSpec, "dataset", "a b", "'a b'"),
        (CurveSpec, "n_train", (5, 1_000_001), "n_train[1] is 1000001"),
        (CurveSpec, "n_train", (9, 5), "from 9 down to 5"),
        (CurveSpec, "n_train", tuple(range(1, 66)), "65 values"),
        (TrainingSpec, "eta", 2, "2"),
    ],
)
def test_a_refusal_says_what_was_got(cls, field, value, shown):
    with pytest.raises(SpecError) as caught:
        cls(**{field: value})
    assert shown in str(caught.value)


@pytest.mark.parametrize("field", ["n_train", "draw"])
@pytest.mark.parametrize("value", [-1, 1_000_001, "1", None])
def test_a_point_out_of_range_is_refused_in_words(field, value):
    with pytest.raises(SpecError, match=f"^{field} is"):
        PointSpec(DataSpec(), ArchitectureSpec(), TrainingSpec(), **{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("sigma_w", 10**400, id="sigma_w-beyond-float"),
        ("depth", b"3"),
        ("sigma_w", b"3"),
        ("depth", np.True_),
        ("sigma_w", np.True_),
        ("sigma_w", np.array([1.0, 2.0])),
        ("depth", np.array([1, 2])),
        ("activation", np.array(["relu", "erf"])),
        ("activation", {"relu"}),
        ("depth", 1j),
        ("sigma_w", 1j),
        ("sigma_w", object()),
    ],
)
def test_odd_python_values_are_refused_as_a_spec_error(field, value):
    with pytest.raises(SpecError, match=f"^{field} is"):
        ArchitectureSpec(**{field: value})


@pytest.mark.parametrize("sign", [1, -1])
def test_a_whole_number_too_long_to_be_printed_is_refused_as_a_spec_error(sign):
    # Python does not write integers of more than 4300 digits, so neither can a message.
    for make in (
        lambda n: ArchitectureSpec(depth=n),
        lambda n: ArchitectureSpec(sigma_w=n),
        lambda n: CurveSpec(n_train=(n,)),
        lambda n: CurveSpec(n_train=n),
        lambda n: DataSpec(dataset=n),
        lambda n: ArchitectureSpec(activation=n),
    ):
        with pytest.raises(SpecError):
            make(sign * 10**5000)


@pytest.mark.parametrize("time", [None, 3.0])
@pytest.mark.parametrize("steps", [None, 5])
def test_a_bayesian_posterior_has_no_training_time(time, steps):
    if time is None and steps is None:
        assert TrainingSpec("bayes").converged
        return
    with pytest.raises(SpecError, match="Bayesian posterior has no training time"):
        TrainingSpec("bayes", time=time, steps=steps)


def test_time_and_steps_exclude_each_other():
    with pytest.raises(SpecError, match="either a gradient-flow time or a number of steps"):
        TrainingSpec(time=1.0, steps=3)
    assert not TrainingSpec(time=1.0).converged
    assert not TrainingSpec(steps=3).converged


@pytest.mark.parametrize("more", [{}, {"time": 2.0}, {"posterior": "bayes"}])
def test_a_step_size_without_steps_is_refused(more):
    with pytest.raises(SpecError, match=r"eta is 0\.5.*only together with steps"):
        TrainingSpec(eta=0.5, **more)
    assert TrainingSpec(eta=0.5, steps=1).eta == 0.5


@pytest.mark.parametrize("spec", [DataSpec(), ArchitectureSpec(), TrainingSpec(), CurveSpec()])
def test_specs_are_frozen_and_hashable(spec):
    name = dataclasses.fields(spec)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(spec, name, getattr(spec, name))
    assert len({spec, type(spec)()}) == 1


def test_the_points_of_a_curve_know_where_they_belong():
    spec = CurveSpec(n_train=(10, 20), draws=3)
    assert (spec.point(20, 2).n_train, spec.point(20, 2).draw) == (20, 2)
    assert spec.point(10, 1).data == spec.data
    # The same point on another grid is the same result.
    assert CurveSpec(n_train=(5, 10), draws=9).point(10, 1).digest() == spec.point(10, 1).digest()
    assert spec.point(10, 1).digest() != spec.point(10, 2).digest()
    assert spec.point(10, 1).digest() != spec.point(20, 1).digest()


def test_a_point_of_another_size_than_allowed_is_refused():
    with pytest.raises(SpecError, match=r"^draw is 100"):
        CurveSpec().point(10, 100)


def test_limits_themselves_are_allowed():
    ArchitectureSpec(1, sigma_w=100, sigma_b=100)
    ArchitectureSpec(32, sigma_w=5e-324)
    DataSpec("x" * 64, 100_000, 2**32 - 1)
    TrainingSpec(steps=10**9, eta=math.nextafter(2, 0), jitter=1)
    TrainingSpec(time=1e15)
    CurveSpec(n_train=range(1, 65), draws=100)


# Links


def test_a_link_holds_every_field_once_and_its_version():
    parts = (DataSpec, ArchitectureSpec, TrainingSpec)
    inner = [f.name for part in parts for f in dataclasses.fields(part)]
    assert sorted(QUERY) == sorted([*inner, "n_train", "draws", "test", "v"])
    assert QUERY["v"] == "7"
    assert QUERY["n_train"] == "50,100,200,400,800"
    assert QUERY["time"] == QUERY["steps"] == "none"


@pytest.mark.parametrize("version", ["0", "8", "", "1.0", "one"])
def test_a_link_of_another_version_is_refused_by_name(version):
    with pytest.raises(LinkError, match="version") as caught:
        CurveSpec.from_query({**QUERY, "v": version})
    assert repr(version) in str(caught.value)
    assert "reads versions 1 to 7" in str(caught.value)


SECOND = ("preparation", "zca", "target")
ADDED = (*SECOND, "noise")  # by the second version, and the third


def test_a_link_of_the_first_version_opens_what_it_showed():
    old = {key: text for key, text in QUERY.items() if key not in ADDED}
    assert CurveSpec.from_query({**old, "v": "1"}) == CurveSpec()
    with pytest.raises(LinkError, match="lacks preparation, zca, target"):
        CurveSpec.from_query({**old, "v": "2"})


def test_a_link_of_the_second_version_opens_what_it_showed():
    old = {key: text for key, text in QUERY.items() if key != "noise"}
    assert CurveSpec.from_query({**old, "v": "2"}) == CurveSpec()
    with pytest.raises(LinkError, match="lacks noise"):
        CurveSpec.from_query({**old, "v": "4"})


def test_json_of_the_first_version_is_read():
    old = CurveSpec().to_json()
    for name in ADDED:
        del old["data"][name]
    assert CurveSpec.from_json(old) == CurveSpec()
    del old["data"]["seed"]
    with pytest.raises(SpecError, match="lacks seed"):
        CurveSpec.from_json(old)


def test_a_later_field_changes_the_digest_only_where_it_is_not_its_default():
    assert DataSpec(preparation="default").digest() == DataSpec().digest()
    others = (DataSpec(preparation="none"), DataSpec(zca=0.1), DataSpec(target="raw"))
    others += (DataSpec(noise=0.1),)
    assert len({spec.digest() for spec in (DataSpec(), *others)}) == 5


def test_a_link_without_a_version_is_refused():
    with pytest.raises(LinkError, match="no version"):
        CurveSpec.from_query({k: v for k, v in QUERY.items() if k != "v"})
    with pytest.raises(LinkError, match="no version"):
        CurveSpec.from_query({})


@pytest.mark.parametrize("name", [k for k in QUERY if k != "v"])
def test_a_link_that_lacks_a_field_is_refused_by_name(name):
    with pytest.raises(LinkError, match=f"lacks {name};"):
        CurveSpec.from_query({k: v for k, v in QUERY.items() if k != name})


def test_a_link_with_an_unknown_field_is_refused_with_the_known_ones():
    with pytest.raises(LinkError, match=r"unknown width; known are .*depth"):
        CurveSpec.from_query({**QUERY, "width": "5"})


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("depth", "two", "depth is 'two'; it must be a whole number"),
        ("depth", "", "depth is empty; it must be a whole number"),
        ("depth", "2.0", "depth is '2.0'; it must be a whole number"),
        ("depth", "33", "depth is 33; it must be from 1 to 32"),
        ("depth", "none", "depth is 'none'"),
        ("depth", "1" * 5000, "depth is '111"),
        ("sigma_w", "nan", "sigma_w is nan; it must be above 0"),
        ("sigma_w", "1e999", "sigma_w is inf; it must be above 0"),
        ("sigma_w", "x", "sigma_w is 'x'; it must be a number"),
        ("activation", "RELU", "activation is 'RELU'; choose one of relu"),
        ("dataset", "<script>", "dataset is '<script>'"),
        ("time", "soon", "time is 'soon'; it must be a number"),
        ("time", "None", "time is 'None'; it must be a number"),
        ("steps", "0", "steps is 0; it must be from 1"),
        ("n_train", "", "n_train is empty; it must be a whole number"),
        ("n_train", "5,,6", "n_train is empty; it must be a whole number"),
        ("n_train", "6,5", "n_train goes from 6 down to 5"),
        ("n_train", "5,5", "n_train holds 5 twice"),
        ("n_train", ",".join(map(str, range(1, 66))), "n_train has 65 values"),
        ("eta", "0.5", "eta is 0.5"),
    ],
)
def test_a_malformed_or_impossible_link_is_refused_in_words(name, text, words):
    with pytest.raises(LinkError) as caught:
        CurveSpec.from_query({**QUERY, name: text})
    assert words in str(caught.value)
    assert str(caught.value).startswith("The link cannot be opened")


def test_contradicting_fields_of_a_link_are_refused_in_words():
    with pytest.raises(LinkError, match="no training time"):
        CurveSpec.from_query({**QUERY, "posterior": "bayes", "steps": "5"})


@given(st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=5))
def test_no_query_at_all_raises_anything_but_link_error(query):
    with pytest.raises(LinkError):
        CurveSpec.from_query(query)


texts = st.text(max_size=30) | st.integers().map(str) | st.floats().map(str)


@given(st.sampled_from(sorted(QUERY)), texts)
@example("depth", "1" * 5000)
@example("sigma_w", "1" * 5000)
@example("n_train", "9" * 4000)
@example("n_train", "\ud800")
def test_a_link_with_any_text_opens_or_is_refused_in_words(name, text):
    query = {**QUERY, name: text}
    try:
        spec = CurveSpec.from_query(query)
    except LinkError as error:
        assert str(error)  # noqa: PT017 (not raising is allowed too)
        return
    assert CurveSpec.from_query(spec.to_query()) == spec


# JSON


@pytest.mark.parametrize("data", [None, 3, "text", [], [1], True])
def test_json_that_is_no_object_is_refused(data):
    with pytest.raises(SpecError, match="CurveSpec must be a JSON object; got"):
        CurveSpec.from_json(data)
    with pytest.raises(SpecError, match="DataSpec must be a JSON object; got"):
        CurveSpec.from_json({**JSON, "data": data})


def test_json_needs_every_field_and_no_other():
    with pytest.raises(SpecError, match="CurveSpec lacks draws;"):
        CurveSpec.from_json({k: v for k, v in JSON.items() if k != "draws"})
    with pytest.raises(SpecError, match="CurveSpec has unknown width;"):
        CurveSpec.from_json({**JSON, "width": 3})
    with pytest.raises(SpecError, match="DataSpec lacks dataset, n_test, seed;"):
        CurveSpec.from_json({**JSON, "data": {}})


@given(json_values)
def test_no_json_at_all_raises_anything_but_spec_error(data):
    with pytest.raises(SpecError):
        CurveSpec.from_json(data)


places = [(k,) for k in JSON] + [
    (k, inner) for k, v in JSON.items() if isinstance(v, dict) for inner in v
]


@given(st.sampled_from(places), json_values | st.integers(-(10**400), 10**400))
@example(("architecture", "sigma_w"), 10**400)
@example(("data", "dataset"), "\ud800")
@settings(max_examples=300)
def test_any_json_value_in_any_place_is_taken_or_refused_in_words(place, value):
    data = json.loads(json.dumps(JSON))
    if len(place) == 1:
        data[place[0]] = value
    else:
        data[place[0]][place[1]] = value
    try:
        spec = CurveSpec.from_json(data)
    except SpecError as error:
        assert str(error)  # noqa: PT017 (not raising is allowed too)
        return
    assert CurveSpec.from_json(spec.to_json()) == spec


@given(st.text(max_size=40))
@example("")
@example("{'a': 1}")
def test_text_that_is_not_json_is_a_spec_error(text):
    try:
        parse_json(text)
    except SpecError as error:
        assert "JSON" in str(error)  # noqa: PT017 (not raising is allowed too)
        return
    json.loads(text)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a": ' * 100_000, "1" * 5000], ids=["list", "object", "number"]
)
def test_json_too_deep_or_too_long_for_python_is_a_spec_error(text):
    with pytest.raises(SpecError, match="JSON"):
        parse_json(text)


def test_parsed_json_is_what_was_written():
    assert parse_json(json.dumps(JSON)) == JSON


# What controls and help texts are made of


@pytest.mark.parametrize("cls", [DataSpec, ArchitectureSpec, TrainingSpec])
def test_every_field_has_a_check_a_default_and_a_sentence(cls):
    for item in dataclasses.fields(cls):
        default = default_of(cls, item.name)
        assert check_of(cls, item.name).check(item.name, default) == default
        assert about(cls, item.name)


@given(st.integers(-5, 15))
def test_a_whole_number_is_in_its_range_or_refused(value):
    check = Whole(0, 10)
    if 0 <= value <= 10:
        assert check.check("x", value) == value
    else:
        with pytest.raises(SpecError, match="from 0 to 10"):
            check.check("x", value)


@pytest.mark.parametrize("above", [False, True])
@pytest.mark.parametrize("below", [False, True])
def test_the_ends_of_a_range_belong_to_it_unless_left_out(above, below):
    check = Real(1, 2, above=above, below=below)
    for value, left_out in ((1, above), (2, below)):
        if left_out:
            with pytest.raises(SpecError, match="must be"):
                check.check("x", value)
        else:
            assert check.check("x", value) == value
    assert check.check("x", 1.5) == 1.5
