"""Maps beside the curves that their cells are points of, and beside direct evaluation."""

import math
from dataclasses import replace

import numpy as np
import pytest
from helpers.job_names import MAP

import ntk_uq
from ntk_uq import datasets
from ntk_uq.activations.criticality import critical_sigma_w, criticality
from ntk_uq.analysis.maps import critical_lines, groups, map_cost, sides, stored_map, warnings_of
from ntk_uq.base.errors import CostLimitError, SpecError
from ntk_uq.costs.cells import in_common
from ntk_uq.costs.memory import BASE
from ntk_uq.datasets import load_split
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.inline import Overlay, run_curve, run_map
from ntk_uq.engine.kinds import plan
from ntk_uq.engine.runners import InProcess
from ntk_uq.jobs.asking import submit
from ntk_uq.results.curves import point_keys, stored_curve
from ntk_uq.specs import ArchitectureSpec, CurveSpec, DataSpec, MapSpec, TrainingSpec
from ntk_uq.store import JobState
from ntk_uq.theory.curve import evaluate_draw
from ntk_uq.theory.kernels import Kernels
from ntk_uq.theory.moments import loss_moments

DATA = DataSpec(n_test=40)
SMALL = MapSpec(
    DATA,
    ArchitectureSpec(2, "erf"),
    TrainingSpec(jitter=1e-6),
    n_train=30,
    draws=2,
    x="sigma_w",
    x_values=(0.8, 1.5, 2.5),
    y="depth",
    y_values=(1, 3),
)


def test_a_map_is_what_direct_evaluation_gives():
    found = ntk_uq.phase_map(replace(SMALL, draws=1))
    assert found.complete
    dataset = datasets.get("digits")
    split = load_split(dataset, DATA, 30, 0)
    for i, depth in enumerate((1, 3)):
        for j, sigma_w in enumerate((0.8, 1.5, 2.5)):
            both = np.concatenate([split.x_train, split.x_test])
            spec = ArchitectureSpec(depth, "erf", sigma_w)
            nngp, ntk = Kernels(spec).symmetric(both)
            sample = datasets.pool_sample(dataset, DATA, 1024)
            ridge = 1e-6 * Kernels(spec).mean_diagonal(sample)[1]
            w = np.linalg.solve(ntk[:30, :30] + ridge * np.eye(30), ntk[:30, 30:])
            covariance = (
                nngp[30:, 30:]
                + w.T @ nngp[:30, :30] @ w
                - w.T @ nngp[:30, 30:]
                - nngp[30:, :30] @ w
            )
            moments = loss_moments(w.T @ split.y_train, covariance, split.y_test)
            assert found.values("mu")[i, j] == pytest.approx(moments.mu, rel=1e-9)
            assert found.values("sigma")[i, j] == pytest.approx(moments.sigma, rel=1e-9)


def test_cells_are_points_of_their_curves_and_are_not_computed_twice(store):
    curve = run_curve(SMALL.cell(1, 2), store.results)
    todo = plan(MAP, SMALL.to_json(), store.results)
    assert (todo.done, todo.total) == (2, 12)
    cells = [cell["spec"] for chunk in todo.chunks for cell in chunk.payload["cells"]]
    assert len(cells) == 10
    assert SMALL.cell(1, 2).to_json() not in cells
    found = run_map(SMALL, store.results)
    cell = found.cells[1][2]
    assert cell.curve.raw == curve.raw
    assert found.values("mu")[1, 2] == curve.points[0].mu
    assert found.errors("mu")[1, 2] == curve.points[0].mu_sem
    # And the other way round: the curve of another cell is there, once the map is.
    other = SMALL.cell(0, 1)
    assert stored_curve(store.results, other).complete
    assert plan("curve", other.to_json(), store.results).chunks == ()
    assert set(point_keys(other).values()) <= {
        key for group in groups(SMALL) for key in group.keys.values()
    }


def test_cells_that_differ_in_n_train_alone_are_one_nested_curve():
    spec = replace(SMALL, x="n_train", x_values=(10, 20, 5000), sizes=0)
    made = [group.curve for group in groups(spec)]
    assert [c.n_train for c in made] == [(10, 20), (10, 20)]
    assert [c.architecture.depth for c in made] == [1, 3]
    fitted = [group.curve.n_train for group in groups(replace(spec, n_train=9, sizes=4))]
    assert fitted[0] == (1, 2, 5, 10, 20) or fitted[0][-1] == 20


