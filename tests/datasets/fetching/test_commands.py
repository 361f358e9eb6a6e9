"""``ntk_uq data fetch``, ``verify``, ``import`` and ``list``, through the command line."""

import gzip
import hashlib
import os
import resource
import shutil

import pytest
from helpers.fetch_archive import BATCHES, NAME, members, packed
from helpers.mirror import CONTENTS, data_set_of, visible

from ntk_uq.cli import data_files, main
from ntk_uq.datasets import REGISTRY, mnist
from ntk_uq.datasets.fetching import get, importing, sources


@pytest.fixture
def run(capsys):
    """Runs ``data ...`` in this process; returns its exit code, output and errors."""

    def run(*arguments):
        try:
            code = main(["data", *(str(a) for a in arguments)])
        except SystemExit as stop:
            code = stop.code
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return code, captured.out, captured.err

    return run


@pytest.fixture
def copies(tmp_path):
    """A directory with copies of the files of ``tiny``, under their names."""
    directory = tmp_path / "copies" / "deep"
    directory.mkdir(parents=True)
    for name, content in CONTENTS.items():
        (directory / name).write_bytes(content)
    return directory


def test_fetch_shows_a_bar_on_stderr_and_where_the_files_are(run, tiny, mirror):
    code, out, err = run("fetch", "tiny")
    assert (code, out) == (0, f"tiny: 2 files in {tiny}\n")
    assert "one.gz: 100%" in err
    assert "two.gz: 100%" in err
    assert run("fetch", "--quiet", "tiny") == (0, f"tiny: 2 files in {tiny}\n", "")
    assert mirror.asked("good") == 2


def test_a_failed_fetch_is_one_sentence_and_the_next_name_is_still_fetched(
    run, tiny, mirror, monkeypatch
):
    del mirror.files["one.gz"]
    other = sources.Source("other", "other", get("tiny").files[1:])
    monkeypatch.setitem(REGISTRY, "other", data_set_of(other))
    code, out, err = run("fetch", "--quiet", "tiny", "other")
    assert code == 1
    assert out == f"other: 1 files in {tiny.parent / 'other'}\n"
    assert err.startswith("ntk_uq: one.gz could not be fetched: http://127.0.0.1:")
    assert "answered HTTP 404" in err
    assert len(err.splitlines()) == 1


def test_a_wrong_name_is_wrong_usage_and_fetches_nothing(run, tiny, mirror):
    code, out, err = run("fetch", "tiny", "imagenet")
    assert (code, out) == (2, "")
    assert "'imagenet'; choose from mnist" in err
    assert not tiny.exists()
    assert run("fetch")[0] == 2


def test_a_data_set_without_files_needs_none(run, mirror):
    assert run("fetch", "digits") == (0, "digits: needs no files\n", "")
    assert sum(mirror.requests.values()) == 0


def test_verify_says_of_each_file_what_it_is(run, tiny, mirror):
    code, out, _ = run("verify", "tiny")
    assert code == 1
    assert out == f"{tiny / 'one.gz'}: missing\n{tiny / 'two.gz'}: missing\n"
    run("fetch", "tiny")
    assert run("verify", "tiny") == (0, f"{tiny / 'one.gz'}: ok\n{tiny / 'two.gz'}: ok\n", "")
    (tiny / "two.gz").write_bytes(b"no")
    code, out, _ = run("verify", "tiny")
    assert code == 1
    got = hashlib.sha256(b"no").hexdigest()[:8]
    assert f"two.gz: not the official file (checksum {got}… instead of " in out
    (tiny / "one.gz").unlink()
    assert run("verify", "tiny")[1].startswith(f"{tiny / 'one.gz'}: missing\n")


def test_verify_without_names_looks_at_what_is_there(run, tiny, mirror):
    code, out, err = run("verify")
    assert (code, out) == (1, "")
    assert "There is no file of any data set" in err
    run("fetch", "tiny")
    assert run("verify") == (0, f"{tiny / 'one.gz'}: ok\n{tiny / 'two.gz'}: ok\n", "")
    assert run("verify", "nosuch")[0] == 2


def test_list_says_what_is_missing_and_what_to_do(run, tiny, mirror):
    line = data_files.status_line("tiny")
    assert f"missing, 2 of 2 files not in {tiny}: `data fetch tiny` (51.8 KiB)" in line
    assert "NTK_UQ_DATA" in line
    run("fetch", "tiny")
    assert f"present in {tiny}" in data_files.status_line("tiny")


def test_list_names_every_data_set_and_how_to_get_it(run):
    lines = run("list")[1].splitlines()
    assert [line.split()[0] for line in lines] == list(REGISTRY)
    assert next(x for x in lines if x.startswith("digits")).endswith("500 for the test set")
    for source in (name for name in sources.SOURCES if name in REGISTRY):
        line = next(x for x in lines if x.startswith(f"{source} "))
        assert f"`data fetch {source}`" in line


