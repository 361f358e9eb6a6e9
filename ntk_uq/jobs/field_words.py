"""Fields of specifications and views as people call them, where controls have longer labels."""

import re

_NAMES = {
    "dataset": "data set",
    "sigma_w": "σ_w",
    "sigma_b": "σ_b",
    "n_train": "N_D",
    "n_test": "N_T",
    "n_low": "smallest N_D",
    "n_high": "largest N_D",
    "n_points": "number of N_D",
    "test": "tested on",
    "fit_low": "fit from N_D",
    "fit_high": "fit to N_D",
    "zca": "ZCA",
    "noise": "label noise",
    "eta": "η",
    "kind": "posterior",
    "vary": "a curve for each",
    "finite": "finite networks",
    "net_steps": "steps of the networks",
    "net_eta": "η of the networks",
    "batch_size": "batch size",
    "tau_low": "smallest τ",
    "tau_high": "largest τ",
    "n_times": "number of times",
    "x_values": "horizontal axis",
    "y_values": "vertical axis",
    "shown_n_train": "N_D shown",
    "shown_width": "width shown",
}

_SURE = "|".join(name for name in _NAMES if "_" in name)  # a word of no language
_FIRST = "|".join(name for name in _NAMES if "_" not in name)
_IN_TEXT = re.compile(
    rf"(?<![\w./'\"])(?:{_SURE}|(?<![^.;:] )(?:{_FIRST})(?= (?:is|has|holds|varies|must)\b))(?!\w)"
)
"""A field in a sentence; what may be any word, only where a sentence begins with it."""


def name(field: str) -> str:
    """What a field is called: ``sigma_w`` is σ_w. Of nested fields ``outer.name``, the last part is
    translated; what has no other name keeps its own."""
    outer, dot, last = field.rpartition(".")
    return f"{outer}{dot}{_NAMES.get(last, last.replace('_', ' '))}"


def in_words(text: str) -> str:
    """A sentence about fields with their names as people call them."""
    said = _IN_TEXT.sub(lambda found: name(found[0]), text)
    return said[:1].upper() + said[1:] if said != text and said[:1].isascii() else said
