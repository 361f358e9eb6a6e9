"""The attack's own judgement; what it does to the product is `make attack`."""

import json

import pytest

from attack import __main__ as command
from attack.elsewhere import leading
from attack.figures import Aim, Figure, exit_code, table
from attack.fuzz import changed, changed_link
from attack.ledger import Ledger
from attack.parts import LONGEST, PARTS
from attack.trial import Trial
from ntk_uq.results.curves import point_keys
from ntk_uq.results.points import Point
from ntk_uq.specs import CurveSpec, DataSpec
from ntk_uq.store import json_bytes


@pytest.mark.parametrize("name", PARTS)
def test_a_part_fails_by_what_is_lost_and_by_nothing_else(name):
    module = PARTS[name].module()
    assert callable(module.run)
    best = [Figure(name, aim, aim.most or 0.0) for aim in module.AIMS.values()]
    assert exit_code(best) == 0
    assert any(figure.aim.safety for figure in best)
    for aim in module.AIMS.values():
        worse = Figure(name, aim, (aim.most or 0.0) + 1)
        assert worse.verdict == ("told" if aim.most is None else "missed")
        assert exit_code([*best, worse]) == int(aim.safety)


def test_what_was_not_measured_is_not_known_to_be_safe():
    lost, slow = Aim("results lost", 0, safety=True), Aim("seconds", 1, "s")
    assert exit_code([Figure("p", lost, None, "time over")]) == 1
    assert exit_code([Figure("p", lost, None, "no disk", left_out=True)]) == 0
    assert exit_code([Figure("p", slow, None, "time over")]) == 0


def test_the_table_has_a_row_a_figure():
    lost, slow = Aim("results lost", 0, safety=True), Aim("to idle", 6, "s")
    text = table([Figure("kill", lost, 2, "of 10"), Figure("stop", slow, 3.456)])
    _, first, second = text.splitlines()
    assert " ".join(first.split()) == "kill results lost 2 <= 0 MISSED, unsafe of 10"
    assert " ".join(second.split()) == "stop to idle 3.46 s <= 6 s ok"


def test_all_parts_together_take_no_longer_than_a_run_may():
    assert sum(part.seconds for part in PARTS.values()) <= LONGEST


_FAKE = """
from attack.figures import Aim
from attack.trial import LeftOut
AIMS = {"a": Aim("first", 0, safety=True), "b": Aim("second", 0, safety=True)}
def run(trial):
    yield "a", 0, str(trial.random("x").random())
    %s
"""


@pytest.mark.parametrize(
    ("then", "note", "code"),
    [
        ("yield 'b', 3, 'bad'", "bad", 1),
        ("raise ValueError('broken')", "the attack ended with ValueError: broken", 1),
        ("raise LeftOut('no disk')", "no disk", 0),
        ("import time; time.sleep(60)", "not done within 2 s", 1),
        ("import os; os._exit(3)", "its process ended", 1),
    ],
)
def test_a_run_ends_with_figures_whatever_a_part_does(
    tmp_path, monkeypatch, capsys, then, note, code
):
    """A part that is made here, by the command and in a process of its own."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, types\n"
        "import attack.parts as parts\n"
        f"parts.PARTS['fake'] = parts.Part('fake', 'made up', 2, 2)\n"
        "module = types.ModuleType('attack.fake')\n"
        f"exec({_FAKE % then!r}, module.__dict__)\n"
        "sys.modules['attack.fake'] = module\n"
    )
    scope = {}
    exec((tmp_path / "sitecustomize.py").read_text(), scope)
    monkeypatch.setattr(command, "PATH", (str(tmp_path), *command.PATH))
    try:
        out = tmp_path / "figures.json"
        assert command.main(["--only", "fake", "--json", str(out), "--seed", "7"]) == code
    finally:
        PARTS.pop("fake")
    first, second = json.loads(out.read_text())["figures"]
    assert (first["verdict"], second["note"]) == ("ok", note)
    assert "second" in capsys.readouterr().out


def test_the_same_seed_draws_the_same(tmp_path):
    def drawn(seed):
        rng = Trial(True, seed, tmp_path, tmp_path, 1).random("files")
        return changed(b"a,b\n1,2\n" * 9, rng), changed_link({"v": "4", "a": "b"}, rng)

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_what_leads_elsewhere_is_found_in_elements_and_not_in_words():
    here = "127.0.0.1:9"
    shown = f"<p title='http://{here}/t'>http://{here}/w</p><input value='http://{here}/v'>"
    assert leading(shown, here) == []
    for bad in (
        f"<a href='http://{here}/a'>",
        f"<img src='//u@{here}/b'/>",
        f"<svg><a xlink:href='http://{here}/c'></a></svg>",
        "<a href=' JavaScript:alert(1)'>",
        f"<i style='background: url(http://{here}/d)'>",
    ):
        assert len(leading(shown + bad, here)) == 1, bad


def test_the_ledger_tells_lost_from_computed_twice_from_under_way(store):
    spec = CurveSpec(DataSpec(n_test=50), n_train=(10, 20), draws=2)
    keys = point_keys(spec)
    ledger = Ledger(store.results)
    ledger.expect(spec)

    def put(place, seconds, mu=1.0):
        draw, n = place
        point = Point(
            n, draw, mu=mu, mu_bias=0.0, mu_variance=mu, sigma=1.0, epsilon=1.0,
            epsilon_floor=0.0, seconds=seconds,
        )  # fmt: skip
        store.results.put(keys[place], json_bytes(point.to_json()))

    for place in ((0, 10), (0, 20), (1, 10)):
        put(place, 1.0)
    assert (ledger.look(), ledger.missing) == (3, 1)
    put((0, 10), 2.0)
    put((1, 10), 2.0, mu=2.0)
    store.results.delete(keys[0, 20])
    ledger.look()
    assert ledger.twice == {keys[0, 10]}
    assert ledger.under_way == {keys[1, 10]}
    assert ledger.differs == {keys[1, 10]}
    assert ledger.lost == {keys[0, 20]}
