"""An activation is added by one file and one line: what the guide says is done, and used."""

import json
import re
import shutil
import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
from helpers.drawn import figures
from helpers.pages_driver import compute, open_page, view_in

import ntk_uq
from ntk_uq.activations import REGISTRY, get, register
from ntk_uq.activations.base import Activation
from ntk_uq.activations.criticality import critical_sigma_w, criticality, describe
from ntk_uq.analysis.maps.critical import critical_lines, sides
from ntk_uq.base.errors import SpecError
from ntk_uq.cli import main
from ntk_uq.costs.kernels import draw_seconds
from ntk_uq.jobs.asking import submit
from ntk_uq.jobs.describe import words_of
from ntk_uq.specs import (
    ArchitectureSpec,
    CurveSpec,
    DataSpec,
    EnsembleSpec,
    MapSpec,
    OptimizerSpec,
)
from ntk_uq.store import JobState
from ntk_uq.theory import kernels
from ntk_uq.theory.card.kernels import CardExamples, CardKernels
from ntk_uq.theory.kernels import Kernels
from ntk_uq.views import CurvesView

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "contributing" / "activation.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
FILES = dict(zip(("sine", "softplus"), (b for b in BLOCKS if "ACTIVATION = " in b), strict=True))
(LINE,) = (b for b in BLOCKS if b.strip() == '"sine",')


def declared(name):
    """What the guide's file of that name declares."""
    module = types.ModuleType(name)
    exec(compile(FILES[name], f"{name}.py", "exec"), module.__dict__)
    return module.ACTIVATION


@pytest.fixture(autouse=True)
def _small_tiles(monkeypatch):
    """A series takes long where no example is."""
    monkeypatch.setattr(kernels, "TILE", 16)


@pytest.fixture(params=FILES)
def name(request):
    with register(declared(request.param)):
        yield request.param


@pytest.fixture
def sine():
    with register(declared("sine")):
        yield "sine"


def test_one_file_and_one_line_are_all_and_what_the_web_needs_loads_no_jax(tmp_path):
    """In a copy of the package, and a new process."""
    package = tmp_path / "ntk_uq"
    shutil.copytree(ROOT / "ntk_uq", package, ignore=shutil.ignore_patterns("__pycache__"))
    before = {path: path.read_bytes() for path in package.rglob("*") if path.is_file()}
    (package / "activations" / "sine.py").write_text(FILES["sine"], encoding="utf-8")
    registry = package / "activations" / "registry.py"
    text = registry.read_text(encoding="utf-8")
    head, tail = text.split("FILES = (\n", 1)
    registry.write_text(f"{head}FILES = (\n{tail.replace(')', f'{LINE})', 1)}", encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, json, ntk_uq\n"
            "from ntk_uq.activations import get, criticality\n"
            "from ntk_uq.costs.kernels import draw_seconds\n"
            "from ntk_uq.specs import ACTIVATIONS, ArchitectureSpec, CurveSpec\n"
            "from ntk_uq.jobs.describe import words_of\n"
            "import ntk_uq.ui.controls.network, ntk_uq.analysis.maps.critical\n"
            "spec = CurveSpec(architecture=ArchitectureSpec(2, 'sine'))\n"
            "assert CurveSpec.from_query(spec.to_query()) == spec\n"
            "print(json.dumps([ntk_uq.__file__, list(ACTIVATIONS), words_of(spec),\n"
            "  get('sine').words, draw_seconds(spec, 64), criticality.describe('sine', 1.0, 0.0),\n"
            "  sorted({'jax', 'dask', 'neural_tangents'} & set(sys.modules))]))",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    file, names, in_words, words, seconds, sentence, loaded = json.loads(done.stdout)
    assert Path(file).is_relative_to(tmp_path), "the copy is what was loaded"
    assert names == ["relu", "erf", "gelu", "linear", "sine"]
    assert "sine" in in_words
    assert words == "sine, sin(x)"
    assert seconds > 0
    assert "sine with σ_w = 1" in sentence
    assert loaded == []
    after = {path: path.read_bytes() for path in package.rglob("*") if path.suffix == ".py"}
    assert set(after) - set(before) == {package / "activations" / "sine.py"}
    changed = [path for path in before if path in after and before[path] != after[path]]
    assert changed == [registry], "exactly one existing file, the registry"
    assert len(registry.read_text().splitlines()) == len(text.splitlines()) + 1


def test_it_is_there_while_it_is_registered_and_gone_afterwards():
    with register(declared("sine")):
        assert tuple(REGISTRY) == ("relu", "erf", "gelu", "linear", "sine")
        assert len(REGISTRY) == 5
        assert REGISTRY[-1] == "sine"
        spec = ArchitectureSpec(activation="sine")
        with pytest.raises(SpecError, match="There is an activation 'sine' already; choose"):
            register(declared("sine"))
    assert tuple(REGISTRY) == ("relu", "erf", "gelu", "linear")
    with pytest.raises(SpecError, match="'sine'; choose one of relu, erf, gelu, linear"):
        ArchitectureSpec(activation="sine")
    with pytest.raises(SpecError, match="no activation 'sine' here; there are relu"):
        Kernels(spec)


def test_specification_link_and_digest(name):
    spec = CurveSpec(architecture=ArchitectureSpec(2, name))
    assert CurveSpec.from_query(spec.to_query()) == spec
    assert CurveSpec.from_json(spec.to_json()) == spec
    assert spec.digest() != CurveSpec(architecture=ArchitectureSpec(2)).digest()
    assert f"depth 2, {name}" in words_of(spec)
    assert name in get(name).words


def test_the_command_line_offers_it(name, capsys):
    with pytest.raises(SystemExit):
        main(["curve", "--help"])
    assert f"relu|erf|gelu|linear|{name}" in capsys.readouterr().out


def test_the_cost_is_the_declared_one(sine):
    with_sine, with_erf = (
        draw_seconds(CurveSpec(architecture=ArchitectureSpec(4, a)), 64) for a in (sine, "erf")
    )
    assert with_sine > with_erf
    with register(declared("softplus")):
        dear = draw_seconds(CurveSpec(architecture=ArchitectureSpec(4, "softplus")), 64)
        assert dear > 10 * with_erf, "the series is told to be dear"


def test_the_sine_is_that_of_neural_tangents(sine):
    rng = np.random.default_rng()
    x = rng.standard_normal((12, 6)) * rng.uniform(0.3, 2, (12, 1))
    x[3], x[4] = x[2], -x[2]
    spec = ArchitectureSpec(2, sine, 1.4, 0.2)
    ours, theirs = Kernels(spec), Kernels(spec, reference=True)
    for one, other in zip(ours.symmetric(x), theirs.symmetric(x), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)
        assert one[2, 3] == one[2, 2], "equal inputs have what the diagonal has"
        assert np.array_equal(one, one.T)


def test_an_activation_with_no_closed_form_here_is_evaluated_by_neural_tangents():
    """As dual.py and kernels.py promise."""
    closed = declared("sine")
    bare = Activation("bare_sine", "sine", stax="Sin", phi=closed.phi, slope=closed.slope)
    assert bare.layer is None
    x = np.random.default_rng(1).standard_normal((10, 6))
    with register(closed), register(bare):
        assert Kernels(ArchitectureSpec(2, "bare_sine")).reference
        for one, other in zip(
            Kernels(ArchitectureSpec(2, "bare_sine", 1.3, 0.3)).symmetric(x),
            Kernels(ArchitectureSpec(2, "sine", 1.3, 0.3)).symmetric(x),
            strict=True,
        ):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-13)
        # The variance map by quadrature, and all that follows from it.
        for sigma_w, sigma_b in ((0.8, 0.3), (1.5, 0.1), (2.5, 0.0)):
            one, other = (criticality(a, sigma_w, sigma_b) for a in ("bare_sine", "sine"))
            assert one.phase == other.phase
            assert one.q == pytest.approx(other.q, rel=1e-8)
            assert one.chi == pytest.approx(other.chi, rel=1e-8)
        lines = [critical_sigma_w(a, 0.3) for a in ("bare_sine", "sine")]
        assert lines[0] == pytest.approx(lines[1], rel=1e-6)


