"""Electromagnetic showers in a sampling calorimeter: a fast parametrized simulation.

An electron enters a stack of lead plates and liquid argon gaps at normal incidence, at a uniformly
random point of the central cell's face. For every shower:

1. depth T of the maximum and shape alpha: ln T and ln alpha are drawn from a correlated Gaussian;
   dE/dt = E beta (beta t)^(alpha-1) exp(-beta t) / Gamma(alpha), beta = (alpha - 1) / T, is
   integrated exactly over the layers (t: depth in radiation lengths);
2. sampling: the energy of each layer fluctuates, independently, as a gamma variable of the same
   mean and of variance a^2 E_layer (E in GeV), hence sigma / E = a / sqrt(E) for the sum;
3. spots: the energy of a layer is shared equally by a Poisson number of spots (at least one), each
   at the depth of one sampling unit and at a radius from the two-component profile; the spots in
   each unit and component are then independent Poisson numbers;
4. noise: a Gaussian in every cell, without zero suppression. Cells may therefore be negative.

Cells are on the electromagnetic scale: their sum is the incident energy, less what leaks out
behind or beside the grid. There is no miscalibration (constant term) and no upstream material.

The same showers come out on every machine and with every NumPy. Random numbers are made of words
(:mod:`ntk_uq.base.streams`), here by inverses of distributions. Exponentials, logarithms and the
incomplete gamma function differ in their last bits from one processor to another, by 2e-16 to some
1e-15 of their values. So what is real-valued and ends in the result is rounded: incident energies
to 2^-16 GeV (15 keV), the sampled energy of a layer to 16 binary digits (1e-5 of it, beside
fluctuations of 1e-2 and more). What is made of these are products and quotients, which all machines
round alike, and normal numbers are the same everywhere as they are. Two machines still differ if a
number is as near to where its rounding changes as their functions are to each other (of 20,000
energies and 200,000 layers one in some 10^10: 2e-5 for any of them in the pool), or as near to
where a spot changes its cell or a Poisson number its value (of 4e7 spots one in 10^15: 1e-7).
Should it happen, the digest of the pool tells them apart.

Source: G. Grindhammer, S. Peters, "The Parameterized Simulation of Electromagnetic Showers in
Homogeneous and Sampling Calorimeters", hep-ex/0001020, Appendix A: "GP" below. The constants agree
with Geant4 (GVFlashHomoShowerTuning.hh, GFlashSamplingShowerTuning.hh) and with the fast simulation
of CMS (EMECALShowerParametrization.h), but for the slope of k4 in ln E, where those differ: 0.0421
as in CMS, not 0.0412. Materials: Particle Data Group, Atomic and Nuclear Properties of Materials.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from math import isfinite

import numpy as np
from jaxtyping import Float, Int, Real
from scipy.special import gammainc, gammaincinv

from ntk_uq.base.errors import SpecError
from ntk_uq.base.streams import Normals, Words, poisson
from ntk_uq.datasets.spots import spots_in_cells

VERSION = 2  # raised whenever the numbers change, so that cached pools are made again
ENERGY_RANGE_GEV = (1.0, 100.0)

# Rossi's scattering energy m_e c^2 sqrt(4 pi / alpha), in MeV.
_SCATTERING_ENERGY_MEV = 21.2
# Below alpha = 1 a profile has no maximum; 0.2 % of the showers of 1 GeV are moved up to this one.
_SMALLEST_ALPHA = 1.1
# Bounds the memory of the spots (about 100 MB at the highest energy); results do not depend on it.
_BATCH = 128
# One stream a quantity, so that how much one consumes does not move the others.
_STREAMS = (
    *("energy", "longitudinal", "impact", "sampling", "spot_number", "lone_spot", "spot_place"),
    "noise",
)
# The energies that all machines round alike, in GeV, and the binary digits of a layer's.
_ENERGY_STEP = 2.0**-16
_LAYER_DIGITS = 16


class _Streams:
    """The streams of one sample, each read in the order of the showers."""

    def __init__(self, seed: int) -> None:
        words = {name: Words(seed, child) for child, name in enumerate(_STREAMS)}
        self.longitudinal = Normals(words.pop("longitudinal"))
        self.noise = Normals(words.pop("noise"))
        self.words = words


def _require_positive(name: str, value: float) -> None:
    if not (isfinite(value) and value > 0):
        raise SpecError(f"{name} is {value}: give a number larger than zero.")


def _require_integer(name: str, value: int, smallest: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < smallest:
        raise SpecError(f"{name} is {value}: give a whole number of {smallest} or more.")


@dataclass(frozen=True)
class Material:
    """One material: atomic number, atomic mass, density, radiation length; SpecError unless > 0."""

    name: str
    z: float
    a_g_mol: float
    density_g_cm3: float
    x0_g_cm2: float

    def __post_init__(self) -> None:
        for field in fields(self)[1:]:
            _require_positive(f"{field.name} of {self.name}", getattr(self, field.name))

    @property
    def critical_energy_mev(self) -> float:
        """``E_c = 2.66 (X0 Z / A)^1.1`` in MeV, X0 in g/cm^2 (GP)."""
        return float(2.66 * (self.x0_g_cm2 * self.z / self.a_g_mol) ** 1.1)


LEAD = Material("lead", 82.0, 207.2, 11.35, 6.37)
LIQUID_ARGON = Material("liquid argon", 18.0, 39.95, 1.396, 19.55)


@dataclass(frozen=True)
class Medium:
    """The uniform medium in which a shower develops as it does in the stack (GP).

    With mass fractions w_i = rho_i d_i / sum_j rho_j d_j of plates and gaps of thickness d_i:
    ``Z = sum_i w_i Z_i``, ``1 / X0 = sum_i w_i / X0_i``, ``E_c = X0 sum_i w_i E_c,i / X0_i``,
    ``R_M = E_s X0 / E_c`` with E_s = 21.2 MeV and X0 in g/cm^2,
    ``F_S = X0 / (d_absorber + d_active)``, ``e-hat = 1 / (1 + 0.007 (Z_absorber - Z_active))``.
    """

    z: float  # effective atomic number Z
    x0_cm: float  # radiation length X0
    critical_energy_mev: float  # E_c
    moliere_radius_cm: float  # R_M
    sampling_frequency: float  # F_S, sampling units in a radiation length
    e_over_mip: float  # e-hat, signal of electrons relative to minimum ionizing particles

    def ln_y(self, energies_gev: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n"]:
        """``ln y = ln(E / E_c)``, the scale on which showers grow."""
        return np.log(energies_gev * 1000 / self.critical_energy_mev)

    def median_shape(
        self, energies_gev: Float[np.ndarray, "n"]
    ) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
        """``exp<ln T>`` (in X0) and ``exp<ln alpha>`` of showers (GP, fluctuated profiles)."""
        ln_y, per_unit = self.ln_y(energies_gev), 1 / self.sampling_frequency
        maximum = ln_y - 0.812 - 0.55 * per_unit - 0.69 * (1 - self.e_over_mip)
        return maximum, 0.81 + (0.458 + 2.26 / self.z) * ln_y - 0.476 * per_unit


@dataclass(frozen=True)
class Calorimeter:
    """A stack of absorber and active plates, read out in layers of square cells.

    The default is of the kind of the H1 calorimeter at HERA, with whose data GP compare: 2.4 mm of
    lead and 2.35 mm of liquid argon. Argon is an element, so that its Z and A are no averages.

    Attributes:
        absorber: the material of the passive plates.
        active: the material of the gaps that are read out.
        absorber_mm: thickness d of one absorber plate, in mm.
        active_mm: thickness d of one gap, in mm.
        units_per_layer: sampling units (one plate and one gap) that are read out as one layer.
        n_layers: layers in depth.
        n_side: cells along x and along y; odd, so that there is a central cell.
        cell_cm: side of a cell, in cm.
        stochastic_term: a of sigma / E = a / sqrt(E / GeV); 0.12 is what H1 quotes for electrons.
        noise_mev: standard deviation of the electronic noise of one cell, in MeV.

    Raises:
        SpecError: a field is out of its range, or the sampling is too coarse for the formulas.
    """

    absorber: Material = LEAD
    active: Material = LIQUID_ARGON
    absorber_mm: float = 2.4
    active_mm: float = 2.35
    units_per_layer: int = 6
    n_layers: int = 10
    n_side: int = 7
    cell_cm: float = 2.0
    stochastic_term: float = 0.12
    noise_mev: float = 3.0

    def __post_init__(self) -> None:
        for name in ("absorber_mm", "active_mm", "cell_cm", "stochastic_term"):
            _require_positive(name, getattr(self, name))
        for name in ("units_per_layer", "n_layers", "n_side"):
            _require_integer(name, getattr(self, name), 1)
        if self.n_side % 2 == 0:
            raise SpecError(f"n_side is {self.n_side}, without a central cell: give an odd number.")
        if not (isfinite(self.noise_mev) and self.noise_mev >= 0):
            raise SpecError(f"noise_mev is {self.noise_mev}: give a number of MeV, zero or more.")
        maximum, alpha = self.medium.median_shape(np.array(ENERGY_RANGE_GEV[:1]))
        if maximum[0] <= 1 or alpha[0] <= _SMALLEST_ALPHA:
            thick = 1 / self.medium.sampling_frequency
            raise SpecError(f"A sampling unit is {thick:.2g} X0, too coarse: give thinner plates.")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Cells as (layers, y, x); a row of ``cells_mev`` reshapes to this."""
        return (self.n_layers, self.n_side, self.n_side)

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return self.n_layers * self.n_side**2

    @property
    def depth_x0(self) -> float:
        """Depth of the whole stack in effective radiation lengths."""
        return self.n_layers * self.units_per_layer / self.medium.sampling_frequency

    @cached_property
    def medium(self) -> Medium:
        """The effective medium of the stack."""
        plates = ((self.absorber, self.absorber_mm / 10), (self.active, self.active_mm / 10))
        masses = [(material, material.density_g_cm3 * cm) for material, cm in plates]
        unit_g_cm2, unit_cm = sum(mass for _, mass in masses), sum(cm for _, cm in plates)
        unit_x0 = sum(mass / m.x0_g_cm2 for m, mass in masses)
        unit_mev = sum(m.critical_energy_mev * mass / m.x0_g_cm2 for m, mass in masses)
        return Medium(
            z=sum(m.z * mass for m, mass in masses) / unit_g_cm2,
            x0_cm=unit_cm / unit_x0,
            critical_energy_mev=unit_mev / unit_x0,
            moliere_radius_cm=_SCATTERING_ENERGY_MEV * unit_cm / unit_mev,
            sampling_frequency=1 / unit_x0,
            e_over_mip=1 / (1 + 0.007 * (self.absorber.z - self.active.z)),
        )


