"""Numbers for people: a value with its error, rounded as a physicist would."""

import math


def format_value(value: float | None, error: float | None) -> str:
    """A value and its standard error, such as ``0.372 ± 0.004``.

    The error keeps two significant digits if it starts with 1 and one otherwise (close to the rule
    of the Particle Data Group, Review of Particle Physics, introduction, section 5.3), and the
    value is rounded to the same decimal. A common power of ten is written ``(3.1 ± 0.2)e-05``.

    Args:
        value: the number, in any unit; None or not finite gives ``not determined``.
        error: its standard error in the same unit; None or not finite leaves it out and shows the
            value to four significant digits.
    """
    if value is None or not math.isfinite(value):
        return "not determined"
    value = value + 0.0  # no negative zero
    if error is None or not math.isfinite(error):
        return f"{value:.4g}"
    error = abs(error)
    # An error at the level of rounding would print a row of digits that nobody reads.
    if error <= 1e-9 * abs(value) or error == 0:
        return f"{value:.10g} ± {error:.1g}"
    exponent = math.floor(math.log10(max(abs(value), error)))
    # The range in which Python's own %g writes no exponent.
    if not -4 <= exponent < 6:
        # The decimal point is moved in the text, since 10**-exponent can overflow.
        value, error = _shift(value, exponent), _shift(error, exponent)
        return f"({_rounded(value, error)})e{exponent:+03d}"
    return _rounded(value, error)


def short_value(value: float | None, error: float | None) -> str:
    """A value with its error in units of its last digit, such as ``0.372(4)``.

    Args:
        value, error: as :func:`format_value`, whose rounding it has.
    """
    told = format_value(value, error)
    if " ± " not in told or error is None or value is None or abs(error) <= 1e-9 * abs(value):
        return told if " ± " not in told else told.split(" ± ")[0]
    body, _, power = told.partition(")e")
    shown, wide = body.lstrip("(").split(" ± ")
    wide = wide if float(wide) >= 1 else wide.replace(".", "").lstrip("0")
    return f"{shown}({wide})" + (f"e{power}" if power else "")


def _rounded(value: float, error: float) -> str:
    first, power = f"{error:.0e}".split("e")  # rounded first: 0.0096 is 0.010, which starts with 1
    decimals = (1 if first == "1" else 0) - int(power)
    if f"{error:.15e}"[0] == "1":  # 0.0196 starts with 1 before rounding: 0.020
        decimals = 1 - math.floor(math.log10(error))
    shown = round(value, decimals) + 0.0
    places = max(decimals, 0)
    return f"{shown:.{places}f} ± {round(error, decimals):.{places}f}"


def _shift(value: float, exponent: int) -> float:
    mantissa, power = f"{value:.16e}".split("e")
    return float(f"{mantissa}e{int(power) - exponent}")
