"""Environment variables: sizes, counts, directories, and what is refused."""

import threading
from pathlib import Path

import pytest

from ntk_uq.base import settings
from ntk_uq.base.errors import SpecError


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("16GiB", 16 * 2**30),
        ("16G", 16 * 2**30),
        ("800MB", 800 * 2**20),
        ("800 MiB", 800 * 2**20),
        (" 5 kb ", 5 * 2**10),
        ("1.5g", 3 * 2**29),
        ("2T", 2 * 2**40),
        ("12000000000", 12_000_000_000),
        ("7B", 7),
    ],
)
def test_a_size_is_read_in_powers_of_1024(text, size):
    assert settings.parse_bytes(text) == size


@pytest.mark.parametrize(
    "text", ["", "GiB", "-3G", "lots", "16 GiBs", "1e9", "0x10", "1,5G", "5P", "nan", "inf", "3 4"]
)
def test_what_is_no_size_is_refused_in_words(text):
    with pytest.raises(SpecError) as caught:
        settings.parse_bytes(text, "NTK_UQ_MEMORY")
    assert f"NTK_UQ_MEMORY is {text!r}" in str(caught.value)
    assert "such as 16GiB" in str(caught.value)


def test_a_size_beyond_every_machine_does_not_end_in_a_traceback():
    try:
        assert settings.parse_bytes("9" * 400) > 2**80
    except SpecError as error:
        assert "size is" in str(error)  # noqa: PT017 (taking it is allowed too)


def test_the_memory_limit_is_the_variable_or_a_share_of_the_machine(monkeypatch):
    monkeypatch.setenv("NTK_UQ_MEMORY", "3GiB")
    assert settings.memory_limit() == 3 * 2**30
    monkeypatch.delenv("NTK_UQ_MEMORY")
    alone = settings.memory_limit()
    assert 2**28 < alone < 2**50
    monkeypatch.setenv("NTK_UQ_WORKERS", "4")
    assert settings.memory_limit() == pytest.approx(alone / 4, rel=1e-6)
    monkeypatch.setenv("NTK_UQ_MEMORY", "much")
    with pytest.raises(SpecError, match="NTK_UQ_MEMORY is 'much'"):
        settings.memory_limit()


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "two", "²", "1e3"])
def test_a_number_of_workers_that_is_none_is_refused_in_words(monkeypatch, text):
    monkeypatch.setenv("NTK_UQ_WORKERS", text)
    with pytest.raises(SpecError) as caught:
        settings.workers()
    assert f"NTK_UQ_WORKERS is {text!r}" in str(caught.value)
    assert "at least 1" in str(caught.value)


def test_workers_are_counted(monkeypatch):
    assert settings.workers() == 1
    monkeypatch.setenv("NTK_UQ_WORKERS", "3")
    assert settings.workers() == 3


READERS = {
    "NTK_UQ_DATA": settings.data_directory,
    "NTK_UQ_STORE": settings.store_directory,
    "NTK_UQ_CACHE": settings.cache_directory,
    "NTK_UQ_OWN": settings.own_directory,
}


@pytest.mark.parametrize("variable", READERS)
def test_a_directory_is_the_variable_when_it_is_asked_for(monkeypatch, variable):
    monkeypatch.setenv(variable, "/some/where")
    assert READERS[variable]() == Path("/some/where")
    monkeypatch.setenv(variable, "/else/where")
    assert READERS[variable]() == Path("/else/where")


@pytest.mark.parametrize("variable", READERS)
def test_a_tilde_is_the_home_directory(monkeypatch, variable):
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv(variable, "~/ntk")
    assert READERS[variable]() == Path("/home/somebody/ntk")


def test_a_home_directory_that_does_not_exist_is_told_in_words(monkeypatch):
    monkeypatch.setenv("NTK_UQ_DATA", "~no-such-user-here/data")
    try:
        assert settings.data_directory() == Path("~no-such-user-here/data")
    except SpecError as error:
        assert "NTK_UQ_DATA" in str(error)  # noqa: PT017 (taking it as a name is allowed too)


@pytest.mark.parametrize("variable", [*READERS, "NTK_UQ_MEMORY", "NTK_UQ_WORKERS"])
def test_an_empty_variable_is_the_default(monkeypatch, variable):
    reader = {
        **READERS,
        "NTK_UQ_MEMORY": settings.memory_limit,
        "NTK_UQ_WORKERS": settings.workers,
    }[variable]
    monkeypatch.delenv(variable, raising=False)
    default = reader()
    monkeypatch.setenv(variable, "")
    assert reader() == default
    if variable in READERS:
        assert default.is_absolute()
        assert "ntk_uq" in default.parts


def test_the_default_directories_are_different_ones(monkeypatch):
    for variable in READERS:
        monkeypatch.delenv(variable)
    assert len({reader() for reader in READERS.values()}) == len(READERS)


