"""What planted widths are said to tell, and what three of them do not."""

import pytest
from helpers.ensembles_planted import planted
from helpers.unchecked import unchecked

from ntk_uq.analysis import width_verdicts
from ntk_uq.analysis.width_laws import width_laws
from ntk_uq.analysis.width_verdicts import Approach, WidthVerdict, width_verdict


@pytest.fixture(autouse=True)
def _without_the_checks():
    with unchecked():
        yield


def study(widths, value, error=0.01):
    return width_laws(planted(widths, (100,), lambda w, n: value(w), lambda n: 1.0, error))


def test_three_widths_do_not_carry_a_second_order_beyond_themselves():
    law = study((32, 64, 128), lambda w: 1 - 60 / w + 1000 / w**2).law("mu", 100)
    assert law.best.order == 2
    assert law.best.valid
    # 31 % off at width 128: of that the networks are sure, of where the law crosses 10 % not.
    answer = law.needed(0.1)
    assert (answer.width, answer.low, answer.high) == (None, 128, None)
    assert answer.words == "wider than 128"
    straight = study((32, 64, 128), lambda w: 1 - 16 / w).law("mu", 100)
    assert straight.verdict == "not tested: 3 widths leave nothing to check a limit by"


def test_five_widths_carry_it():
    widths = (32, 64, 128, 256, 512)
    law = study(widths, lambda w: 1 - 60 / w + 1000 / w**2).law("mu", 100)
    answer = law.needed(0.05)
    assert law.best.order == 2
    assert answer.width == pytest.approx(1183, rel=0.02)
    assert "beyond the 512 measured" in answer.words
    assert law.verdict.startswith("agrees: ")


def test_a_limit_two_errors_off_is_neither_in_agreement_nor_against():
    found = {}
    for shift in (0.0, 0.025, 0.05):
        off = study((64, 128, 256, 512), lambda w, s=shift: (1 + s) * (1 + 2 / w), 0.01)
        law = off.law("mu", 100)
        found[round(law.pull, 1)] = law.verdict.split(":")[0]
    pulls = sorted(found)
    assert [found[pull] for pull in pulls] == ["agrees", "not decided", "differs"]
    assert 2 < pulls[1] < 3 < pulls[2]


def test_a_wide_interval_is_told_as_a_bound():
    law = study((64, 128, 256, 512, 1024), lambda w: 1 + 12 / w, 0.075).law("mu", 100)
    answer = law.needed(0.1)
    assert answer.high > 5 * answer.low
    assert answer.words.startswith("at most")


def test_the_sentence_says_where_the_widths_are_and_what_is_needed():
    told = width_verdict(study((32, 64, 128), lambda w: 1 - 16 / w), 100, 0.1).told
    assert "From width 32 to 128 μ goes from 0.500(5) to 0.875(9);" in told
    assert "Width that comes within 10 % of it: μ and σ and ε 160" in told
    single = width_verdict(study((32,), lambda w: 0.5), 100, 0.1).told
    assert single.startswith("At width 32, μ is 0.500(5), σ is")
    assert width_verdict(study((32, 64), lambda w: None), 100, 0.1) is None


def test_widths_that_the_law_misses_are_named():
    widths = (16, 32, 64, 128, 256, 512, 1024)
    bent = study(widths, lambda w: 3.0 if w == 16 else 1 - 6 / w, 0.003)
    told = width_verdict(bent, 100, 0.1).told
    assert "does not pass through the networks of width 16, and is that of wider ones." in told
    straight = width_verdict(study(widths, lambda w: 1 - 6 / w, 0.003), 100, 0.1).told
    assert "does not pass" not in straight


def told_of(*ends, widest=512):
    approaches = tuple(
        Approach(name, 0.5, 0.01, 0.9, 0.01, f"{end}", enough=end)
        for name, end in zip(("mu", "sigma", "epsilon"), ends, strict=True)
    )
    return WidthVerdict(2, 100, (16, widest), 6, 0.1, approaches).told


def test_one_width_is_told_that_is_enough_for_all():
    assert "All of them are from width 440 on (95 %)." in told_of(430.2, 110, 97.0)
    beyond = "All of them are from width 590 on (95 %), if that goes on beyond the 512 measured."
    assert beyond in told_of(430.2, 110, 581)
    assert "All of them" not in told_of(430, None, 97)  # an answer that is not known
    assert "All of them" not in told_of(97, 97, 97)  # one answer for all, told already
    assert "All of them are from width 8 on (95 %)." in told_of(7.2, 3, 4)


@pytest.mark.parametrize("width", [0.3, 1, 7.2, 10, 99.01, 100, 101, 12_345.6])
def test_a_width_is_rounded_up_in_two_digits(width):
    found = width_verdicts._rounded_up(width)
    assert width <= found <= max(1, 1.1 * width + 1)
    assert len(str(found).rstrip("0")) <= 2
