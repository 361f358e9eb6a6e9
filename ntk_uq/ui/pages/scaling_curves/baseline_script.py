"""The Python that computes a pinned baseline again, and the ratios to it."""

from collections.abc import Iterator

from ntk_uq.export import python_of
from ntk_uq.jobs import varied_words
from ntk_uq.views import CurvesView


def script_of_baseline(view: CurvesView) -> Iterator[str]:
    """The pinned curves, and those of the view over them."""
    if not view.baseline:
        return
    pinned = view.pinned()
    specs = "".join(
        f'    "{varied_words.label(pinned.vary, spec)}": {python_of(spec, 4)},\n'
        for spec in pinned.curves()
    )
    yield (
        "# The baseline, and the curves over those of it that are of the same data and target.\n"
        "from ntk_uq.analysis.curve_changes import partners\n"
        "from ntk_uq.analysis.curve_ratios import curve_ratios\n\n"
        f"baseline = {{\n{specs}}}\n"
        "pinned = [(label, ntk_uq.curve(spec)) for label, spec in baseline.items()]\n"
        "for label, curve in curves.items():\n"
        "    for name, base in partners(label, curve.spec, pinned):\n"
        '        for quantity in ("mu", "sigma", "epsilon"):\n'
        "            print(label, name, quantity, curve_ratios(curve, base, quantity))"
    )
