"""What a curve does, in the few words that a legend has room for."""

from ntk_uq.analysis.curve_laws import ShownLaw
from ntk_uq.scaling import LawFit, Parameter, PlateauFit, PowerLawFit
from ntk_uq.scaling.notation import short_value
from ntk_uq.scaling.records import Finding, names


def power(alpha: float, error: float | None = None) -> str:
    """N_D to the power of minus alpha, as Plotly writes it; without an error to two decimals."""
    digits = f"{abs(alpha):.2f}" if error is None else short_value(abs(alpha), error)
    sign = "−" if alpha > 0 else ""
    return f"N<sub>D</sub><sup>{sign}{digits}</sup>"


def of_fit(fit: PowerLawFit | PlateauFit) -> str:
    """A power law or a plateau, or what the curve does instead."""
    if isinstance(fit, PlateauFit):
        if fit.valid:
            return f"levels off at {short_value(fit.plateau, fit.plateau_error)}"
        return "no plateau" if fit.slope is None else f"~ {power(-fit.slope)}"
    if fit.valid and fit.alpha is not None:
        return f"~ {power(fit.alpha, fit.alpha_error)}"
    bends = Finding.BENDING in names(fit.flags)
    if bends and fit.alpha_first is not None and fit.alpha_last is not None:
        return f"bends, {power(fit.alpha_first)} to {power(fit.alpha_last)}"
    return "no power law"


def of_own_part(fits: tuple[PowerLawFit, PlateauFit] | None) -> str:
    """The population part of epsilon, behind what epsilon does; "" where nothing is quoted."""
    if fits is None:
        return ""
    falls, level = fits
    if level.valid:
        return f"own {short_value(level.plateau, level.plateau_error)}"
    return f"own {of_fit(falls)}" if falls.valid else ""


def of_law(shown: ShownLaw) -> str:
    """A law among others."""
    fit = shown.law
    if fit is None:
        return "no law"
    if fit.law == "constant":
        return f"stays at {_value(fit.parameter('q_0'))}"
    if fit.law == "broken":
        first, last = fit.parameter("alpha_1"), fit.parameter("alpha_2")
        assert first is not None
        assert last is not None
        return f"bends, {power(first.value)} to {power(last.value)}"
    alpha = fit.parameter("alpha")
    assert alpha is not None
    falls = f"~ {power(alpha.value, alpha.error)}"
    offset = fit.law == "offset" and _resolved(fit)
    return f"{falls} towards {_value(fit.parameter('q_inf'))}" if offset else falls


def _value(parameter: Parameter | None) -> str:
    return "" if parameter is None else short_value(parameter.value, parameter.error)


def _resolved(fit: LawFit) -> bool:
    return Finding.NO_OFFSET not in names(fit.flags)
