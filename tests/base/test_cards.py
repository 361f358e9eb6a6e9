"""NVIDIA cards, on machines that have none: the driver's list, the plug-in and settings made up."""

import pytest

from ntk_uq.base import cards, settings


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with so many cards, with JAX's plug-in or without."""
    for name in ("CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS", "XLA_PYTHON_CLIENT_MEM_FRACTION"):
        monkeypatch.delenv(name, raising=False)

    def has(count, plugin=True):
        for place in range(count):
            (tmp_path / f"0000:{place:02d}").mkdir()
        monkeypatch.setattr(cards, "CARDS", tmp_path)
        monkeypatch.setattr(cards, "_plugin", lambda: plugin)
        monkeypatch.setattr(cards, "free", lambda card: (79 * 2**30, 80 * 2**30))

    return has


def test_without_a_driver_there_is_none_and_nothing_to_say(monkeypatch, tmp_path):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(cards, "CARDS", tmp_path / "nowhere")
    assert cards.there() == cards.used() == ()
    assert cards.trouble() == ""
    assert settings.workers() == 1
    assert cards.shares(2) == [{}, {}]


def test_one_worker_a_card(machine):
    machine(3)
    assert cards.used() == ("0", "1", "2")
    assert settings.workers() == 3
    given = cards.shares(3)
    assert given == [{"CUDA_VISIBLE_DEVICES": str(place)} for place in range(3)]


def test_as_many_workers_as_are_asked_for(machine, monkeypatch):
    machine(2)
    monkeypatch.setenv(settings.WORKERS, "5")
    assert settings.workers() == 5
    given = cards.shares(5)
    assert [g["CUDA_VISIBLE_DEVICES"] for g in given] == ["0", "1", "0", "1", "0"]
    parts = [float(g["XLA_PYTHON_CLIENT_MEM_FRACTION"]) for g in given]
    assert parts == [0.25, 0.375, 0.25, 0.375, 0.25]
    for card in "01":
        together = sum(p for p, g in zip(parts, given, strict=True) if card in g.values())
        assert together == pytest.approx(0.75)


def test_what_a_card_s_workers_share_is_what_was_set(machine, monkeypatch):
    machine(1)
    monkeypatch.setenv("XLA_PYTHON_CLIENT_MEM_FRACTION", "0.9")
    # Not more than nine tenths of what is free.
    assert cards.shares(1) == [
        {"CUDA_VISIBLE_DEVICES": "0", "XLA_PYTHON_CLIENT_MEM_FRACTION": "0.889"}
    ]
    monkeypatch.setenv("XLA_PYTHON_CLIENT_MEM_FRACTION", "0.8")
    assert cards.shares(1) == [{"CUDA_VISIBLE_DEVICES": "0"}]
    assert cards.shares(2)[1]["XLA_PYTHON_CLIENT_MEM_FRACTION"] == "0.400"


def test_a_second_engine_takes_of_what_the_first_one_has_left(machine, monkeypatch, caplog):
    machine(2)
    left = {"0": (20 * 2**30, 80 * 2**30), "1": (80 * 2**30, 80 * 2**30)}
    monkeypatch.setattr(cards, "free", left.get)
    first, second = cards.shares(2)
    assert first["XLA_PYTHON_CLIENT_MEM_FRACTION"] == "0.225"
    assert second == {"CUDA_VISIBLE_DEVICES": "1"}
    (said,) = caplog.messages
    assert "of card 0's memory of 80.0 GiB only 20.0 GiB are free" in said
    assert "18.0 GiB are taken" in said
    shared, alone, other = cards.shares(3)
    assert shared == other
    assert float(shared["XLA_PYTHON_CLIENT_MEM_FRACTION"]) == pytest.approx(0.1125, abs=1e-3)
    assert alone == second


def test_what_cannot_be_known_of_a_card_s_memory_is_told(machine, monkeypatch, caplog):
    machine(1)
    monkeypatch.setattr(cards, "free", lambda card: None)
    assert cards.shares(1) == [{"CUDA_VISIBLE_DEVICES": "0"}]
    (said,) = caplog.messages
    assert "cannot be told" in said
    assert "XLA_PYTHON_CLIENT_MEM_FRACTION" in said


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("echo 81037, 81559", (81037 * 2**20, 81559 * 2**20)),
        ("echo '[N/A], [N/A]'", None),
        ("echo No devices were found", None),
        ("exit 9", None),
        ("printf '1, 2\\n1, 2\\n'", None),
    ],
)
def test_the_driver_s_tool_is_asked_and_not_believed_blindly(monkeypatch, tmp_path, told, read):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{told}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert cards.free("0") == read
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert cards.free("0") is None


@pytest.mark.parametrize(
    ("named", "seen"),
    [
        ("1", ("1",)),
        ("2,0", ("2", "0")),
        ("", ()),
        ("-1", ()),
        ("0,-1,1", ("0",)),
        ("GPU-8f", ("GPU-8f",)),
    ],
)
def test_cards_that_are_hidden_are_not_used(machine, monkeypatch, named, seen):
    machine(3)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert cards.used() == seen


def test_a_card_without_the_plug_in_is_told_with_what_to_install(machine):
    machine(1, plugin=False)
    assert cards.used() == ()
    assert settings.workers() == 1
    words = cards.trouble()
    assert "has an NVIDIA card, and JAX does not use it" in words
    assert "pip install 'jax[cuda12]==" in words


@pytest.mark.parametrize("platforms", ["cpu", "tpu,cpu"])
def test_who_asks_for_the_processor_is_not_told(machine, monkeypatch, platforms):
    machine(2, plugin=False)
    monkeypatch.setenv("JAX_PLATFORMS", platforms)
    assert cards.trouble() == ""
    assert cards.used() == ()


def test_with_the_plug_in_there_is_nothing_to_say(machine):
    machine(2)
    assert cards.trouble() == ""
