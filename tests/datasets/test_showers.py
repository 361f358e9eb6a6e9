"""Sampled showers beside quadratures of the published formulas, typed a second time here."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import gammainc

from ntk_uq.base.errors import SpecError
from ntk_uq.datasets import showers
from ntk_uq.datasets.showers import CALORIMETER, LEAD, Calorimeter, Material, Showers, simulate

QUIET = replace(CALORIMETER, noise_mev=0.0)
# One endless cell a layer: nothing leaks sideways, so that only the depth matters.
WIDE = replace(QUIET, n_side=1, cell_cm=1e7)
# Hardly any sampling fluctuation: what is left are the shapes of the showers.
IDEAL = replace(WIDE, stochastic_term=0.01)


def at(energy: float, n: int, calorimeter: Calorimeter, seed: int = 0) -> np.ndarray:
    """Cells (n, layers, y, x) in GeV of n showers of one energy."""
    cells = simulate(n, seed, calorimeter, np.full(n, energy)).cells_mev
    return cells.reshape(n, *calorimeter.shape) / 1000


def centroids(layers: np.ndarray) -> np.ndarray:
    """Centres of gravity in X0 from layer energies (n, layers)."""
    edges = np.linspace(0, CALORIMETER.depth_x0, CALORIMETER.n_layers + 1)
    return layers @ ((edges[1:] + edges[:-1]) / 2) / layers.sum(axis=1)


def shapes(energy: float, order: int = 10) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """T, alpha and weights of a Gauss-Hermite rule for the fluctuating shapes."""
    ln_y = np.log(energy * 1000 / 8.1773)
    per_unit, imbalance, z = 1 / 2.25017, 1 - 1 / (1 + 0.007 * 64), 75.121
    mean_t = np.log(ln_y - 0.812 - 0.55 * per_unit - 0.69 * imbalance)
    mean_alpha = np.log(0.81 + (0.458 + 2.26 / z) * ln_y - 0.476 * per_unit)
    sigma_t, sigma_alpha = 1 / (-2.5 + 1.25 * ln_y), 1 / (-0.82 + 0.79 * ln_y)
    rho = 0.784 - 0.023 * ln_y
    nodes, weights = np.polynomial.hermite_e.hermegauss(order)
    first, second = (grid.ravel() for grid in np.meshgrid(nodes, nodes))
    weight = np.outer(weights, weights).ravel() / weights.sum() ** 2
    # GP's own construction of the correlation, with the sum and the difference.
    plus, minus = np.sqrt((1 + rho) / 2) * first, np.sqrt((1 - rho) / 2) * second
    t = np.exp(mean_t + sigma_t * (plus + minus))
    return t, np.maximum(np.exp(mean_alpha + sigma_alpha * (plus - minus)), 1.1), weight


def expected_layers(energy: float, steps: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Fractions (shapes, layers * steps) of the energy, and the weights of the shapes."""
    t, alpha, weight = shapes(energy)
    edges = np.linspace(0, CALORIMETER.depth_x0, CALORIMETER.n_layers * steps + 1)
    return np.diff(gammainc(alpha[:, None], (alpha - 1)[:, None] / t[:, None] * edges)), weight


def z_scores(sample: np.ndarray, expected: np.ndarray | float) -> np.ndarray:
    """Deviations of the means over the first axis, in units of their standard errors."""
    return (sample.mean(axis=0) - expected) / (sample.std(axis=0) / np.sqrt(len(sample)))


