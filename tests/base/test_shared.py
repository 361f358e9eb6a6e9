"""Values that are made once for all who ask."""

import threading
import time

import pytest

from ntk_uq.base.shared import Shared


def test_fifty_at_once_make_it_once_and_get_the_same():
    shared, made, found = Shared(4), [], []
    together = threading.Barrier(50)

    def make():
        made.append(1)
        time.sleep(0.05)
        return object()

    def ask():
        together.wait()
        found.append(shared.get("key", make))

    threads = [threading.Thread(target=ask) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(made) == 1
    assert len(found) == 50
    assert len(set(map(id, found))) == 1
    assert not shared._turns  # nothing is kept of who waited


def test_makers_of_different_keys_do_not_wait_for_each_other():
    shared, both = Shared(4), threading.Barrier(2)
    found = []
    threads = [
        # Each goes on once the other makes its value, too.
        threading.Thread(target=lambda k=k: found.append(shared.get(k, lambda: both.wait(10))))
        for k in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(found) == [0, 1]


def test_a_failure_is_told_and_not_kept():
    shared = Shared(4)
    with pytest.raises(ZeroDivisionError):
        shared.get("key", lambda: 1 / 0)
    assert shared.get("key", lambda: 2) == 2


def test_what_nobody_asked_for_the_longest_goes_first():
    shared = Shared(2)
    for key in "aba":
        shared.get(key, lambda key=key: key)
    shared.get("c", lambda: "c")
    assert shared.get("a", lambda: "made again") == "a"
    assert shared.get("b", lambda: "made again") == "made again"


def test_bytes_are_bounded():
    shared = Shared(100, len, 10)
    for key in range(5):
        shared.get(key, lambda: b"1234")
    assert len(shared) == 2
    assert shared.get("large", lambda: bytes(11)) == bytes(11)
    assert len(shared) == 2  # it is not kept, and nothing goes for it
    shared.clear()
    assert len(shared) == 0
    shared.get("whole", lambda: bytes(10))
    assert len(shared) == 1