def panels(function, q1, q2, k):
    """E[f(u) f(v)] by Gauss-Legendre on panels, which knows nothing of Hermite polynomials."""
    nodes, weights = np.polynomial.legendre.leggauss(20)
    edges = np.linspace(-12, 12, 49)
    half = np.diff(edges)[:, None] / 2
    z = (edges[:-1, None] + half * (1 + nodes)).ravel()
    w = (half * weights).ravel() * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    u = np.sqrt(q1) * z
    v = k / np.sqrt(q1) * z[:, None] + np.sqrt(max(q2 - k * k / q1, 0)) * z
    return w @ (function(u) * (function(v) @ w))


NUMPY = {
    "softplus": (lambda x: np.logaddexp(x, 0), lambda x: (1 + np.tanh(x / 2)) / 2, 1e-9),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2, 1e-6),
}


@pytest.mark.parametrize("phi", ["softplus", pytest.param("tanh", marks=pytest.mark.slow)])
def test_the_series_is_the_integral(phi):
    value, slope, tolerance = NUMPY[phi]
    x = np.random.default_rng(3).standard_normal((5, 6))
    x[1], x[2] = x[0] + 0.02, -x[0]
    w2, b2 = 2.0, 0.1
    made = Activation(
        f"made_{phi}",
        phi,
        phi=(lambda x: x.__array_namespace__().tanh(x)) if phi == "tanh" else declared(phi).phi,
        slope=(lambda x: 1 - x.__array_namespace__().tanh(x) ** 2)
        if phi == "tanh"
        else declared(phi).slope,
    )
    k = w2 * x @ x.T / 6 + b2
    theta = k
    for _ in range(2):
        q = np.diag(k)
        both = [
            np.array([[panels(f, q[i], q[j], k[i, j]) for j in range(5)] for i in range(5)])
            for f in (value, slope)
        ]
        k = w2 * both[0] + b2
        theta = k + w2 * both[1] * theta
    with register(made):
        both = Kernels(ArchitectureSpec(2, made.name, w2**0.5, b2**0.5))
        nngp, ntk = both.symmetric(x)
        np.testing.assert_allclose(nngp, k, rtol=tolerance)
        np.testing.assert_allclose(ntk, theta, rtol=tolerance)
        for full, diagonal in zip((nngp, ntk), both.diagonal(x), strict=True):
            assert np.array_equal(np.diag(full), diagonal)
        with pytest.raises(SpecError, match="neural-tangents has no layer for made_"):
            Kernels(both.spec, reference=True)


