"""Numbers of examples that nobody chose, on a data set that has fewer."""

import json

import numpy as np
import pytest

import ntk_uq
from ntk_uq import datasets
from ntk_uq.base.errors import SpecError
from ntk_uq.cli import main
from ntk_uq.datasets import own
from ntk_uq.specs import (
    ArchitectureSpec,
    CurveSpec,
    DataSpec,
    EnsembleSpec,
    ForeseenSpec,
    PointSpec,
    TrainingSpec,
)


@pytest.fixture
def path(tmp_path):
    rows = [f"{np.sin(i)},{np.cos(3 * i)},{i % 2}" for i in range(60)]
    (tmp_path / "few.csv").write_text("\n".join(["a,b,y", *rows]))
    return tmp_path / "few.csv"


def test_what_nobody_chose_follows_the_data(path):
    dataset = datasets.get(own.add_path(path))
    data = DataSpec(dataset.name)
    fitted = datasets.within(CurveSpec(data), dataset)
    assert (fitted.data.n_test, fitted.n_train) == (12, (1, 3, 6, 12, 24, 48))
    assert datasets.within(EnsembleSpec(data), dataset).n_train == (48,)
    point = PointSpec(data, ArchitectureSpec(), TrainingSpec())
    assert datasets.within(point, dataset).n_train == 48
    chosen = CurveSpec(DataSpec(dataset.name, n_test=300), n_train=(5, 500))
    assert datasets.within(chosen, dataset) == chosen
    large = CurveSpec(DataSpec("digits"))
    assert datasets.within(large, datasets.get("digits")) == large


def test_a_sample_is_all_of_a_small_pool_and_n_d_what_it_carries(path):
    dataset = datasets.get(own.add_path(path))
    fitted = datasets.within(ForeseenSpec(DataSpec(dataset.name)), dataset)
    assert (fitted.sample, fitted.n_train) == (48, (1, 3, 6, 12, 24))
    chosen = ForeseenSpec(DataSpec(dataset.name, n_test=1), sample=900, n_train=(30,))
    assert datasets.within(chosen, dataset) == chosen  # who chose it is told what there is
    assert main(["spectrum", "--dataset", str(path), "--jitter", "0.01", "--quiet"]) == 0


def test_a_curve_of_a_small_file_needs_no_numbers(path, capsys):
    assert main(["curve", "--no-store", "--quiet", "--json", "--dataset", str(path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["spec"]["data"]["n_test"] == 12
    name = own.add_path(path)
    curve = ntk_uq.curve(CurveSpec(DataSpec(name)))
    assert [point.n_train for point in curve.points] == [1, 3, 6, 12, 24, 48]
    assert curve.spec.data.n_test == 12
    with pytest.raises(SpecError, match="N_T is 300, but the test part"):
        ntk_uq.curve(CurveSpec(DataSpec(name, n_test=300)))
