"""The registry of optimizers: what is there, what is added, and what cannot be one."""

from dataclasses import replace

import numpy as np
import pytest

from ntk_uq import optimizers
from ntk_uq.base.errors import SpecError
from ntk_uq.base.registry import Registry
from ntk_uq.optimizers import Optimizer, get, register
from ntk_uq.specs import OPTIMIZERS, ArchitectureSpec, OptimizerSpec
from ntk_uq.training.program import train

GD = get("gd")
MADE_UP = replace(GD, name="made_up", departure="something made up")


def test_the_names_are_live_and_an_addition_is_taken_back():
    assert list(OPTIMIZERS) == ["gd", "momentum", "sgd", "adam"]
    with register(MADE_UP):
        assert "made_up" in OPTIMIZERS
        assert OPTIMIZERS[-1] == "made_up"
        assert OPTIMIZERS[:2] == ("gd", "momentum")
        assert len(OPTIMIZERS) == 5
        assert get("made_up") is MADE_UP
        assert OptimizerSpec("made_up").counterpart is None
    assert repr(OPTIMIZERS) == "('gd', 'momentum', 'sgd', 'adam')"
    with pytest.raises(SpecError, match="choose one of gd, momentum, sgd, adam"):
        OptimizerSpec("made_up")
    with pytest.raises(SpecError, match=r"no optimizer 'made_up' here; there are gd, .*workers"):
        get("made_up")


def test_an_addition_stays_until_it_is_closed():
    added = register(MADE_UP)
    try:
        assert get("made_up") is MADE_UP
        with pytest.raises(SpecError, match="an optimizer 'made_up' already; choose another name"):
            register(MADE_UP)
    finally:
        added.close()
    assert "made_up" not in OPTIMIZERS


def test_a_name_stands_for_one_rule():
    with pytest.raises(SpecError, match="There is an optimizer 'gd' already"):
        register(GD)


def keeps_too_much(gradient, memory, step):
    return -step.size * gradient, (gradient,)


BROKEN = [
    ({"update": lambda g, memory, step: (g[:1], memory)}, r"the move has the shape \(1, 3\)"),
    ({"update": lambda g, memory, step: (0.0, memory)}, r"the move has the shape \(\)"),
    ({"update": lambda g, memory, step: (g.astype(np.float16), memory)}, "numbers of float16"),
    ({"update": lambda g, memory, step: (g / abs(g), memory)}, "in step 1 the move is not finite"),
    ({"update": lambda g, memory, step: g}, "fails: TypeError, what it keeps is of type ndarray"),
    ({"update": lambda g: g}, "its update fails: TypeError"),
    ({"update": keeps_too_much}, "keeps 1 arrays; it must be as many as its memory says, 0"),
    ({"update": lambda g, memory, step: (-step.size * g**3, memory)}, "it must be linear"),
    ({"departure": ""}, None),
    (
        {"update": lambda g, memory, step: (-2 * step.size * g, memory), "departure": ""},
        "names no departure from the theory; it must be full-batch gradient descent",
    ),
    ({"departure": "", "needs": {"batch_size": 4}}, "names no departure from the theory"),
    ({"bound": lambda settings: 0.0}, r"its bound on eta is 0\.0; it must be a number above 0"),
]


@pytest.mark.parametrize(("change", "words"), BROKEN)
def test_what_cannot_be_one_is_refused_in_one_sentence(change, words):
    made = replace(MADE_UP, **change)
    if words is None:
        register(made).close()
        return
    with pytest.raises(SpecError, match=words) as refused:
        register(made)
    assert "The optimizer made_up does not work: " in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "made_up" not in OPTIMIZERS


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "Two words"}, "name is 'Two words'; it must be a word of small letters"),
        ({"name": "none"}, "name is 'none'"),
        (
            {"needs": {"decay": 0.9}},
            "needs decay, which no specification has; it may need momentum",
        ),
    ],
)
def test_a_declaration_that_no_link_could_hold_is_refused(change, words):
    with pytest.raises(SpecError, match=words):
        replace(MADE_UP, **change)


def test_a_rule_that_only_numpy_runs_is_told_when_it_is_compiled():
    made = replace(
        MADE_UP, linear=False, update=lambda g, m, s: (-s.size * np.sign(np.asarray(g)), m)
    )
    data = tuple(np.ones(shape) for shape in ((5, 3), (5, 2), (4, 3)))
    key, steps = np.zeros((1, 2), np.uint32), np.array([0, 2])
    with register(made):
        spec = OptimizerSpec("made_up")
        with pytest.raises(SpecError, match=r"update fails: .*__array_namespace__"):
            train(ArchitectureSpec(1), spec, 4, key, data, 0.1, steps)


def test_a_file_must_hold_what_its_name_says(monkeypatch):
    wrong = Registry(optimizers.__name__, "optimizer", ("base", "gd"), optimizers.registry._check)
    with pytest.raises(
        SpecError, match=r"base\.py holds None as OPTIMIZER; it must be an Optimizer"
    ):
        wrong.get("base")
    monkeypatch.setattr("ntk_uq.optimizers.gd.OPTIMIZER", MADE_UP)
    with pytest.raises(SpecError, match=r"gd\.py holds Optimizer\(name='made_up'.* 'gd'"):
        wrong.get("gd")
    assert isinstance(get("gd"), Optimizer)


def test_parameters_of_several_optimizers_name_them_all():
    from ntk_uq.base.fields import about

    said = "share of the last step that the next one keeps; for momentum only, usually 0.9"
    assert about(OptimizerSpec, "momentum") == said
    assert about(OptimizerSpec, "batch_size").endswith("for sgd only, usually 32")
    assert about(OptimizerSpec, "eta").endswith("for adam the learning rate itself")
    made = replace(MADE_UP, needs={"momentum": 0.5}, normalized=False)
    with register(made):
        assert about(OptimizerSpec, "momentum").endswith(
            "for momentum and made_up only, usually 0.9 and 0.5"
        )
        assert about(OptimizerSpec, "eta").endswith("for adam and made_up the learning rate itself")
        with pytest.raises(SpecError, match="only the optimizers momentum and made_up have one"):
            OptimizerSpec(momentum=0.9)
