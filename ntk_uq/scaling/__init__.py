"""Scaling laws: exponents, plateaus, their errors, and whether they may be quoted at all.

A curve is a quantity q (mu, sigma or epsilon) at training set sizes N_D. Fits never fail: what the
data do not support comes back as an invalid fit that says why, in named flags.
"""

from ntk_uq.scaling.draws import widen_by_draws
from ntk_uq.scaling.extrapolation import Extrapolation, HeldOut
from ntk_uq.scaling.law_choice import LawChoice, fit_laws
from ntk_uq.scaling.law_record import LawFit, Parameter
from ntk_uq.scaling.laws import LAWS
from ntk_uq.scaling.needed_width import NeededWidth, needed_width
from ntk_uq.scaling.notation import format_value
from ntk_uq.scaling.plateau import PlateauFit, fit_plateau
from ntk_uq.scaling.power_law import PowerLawFit, asymptotic_window, fit_power_law
from ntk_uq.scaling.records import Finding, Flag, LocalExponent, Wording
from ntk_uq.scaling.width_fit import WidthFit
from ntk_uq.scaling.width_law import fit_width_law, refit_width_law

__all__ = [
    "LAWS",
    "Extrapolation",
    "Finding",
    "Flag",
    "HeldOut",
    "LawChoice",
    "LawFit",
    "LocalExponent",
    "NeededWidth",
    "Parameter",
    "PlateauFit",
    "PowerLawFit",
    "WidthFit",
    "Wording",
    "asymptotic_window",
    "fit_laws",
    "fit_plateau",
    "fit_power_law",
    "fit_width_law",
    "format_value",
    "needed_width",
    "refit_width_law",
    "widen_by_draws",
]
