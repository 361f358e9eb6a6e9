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

    return has


def test_without_a_driver_there_is_none_and_nothing_to_say(monkeypatch, tmp_path):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(cards, "CARDS", tmp_path / "nowhere")
    assert cards.there() == cards.used() == ()
    assert cards.trouble() == ""
    assert settings.workers() == 1
    assert cards.share(0, 2) == {}


def test_one_worker_a_card(machine):
    machine(3)
    assert cards.used() == ("0", "1", "2")
    assert settings.workers() == 3
    given = [cards.share(place, 3) for place in range(3)]
    assert given == [{"CUDA_VISIBLE_DEVICES": str(place)} for place in range(3)]


def test_as_many_workers_as_are_asked_for(machine, monkeypatch):
    machine(2)
    monkeypatch.setenv(settings.WORKERS, "5")
    assert settings.workers() == 5
    given = [cards.share(place, 5) for place in range(5)]
    assert [g["CUDA_VISIBLE_DEVICES"] for g in given] == ["0", "1", "0", "1", "0"]
    parts = [float(g["XLA_PYTHON_CLIENT_MEM_FRACTION"]) for g in given]
    assert parts == [0.25, 0.375, 0.25, 0.375, 0.25]
    for card in "01":
        together = sum(p for p, g in zip(parts, given, strict=True) if card in g.values())
        assert together == pytest.approx(0.75)


def test_what_a_card_s_workers_share_is_what_was_set(machine, monkeypatch):
    machine(1)
    monkeypatch.setenv("XLA_PYTHON_CLIENT_MEM_FRACTION", "0.9")
    assert cards.share(0, 1) == {"CUDA_VISIBLE_DEVICES": "0"}
    assert cards.share(1, 2)["XLA_PYTHON_CLIENT_MEM_FRACTION"] == "0.450"


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
