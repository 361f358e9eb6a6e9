"""A tab that sends file after file fills no memory, and many tabs do not either."""

import pytest
from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from ntk_uq.ui.shell import held_files

MIB = 2**20


@pytest.fixture
def manager(monkeypatch):
    monkeypatch.setenv("NTK_UQ_UPLOAD_LIMIT", "1MiB")
    monkeypatch.setattr(MemoryUploadedFileManager, "add_file", MemoryUploadedFileManager.add_file)
    held_files.use()
    return MemoryUploadedFileManager("/upload")


def send(manager, tab, name, size):
    manager.add_file(tab, UploadedFileRec(name, name, "text/csv", bytes(size)))


def held(manager, tab):
    names = [f"f{i}" for i in range(30)]
    return [file.file_id for file in manager.get_files(tab, names)]


def test_the_oldest_files_of_a_tab_make_room_for_its_new_ones(manager):
    for i in range(20):
        send(manager, "a", f"f{i}", 100)
    send(manager, "b", "f0", 100)
    assert held(manager, "a") == ["f17", "f18", "f19"]
    assert held(manager, "b") == ["f0"]
    (stats,) = manager.get_stats().values()
    assert stats[0].byte_length == 400


def test_a_tab_holds_two_large_files_and_no_third(manager):
    for i in range(5):
        send(manager, "a", f"f{i}", MIB)
    assert held(manager, "a") == ["f3", "f4"]


def test_all_tabs_together_have_a_bound_and_are_told_so(manager):
    for tab in "abcd":
        send(manager, tab, "f0", MIB)
    with pytest.raises(
        HTTPException, match=r"holds 4\.0 MiB of uploaded files.*Try again"
    ) as error:
        send(manager, "e", "f0", 1)
    assert error.value.status_code == 507
    assert held(manager, "e") == []
    # Its own make room for its new one; and whoever goes leaves room.
    send(manager, "a", "f1", 0)
    manager.remove_session_files("b")
    send(manager, "e", "f0", MIB)
    assert held(manager, "e") == ["f0"]