CALORIMETER = Calorimeter()


@dataclass(frozen=True)
class Showers:
    """Incident energies in GeV, and cell energies in MeV on the electromagnetic scale.

    Cells, noise included, are in the order (layer, y, x) of :attr:`Calorimeter.shape`.
    """

    energies_gev: Float[np.ndarray, "n"]
    cells_mev: Float[np.ndarray, "n cells"]


@dataclass(frozen=True)
class RadialProfile:
    """``f(r) = p 2 r R_C^2 / (r^2 + R_C^2)^2 + (1 - p) 2 r R_T^2 / (r^2 + R_T^2)^2`` (GP).

    ``core`` is R_C and ``tail`` R_T, in Moliere radii; ``weight`` is p, the core's share of energy.
    """

    core: Float[np.ndarray, "..."]
    tail: Float[np.ndarray, "..."]
    weight: Float[np.ndarray, "..."]

    def contained(self, radius: float) -> Float[np.ndarray, "..."]:
        """The fraction of the energy within ``radius`` (in Moliere radii): the integral of f."""
        core, tail = radius**2 / (radius**2 + self.core**2), radius**2 / (radius**2 + self.tail**2)
        return self.weight * core + (1 - self.weight) * tail


def mean_profile_shape(
    energies_gev: Float[np.ndarray, "n"], medium: Medium = CALORIMETER.medium
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """Depth of the maximum T (in X0) and shape alpha of the *average* longitudinal profile.

    With ln y, F_S and e-hat of the medium (GP, average profiles):
    ``T = ln y - 0.858 - 0.59 / F_S - 0.53 (1 - e-hat)``,
    ``alpha = 0.21 + (0.492 + 2.38 / Z) ln y - 0.444 / F_S``.
    The simulation does not use it: this is GP's separate fit to the mean of many showers.
    """
    ln_y, per_unit = medium.ln_y(energies_gev), 1 / medium.sampling_frequency
    maximum = ln_y - 0.858 - 0.59 * per_unit - 0.53 * (1 - medium.e_over_mip)
    return maximum, 0.21 + (0.492 + 2.38 / medium.z) * ln_y - 0.444 * per_unit


def longitudinal_fraction(
    depth_x0: Float[np.ndarray, "..."],
    maximum_x0: Float[np.ndarray, "..."],
    alpha: Float[np.ndarray, "..."],
) -> Float[np.ndarray, "..."]:
    """The fraction of a shower's energy in front of ``depth_x0``; the arguments broadcast.

    ``P(alpha, (alpha - 1) t / T)``, P the regularized lower incomplete gamma function: the integral
    of the gamma profile of depth of maximum T (in X0) and shape alpha > 1 from 0 to t (in X0).
    """
    return np.asarray(gammainc(alpha, (alpha - 1) / maximum_x0 * depth_x0))


def radial_profile(
    tau: Float[np.ndarray, "..."],
    energies_gev: Float[np.ndarray, "..."],
    medium: Medium = CALORIMETER.medium,
) -> RadialProfile:
    """The lateral profile at depth ``tau = t / T``, for energies in GeV; the arguments broadcast.

    The homogeneous medium of the effective Z (GP),
    ``R_C = z1 + z2 tau``, ``R_T = k1 (exp(k3 (tau - k2)) + exp(k4 (tau - k2)))``,
    ``p = p1 exp((p2 - tau) / p3 - exp((p2 - tau) / p3))``, and its corrections for sampling,
    linear in 1 / F_S and in 1 - e-hat.
    """
    z, ln_e = medium.z, np.log(energies_gev)
    per_unit, imbalance = 1 / medium.sampling_frequency, 1 - medium.e_over_mip
    core = 0.0251 + 0.00319 * ln_e + (0.1162 - 0.000381 * z) * tau
    growth = np.exp((0.3585 + 0.0421 * ln_e) * (tau - 0.645))
    tail = (0.659 - 0.00309 * z) * (np.exp(-2.59 * (tau - 0.645)) + growth)
    lag = (0.401 + 0.00187 * z - tau) / (1.313 - 0.0686 * ln_e)
    weight = (2.632 - 0.00094 * z) * np.exp(lag - np.exp(lag))
    weight = weight + imbalance * (0.348 - 0.642 * per_unit * np.exp(-((tau - 1) ** 2)))
    core = core - 0.0203 * imbalance + 0.0397 * per_unit * np.exp(-tau)
    tail = tail - 0.14 * imbalance - 0.495 * per_unit * np.exp(-tau)
    return RadialProfile(core, tail, np.clip(weight, 0, 1))


def simulate(
    n_showers: int,
    seed: int,
    calorimeter: Calorimeter = CALORIMETER,
    energies_gev: Real[np.ndarray, "n"] | None = None,
) -> Showers:
    """Showers of electrons, by default of energies log-uniform between 1 and 100 GeV.

    The first m of ``simulate(n, seed)`` are ``simulate(m, seed)``: every random quantity has its
    own stream, read in the order of the showers.

    Args:
        n_showers: how many, at least 1.
        seed: an integer, zero or more.
        calorimeter: geometry, materials and resolution.
        energies_gev: incident energies (n_showers,) within ``ENERGY_RANGE_GEV``, in GeV.

    Raises:
        SpecError: an argument is out of its range.
    """
    _require_integer("n_showers", n_showers, 1)
    _require_integer("seed", seed, 0)
    low, high = ENERGY_RANGE_GEV
    streams = _Streams(seed)
    if energies_gev is None:
        u = streams.words["energy"].uniforms((n_showers,))
        energies = np.exp(np.log(low) + (np.log(high) - np.log(low)) * u)
        energies = np.clip(np.rint(energies / _ENERGY_STEP) * _ENERGY_STEP, low, high)
    else:
        energies = np.array(energies_gev, dtype=float)
    if energies.shape != (n_showers,):
        raise SpecError(f"energies_gev has the shape {energies.shape}: give ({n_showers},).")
    if not ((energies >= low) & (energies <= high)).all():
        reach = f"from {energies.min():g} to {energies.max():g} GeV"
        raise SpecError(f"energies_gev reaches {reach}: give {low:g} to {high:g} GeV.")
    cells = np.empty((n_showers, calorimeter.n_cells))
    for start in range(0, n_showers, _BATCH):
        batch = slice(start, start + _BATCH)
        cells[batch] = _deposits_gev(energies[batch], streams, calorimeter) * 1000
        cells[batch] += calorimeter.noise_mev * streams.noise.take(cells[batch].shape)
    return Showers(energies, cells)


def _deposits_gev(
    energies: Float[np.ndarray, "n"], streams: _Streams, calorimeter: Calorimeter
) -> Float[np.ndarray, "n cells"]:
    """What the cells of one batch sample, before the noise, in GeV."""
    n, layers, units = len(energies), calorimeter.n_layers, calorimeter.units_per_layer
    medium, ln_y = calorimeter.medium, calorimeter.medium.ln_y(energies)
    median_maximum, median_alpha = medium.median_shape(energies)
    rho, normal = 0.784 - 0.023 * ln_y, streams.longitudinal.take((n, 2))
    second = rho * normal[:, 0] + np.sqrt(1 - rho**2) * normal[:, 1]
    maximum = median_maximum * np.exp(normal[:, 0] / (-2.5 + 1.25 * ln_y))
    alpha = np.maximum(median_alpha * np.exp(second / (-0.82 + 0.79 * ln_y)), _SMALLEST_ALPHA)

    edges = np.linspace(0, calorimeter.depth_x0, layers * units + 1)
    in_unit = _between(edges, maximum, alpha).reshape(n, layers, units)
    in_layer = in_unit.sum(axis=2)
    # Unlike a Gaussian, a gamma variable is never negative; sums of independent ones are again one.
    scale = calorimeter.stochastic_term**2
    u = streams.words["sampling"].uniforms(in_layer.shape)
    shape = in_layer * energies[:, None] / scale
    # Nothing, and not undefined, where nothing arrives.
    sampled = np.where(shape > 0, gammaincinv(np.where(shape > 0, shape, 1), u) * scale, 0)
    sampled = _rounded(sampled, _LAYER_DIGITS)

    spot_maximum = maximum * (0.813 + 0.0019 * medium.z)
    spot_alpha = alpha * (0.844 + 0.0026 * medium.z)
    all_spots = 10.3 / calorimeter.stochastic_term * energies**0.959
    mean_spots = all_spots[:, None] * _between(edges[::units], spot_maximum, spot_alpha)

    # GP: the age tau is counted in centres of gravity alpha T / (alpha - 1), scaled so that tau is
    # t / T for the median shower.
    middle = ((edges[1:] + edges[:-1]) / 2).reshape(layers, units)
    centre = alpha * maximum / (alpha - 1) * (1 - 1 / median_alpha)
    profile = radial_profile(middle / centre[:, None, None], energies[:, None, None], medium)
    radii_cm = np.stack([profile.core, profile.tail], axis=-1) * medium.moliere_radius_cm

    share = np.full_like(in_unit, 1 / units)
    np.divide(in_unit, in_layer[..., None], out=share, where=in_layer[..., None] > 0)
    # Of a spot: whether it is in this unit, and in the core or in the tail.
    chances = np.stack([share * profile.weight, share * (1 - profile.weight)], axis=-1)
    counts = poisson(streams.words["spot_number"], mean_spots[..., None, None] * chances)
    lone = _one_of(chances, streams.words["lone_spot"].uniforms((n, layers)))
    counts += lone * (counts.sum(axis=(2, 3)) == 0)[..., None, None]
    spots = counts.sum(axis=(2, 3))
    side = calorimeter.n_side
    impact = streams.words["impact"].uniforms((n, 2)) + (side / 2 - 0.5)  # in the central cell
    hits = spots_in_cells(
        counts, radii_cm / calorimeter.cell_cm, impact, side, streams.words["spot_place"]
    )
    return (hits * (sampled / spots)[..., None]).reshape(n, calorimeter.n_cells)


def _rounded(values: Float[np.ndarray, "*n"], digits: int) -> Float[np.ndarray, "*n"]:
    """The nearest numbers with so many binary digits."""
    mantissa, exponent = np.frexp(values)
    return np.ldexp(np.rint(np.ldexp(mantissa, digits)), exponent - digits)


def _one_of(
    chances: Float[np.ndarray, "n layers units 2"], u: Float[np.ndarray, "n layers"]
) -> Int[np.ndarray, "n layers units 2"]:
    """1 in one place of each layer, chosen by uniform numbers with these chances, else 0."""
    flat = chances.reshape(*u.shape, -1)
    place = np.sum(np.cumsum(flat, axis=-1)[..., :-1] <= u[..., None], axis=-1)
    return (np.arange(flat.shape[-1]) == place[..., None]).astype(np.int64).reshape(chances.shape)


def _between(
    edges_x0: Float[np.ndarray, " edges"],
    maximum_x0: Float[np.ndarray, "n"],
    alpha: Float[np.ndarray, "n"],
) -> Float[np.ndarray, "n steps"]:
    """The fractions of the profiles between successive depths."""
    inside = longitudinal_fraction(edges_x0, maximum_x0[:, None], alpha[:, None])
    # Far behind the shower, where both ends are 1, a rounding would make a difference negative.
    return np.maximum(np.diff(inside, axis=1), 0)
