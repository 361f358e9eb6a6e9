"""One row, two rows; and nobody spells it out again."""

import re
from pathlib import Path

import pytest

import ntk_uq
from ntk_uq.base.counting import counted, plural


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1297, "1,297 rows")]
)
def test_one_of_a_thing_has_no_s(number, said):
    assert counted(number, "row") == said


def test_irregular_ones_are_given():
    assert counted(1, "width is", "widths are") == "1 width is"
    assert plural(3, "width is", "widths are") == "widths are"


def test_no_sentence_makes_its_own_plural():
    own = re.compile(r"""['"]s['"] (\*|if) """)
    files = Path(ntk_uq.__file__).parent.rglob("*.py")
    allowed = {"counting.py", "engine.py", "idx.py", "delimited.py"}
    assert not [f for f in files if f.name not in allowed and own.search(f.read_text())]
