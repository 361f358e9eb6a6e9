"""The page of data sets without a browser."""

import io
import urllib.parse
from dataclasses import replace

import numpy as np
import pytest
from helpers.drawn import figures
from helpers.pages_driver import compute, open_page, sources, texts, view_in
from helpers.writers import npz_bytes

from ntk_uq import datasets
from ntk_uq.datasets import own
from ntk_uq.engine.engine import Engine
from ntk_uq.engine.runners import InProcess
from ntk_uq.jobs.asking import submit
from ntk_uq.results.inspection import stored_inspection
from ntk_uq.specs import ArchitectureSpec, DataSpec, FetchSpec, InspectionSpec
from ntk_uq.store import JobState
from ntk_uq.views import CurvesView, DataView, EnsemblesView, TrainingTimeView, WidthView

SMALL = DataView(sample=200)


def opened(view=SMALL, **items):
    return open_page("data", view, **items)


def shown_view(app):
    return view_in(app, DataView)


@pytest.fixture(autouse=True)
def _own(tmp_path, monkeypatch):
    monkeypatch.setenv("NTK_UQ_OWN", str(tmp_path / "own"))


def charts(app):
    return len(figures(app))


def test_a_data_set_is_looked_through_and_shown(store):
    app = opened()
    assert not app.exception
    assert {j.kind for j in store.jobs.list()} == {"inspection", "spectrum"}
    assert "is being computed" in texts(app.caption)
    compute(store)
    app = opened()
    assert not app.exception
    assert [m.value for m in app.metric] == ["1,297", "500", "8 × 8", "10"]
    assert charts(app) == 3
    assert "3 of 64 input values are the same" in texts(app.markdown)
    assert "eigenvalues fall as" in texts(app.markdown)
    assert len(app.get("image")) == 1


def test_asking_is_done_once_and_not_at_every_run(store):
    app = opened()
    app.run()
    app.run()
    assert {j.submissions for j in store.jobs.list()} == {1}


def test_a_report_that_fails_says_why_and_can_be_asked_for_again(store):
    app = opened()
    job_id = InspectionSpec("digits").digest()
    engine = Engine(store, InProcess())
    claimed = store.jobs.claim(engine.id, limit=5)
    assert job_id in {j.id for j in claimed}
    for job in claimed:
        store.jobs.finish(job.id, engine.id, JobState.FAILED, "the cat ate the digits")
    app.run()
    assert "the cat ate the digits" in texts(app.error)
    assert store.jobs.get(job_id).state is JobState.FAILED
    app.button(key=f"again_{job_id}").click().run()
    assert store.jobs.get(job_id).state is JobState.QUEUED


def test_showers_are_shown_layer_by_layer_with_their_energies(store):
    view = DataView(DataSpec("calorimeter"), ArchitectureSpec(depth=1), 50)
    opened(view)
    compute(store)
    app = opened(view)
    assert not app.exception
    assert charts(app) == 5  # the target, two of showers, two of the spectrum
    assert "Sum of the deposits over incident energy" in texts(app.markdown)


def test_files_that_are_missing_are_fetched_by_a_button(store):
    app = opened(DataView(DataSpec("mnist")))
    assert "MNIST is not complete" in texts(app.info)
    app.button(key="fetch_mnist").click().run()
    assert not app.exception
    job = store.jobs.get(FetchSpec("mnist").digest())
    assert (job.kind, job.state) == ("fetch", JobState.QUEUED)
    other = opened(DataView(DataSpec("mnist")))
    other.button(key="stop_mnist").click().run()
    assert store.jobs.get(job.id).state is JobState.CANCELLED


def test_a_fetch_that_failed_tells_what_each_mirror_did(store, monkeypatch):
    monkeypatch.setenv("NTK_UQ_MIRRORS", "http://127.0.0.1:9/none,only")
    submit(store.jobs, FetchSpec("mnist"))
    compute(store)
    app = opened(DataView(DataSpec("mnist")))
    assert "http://127.0.0.1:9/none/train-images-idx3-ubyte.gz cannot be reached" in texts(
        app.error
    )
    assert app.button(key="fetch_mnist")


