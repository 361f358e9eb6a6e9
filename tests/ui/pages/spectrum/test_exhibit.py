"""What the page of spectra takes home, and its tables."""

from ntk_uq.engine.inline import run_foreseen
from ntk_uq.figures import Style
from ntk_uq.figures.foreseen import ForeseenTrace
from ntk_uq.ui.pages.spectrum.exhibit import decays_of, exhibit, exponents_of
from ntk_uq.views import SpectrumView

VIEW = SpectrumView(depths=(1, 2), sample=200)


def traces():
    first, second = VIEW.foreseen()
    return [
        ForeseenTrace("depth 1", first, run_foreseen(first)),
        ForeseenTrace("depth 2", second, None),
    ]


def test_rows_are_the_foreseen_points_and_what_is_not_there_has_none():
    shown = exhibit(VIEW, traces(), Style())
    assert [(row["depth"], row["n_train"], row["holds"]) for row in shown.rows] == [
        (1, 25, "yes"),
        (1, 50, "yes"),
        (1, 100, "yes"),
    ]
    for row in shown.rows:
        assert row["foreseen_mu"] == row["foreseen_mu_bias"] + row["foreseen_mu_variance"]
        assert 0.9 < row["foreseen_mu"] / row["measured_mu"] < 1.1
    assert [plot.name for plot in shown.plots] == ["eigenvalues", "power", "mu"]
    assert len(shown.findings) == 1
    assert shown.findings[0].startswith("depth 1: From 200 examples μ is foreseen to fall")
    assert len(shown.details["foreseen"][0]["target_power"]) == 200
    assert shown.shell[0].startswith("python -m ntk_uq spectrum --depth 1 --sample 200")
    assert {"soven1967", "bordelon2020"} <= set(shown.sources)


def test_an_empty_page_can_be_taken_home():
    empty = [ForeseenTrace("depth 1", VIEW.foreseen()[0], None)]
    assert exhibit(VIEW, empty, Style()).rows == ()
    assert exponents_of(empty) == decays_of(empty) == ()


def test_exponents_are_told_of_both_parts():
    rows = exponents_of(traces())
    assert [row["of"] for row in rows] == [
        *("the mean network's part", "the variance over initializations")
    ]
    assert all(float(row["trained"].strip("()").split()[0]) > 0 for row in rows)
    assert len(decays_of(traces())) == 1