def test_a_map_fills_from_coarse_to_fine_and_the_first_draw_before_the_second():
    many = tuple(1 + i / 10 for i in range(8))
    spec = replace(SMALL, x_values=many, y="sigma_b", y_values=many, draws=2)
    chunks = plan(MAP, spec.to_json(), Overlay(None)).chunks
    cells = [cell for chunk in chunks for cell in chunk.payload["cells"]]
    assert [cell["draw"] for cell in cells] == [0] * 64 + [1] * 64
    network = [cell["spec"]["architecture"] for cell in cells[:16]]
    corners = {(n["sigma_w"], n["sigma_b"]) for n in network}
    coarse = many[::2]
    assert corners == {(w, b) for w in coarse for b in coarse}


def test_cells_that_go_side_by_side_are_a_chunk_which_takes_a_moment(monkeypatch):
    spec = replace(
        SMALL, x="jitter", x_values=(1e-6, 1e-4, 1e-2), y="activation", y_values=("erf", "relu")
    )
    chunks = plan(MAP, spec.to_json(), Overlay(None)).chunks
    assert [len(chunk.payload["cells"]) for chunk in chunks] == [3] * 4
    for chunk in chunks:
        curves = [CurveSpec.from_json(cell["spec"]) for cell in chunk.payload["cells"]]
        assert len({in_common(curve) for curve in curves}) == 1
    monkeypatch.setattr("ntk_uq.engine.kinds.map.CHUNK_SECONDS", 0.001)
    assert len(plan(MAP, spec.to_json(), Overlay(None)).chunks) == 12


def test_a_cell_that_cannot_be_computed_has_its_reason_and_does_not_stop_the_others():
    spec = replace(SMALL, draws=1, x="n_train", x_values=(10, 20, 1298))
    found = ntk_uq.phase_map(spec)
    assert found.complete
    assert found.failed == 2
    assert np.isfinite(found.values("mu")).tolist() == [[True, True, False]] * 2
    for quantity in found.quantities:
        assert "pool of digits holds 1,297" in found.reason(quantity, 0, 2)
    assert found.reason("mu", 0, 1) is None
    assert found.lowest("mu")[1] < 2


def test_memory_that_does_not_suffice_is_a_reason_of_the_cell_alone(monkeypatch):
    monkeypatch.setenv("NTK_UQ_MEMORY", str(BASE + 2 * 2**20))
    spec = replace(SMALL, draws=1, x="n_train", x_values=(10, 20, 1200))
    found = ntk_uq.phase_map(spec)
    assert "NTK_UQ_MEMORY" in found.reason("mu", 1, 2)
    assert math.isfinite(found.values("mu")[1, 1])


def test_a_singular_kernel_is_a_reason_of_its_cells():
    spec = MapSpec(
        DATA,
        ArchitectureSpec(1),
        n_train=300,
        x="activation",
        x_values=("linear", "relu"),
        y="sigma_b",
        y_values=(0, 0.5),
    )
    found = ntk_uq.phase_map(spec)
    assert "not positive definite" in found.reason("mu", 0, 0)
    assert found.reason("mu", 0, 1) is None
    (row, *_) = found.rows()
    assert row["mu"] is None
    assert "not positive definite" in row["reason"]


def test_a_kernel_that_overflows_is_a_reason_of_its_cells(monkeypatch):
    """Inputs as large as this come with data that are not prepared."""
    dataset = datasets.get("digits")
    huge = replace(dataset, load=lambda: _scaled(dataset.load(), 1e155))
    data = DataSpec(n_test=20, preparation="none")
    for activation, words in (("linear", "not finite in float64"),):
        spec = CurveSpec(data, ArchitectureSpec(2, activation, 5.0), n_train=(10, 20), draws=1)
        points = list(evaluate_draw(spec, 0, dataset=huge))
        assert [p.n_train for p in points] == [10, 20]
        assert all(words in p.failure and p.mu is None for p in points)


def test_moments_that_overflow_are_a_reason_and_no_number():
    dataset = datasets.get("digits")
    huge = replace(dataset, load=lambda: _scaled(dataset.load(), 1e80))
    data = DataSpec(n_test=20, preparation="none")
    spec = CurveSpec(data, ArchitectureSpec(1, "relu", 1.0), n_train=(10,), draws=1)
    (point,) = evaluate_draw(spec, 0, dataset=huge)
    assert "moments of the loss are not finite" in point.failure


def _scaled(examples, factor):
    return replace(
        examples,
        pool_inputs=factor * np.asarray(examples.pool_inputs, dtype=float),
        test_inputs=factor * np.asarray(examples.test_inputs, dtype=float),
    )


