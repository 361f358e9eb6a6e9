"""What jobs compute, in words, and in what two of them differ."""

import json

import hypothesis.strategies as st
import pytest
from helpers import job_names as jobs
from hypothesis import given

from ntk_uq.jobs import describe, field_words, words
from ntk_uq.jobs.describe import Difference
from ntk_uq.jobs.kinds import REGISTRY
from ntk_uq.specs import (
    ArchitectureSpec,
    CurveSpec,
    DataSpec,
    FetchSpec,
    ForeseenSpec,
    InspectionSpec,
    MapSpec,
    SpectrumSpec,
    TrainingSpec,
)


def said(kind, spec):
    return describe.words(kind, json.dumps(spec.to_json()))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (
            CurveSpec(DataSpec("mnist", 1000), n_train=(125, 500, 4000), draws=3),
            "MNIST, depth 2, relu, N_D 125 to 4000, 3 draws, N_T 1000, to convergence",
        ),
        (
            CurveSpec(
                DataSpec("mnist", 10, 7, "sphere", 0.1),
                ArchitectureSpec(1, "erf", 1.5, 0.1),
                TrainingSpec(steps=100, eta=0.5, jitter=1e-6),
                (80,),
            ),
            "MNIST, depth 1, erf, σ_w 1.5, σ_b 0.1, N_D 80, 1 draw, N_T 10, 100 steps, η 0.5, "
            "jitter 1e-06, seed 7, inputs sphere, ZCA 0.1",
        ),
    ],
)
def test_curves(spec, words):
    assert said(jobs.CURVE, spec) == words


def test_maps():
    spec = MapSpec(
        DataSpec("mnist", 70),
        ArchitectureSpec(3, "erf", 1.5),
        x="n_train",
        x_values=(10, 20, 80),
        y="activation",
        y_values=("relu", "erf"),
        draws=2,
    )
    assert said(jobs.MAP, spec) == (
        "MNIST, map over N_D 10 to 80 and relu, erf, depth 3, σ_w 1.5, σ_b 0, N_T 70, 2 draws, "
        "to convergence"
    )


def test_trainings():
    assert words.training(TrainingSpec("bayes")) == "Bayesian posterior"
    assert words.training(TrainingSpec(time=2.5e3)) == "gradient flow to t 2500"


def test_other_kinds():
    assert said(jobs.FETCH, FetchSpec("mnist")) == "Files of MNIST"
    assert said(jobs.INSPECTION, InspectionSpec("mnist")) == "What is in MNIST"
    spectrum = SpectrumSpec(DataSpec("mnist", target="log"), n=30)
    assert said(jobs.SPECTRUM, spectrum) == "MNIST, depth 2, relu, n 30, target log"
    foreseen = ForeseenSpec(sample=200, n_train=(25, 100), training=TrainingSpec(jitter=0.1))
    assert said(jobs.FORESEEN, foreseen) == (
        "Handwritten digits, 8 × 8, depth 2, relu, foreseen from 200, N_D 25 to 100, to "
        "convergence, jitter 0.1"
    )


def test_every_kind_with_words_has_a_rank():
    assert set(REGISTRY) <= set(jobs.RANK)


def test_what_an_uploaded_file_was_called_is_not_told():
    assert words.title("own-0123456789abcdef") == "own data 01234567"
    assert words.title("gone") == "gone"


@pytest.mark.parametrize(
    ("kind", "spec", "words"),
    [
        ("tea", '{"sort": "green", "cup": {"volume": 0.25, "hot": true}, "with": null}', None),
        ("curve", '{"sort": "green", "cup": {"volume": 0.25, "hot": true}, "with": null}', None),
        ("tea", "{}", "tea"),
        ("tea", "not json", "value not json"),
        ("tea", "[1, 2]", "value 1, 2"),
    ],
)
def test_what_is_not_known_shows_its_fields(kind, spec, words):
    expected = words or "sort green, volume 0.25, hot true, with none"
    assert describe.words(kind, spec) == expected


@given(st.sampled_from([*jobs.RANK, "x"]), st.text(max_size=30))
def test_any_text_has_words(kind, spec):
    assert describe.words(kind, spec)


def test_differences_are_all_there_is_and_nothing_else():
    left = CurveSpec(DataSpec("mnist"), ArchitectureSpec(1), n_train=(1, 2))
    right = CurveSpec(DataSpec("mnist", zca=0.5), ArchitectureSpec(3), n_train=(1, 2, 4))
    texts = [json.dumps(spec.to_json()) for spec in (left, right)]
    assert set(describe.differences(*texts)) == {
        Difference("ZCA", "none", "0.5"),
        Difference("depth", "1", "3"),
        Difference("N_D", "1, 2", "1, 2, 4"),
    }
    assert describe.differences(texts[0], texts[0]) == ()


def test_fields_that_only_one_has_differ():
    assert describe.differences('{"a": 1, "b": 2}', '{"a": 1, "c": {"d": 3}}') == (
        Difference("b", "2", "–"),
        Difference("d", "–", "3"),
    )


def test_nested_fields_of_one_name_keep_their_path():
    assert describe.flat({"a": {"n": 1}, "b": {"n": 2}, "c": {"m": 3}}) == {
        "a.n": 1,
        "b.n": 2,
        "m": 3,
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dataset varies, and has no values.", "Data set varies, and has no values."),
        ("n_train[1] is 3; sigma_w is -1.", "N_D[1] is 3; σ_w is -1."),
        (
            "n_test is 900. eta is 4, but a time is given.",
            "N_T is 900. η is 4, but a time is given.",
        ),
        ("Column 'n_train' of my_n_train.csv has text.", None),
        ("The file /data/n_test/x is no table; much noise is one reason.", None),
    ],
)
def test_a_refusal_has_fields_as_people_call_them(text, said):
    assert field_words.in_words(text) == (said or text)
