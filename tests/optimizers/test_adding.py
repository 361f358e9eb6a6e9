"""Adding an optimizer as docs/contributing/optimizer.md says, and using it from end to end."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from helpers.drawn import figures
from helpers.pages_driver import compute, open_page, texts, view_in
from helpers.reference_ensembles import NumpyNetwork, digits, train_by_hand
from helpers.reference_optimizers import nesterov, sign_descent

import ntk_uq
from ntk_uq.base.errors import SpecError
from ntk_uq.cli import main
from ntk_uq.costs.training import required_bytes
from ntk_uq.export.snippets import python_of, shell_of
from ntk_uq.jobs import describe
from ntk_uq.optimizers import Optimizer, register
from ntk_uq.results.ensembles.stored import theory_of
from ntk_uq.specs import OPTIMIZERS, ArchitectureSpec, DataSpec, EnsembleSpec, OptimizerSpec
from ntk_uq.training.members import train_members
from ntk_uq.training.program import in_span, train
from ntk_uq.training.seeds import key_data
from ntk_uq.views import EnsemblesView

ROOT = Path(__file__).resolve().parents[2]
RECIPE = (ROOT / "docs/contributing/optimizer.md").read_text(encoding="utf-8")
FILE, LINE, TRYING = re.findall(r"```python\n(.*?)```", RECIPE, re.DOTALL)
REGISTRY = "ntk_uq/optimizers/registry.py"

SPEC = EnsembleSpec(
    DataSpec(n_test=12),
    ArchitectureSpec(2, "gelu", sigma_b=0.2),
    OptimizerSpec(steps=30, eta=0.5),
    widths=(19,),
    n_train=(30,),
    members=3,
)


def declared():
    """What the recipe's file holds."""
    module = ModuleType("nesterov")
    exec(compile(FILE, "nesterov.py", "exec"), module.__dict__)
    return module.OPTIMIZER


@pytest.fixture
def added():
    """The recipe's optimizer, there for one test."""
    optimizer = declared()
    with register(optimizer):
        yield optimizer


def spec_of(optimizer):
    return EnsembleSpec(
        SPEC.data, SPEC.architecture, optimizer, SPEC.widths, SPEC.n_train, SPEC.members
    )


@pytest.fixture
def spec(added):
    return spec_of(OptimizerSpec("nesterov", 30, 0.5, momentum=0.8))


def test_the_recipe_as_it_stands_trains_an_ensemble():
    names = {"OPTIMIZER": declared()}
    exec(compile(TRYING, "trying.py", "exec"), names)
    assert "nesterov" not in OPTIMIZERS
    (point,) = names["found"].ensembles.points
    assert point.members == 3
    assert point.mu.value > 0


def test_it_is_checked_with_its_own_words(added):
    assert OptimizerSpec("nesterov", eta=1.35, momentum=0.9).eta == 1.35  # 2 * 1.9 / 2.8 = 1.357
    with pytest.raises(SpecError, match=r"with nesterov it must be below 1\.35714: the largest"):
        OptimizerSpec("nesterov", eta=1.36, momentum=0.9)
    with pytest.raises(SpecError, match="momentum is empty; the optimizer nesterov needs it"):
        OptimizerSpec("nesterov")
    with pytest.raises(SpecError, match="batch_size is 8, but only the optimizer sgd has one"):
        OptimizerSpec("nesterov", momentum=0.9, batch_size=8)


def test_links_json_words_and_costs_know_it(spec):
    assert EnsembleSpec.from_query(spec.to_query()) == spec
    assert EnsembleSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    assert "nesterov, 30 steps, η 0.5, momentum 0.8" in describe.words_of(spec)
    shape = (19, 30, 64, 10)
    heavy = spec_of(OptimizerSpec("momentum", 30, 0.5, momentum=0.8))
    assert required_bytes(spec, *shape) == required_bytes(heavy, *shape)
    assert required_bytes(spec, *shape) > required_bytes(SPEC, *shape)
    assert theory_of(spec) is None
    assert eval(python_of(spec), {"ntk_uq": ntk_uq}) == spec
    assert "--optimizer nesterov" in shell_of("ensemble", spec)


@pytest.mark.parametrize("span", [False, True])
def test_its_networks_are_those_of_numpy(spec, span):
    assert in_span("nesterov", 30, 64)
    split = digits(30, 12)
    data = (split.x_train, split.y_train, split.x_test)
    for member in train_members(spec, 19, 30, range(2)):
        key = key_data(member.seed)
        network = NumpyNetwork(spec.architecture, 19, 10, 64, key)
        rule = nesterov(0.5 / member.lambda_max, 0.8)
        train_by_hand(network, rule, split.x_train, split.y_train, 30)
        np.testing.assert_allclose(member.predictions, network(split.x_test), atol=1e-5)
        found = train(
            *(spec.architecture, spec.optimizer, 19, key[None], data, member.step_size),
            *(member.steps, span),
        )
        np.testing.assert_allclose(found.test[0, -1], network(split.x_test), atol=1e-5)