def test_exponents_are_those_of_the_curve_or_why_there_is_none(store):
    spec = replace(SMALL, n_train=400, sizes=5, draws=2, x_values=(1.0, 2.0))
    found = run_map(spec, store.results)
    seen = set()
    for i in range(2):
        for j in range(2):
            fit = run_curve(spec.cell(i, j), store.results).fits().mu
            value = found.cells[i][j].values["alpha_mu"]
            seen.add(fit.valid)
            assert value.value == (fit.alpha if fit.valid else None)
            assert value.error == (fit.alpha_error if fit.valid else None)
            assert value.reason == (None if fit.valid else fit.describe())
    assert True in seen
    with pytest.raises(SpecError, match="has no 'alpha_mu'"):
        run_map(SMALL, store.results).values("alpha_mu")


def test_too_small_a_test_set_is_told_at_the_population_part():
    spec = replace(SMALL, draws=1, x="n_test", x_values=(1, 40))
    found = ntk_uq.phase_map(spec)
    assert "N_T = 1 is too small" in found.reason("epsilon_population", 0, 0)
    assert found.reason("mu", 0, 0) is None
    assert warnings_of(found.cells[0][0])


def test_an_engine_that_is_started_again_goes_on_where_the_last_one_was(store):
    submit(store.jobs, SMALL)
    first = Engine(store, InProcess())
    first.beat()
    while stored_map(store.results, SMALL).done < 2 or first.step() is False:
        first.step()
    store.jobs.stopped(first.id)
    before = stored_map(store.results, SMALL)
    assert 0 < before.done < SMALL.n_cells
    left = plan(MAP, SMALL.to_json(), store.results)
    assert left.done == sum(len(c.curve.raw) for row in before.cells for c in row)
    Engine(store, InProcess()).run_until_idle()
    (job,) = store.jobs.list()
    assert job.state is JobState.DONE
    assert (job.done, job.total) == (12, 12)
    after = stored_map(store.results, SMALL)
    assert after.complete
    for old, new in zip(before.cells, after.cells, strict=True):
        for a, b in zip(old, new, strict=True):
            assert all(point in b.curve.raw for point in a.curve.raw)


def test_a_growing_map_shows_means_over_the_draws_that_are_there(store):
    cell = SMALL.cell(0, 0)
    run_curve(replace(cell, draws=1), store.results)
    found = stored_map(store.results, SMALL)
    assert not found.complete
    assert found.cells[0][0].draws == 1
    assert math.isfinite(found.values("mu")[0, 0])
    assert math.isnan(found.errors("mu")[0, 0])
    assert np.isnan(found.values("mu")).sum() == 5
    assert found.reason("mu", 1, 1) is None


def test_a_damaged_point_is_computed_again(store):
    run_map(SMALL, store.results)
    key = next(iter(groups(SMALL)[0].keys.values()))
    store.results.delete(key)
    assert len(plan(MAP, SMALL.to_json(), store.results).chunks) == 1


def test_the_cost_counts_what_is_missing_and_too_much_is_refused(store, monkeypatch):
    before = map_cost(stored_map(store.results, SMALL))
    assert before.points == 12
    assert 0.1 < before.seconds < 60
    run_map(SMALL, store.results)
    after = map_cost(stored_map(store.results, SMALL))
    assert (after.points, after.seconds) == (0, 0)
    monkeypatch.setenv("NTK_UQ_MAP_HOURS", "0.0001")
    assert plan(MAP, SMALL.to_json(), store.results).chunks == ()  # nothing left to refuse
    with pytest.raises(CostLimitError, match=r"NTK_UQ_MAP_HOURS\)\. Choose fewer values"):
        plan(MAP, replace(SMALL, n_train=800).to_json(), store.results)


def test_larger_maps_cost_more():
    empty = Overlay(None)

    def seconds(**changes):
        return map_cost(stored_map(empty, replace(SMALL, **changes))).seconds

    # What is compiled is compiled once, whatever the draws.
    compiled = 2 * seconds(draws=1) - seconds(draws=2)
    assert 0 < compiled < seconds(draws=1)

    def work(**changes):
        return seconds(**changes) - compiled

    assert work(draws=4) == pytest.approx(4 * work(draws=1))
    assert work(n_train=1200) > 1.5 * work()
    assert work(n_train=1200, training=TrainingSpec(steps=9)) > 2 * work(n_train=1200)
    assert work(n_train=1200, training=TrainingSpec("bayes")) < work(n_train=1200)


# The critical line


def line(**changes):
    return critical_lines(replace(SMALL, **changes))


