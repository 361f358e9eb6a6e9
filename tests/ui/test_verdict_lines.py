"""Sentences as Markdown: powers as formulas, everything else as it stands."""

import pytest

from ntk_uq.ui.verdict_lines import typeset


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("μ falls as N_D^-0.670(5).", "μ falls as ${N_D}^{-0.670(5)}$."),
        ("ε rises as N_D^0.10; so", "ε rises as ${N_D}^{0.10}$; so"),
        ("N_D^-0.5(2), from N_D = 65 on", "${N_D}^{-0.5(2)}$, from $N_D$ = 65 on"),
        ("towards q_∞ ~ 1", r"towards q\_∞ \~ 1"),
        ("0.0014(12), N_D^-1.2(1.5).", "0.0014(12), ${N_D}^{-1.2(1.5)}$."),
    ],
)
def test_powers_are_formulas(text, shown):
    assert typeset(text) == shown