def test_the_effective_medium_agrees_with_tabulated_lead_and_adds_radiation_lengths() -> None:
    lead = Calorimeter(active=LEAD).medium
    assert lead.z == pytest.approx(82)
    assert lead.x0_cm == pytest.approx(0.5612, rel=1e-3)
    assert lead.critical_energy_mev == pytest.approx(7.43, rel=0.02)  # Particle Data Group
    assert lead.moliere_radius_cm == pytest.approx(1.602, rel=0.02)
    assert lead.e_over_mip == 1

    unit = 0.24 / 0.5612 + 0.235 / 14.00  # in X0, from lengths in cm
    assert 1 / CALORIMETER.medium.sampling_frequency == pytest.approx(unit, rel=1e-3)
    assert CALORIMETER.depth_x0 == pytest.approx(60 * unit, rel=1e-3)
    assert CALORIMETER.shape == (10, 7, 7)
    assert CALORIMETER.n_cells == 490
    assert 0.5 < CALORIMETER.cell_cm / CALORIMETER.medium.moliere_radius_cm < 1


@pytest.mark.parametrize("energy", [1.0, 10.0, 100.0])
def test_mean_layer_energies_are_the_integral_over_the_shapes(energy: float) -> None:
    fractions, weight = expected_layers(energy)
    sampled = at(energy, 700, WIDE).sum(axis=(2, 3)) / energy
    assert np.abs(z_scores(sampled, weight @ fractions)).max() < 4.5


def test_the_shapes_fluctuate_and_correlate_as_published() -> None:
    layers, (fractions, weight) = at(10, 700, IDEAL).sum(axis=(2, 3)), expected_layers(10)
    found = centroids(layers)
    values = centroids(fractions)
    mean = weight @ values
    variance = weight @ (values - mean) ** 2
    assert abs(z_scores(found, mean)) < 4
    assert abs(z_scores((found - found.mean()) ** 2, variance)) < 4
    # The tail's variance depends on the correlation of ln T and ln alpha.
    tail = fractions[:, 5:].sum(axis=1)
    spread = weight @ (tail - weight @ tail) ** 2
    share = layers[:, 5:].sum(axis=1) / 10
    assert abs(z_scores((share - share.mean()) ** 2, spread)) < 4


def test_the_depth_grows_with_the_logarithm_of_the_energy() -> None:
    energies = np.array([1.0, 4.0, 16.0, 64.0])
    found = [centroids(at(e, 500, WIDE).sum(axis=(2, 3)))[:, None] for e in energies]
    depths = np.array([f.mean() for f in found])
    errors = np.array([f.std() / np.sqrt(len(f)) for f in found])
    slope = np.polyfit(np.log(energies), depths, 1)[0]
    assert depths - np.polyval(np.polyfit(np.log(energies), depths, 1), np.log(energies)) == (
        pytest.approx(0, abs=4 * errors.max())
    )
    # The separate fit to mean profiles: <t> = alpha T / (alpha - 1), of which T grows by 1.
    maximum, alpha = showers.mean_profile_shape(energies)
    assert np.diff(maximum) == pytest.approx(np.log(4))
    expected = np.polyfit(np.log(energies), alpha * maximum / (alpha - 1), 1)[0]
    assert slope == pytest.approx(expected, rel=0.08)


@pytest.mark.parametrize("energy", [1.0, 10.0, 100.0])
def test_the_resolution_falls_as_the_root_of_the_energy(energy: float) -> None:
    # Twice as deep, so that leakage adds nothing.
    n, deep = 1000, replace(WIDE, n_layers=20)
    total = at(energy, n, deep, seed=3).sum(axis=(1, 2, 3)) / energy
    a = total.std() * np.sqrt(energy)
    assert abs(a - 0.12) < 4 * 0.12 / np.sqrt(2 * n)
    assert abs(z_scores(total, 1)) < 4


def test_noise_adds_to_the_resolution_in_quadrature() -> None:
    n = 3000
    total = at(3, n, CALORIMETER).sum(axis=(1, 2, 3))
    expected = np.hypot(0.12 * np.sqrt(3 * 0.98), 0.003 * np.sqrt(490))
    # 3 % for the leakage, whose fluctuations the formula leaves out.
    assert total.std() == pytest.approx(expected, rel=0.03 + 3 / np.sqrt(2 * n))
    assert total.std() > at(3, n, QUIET).sum(axis=(1, 2, 3)).std()


