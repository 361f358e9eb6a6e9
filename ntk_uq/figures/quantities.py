"""How mu, sigma and epsilon are titled, their axes, and the parts of them that are drawn."""

from typing import Any

from ntk_uq.figures.style import Style, with_unit

TITLES = {
    "mu": "Mean test loss μ",
    "sigma": "Spread over initializations σ",
    "epsilon": "Relative spread ε = σ / μ",
}
_DEFINITIONS = {"mu": "μ = E[L]", "sigma": "σ = std[L]", "epsilon": "ε"}
_PARTS = {
    "mu": (("mu_bias", "bias part", "dash"), ("mu_variance", "variance part", "dot")),
    "sigma": (),
    "epsilon": (
        ("epsilon_population", "networks' own part (population)", "dash"),
        ("epsilon_floor", "floor of the test set", "dot"),
    ),
}

PART_WORDS = {name: {field: words for field, words, _ in parts} for name, parts in _PARTS.items()}
"""What the parts of each quantity are called."""


def value_axis(quantity: str, loss_unit: str, style: Style) -> dict[str, Any]:
    """The axis of a quantity's values; epsilon has no unit."""
    unit = "" if quantity == "epsilon" else loss_unit
    return style.axis(with_unit(_DEFINITIONS[quantity], unit), style.scale)


def shown_parts(quantity: str, style: Style) -> tuple[tuple[str, str, str], ...]:
    """Parts of a quantity that are drawn: field, words, dash of the line."""
    # The parts of epsilon are always there: a plateau may be the test set's, not the network's.
    return _PARTS[quantity] if style.parts or quantity == "epsilon" else ()
