"""The compiled training against networks written out in NumPy, in float64, step by step."""

import jax
import numpy as np
import pytest
from helpers.reference_ensembles import NumpyNetwork, adam, descent, digits, keys, train_by_hand

from ntk_uq.results.losses import test_loss as loss_of
from ntk_uq.specs import ArchitectureSpec, OptimizerSpec
from ntk_uq.theory.kernels import Kernels
from ntk_uq.training import program
from ntk_uq.training.program import in_span, train
from ntk_uq.training.step_size import largest_eigenvalue, ntk_lambda_max

# Programs take most of the time here: one is compiled for each architecture, span, number of
# recorded steps and of networks, and one that draws networks for each depth and width. Tests share
# them, the second kind with test_members.py, too.
N, T, WIDTH, STEPS = 30, 12, 19, 40
LINEAR, RELU, ERF = (
    ArchitectureSpec(2, "linear"),
    ArchitectureSpec(2, "relu", sigma_b=0.3),
    ArchitectureSpec(2, "erf", sigma_w=1.3, sigma_b=0.1),
)
ARCHITECTURES = [
    *(LINEAR, RELU, ERF),
    *(
        pytest.param(spec, marks=pytest.mark.slow)
        for spec in (
            ArchitectureSpec(1, "linear"),
            ArchitectureSpec(1, "gelu", sigma_w=1.2),
            ArchitectureSpec(3, "erf", sigma_w=1.3, sigma_b=0.1),
        )
    ),
]


def name(spec):
    return f"{spec.activation}{spec.depth}"


@pytest.fixture(scope="module")
def split():
    return digits(N, T)


def trained(split, spec, optimizer, step, recorded=(0, 7, STEPS), key=None, **options):
    key = keys(1) if key is None else key
    data = (split.x_train, split.y_train, split.x_test)
    return train(spec, optimizer, WIDTH, key, data, step, np.array(recorded), **options)


def by_hand(split, spec, rule, steps=STEPS, batches=None):
    network = NumpyNetwork(spec, WIDTH, 10, 64, keys(1)[0])
    train_by_hand(network, rule, split.x_train, split.y_train, steps, batches)
    return network


@pytest.mark.parametrize("span", [False, True])
@pytest.mark.parametrize("spec", ARCHITECTURES, ids=name)
# Momentum's rule is tried on its own in tests/optimizers, too.
@pytest.mark.parametrize("momentum", [None, pytest.param(0.8, marks=pytest.mark.slow)])
def test_gradient_descent_is_that_of_numpy(split, spec, momentum, span):
    step = 0.5 / ntk_lambda_max(spec, split.x_train)
    optimizer = OptimizerSpec("momentum" if momentum else "gd", momentum=momentum)
    found = trained(split, spec, optimizer, step, span=span)
    for place, steps in enumerate((0, 7, STEPS)):
        network = by_hand(split, spec, descent(step, momentum or 0.0), steps)
        np.testing.assert_allclose(found.train[0, place], network(split.x_train), atol=1e-5)
        np.testing.assert_allclose(found.test[0, place], network(split.x_test), atol=1e-5)
    assert found.test.dtype == np.float32
    assert found.diverged_at.tolist() == [-1]


def test_in_float64_it_is_that_of_numpy_to_float64s_rounding(split):
    """So that what is left in float32 is rounding and no difference of method."""
    spec = ERF
    step = 0.5 / ntk_lambda_max(spec, split.x_train)
    network = by_hand(split, spec, descent(step))
    for span in (False, True):
        found = trained(split, spec, OptimizerSpec(), step, span=span, precision="float64")
        np.testing.assert_allclose(found.test[0, -1], network(split.x_test), rtol=0, atol=1e-13)


def test_adam_is_that_of_numpy(split):
    spec = RELU
    found = trained(split, spec, OptimizerSpec("adam", eta=1e-2), 1e-2)
    network = by_hand(split, spec, adam(1e-2))
    np.testing.assert_allclose(found.test[0, -1], network(split.x_test), atol=1e-4)


def passes(order_key, n, size):
    """The batches that the documentation promises: each pass shuffled, its remainder left out."""
    key = jax.random.wrap_key_data(order_key, impl="threefry2x32")
    for epoch in range(10**6):
        order = np.asarray(jax.random.permutation(jax.random.fold_in(key, epoch), n))
        for low in range(0, n - size + 1, size):
            yield order[low : low + size]


def test_minibatches_are_that_of_numpy_on_the_seeds_own_order(split):
    spec, size = RELU, 8  # 30 = 3 batches of 8 and 6 left out
    step = 0.2 / ntk_lambda_max(spec, split.x_train)
    found = trained(split, spec, OptimizerSpec("sgd", eta=0.2, batch_size=size), step)
    network = NumpyNetwork(spec, WIDTH, 10, 64, keys(1)[0])
    batches = passes(network.order_key, N, size)
    train_by_hand(network, descent(step), split.x_train, split.y_train, STEPS, batches)
    np.testing.assert_allclose(found.test[0, -1], network(split.x_test), atol=1e-5)


def test_a_pass_meets_every_example_once():
    batches = passes(keys(1)[0], 30, 10)
    first, second = (np.concatenate([next(batches) for _ in range(3)]) for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(30))
    assert first.tolist() != second.tolist()