def test_one_that_is_not_linear_and_whose_eta_is_the_step_itself():
    def update(gradient, memory, step):
        return -step.size * gradient.__array_namespace__().sign(gradient), memory

    made = Optimizer(
        name="signs",
        title="sign descent",
        about="Each parameter moves by eta, downhill.",
        update=update,
        bound=lambda settings: 0.5,
        why="each step would be half of a parameter",
        normalized=False,
        departure="signs of gradients",
    )
    with register(made):
        with pytest.raises(SpecError, match=r"below 0\.5: each step would be half of a parameter"):
            OptimizerSpec("signs", eta=0.5)
        (member,) = train_members(spec_of(OptimizerSpec("signs", 8, 0.01)), 19, 30, [0])
        assert (member.lambda_max, member.step_size) == (None, 0.01)
        split = digits(30, 12)
        network = NumpyNetwork(SPEC.architecture, 19, 10, 64, key_data(member.seed))
        train_by_hand(network, sign_descent(0.01), split.x_train, split.y_train, 8)
        np.testing.assert_allclose(member.predictions, network(split.x_test), atol=1e-4)


def test_the_page_offers_it_trains_it_and_says_what_it_is(added, store):
    app = open_page(
        "ensembles",
        EnsemblesView(
            DataSpec(n_test=30),
            ArchitectureSpec(depth=1),
            OptimizerSpec(steps=20),
            widths=(8,),
            n_train=(20,),
            members=3,
        ),
    )
    box = app.selectbox(key="ensembles_optimizer")
    assert box.options[-1] == "Nesterov's accelerated gradient"
    box.set_value("nesterov").run()
    assert not app.exception
    assert app.number_input(key="ensembles_momentum").value == 0.9
    assert "for momentum and nesterov only" in app.number_input(key="ensembles_momentum").help
    assert "one step ahead. A departure from the theory" in texts(app.caption)
    view = view_in(app, EnsemblesView)
    assert view.optimizer == OptimizerSpec("nesterov", 20, 1.0, momentum=0.9)
    app.button(key="launch").click().run()
    compute(store)
    done = open_page("ensembles", view)
    assert not done.exception
    assert "All 3 networks are trained" in texts(done.markdown)
    titles = [figure["layout"]["title"]["text"] for figure in figures(done)]
    assert titles
    assert all("trained with Nesterov's momentum" in title for title in titles)


def test_the_command_line_offers_and_trains_it(added, store, capsys):
    with pytest.raises(SystemExit):
        main(("ensemble", "--help"))
    assert "gd|momentum|sgd|adam|nesterov" in re.sub(r"\s+", "", capsys.readouterr().out)
    code = main(
        (
            *("ensemble", "--dataset", "digits", "--depth", "1", "--width", "8", "--n-train", "20"),
            *("--n-test", "30", "--steps", "20", "--members", "2", "--quiet"),
            *("--eta", "0.5"),
            *("--optimizer", "nesterov"),
        )
    )
    assert code == 0
    assert "nesterov, 20 steps, eta = 0.5: a departure" in capsys.readouterr().out


WEB = """
import json, sys
from ntk_uq.costs.training import required_bytes
from ntk_uq.jobs.describe import words_of
from ntk_uq.optimizers import get
from ntk_uq.specs import EnsembleSpec, OptimizerSpec
import ntk_uq.ui.controls.finite
spec = EnsembleSpec(optimizer=OptimizerSpec("nesterov", 10, 1.0, momentum=0.9))
assert EnsembleSpec.from_query(spec.to_query()) == spec
try:
    OptimizerSpec("nesterov", eta=1.5, momentum=0.9)
except ValueError as error:
    refused = str(error)
print(json.dumps({
    "file": ntk_uq.__file__, "title": get("nesterov").title, "words": words_of(spec),
    "bytes": required_bytes(spec, 64, 100, 64, 10), "refused": refused,
    "loaded": [m for m in ("jax", "optax", "dask", "distributed") if m in sys.modules],
}))
"""


def test_one_new_file_and_one_line_are_all_and_the_web_loads_no_jax(tmp_path):
    """In a copy of the package, changed as the recipe says, in a process of its own."""
    copy = shutil.copytree(
        ROOT / "ntk_uq", tmp_path / "ntk_uq", ignore=shutil.ignore_patterns("__pycache__")
    )
    new = "ntk_uq/optimizers/nesterov.py"
    assert f"`{new}`" in RECIPE
    assert f"`{REGISTRY}`" in RECIPE
    (tmp_path / new).write_text(FILE, encoding="utf-8")
    text = (tmp_path / REGISTRY).read_text(encoding="utf-8")
    assert LINE.count("\n") == 1
    (tmp_path / REGISTRY).write_text(text.replace('    "adam",\n', f'    "adam",\n{LINE}'))
    changed = [
        path.relative_to(tmp_path).as_posix()
        for path in copy.rglob("*")
        if path.is_file()
        and (before := ROOT / path.relative_to(tmp_path)).exists()
        and before.read_bytes() != path.read_bytes()
    ]
    assert changed == [REGISTRY]
    done = subprocess.run(
        [sys.executable, "-c", WEB], cwd=tmp_path, capture_output=True, text=True, timeout=250
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert Path(found["file"]) == tmp_path / "ntk_uq/__init__.py"
    assert found["title"] == "Nesterov's accelerated gradient"
    assert "nesterov, 10 steps, η 1, momentum 0.9" in found["words"]
    assert "with nesterov it must be below 1.35714: the largest mode" in found["refused"]
    assert found["bytes"] > 0
    assert found["loaded"] == []