def test_import_copies_from_a_directory_what_is_official(run, tiny, copies):
    (copies / "holiday.jpg").write_bytes(b"not ours")
    code, out, err = run("import", copies.parent)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{copies / name}: copied to {tiny / name} (official)" for name in CONTENTS
    ]
    assert run("verify", "tiny")[0] == 0
    assert visible(tiny) == sorted(CONTENTS)
    assert visible(copies) == sorted([*CONTENTS, "holiday.jpg"])
    code, out, _ = run("import", copies)
    assert code == 0
    assert out.count("there already") == 2


def test_import_knows_a_file_by_its_checksum_whatever_it_is_called(run, tiny, copies):
    (copies / "one.gz").rename(copies / "two.gz")
    (copies / "two.gz").rename(copies / "download (3)")
    assert run("import", copies / "download (3)")[0] == 0
    assert (tiny / "one.gz").read_bytes() == CONTENTS["one.gz"]
    assert run("import", copies)[1].count("there already") == 1


def test_import_refuses_a_name_without_the_content_unless_told_otherwise(run, tiny, copies):
    (copies / "one.gz").write_bytes(b"something else")
    code, out, err = run("import", copies / "one.gz", copies / "two.gz")
    assert code == 1
    got = hashlib.sha256(b"something else").hexdigest()[:8]
    assert f"{copies / 'one.gz'} is not the official one.gz: checksum {got}… instead of " in err
    assert "--accept-unofficial" in err
    assert len(err.splitlines()) == 1
    assert visible(tiny) == ["two.gz"]
    code, out, _ = run("import", "--accept-unofficial", copies / "one.gz")
    assert code == 0
    assert out == f"{copies / 'one.gz'}: copied to {tiny / 'one.gz'} (not the official file)\n"
    assert (tiny / "one.gz").read_bytes() == b"something else"
    assert run("verify", "tiny")[0] == 1


def test_import_never_replaces_an_official_file_by_another(run, tiny, copies, mirror):
    run("fetch", "tiny")
    (copies / "one.gz").write_bytes(b"something else")
    code, _, err = run("import", "--accept-unofficial", copies / "one.gz")
    assert code == 1
    assert f"the official one is in {tiny / 'one.gz'}; remove that one first" in err
    assert (tiny / "one.gz").read_bytes() == CONTENTS["one.gz"]


def test_import_replaces_an_unofficial_file_by_the_official_one(run, tiny, copies):
    tiny.mkdir(parents=True)
    (tiny / "one.gz").write_bytes(b"something else")
    assert run("import", copies / "one.gz")[0] == 0
    assert (tiny / "one.gz").read_bytes() == CONTENTS["one.gz"]


def test_import_says_what_is_nothing_to_it(run, tiny, copies, tmp_path):
    (copies / "letter").write_bytes(b"dear")
    (tmp_path / "empty").mkdir()
    code, out, err = run("import", copies / "letter", tmp_path / "nosuch", tmp_path / "empty")
    assert (code, out) == (1, "")
    told = err.splitlines()
    assert "letter is none of the files that are known, neither by checksum nor by name" in told[0]
    assert f"{tmp_path / 'nosuch'} is neither a file nor a directory" in told[1]
    assert f"No file below {tmp_path / 'empty'} has the name or size" in told[2]


def test_a_file_that_changes_while_it_is_copied_does_not_arrive(run, tiny, copies, monkeypatch):
    digests = importing._digests

    def changing(path):
        found = digests(path)
        path.write_bytes(CONTENTS["one.gz"][:100])  # as if a download began anew
        return found

    monkeypatch.setattr(importing, "_digests", changing)
    code, _, err = run("import", copies / "one.gz")
    assert code == 1
    assert "changed while it was copied" in err
    assert visible(tiny) == []