def test_recorded_steps_do_not_change_the_training(split):
    spec, step = RELU, 1e-3
    few = trained(split, spec, OptimizerSpec(), step, (0, 7, 20))
    many = trained(split, spec, OptimizerSpec(), step, (0, 1, 2, 5, 19, 20))
    np.testing.assert_array_equal(few.test[0, -1], many.test[0, -1])


@pytest.mark.parametrize("span", [False, True])
def test_rounding_does_not_bias_the_loss_of_a_long_training(split, span):
    """Late steps of 1e-8 a parameter must still count: the slow modes are where the loss is."""
    step = 0.1 / ntk_lambda_max(ERF, split.x_train)
    losses = {}
    for precision in ("float32", "float64"):
        found = trained(
            split, ERF, OptimizerSpec(), step, (0, 2000, 20_000), span=span, precision=precision
        )
        losses[precision] = loss_of(np.asarray(found.test[0], float), split.y_test)
    assert losses["float64"][-1] < 0.9 * losses["float64"][0]
    np.testing.assert_allclose(losses["float32"], losses["float64"], rtol=2e-4)


@pytest.mark.parametrize("span", [False, True])
def test_a_training_that_grows_is_stopped_and_says_when(split, span):
    spec, step = LINEAR, 4.5 / ntk_lambda_max(LINEAR, split.x_train)
    found = trained(split, spec, OptimizerSpec(), step, (0, 10, 10**6), span=span)
    ended = int(found.diverged_at[0])
    assert 1 < ended < 200  # and not a million steps later
    network = by_hand(split, spec, descent(step), ended)
    start = by_hand(split, spec, descent(step), 0)
    before = by_hand(split, spec, descent(step), ended - 1)

    def total(f):
        return np.sum((f(split.x_train) - split.y_train) ** 2)

    assert total(network) > 1000 * total(start) > total(before)


def test_networks_side_by_side_do_not_know_of_each_other(split):
    spec, step = LINEAR, 1e-3
    both = trained(split, spec, OptimizerSpec(), step, key=keys(4))
    other = trained(split, spec, OptimizerSpec(), step, key=keys(4)[[3, 3, 0, 0]])
    np.testing.assert_array_equal(np.asarray(both.test)[[3, 3, 0, 0]], other.test)
    alone = trained(split, spec, OptimizerSpec(), step, key=keys(4)[2:3])
    np.testing.assert_allclose(both.test[2], alone.test[0], atol=1e-5)


def test_one_that_diverges_does_not_disturb_its_neighbour(split):
    # At the edge of stability, where some diverge and some do not.
    step = 3 / ntk_lambda_max(LINEAR, split.x_train)
    seeds = keys(12)
    alone = [
        int(trained(split, LINEAR, OptimizerSpec(), step, key=k[None]).diverged_at[0])
        for k in seeds
    ]
    assert {True, False} == {at >= 0 for at in alone}
    for low in range(0, 12, 4):
        together = trained(split, LINEAR, OptimizerSpec(), step, key=seeds[low : low + 4])
        one = [at >= 0 for at in alone[low : low + 4]]
        assert [at >= 0 for at in together.diverged_at.tolist()] == one


def test_where_the_first_layer_is_trained_in_the_span():
    assert in_span("gd", 500, 784)
    assert in_span("momentum", 500, 784)
    assert not in_span("gd", 2000, 784)
    assert not in_span("adam", 500, 784)  # not linear in the gradients
    assert not in_span("sgd", 500, 784)


@pytest.mark.parametrize("n", [1, 5, 200, 700])
def test_the_largest_eigenvalue_is_that_of_a_full_decomposition(n):
    x = np.random.default_rng(n).standard_normal((n, 40))
    matrix = x @ x.T + 0.3
    assert largest_eigenvalue(matrix) == pytest.approx(np.linalg.eigvalsh(matrix)[-1], rel=1e-12)


def test_equal_largest_eigenvalues_are_no_difficulty():
    assert largest_eigenvalue(np.eye(600)) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("spec", ARCHITECTURES, ids=name)
def test_lambda_max_is_that_of_the_theory(split, spec):
    (ntk,) = Kernels(spec, ("ntk",)).symmetric(split.x_train)
    theory = np.linalg.eigvalsh(ntk)[-1]
    assert ntk_lambda_max(spec, split.x_train) == pytest.approx(theory, rel=1e-12)


@pytest.mark.parametrize(("tf32", "precision"), [(False, "HIGHEST"), (True, "HIGH")])
def test_every_product_has_all_digits_unless_tf32_is_asked_for(split, monkeypatch, tf32, precision):
    """As the program asks the device for it; on a processor both are float32."""
    asked, made = [], program._program

    def noted(*arguments):
        run = made(*arguments)

        def lowered(*values):
            lines = run.lower(*values).as_text().splitlines()
            asked.extend(line for line in lines if "dot_general" in line)
            return run(*values)

        return lowered

    usual = trained(split, RELU, OptimizerSpec(eta=0.5), 1e-3)
    monkeypatch.setattr(program, "_program", noted)
    got = trained(split, RELU, OptimizerSpec(eta=0.5), 1e-3, tf32=tf32)
    assert len(asked) > 5
    assert all(f"precision = [{precision}, {precision}]" in line for line in asked)
    assert np.array_equal(got.test, usual.test)