@pytest.mark.slow  # compiles and trains two ensembles: half a minute
def test_curve_and_finite_networks_agree_within_their_errors(name):
    """Trained with phi itself, differentiated by JAX."""
    network = ArchitectureSpec(1, name, 1.3, 0.3)
    spec = EnsembleSpec(
        DataSpec("digits", n_test=40),
        network,
        OptimizerSpec(steps=50, eta=0.7),
        widths=(512,),
        n_train=(20,),
        members=16,
    )
    found = ntk_uq.ensemble(spec)
    (point,) = found.ensembles.points
    ratio = found.ratio(point, "mu")
    # Four standard errors, and the first correction in 1/width.
    low, high = ratio.low, ratio.high
    assert low - (high - low) - 0.05 < 1 < high + (high - low) + 0.05
    assert high - low < 0.5
    curve = ntk_uq.curve(CurveSpec(spec.data, network, n_train=(10, 20, 40), draws=2))
    assert all(point.mu > 0 for point in curve.points)


def test_the_critical_line(name):
    if name == "sine":  # sigma_w |phi'(0)| = 1 without biases
        assert critical_sigma_w(name, 0.0) == pytest.approx(1, rel=1e-4)
    line = critical_sigma_w(name, 0.4)
    assert criticality(name, line * 0.999, 0.4).phase == "ordered"
    assert criticality(name, line * 1.001, 0.4).phase == "chaotic"
    assert describe(name, 2.0, 0.3).startswith(f"{name} with σ_w = 2 and σ_b = 0.3 is")


def test_a_phase_map_of_activations_and_weights(sine):
    spec = MapSpec(
        data=DataSpec("digits", n_test=20),
        architecture=ArchitectureSpec(sigma_b=0.3),
        n_train=10,
        x="sigma_w",
        x_values=(0.6, 1.0, 1.4, 1.8),
        y="activation",
        y_values=("erf", sine),
    )
    assert MapSpec.from_query(spec.to_query()) == spec
    assert np.isfinite(ntk_uq.phase_map(spec).values("mu")).all()
    assert len(critical_lines(spec)) == 2
    assert "χ₁ = 1" in sides(spec)[0]


def test_care_for_close_pairs_is_what_the_guide_says():
    """In NumPy, compiled as for a card, and, of so smooth an activation, without it."""
    module = types.ModuleType("sine")
    (block,) = (b for b in BLOCKS if "from_determinants" in b)
    exec(compile(FILES["sine"] + block, "sine.py", "exec"), module.__dict__)
    made = replace(module.ACTIVATION, close=module.CLOSE)
    x = np.random.default_rng().standard_normal((20, 6))
    x[1], x[2] = x[0] * (1 + 1e-8), -x[3]
    with register(made):
        spec = ArchitectureSpec(3, "sine", 1.3, 0.3)
        both = Kernels(spec)
        want = both.symmetric(x)
        with jax.enable_x64(True):
            of = CardExamples(both, x)
            got = [np.asarray(k) for k in CardKernels(both).between(of, of, both.names)]
    with register(declared("sine")):
        bare = Kernels(spec).symmetric(x)
    for k, reference, other in zip(got, want, bare, strict=True):
        np.testing.assert_allclose(k[:20, :20], reference, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(reference, other, rtol=1e-12, atol=1e-13)


def test_pages_offer_it(sine, store):
    view = CurvesView(DataSpec(n_test=20), depths=(1,), n_low=10, n_high=40, n_points=3, draws=1)
    app = open_page(None, view)
    assert not app.exception
    box = app.selectbox(key="curves_activation")
    assert box.options == [*REGISTRY]
    assert "sine: sine, sin(x)" in box.help
    box.set_value(sine).run()
    assert not app.exception
    assert view_in(app, CurvesView).activation == sine
    compute(store)
    app = open_page(None, replace(view, activation=sine))
    assert not app.exception
    assert len(figures(app)) >= 2
    app = open_page("phase_map")
    app.selectbox(key="map_x").set_value("activation").run()
    assert not app.error
    assert "sine" in app.text_input(key="map_x_values").value


def test_a_process_that_does_not_know_it_says_so(store):
    with register(declared("sine")):
        spec = CurveSpec(DataSpec(n_test=20), ArchitectureSpec(1, "sine"), n_train=(10, 20, 40))
        job = submit(store.jobs, spec)
    compute(store)
    after = store.jobs.get(job.id)
    assert after.state == JobState.FAILED
    assert "'sine'; choose one of relu, erf, gelu, linear" in after.error
    assert not open_page("runs").exception, "the list of jobs says the fields as they are"