def test_layers_are_sampled_independently_with_a_variance_of_their_own_energy() -> None:
    n = 1500
    # The same shapes, and the same quantiles of the sampling: their streams are the same.
    exact = at(1, n, IDEAL).sum(axis=(2, 3))
    residual = (at(1, n, WIDE).sum(axis=(2, 3)) - exact)[:, :6]
    variance = 0.12**2 * exact.mean(axis=0)[:6]
    assert np.abs(z_scores(residual**2, variance * (1 - 0.01 / 0.12) ** 2)).max() < 4.5
    pairs = np.corrcoef(residual.T)[np.triu_indices(6, 1)]
    assert np.abs(pairs).max() < 4 / np.sqrt(n)


def square_integral(x: np.ndarray, y: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Integral of R^2 / (pi (x^2 + y^2 + R^2)^2) over [0, x] x [0, y]."""
    along, across = np.sqrt(x**2 + radius**2), np.sqrt(y**2 + radius**2)
    return (x / along * np.arctan(y / along) + y / across * np.arctan(x / across)) / (2 * np.pi)


def test_the_closed_form_of_the_square_is_right() -> None:
    def density(y: float, x: float) -> float:
        return 0.3**2 / (np.pi * (x**2 + y**2 + 0.3**2) ** 2)

    numeric, _ = integrate.dblquad(density, 0, 0.7, 0, 0.4)
    closed = square_integral(np.array(0.7), np.array(0.4), np.array(0.3))
    assert closed == pytest.approx(numeric, rel=1e-6)


def expected_image(energy: float) -> np.ndarray:
    """Fractions (layers, y, x): shapes, depths, impact points and cells, all by quadrature."""
    t, alpha, weight = shapes(energy, order=7)
    units, half = CALORIMETER.units_per_layer * 10, CALORIMETER.n_side / 2
    edges = np.linspace(0, CALORIMETER.depth_x0, units + 1)
    energies = np.diff(gammainc(alpha[:, None], (alpha - 1)[:, None] / t[:, None] * edges))
    median = 0.81 + (0.458 + 2.26 / 75.121) * np.log(energy * 1000 / 8.1773) - 0.476 / 2.25017
    tau = (edges[1:] + edges[:-1]) / 2 * ((alpha - 1) / alpha / t)[:, None] * median / (median - 1)
    profile = showers.radial_profile(tau, np.array(energy))
    nodes, weights = np.polynomial.legendre.leggauss(6)
    lines = np.arange(8) - half
    image = np.zeros((units, 7, 7))
    scale = 2.77098 / CALORIMETER.cell_cm
    for i, wi in zip(nodes / 2, weights / 2, strict=True):
        for j, wj in zip(nodes / 2, weights / 2, strict=True):
            for radius, share in ((profile.core, profile.weight), (profile.tail, None)):
                part = share if share is not None else 1 - profile.weight
                corner = square_integral(
                    lines[:, None] - i, lines[None, :] - j, (radius * scale)[:, :, None, None]
                )
                cells = np.diff(np.diff(corner, axis=-1), axis=-2)
                image += wi * wj * np.einsum("s,su,su,suyx->uyx", weight, energies, part, cells)
    return image.reshape(10, -1, 7, 7).sum(axis=1)


def test_the_mean_image_is_the_integral_of_the_profiles_over_the_square_cells() -> None:
    expected, sampled = expected_image(10), at(10, 4000, QUIET, seed=5) / 10
    z = z_scores(sampled, expected)[expected > 1e-4]
    assert z.size > 100
    assert np.abs(z).max() < 4.5
    assert np.sqrt(np.mean(z**2)) < 1.25
    # Read out as one layer, spots still spread over its depth as the energy does.
    single = at(10, 1500, replace(QUIET, units_per_layer=60, n_layers=1)) / 10
    assert np.abs(z_scores(single[:, 0], expected.sum(axis=0))).max() < 4.5


def test_a_layer_is_shared_equally_by_the_published_number_of_spots() -> None:
    # Cells so fine that nearly every layer has one with a single spot.
    layers = at(1, 150, replace(QUIET, n_side=61, cell_cm=0.25)).reshape(150, 10, -1)[:, :6]
    single = np.where(layers > 0, layers, np.inf).min(axis=2)
    spots = layers / single[..., None]
    # Rarely, no cell of a layer holds a single spot.
    assert np.mean(np.abs(spots - np.round(spots)) < 1e-6) > 0.99
    t, alpha, weight = shapes(1)
    t, alpha = t * (0.813 + 0.0019 * 75.121), alpha * (0.844 + 0.0026 * 75.121)
    edges = np.linspace(0, CALORIMETER.depth_x0, 11)
    fractions = np.diff(gammainc(alpha[:, None], (alpha - 1)[:, None] / t[:, None] * edges))
    expected = 10.3 / 0.12 * (weight @ fractions)[:6]
    found = spots.sum(axis=2)
    # Besides chance: a few in a hundred miss the grid, and a layer has one spot at least.
    error = 4 * found.std(axis=0) / np.sqrt(len(found)) + 0.04 * expected + 0.1
    assert np.all(np.abs(found.mean(axis=0) - expected) < error)


def test_the_radial_profile_has_the_published_constants() -> None:
    tau, z, per_unit, imbalance = 1.3, 75.121, 1 / 2.25017, 0.309392
    ln_e = np.log(20)
    core = 0.0251 + 0.00319 * ln_e + (0.1162 - 0.000381 * z) * tau
    k1, k4 = 0.6590 - 0.00309 * z, 0.3585 + 0.0421 * ln_e
    tail = k1 * np.exp(-2.59 * 0.655) + k1 * np.exp(k4 * 0.655)
    lag = (0.401 + 0.00187 * z - tau) / (1.313 - 0.0686 * ln_e)
    weight = (2.632 - 0.00094 * z) * np.exp(lag) / np.exp(np.exp(lag))
    profile = showers.radial_profile(np.array(tau), np.array(20.0))
    late = np.exp(-1.3)
    assert profile.core == pytest.approx(core - 0.0203 * imbalance + 0.0397 * per_unit * late, 1e-4)
    assert profile.tail == pytest.approx(tail - 0.14 * imbalance - 0.495 * per_unit * late, 1e-4)
    gain = imbalance * (0.348 - 0.642 * per_unit * np.exp(-0.09))
    assert profile.weight == pytest.approx(weight + gain, rel=1e-4)


def test_a_moliere_radius_contains_nine_tenths() -> None:
    t, alpha = showers.mean_profile_shape(np.array([10.0]))
    depth = np.linspace(0, CALORIMETER.depth_x0, 501)
    energy = np.diff(showers.longitudinal_fraction(depth, t, alpha))
    profile = showers.radial_profile((depth[1:] + depth[:-1]) / 2 / t, np.array(10.0))
    assert energy @ profile.contained(1) / energy.sum() == pytest.approx(0.9, abs=0.02)
    core, tail, p = profile.core[200], profile.tail[200], profile.weight[200]

    def density(r: float) -> float:
        return p * 2 * r * core**2 / (r**2 + core**2) ** 2 + (
            (1 - p) * 2 * r * tail**2 / (r**2 + tail**2) ** 2
        )

    assert integrate.quad(density, 0, 1)[0] == pytest.approx(profile.contained(1)[200])


def test_showers_are_contained_and_the_response_is_linear() -> None:
    lengthwise = [at(e, 500, WIDE).sum(axis=(1, 2, 3)).mean() / e for e in (1, 10, 100)]
    assert min(lengthwise) > 0.98
    energies = np.array([1.0, 3.0, 10.0, 30.0, 100.0])
    response = np.array([at(e, 1000, QUIET, 1).sum(axis=(1, 2, 3)).mean() / e for e in energies])
    assert response == pytest.approx(response.mean(), rel=0.015)
    assert 0.96 < response.min() < response.max() < 1


def test_noise_is_alone_in_empty_cells_and_may_be_negative() -> None:
    n = 2000
    noisy, quiet = at(1, n, CALORIMETER), at(1, n, QUIET)
    assert quiet.min() == 0
    noise = (noisy - quiet) * 1000
    assert noise.std() == pytest.approx(3, rel=4 / np.sqrt(2 * noise.size))
    assert abs(noise.mean()) < 4 * 3 / np.sqrt(noise.size)
    assert noise.sum(axis=(1, 2, 3)).std() == pytest.approx(3 * np.sqrt(490), rel=0.07)
    corner = noisy[quiet[:, 9, 0, 0] == 0, 9, 0, 0] * 1000
    assert corner.size > 1900
    assert corner.std() == pytest.approx(3, rel=0.07)
    assert corner.min() < -3


def test_energies_are_uniform_in_the_logarithm() -> None:
    sample = simulate(1000, 11)
    assert isinstance(sample, Showers)
    assert sample.cells_mev.shape == (1000, 490)
    assert stats.kstest(np.log(sample.energies_gev) / np.log(100), "uniform").pvalue > 1e-3


def test_a_seed_gives_the_same_showers_and_fewer_are_the_first_of_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many, again, other = simulate(300, 7), simulate(300, 7), simulate(300, 8)
    assert np.array_equal(many.cells_mev, again.cells_mev)
    assert not np.any(many.cells_mev == other.cells_mev)
    for n in (1, 127, 129):
        few = simulate(n, 7)
        assert np.array_equal(few.energies_gev, many.energies_gev[:n])
        assert np.array_equal(few.cells_mev, many.cells_mev[:n])
    given = simulate(200, 7, energies_gev=many.energies_gev[:200])
    assert np.array_equal(given.cells_mev, many.cells_mev[:200])
    monkeypatch.setattr(showers, "_BATCH", 50)
    assert np.array_equal(simulate(300, 7).cells_mev, many.cells_mev)


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ({"n_side": 6}, "n_side is 6, without a central cell: give an odd number"),
        ({"n_layers": 0}, "n_layers is 0: give a whole number of 1 or more"),
        ({"units_per_layer": 1.5}, "units_per_layer is 1.5: give a whole number"),
        ({"cell_cm": -1.0}, "cell_cm is -1.0: give a number larger than zero"),
        ({"stochastic_term": float("nan")}, "stochastic_term is nan"),
        ({"noise_mev": -1.0}, "noise_mev is -1.0: give a number of MeV, zero or more"),
        ({"absorber_mm": 40.0}, "too coarse: give thinner plates"),
    ],
)
def test_an_impossible_calorimeter_is_refused(field: dict[str, float], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        Calorimeter(**field)  # type: ignore[arg-type]


def test_impossible_requests_are_refused() -> None:
    with pytest.raises(SpecError, match=r"density_g_cm3 of foam is 0\.0: give a number larger"):
        Material("foam", 6.0, 12.0, 0.0, 40.0)
    with pytest.raises(SpecError, match="n_showers is 0: give a whole number of 1 or more"):
        simulate(0, 1)
    with pytest.raises(SpecError, match="seed is -1: give a whole number of 0 or more"):
        simulate(1, -1)
    with pytest.raises(SpecError, match=r"has the shape \(3,\): give \(2,\)"):
        simulate(2, 1, energies_gev=np.ones(3))
    for wrong in (0.5, 200.0, np.nan):
        with pytest.raises(SpecError, match="give 1 to 100 GeV"):
            simulate(2, 1, energies_gev=np.array([1.0, wrong]))