def test_all_data_sets_with_what_can_be_done(store, real_data):
    app = opened()
    app.segmented_control(key="data_section").set_value("All data sets").run()
    assert not app.exception
    shown = texts(app.markdown)
    for dataset in datasets.REGISTRY.values():
        assert f"`{dataset.name}`" in shown
    keys = {b.key for b in app.button}
    assert {"show_digits", "show_mnist", "fetch_calochallenge1-photons"} <= keys
    app.button(key="show_mnist").click().run()
    assert shown_view(app).data.dataset == "mnist"
    assert app.segmented_control(key="data_section").value == "What is in it"


CSV = "a,b,event,energy [GeV]\n" + "".join(
    f"{np.sin(i)},{np.cos(3 * i)},{i},{1 + np.sin(i) ** 2}\n" for i in range(60)
)


def upload(app, content, name="cells.csv"):
    app.segmented_control(key="data_section").set_value("A file of your own").run()
    app.file_uploader(key="upload").set_value((name, content, "text/csv")).run()
    return app


def test_a_file_is_uploaded_its_target_chosen_and_it_is_shown(store):
    app = upload(opened(), CSV.encode())
    assert not app.exception
    assert "60 rows, 4 columns" in texts(app.markdown)
    assert "Choose the target" in texts(app.info)
    app.multiselect(key="targets_cells.csv").set_value(["energy [GeV]"]).run()
    app.multiselect(key="ignore_cells.csv").set_value(["event"]).run()
    assert "A regression of energy [GeV] from 2 columns" in texts(app.caption)
    app.button(key="use_upload").click().run()
    assert not app.exception
    view = shown_view(app)
    assert own.is_own(view.data.dataset)
    assert r"Uploaded from cells\.csv\: 60 examples of 2 values" in sources(app.markdown)
    compute(store)
    assert stored_inspection(store.results, view.data.dataset).n_pool == 48
    shown = opened(view)
    assert not shown.exception
    assert [m.value for m in shown.metric][:2] == ["48", "12"]
    assert charts(shown) == 3
    # Others get it by the link, and not in their lists.
    assert "cells.csv" in shown.selectbox(key="data_dataset").options
    assert "cells.csv" not in opened().selectbox(key="data_dataset").options


def test_another_file_of_the_same_name_starts_with_choices_of_its_own(store):
    app = upload(opened(), CSV.encode())
    app.multiselect(key="targets_cells.csv").set_value(["energy [GeV]"]).run()
    # The same columns again: the choice stands, as after a mended value.
    app = upload(app, CSV.replace("1", "2").encode())
    assert app.multiselect(key="targets_cells.csv").value == ["energy [GeV]"]
    labelled = "a,kind,y\n" + "".join(f"{i},word,{'xy'[i % 2]}\n" for i in range(20))
    app = upload(app, labelled.encode())
    assert app.multiselect(key="targets_cells.csv").value == ["y"]
    assert app.multiselect(key="ignore_cells.csv").value == ["kind"]
    assert "A classification of y from 1 column." in texts(app.caption)


def test_the_page_takes_every_suffix_that_is_read(store):
    app = opened()
    app.segmented_control(key="data_section").set_value("A file of your own").run()
    assert set(app.file_uploader(key="upload").proto.type) == set(own.KINDS)


def test_constant_columns_are_told_by_their_names(store):
    text = "a,gain,bias,y\n" + "".join(f"{i},0.1,7,{i * i}\n" for i in range(20))
    view = DataView(DataSpec(own.add(own.open_file(text.encode(), "cells.csv"))), sample=10)
    opened(view)
    compute(store)
    assert "2 of 3 input values are the same in all of the pool (gain, bias)" in texts(
        opened(view).markdown
    )


@pytest.mark.parametrize(
    ("page", "view"),
    [
        ("data", DataView),
        ("scaling_curves", CurvesView),
        ("training_time", TrainingTimeView),
        ("ensembles", EnsemblesView),
        ("width", WidthView),
    ],
)
def test_names_in_a_file_of_ones_own_are_neither_links_nor_pictures(store, page, view):
    column = "![](http://evil.example/x.png)"
    text = f"a,{column},y\n" + "".join(f"{i},7,{i * i}\n" for i in range(60))
    name = own.add(own.open_file(text.encode(), "[click](mailto:evil.example).csv"))
    items = {"sample": 10} if view is DataView else {}
    opened_view = view(DataSpec(name, n_test=10), **items)
    open_page(page, opened_view)
    if view is DataView:
        compute(store)
    app = open_page(page, opened_view)
    shown = sources((*app.caption, *app.markdown, *app.header))
    assert "](" not in shown
    assert r"\[click\]\(mailto\:evil\.example\)" in shown