@pytest.fixture
def in_closed_form(monkeypatch):
    """Where erf is critical, with chi_1 = 1 solved for sigma_w at each q*: the program's search
    takes seconds for a line, and is compared with it here."""

    def sigma_w(activation, sigma_b):
        assert activation == "erf"
        q = np.geomspace(1e-6, 10, 20_000)
        weights = np.pi / 4 * np.sqrt(1 + 4 * q)
        biases = q - weights * 2 / np.pi * np.arctan2(2 * q, np.sqrt(1 + 4 * q))
        return float(np.interp(sigma_b, np.sqrt(biases), np.sqrt(weights)))

    assert sigma_w("erf", 0.5) == pytest.approx(critical_sigma_w("erf", 0.5), rel=1e-5)
    monkeypatch.setattr("ntk_uq.analysis.maps.critical.critical_sigma_w", sigma_w)
    critical_lines.cache_clear()
    yield
    critical_lines.cache_clear()


@pytest.mark.slow
def test_the_line_over_both_sigmas_divides_ordered_from_chaotic_cells():
    values = tuple(0.4 + 0.2 * i for i in range(12))
    biases = (0.0, 0.5, 1.0)
    spec = replace(SMALL, x_values=values, y="sigma_b", y_values=biases)
    (found,) = critical_lines(spec)
    assert (found.across, found.low, found.high) == ("x", "ordered", "chaotic")
    for row, sigma_b in enumerate(biases):
        at = np.interp(row, found.y, found.x)
        for column, sigma_w in enumerate(values):
            if abs(column - at) > 0.05:
                phase = criticality("erf", sigma_w, sigma_b).phase
                assert phase == ("ordered" if column < at else "chaotic")
    (turned,) = critical_lines(
        replace(spec, x="sigma_b", x_values=biases, y="sigma_w", y_values=values)
    )
    assert (turned.x, turned.y, turned.across) == (found.y, found.x, "y")


def test_a_line_outside_of_the_map_is_not_drawn_along_its_edge(in_closed_form):
    both = replace(SMALL, y="sigma_b", y_values=(0.0, 0.5, 1.0))
    beyond = replace(both, x_values=(2.5, 2.7, 2.9))  # the line of erf is at 0.89 to 1.83 there
    assert critical_lines(beyond) == ()
    assert "All of this map is chaotic." in sides(beyond)[0]
    below = replace(both, x_values=(0.2, 0.25, 0.3))
    assert critical_lines(below) == ()
    assert "All of this map is ordered." in sides(below)[0]


def test_a_line_that_leaves_the_map_ends_at_its_edge(in_closed_form):
    spec = replace(SMALL, x_values=(1.0, 1.1, 1.2), y="sigma_b", y_values=(0.0, 0.5, 1.0))
    (found,) = critical_lines(spec)
    ends = [(x, y) for x, y in zip(found.x, found.y, strict=True) if x in (-0.5, 2.5)]
    assert [x for x, _ in ends] == [-0.5, 2.5]
    for (_, place), sigma_w in zip(ends, (0.95, 1.25), strict=True):
        assert critical_sigma_w("erf", place * 0.5) == pytest.approx(sigma_w, abs=2e-3)


def test_with_one_sigma_the_line_is_straight():
    (found,) = line(architecture=ArchitectureSpec(2, "relu"), x_values=(1.0, 1.4, 1.5))
    place = 1 + (math.sqrt(2) - 1.4) / 0.1
    assert found.x == pytest.approx((place, place))
    assert found.y == (-0.5, 1.5)
    sigma_w = critical_sigma_w("erf", 0.5)
    (biases,) = line(
        architecture=ArchitectureSpec(2, "erf", sigma_w), x="sigma_b", x_values=(0.0, 0.5, 1.0)
    )
    assert biases.x == pytest.approx((1.0, 1.0), abs=1e-3)
    assert (biases.low, biases.high) == ("chaotic", "ordered")


def test_each_activation_has_a_line_of_its_own():
    found = line(y="activation", y_values=("linear", "relu"), x_values=(0.5, 1.0, 1.5))
    assert [(one.x[0], one.y) for one in found] == [
        (pytest.approx(1.0), (-0.5, 0.5)),
        (pytest.approx(1 + (math.sqrt(2) - 1) / 0.5), (0.5, 1.5)),
    ]


def test_where_no_axis_is_a_sigma_words_say_on_which_side_the_network_is():
    spec = replace(SMALL, x="n_train", x_values=(10, 20))
    assert critical_lines(spec) == ()
    (sentence,) = sides(spec)
    assert sentence.startswith("erf with σ_w = 1.414 and σ_b = 0 is chaotic")
    both = sides(replace(spec, y="activation", y_values=("relu", "erf")))
    assert [s.split()[0] for s in both] == ["relu", "erf"]
    assert "The line is χ₁ = 1" in sides(SMALL)[0]
    assert "All of this map is chaotic" in sides(replace(SMALL, x_values=(2.0, 3.0)))[0]
