"""What a curve does, in the few words that a legend has room for."""

from ntk_uq.analysis.curve_laws import ShownLaw
from ntk_uq.analysis.verdicts import Trend
from ntk_uq.scaling import LawFit, Parameter
from ntk_uq.scaling.notation import short_value
from ntk_uq.scaling.records import Finding, names


def power(alpha: float, error: float | None = None) -> str:
    """N_D to the power of minus alpha, as Plotly writes it; without an error to two decimals."""
    digits = f"{abs(alpha):.2f}" if error is None else short_value(abs(alpha), error)
    sign = "−" if alpha > 0 else ""
    return f"N<sub>D</sub><sup>{sign}{digits}</sup>"


def of_trend(trend: Trend) -> str:
    """What the sentences say, with their numbers and no other ones."""
    if trend.reached:
        return f"levels off at {short_value(trend.level, trend.level_error)}"
    if trend.alpha_first is not None and trend.alpha is not None:
        return f"bends, {power(trend.alpha_first)} to {power(trend.alpha)}"
    if trend.alpha is not None:
        return f"~ {power(trend.alpha, trend.alpha_error)}"
    if trend.law is not None and trend.law.law == "constant":
        return f"stays at {short_value(trend.level, trend.level_error)}"
    if trend.level is not None:
        return f"falls towards {short_value(trend.level, trend.level_error)}"
    return "no power law"


def of_own_part(trend: Trend | None) -> str:
    """The population part of epsilon, behind what epsilon does; "" where nothing is quoted."""
    if trend is None or (trend.alpha is None and not trend.reached):
        return ""
    told = short_value(trend.level, trend.level_error) if trend.reached else of_trend(trend)
    return f"own part {told}"


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
