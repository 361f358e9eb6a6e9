"""The figure of widths: the star of the answer lies on the law that is drawn."""

from types import SimpleNamespace

import numpy as np
import pytest

from ntk_uq.figures import Style
from ntk_uq.figures.width import width_figure
from ntk_uq.scaling import fit_width_law
from ntk_uq.widths import WidthLaw

WIDTHS = (16, 32, 64, 128, 256)


def law(c, c2, theory, limit):
    """A law without noise; with a limit that is not the theory's, only the free fit holds."""
    w = np.array(WIDTHS, dtype=float)
    values = limit * (1 + c / w + c2 / w**2)
    errors = 1e-3 * values if theory == limit else 0.02 * values
    columns = (WIDTHS, values, errors)
    free = fit_width_law(*columns, highest=2)
    anchored = fit_width_law(*columns, theory, highest=2) if theory == limit else None
    return WidthLaw("mu", 50, theory, (), free, free, anchored, anchored, None)


@pytest.mark.parametrize(
    ("c", "c2", "theory", "limit"),
    [(30, 0, 2.0, 2.0), (-30, 0, 2.0, 2.0), (10, -1000, 2.0, 2.0), (30, 0, 2.0, 2.01)],
)
def test_the_star_of_an_answer_is_on_the_law(c, c2, theory, limit):
    found = law(c, c2, theory, limit)
    assert found.trusted
    study = SimpleNamespace(
        depth=1,
        law=lambda *_: found,
        comparison=SimpleNamespace(
            ensembles=SimpleNamespace(spec=SimpleNamespace(widths=WIDTHS)),
        ),
    )
    figure = width_figure("mu", [study], 50, 0.1, "", Style())
    (star,) = [trace for trace in figure.data if trace.marker.symbol == "star"]
    on_the_law = found.best.predict(star.x) / theory
    assert star.y == pytest.approx(on_the_law, rel=1e-12)
    assert abs(float(star.y[0]) * theory / found.best.q_inf - 1) == pytest.approx(0.1, rel=1e-6)
