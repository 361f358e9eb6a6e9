"""Pages that are to be drawn at one moment are drawn one after the other."""

import threading
import time

import pytest
from helpers.pages_driver import open_page

from ntk_uq.ui import navigation
from ntk_uq.ui.turns import PageTurns


class Runs:
    """Runs of pages that end when they are told to."""

    def __init__(self, turns):
        self.turns, self.begun, self.ends = turns, [], {}
        self._threads = []

    def start(self, name):
        self.ends[name] = threading.Event()
        thread = threading.Thread(target=self._run, args=(name,), daemon=True)
        self._threads.append(thread)
        before = len(self.turns._waiting) + len(self.begun)
        thread.start()
        self.until(lambda: len(self.turns._waiting) + len(self.begun) > before)

    def _run(self, name):
        with self.turns.one():
            self.begun.append(name)
            self.ends[name].wait(10)

    def until(self, true):
        end = time.monotonic() + 10
        while not true():
            assert time.monotonic() < end, self.begun
            time.sleep(0.001)

    def end(self):
        for event in self.ends.values():
            event.set()
        for thread in self._threads:
            thread.join(10)


def test_who_comes_first_begins_first_and_few_run_at_once():
    runs = Runs(PageTurns(at_once=2, moment=60))
    for name in "abcdef":
        runs.start(name)
    assert runs.begun == ["a", "b"]
    for ended, so_far in (("b", "abc"), ("a", "abcd"), ("d", "abcde")):
        runs.ends[ended].set()
        runs.until(lambda so_far=so_far: runs.begun == list(so_far))
    runs.end()
    assert runs.begun == list("abcdef")


def test_a_run_that_takes_long_holds_nobody_back_for_longer_than_a_moment():
    runs = Runs(PageTurns(at_once=1, moment=0.05))
    for name in "abc":
        runs.start(name)
    runs.until(lambda: runs.begun == ["a", "b", "c"])  # and none of them has ended
    runs.end()


def test_a_run_that_fails_hands_its_turn_on():
    turns = PageTurns(at_once=1, moment=60)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.one():
            raise ZeroDivisionError
    assert not turns._begun


def test_every_page_has_a_turn_while_it_is_drawn(store, monkeypatch):
    turns, meanwhile = PageTurns(), []
    monkeypatch.setattr(navigation, "_TURNS", turns)
    monkeypatch.setattr(
        navigation.look, "draw", lambda: meanwhile.append(len(turns._begun) + len(turns._waiting))
    )
    app = open_page("report")
    assert not app.exception
    assert meanwhile == [1]
    assert not turns._begun