def test_a_full_disk_leaves_the_old_file_and_no_other(run, tiny, copies):
    tiny.mkdir(parents=True)
    (tiny / "one.gz").write_bytes(b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        code, _, err = run("import", copies / "one.gz")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert code == 1
    assert f"{tiny} cannot be written: File too large" in err
    assert (tiny / "one.gz").read_bytes() == b"old"
    assert visible(tiny) == ["one.gz"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read_is_told_in_words(run, tiny, copies):
    (copies / "one.gz").chmod(0)
    code, _, err = run("import", copies / "one.gz")
    assert code == 1
    assert f"{copies / 'one.gz'} cannot be read: Permission denied" in err


def test_import_takes_an_archive_apart_and_its_members_are_official(
    run,
    offer,
    folder,
    tmp_path,
):
    content = packed(members())
    offer(content)
    archive = tmp_path / "renamed.tgz"
    archive.write_bytes(content)
    code, out, err = run("import", archive)
    assert (code, err) == (0, "")
    assert out == f"{archive}: copied to {folder} (official)\n"
    assert run("verify", "cifar10")[0] == 0
    assert visible(folder.parent) == [folder.name]
    assert archive.read_bytes() == content
    assert "there already" in run("import", archive)[1]


def test_members_without_their_archive_are_not_official(
    run,
    offer,
    folder,
    tmp_path,
):
    offer(packed(members()))
    loose = tmp_path / "loose"
    loose.mkdir()
    for name in BATCHES:
        (loose / name).write_bytes(b"\1" * 10)
    code, _, err = run("import", loose)
    assert code == 1
    assert err.count(f"only {NAME} has a published checksum; import that") == 6
    assert not folder.exists()
    assert run("import", "--accept-unofficial", loose)[0] == 0
    assert visible(folder) == sorted(BATCHES)
    code, out, _ = run("verify", "cifar10")
    assert code == 1
    assert out.count("not the official file") == 6
    assert out.count("missing") == 1


def test_a_damaged_archive_is_not_taken_even_when_anything_is_accepted(
    run,
    offer,
    folder,
    tmp_path,
):
    content = packed(members())
    offer(content)
    (tmp_path / NAME).write_bytes(content[:-400])
    code, _, err = run("import", "--accept-unofficial", tmp_path / NAME)
    assert code == 1
    assert f"{tmp_path / NAME} is not a gzipped tar archive, or is damaged" in err
    assert not folder.exists()


def test_the_official_mnist_files_are_imported_packed_or_not(run, real_data, tmp_path, monkeypatch):
    monkeypatch.setenv("NTK_UQ_DATA", str(tmp_path / "data"))
    copies = tmp_path / "copies"
    shutil.copytree(real_data / "mnist", copies, copy_function=shutil.copyfile)
    labels = copies / "t10k-labels-idx1-ubyte.gz"
    (copies / labels.stem).write_bytes(gzip.decompress(labels.read_bytes()))
    labels.unlink()
    assert run("import", copies)[0] == 0
    code, out, _ = run("verify", "mnist")
    assert (code, out.count(": ok\n")) == (0, 4)
    assert mnist.MNIST.load().notices == ()
    assert "60000 in the pool, 10000 for the test set; present in" in run("list")[1]


def test_a_file_that_would_not_be_read_after_all_is_refused(run, real_data, data, tmp_path):
    """The packed form is read first, so an unpacked one beside it would change nothing."""
    name = "t10k-labels-idx1-ubyte"
    packed_one = data / "mnist" / f"{name}.gz"
    packed_one.parent.mkdir(parents=True)
    packed_one.write_bytes(b"damaged")
    unpacked = tmp_path / name
    unpacked.write_bytes(gzip.decompress((real_data / "mnist" / f"{name}.gz").read_bytes()))
    code, _, err = run("import", unpacked)
    assert code == 1
    assert f"{packed_one} is there and is read before {name}; remove it first" in err
    assert visible(data / "mnist") == [packed_one.name]
    packed_one.unlink()
    assert run("import", unpacked)[0] == 0


@pytest.mark.parametrize(
    "name",
    [
        "train-images.idx3-ubyte",
        "train-images-idx3-ubyte.idx",
        "Train_Images-IDX3-ubyte",
        "train-images-idx3-ubyte (2)",
        "train-images-idx3-ubyte - Copy",
        "train-images-idx3-ubyte.gz.download",
        "train-images-idx3-ubyte(1).gz",
        "Copy of train-images-idx3-ubyte",
        "train-images-idx3-ubyte copy 2.gz",
        "train-images-idx3-ubyte.gz.crdownload",
    ],
)
def test_a_file_is_found_however_a_program_has_spelt_its_name(tmp_path, name):
    (tmp_path / name).write_bytes(b"whatever")
    (tmp_path / "train-labels.pdf").write_bytes(b"something else")
    assert [path.name for path in importing.candidates(tmp_path)] == [name]


def test_unpacked_files_of_mnist_are_imported_under_their_official_names(
    run, real_data, tmp_path, monkeypatch
):
    copies, target = tmp_path / "copies", tmp_path / "data"
    copies.mkdir()
    for path in sorted((real_data / "mnist").glob("*.gz")):
        name = path.name.removesuffix(".gz").replace("-idx", ".idx")
        (copies / name).write_bytes(gzip.decompress(path.read_bytes()))
    monkeypatch.setenv("NTK_UQ_DATA", str(target))
    assert run("import", copies)[0] == 0
    found = {path.name for path in (target / "mnist").glob("*-ubyte")}
    assert found == {name.removesuffix(".gz") for name in mnist.FILES}
    assert mnist.MNIST.sizes() == (60_000, 10_000)