def test_the_limits_of_uploads_are_the_variables_or_their_defaults(monkeypatch):
    assert (settings.upload_limit(), settings.upload_expanded()) == (200 * 2**20, 2**30)
    monkeypatch.setenv("NTK_UQ_UPLOAD_LIMIT", "2GiB")
    monkeypatch.setenv("NTK_UQ_UPLOAD_EXPANDED", "many")
    assert settings.upload_limit() == 2 * 2**30
    with pytest.raises(SpecError, match="NTK_UQ_UPLOAD_EXPANDED is 'many'"):
        settings.upload_expanded()


def test_tf32_is_on_where_somebody_says_so(monkeypatch):
    assert settings.tf32() is False
    for text, read in (("on", True), ("off", False), ("", False)):
        monkeypatch.setenv("NTK_UQ_TF32", text)
        assert settings.tf32() is read
    monkeypatch.setenv("NTK_UQ_TF32", "1")
    with pytest.raises(SpecError, match="NTK_UQ_TF32 is '1'; write on or off"):
        settings.tf32()


def test_a_scheduler_is_an_address_or_none(monkeypatch):
    assert settings.scheduler() is None
    monkeypatch.setenv("NTK_UQ_SCHEDULER", "")
    assert settings.scheduler() is None
    monkeypatch.setenv("NTK_UQ_SCHEDULER", "tls://host:8786")
    assert settings.scheduler() == "tls://host:8786"


def test_a_scheduler_on_another_machine_needs_tls_or_a_word(monkeypatch):
    for here in ("127.0.0.1", "127.9.9.9", "localhost", "[::1]"):
        monkeypatch.setenv("NTK_UQ_SCHEDULER", f"tcp://{here}:8786")
        assert settings.scheduler()
    for there in ("10.0.0.1", "host", "localhost.example.org", "[fe80::1]", "0.0.0.0"):
        monkeypatch.setenv("NTK_UQ_SCHEDULER", f"tcp://{there}:8786")
        with pytest.raises(SpecError, match=r"without TLS.*write tls://, or set NTK_UQ_PLAIN_TCP"):
            settings.scheduler()
    monkeypatch.setenv("NTK_UQ_PLAIN_TCP", "allow")
    assert settings.scheduler() == "tcp://0.0.0.0:8786"
    monkeypatch.setenv("NTK_UQ_PLAIN_TCP", "yes")
    with pytest.raises(SpecError, match="NTK_UQ_PLAIN_TCP is 'yes'; write allow"):
        settings.scheduler()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", ((), False)),
        ("https://a/b", (("https://a/b/",), False)),
        (" https://a/b/ , http://c:8000,", (("https://a/b/", "http://c:8000/"), False)),
        ("https://a,only", (("https://a/",), True)),
    ],
)
def test_mirrors_are_base_addresses(monkeypatch, text, read):
    monkeypatch.setenv("NTK_UQ_MIRRORS", text)
    assert settings.mirrors() == read


@pytest.mark.parametrize(
    "text", ["only", "a", "file:///etc", "https://a,b", "http:// a", "https://"]
)
def test_what_is_no_mirror_is_refused_in_words(monkeypatch, text):
    monkeypatch.setenv("NTK_UQ_MIRRORS", text)
    with pytest.raises(SpecError) as caught:
        settings.mirrors()
    assert f"NTK_UQ_MIRRORS is {text!r}" in str(caught.value)
    assert "https://host/folder" in str(caught.value)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (3 * 2**30, "3.0 GiB"),
        (1.5 * 2**20, "1.5 MiB"),
        (5 * 2**40, "5.0 TiB"),
        (5000 * 2**40, "5000.0 TiB"),
    ],
)
def test_a_size_is_written_for_people(count, text):
    assert settings.format_bytes(count) == text
    if count >= 1024:
        assert settings.parse_bytes(text) == count


def test_data_from_moves_the_data_of_one_thread_and_only_inside_the_block(tmp_path):
    before = settings.data_directory(), settings.own_directory()
    elsewhere = []

    def other():
        elsewhere.append((settings.data_directory(), settings.own_directory()))

    with settings.data_from(tmp_path):
        assert (settings.data_directory(), settings.own_directory()) == (tmp_path, tmp_path)
        with settings.data_from(None):
            assert (settings.data_directory(), settings.own_directory()) == before
        assert settings.data_directory() == tmp_path
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert elsewhere == [before] == [(settings.data_directory(), settings.own_directory())]


def test_what_pages_ask_for_again_and_again_is_looked_up_once(monkeypatch):
    for name in ("NTK_UQ_MEMORY", "NTK_UQ_WORKERS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NTK_UQ_STORE", "/somewhere")
    limit, cards = settings.memory_limit(), settings.cards.used()
    for module, name in (
        (settings.Path, "read_text"),
        (settings.cards.importlib.util, "find_spec"),
        (settings.platformdirs, "user_data_path"),
    ):
        monkeypatch.setattr(module, name, None)
    assert settings.memory_limit() == limit
    assert settings.cards.used() == cards
    assert str(settings.store_directory()) == "/somewhere"