def test_the_link_to_the_curves_fits_the_data_set(store):
    name = own.add(own.open_file(CSV.encode(), "cells.csv"), ("energy [GeV]",), ignore=("event",))
    app = opened(DataView(DataSpec(name, n_test=400, target="log"), ArchitectureSpec(2, "erf")))
    (link,) = [e for e in app.get("page_link") if "Scaling curves" in e.proto.label]
    view = CurvesView.from_query(dict(urllib.parse.parse_qsl(link.proto.query_string)))
    assert (view.data.dataset, view.data.target, view.activation) == (name, "log", "erf")
    assert view.n_high <= 48
    assert view.data.n_test <= 12


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "empty.csv", "empty"),
        (b"a,b\n1,2\n3\n", "ragged.csv", "row|line"),
        (b"<!DOCTYPE html><html></html>", "page.npz", "page.npz"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_the_page_goes_on(store, content, name, words):
    app = upload(opened(), content, name)
    assert not app.exception
    assert name in texts(app.error)
    assert any(word in texts(app.error) for word in words.split("|"))
    app.file_uploader(key="upload").set_value(("cells.csv", CSV.encode(), "text/csv")).run()
    assert not app.error
    assert "60 rows" in texts(app.markdown)


def test_data_that_make_no_data_set_are_told_and_nothing_is_kept(store, tmp_path):
    constant = CSV.replace("energy [GeV]", "y").splitlines()
    lines = [constant[0], *(line.rsplit(",", 1)[0] + ",7" for line in constant[1:])]
    app = upload(opened(), "\n".join(lines).encode())
    app.selectbox(key="task_cells.csv").set_value("regression").run()
    app.multiselect(key="targets_cells.csv").set_value(["y"]).run()
    app.button(key="use_upload").click().run()
    assert not app.exception
    assert "cells.csv" in texts(app.error)
    assert not list((tmp_path / "own").glob("*"))


def test_an_unknown_own_data_set_in_a_link_is_told(store):
    app = opened(DataView(DataSpec("own-" + "0" * 40)))
    assert not app.exception
    assert "upload" in texts(app.error, app.info).lower()


def test_an_image_file_is_drawn(store):
    rng = np.random.default_rng(0)
    file = io.BytesIO()
    np.savez(file, x=rng.integers(0, 255, (40, 9, 7, 3), np.uint8), y=np.arange(40) % 4)
    name = own.add(own.open_file(file.getvalue(), "photos.npz"))
    view = DataView(DataSpec(name), sample=20)
    opened(view)
    compute(store)
    app = opened(view)
    assert not app.exception
    assert len(app.get("image")) == 1


COMMAS = "a;b;y\n" + "".join(f"{i},5;{i},25;{i % 2}\n" for i in range(30))


def shown_columns(app):
    return dict(app.table[0].value["becomes"])


def test_a_file_with_decimal_commas_is_taken_as_it_is(store):
    app = upload(opened(), COMMAS.encode())
    assert "The comma is taken for the decimal sign" in texts(app.info)
    assert shown_columns(app) == {"a": "input", "b": "input", "y": "target"}
    app.button(key="use_upload").click().run()
    assert not app.exception
    assert not app.error


def test_every_choice_of_the_layout_is_followed_by_the_preview(store):
    app = upload(opened(), COMMAS.encode())
    app.selectbox(key="upload_decimal").set_value("point").run()
    assert shown_columns(app) == {"a": "left out", "b": "left out", "y": "target"}
    assert "choose the comma as decimal sign" in " ".join(app.table[0].value["as an input"])
    app.selectbox(key="upload_decimal").set_value("comma").run()
    assert shown_columns(app)["a"] == "input"
    app.selectbox(key="upload_header").set_value("none").run()
    assert list(shown_columns(app)) == ["column1", "column2", "column3"]
    app.selectbox(key="upload_separator").set_value("tab").run()
    assert "one column only" in texts(app.error)
    app.selectbox(key="upload_separator").set_value("auto").run()
    assert not app.error


def test_a_share_is_chosen_for_the_test_set(store):
    app = upload(opened(), COMMAS.encode())
    app.number_input(key="share_cells.csv").set_value(0.5).run()
    app.button(key="use_upload").click().run()
    (name,) = app.session_state["own_datasets"]
    assert datasets.get(name).sizes() == (15, 15)


def test_arrays_of_the_same_file_are_chosen_for_the_test_set(store):
    x, y = np.arange(60.0).reshape(30, 2), np.arange(30) % 2
    content = npz_bytes(x_train=x, y_train=y, x_test=x[:6] + 0.5, y_test=y[:6])
    app = upload(opened(), content, "f.npz")
    app.multiselect(key="targets_f.npz").set_value(["y_train"]).run()
    app.multiselect(key="ignore_f.npz").set_value(["x_test", "y_test"]).run()
    app.selectbox(key="test_f.npz").set_value("arrays of this file").run()
    assert app.selectbox(key="test_of_f.npz_x_train").value == "x_test"
    app.button(key="use_upload").click().run()
    assert not app.exception
    (name,) = app.session_state["own_datasets"]
    assert datasets.get(name).sizes() == (30, 6)


def test_a_test_file_that_is_not_there_yet_keeps_the_button_shut(store):
    app = upload(opened(), COMMAS.encode())
    app.selectbox(key="test_cells.csv").set_value("a file of its own").run()
    assert app.button(key="use_upload").disabled
    assert "Choose the file with the test set" in texts(app.info)
    app.file_uploader(key="upload_test").set_value(
        ("more.csv", "\n".join(COMMAS.splitlines()[:8]).encode(), "text/csv")
    ).run()
    app.button(key="use_upload").click().run()
    assert not app.exception
    (name,) = app.session_state["own_datasets"]
    assert datasets.get(name).sizes() == (30, 7)


EVENTS = "event,t,set,x,y\n" + "\n".join(
    f"{n // 4},{-n},{'test' if n % 3 else 'train'},{n * n % 17},{n * 0.5}" for n in range(40)
)


def test_groups_an_order_or_a_column_say_which_are_tested_on(store):
    app = upload(opened(), EVENTS.encode())
    app.multiselect(key="targets_cells.csv").set_value(["y"]).run()
    assert shown_columns(app)["set"] == "left out"
    way = app.selectbox(key="test_cells.csv")
    way.set_value("a share in whole groups").run()
    assert app.button(key="use_upload").disabled
    assert "Choose the column" in texts(app.info)
    app.selectbox(key="groups_cells.csv").set_value("event").run()
    assert shown_columns(app)["event"] == "group"
    assert "from 2 columns" in texts(app.caption)
    app.button(key="use_upload").click().run()
    assert not app.exception
    (name,) = app.session_state["own_datasets"]
    assert datasets.get(name).features == ("t", "x")
    assert "whole groups of equal 'event'" in datasets.get(name).about
    view = CurvesView(DataSpec(name, n_test=4), (1,), n_low=10, n_high=20, n_points=2, draws=1)
    assert not open_page(None, view).error
    folds = open_page(None, replace(view, test="folds=5"))
    assert "they would part groups of equal 'event'" in texts(folds.error)


def test_the_last_in_an_order_or_what_a_column_says_is_tested_on(store):
    app = upload(opened(), EVENTS.encode())
    app.multiselect(key="targets_cells.csv").set_value(["y"]).run()
    app.selectbox(key="test_cells.csv").set_value("the last share, in order").run()
    app.selectbox(key="order_cells.csv").set_value("t").run()
    app.number_input(key="share_cells.csv").set_value(0.25).run()
    app.button(key="use_upload").click().run()
    (name,) = app.session_state["own_datasets"]
    assert set(datasets.get(name).load().test_inputs[:, 1]) == set(range(-9, 1))
    app = upload(opened(), EVENTS.encode())
    app.selectbox(key="test_cells.csv").set_value("as a column says").run()
    app.selectbox(key="split_cells.csv").set_value("set").run()
    assert shown_columns(app)["set"] == "train or test"
    app.button(key="use_upload").click().run()
    assert not app.exception
    (name,) = app.session_state["own_datasets"]
    assert datasets.get(name).sizes() == (14, 26)


@pytest.mark.parametrize(
    ("content", "said"),
    [("x,y\n1,2\n", "The file has 1 row; at least"), ("x,y\n" + "1.5,2\n" * 40, None)],
)
def test_what_is_known_to_be_refused_is_not_offered(store, content, said):
    app = upload(opened(), content.encode())
    if not app.multiselect(key="targets_cells.csv").value:
        app.multiselect(key="targets_cells.csv").set_value(["y"]).run()
    assert app.button(key="use_upload").disabled == (said is not None)
    if said:
        assert said in texts(app.warning)
