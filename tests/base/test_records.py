"""Records to and from JSON: whatever JSON holds, a record holds what its fields say."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from ntk_uq.base.errors import DataError
from ntk_uq.base.records import Record


@dataclass(frozen=True)
class Part(Record):
    x: float
    name: str


@dataclass(frozen=True)
class Whole(Record):
    n: int
    on: bool
    maybe: float | None
    parts: tuple[Part, ...]
    pairs: tuple[tuple[int, float], ...]
    part: Part | None
    origin: Mapping[str, Any]


WHOLE = Whole(3, True, None, (Part(1, "a"), Part(2.5, "b")), ((1, 2.0),), Part(0.0, ""), {"a": [1]})


def test_a_record_comes_back_as_it_was():
    assert Whole.from_json(json.loads(json.dumps(WHOLE.to_json()))) == WHOLE


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n": 1.5}, "n: float instead of int"),
        ({"n": True}, "n: bool instead of int"),
        ({"on": 1}, "on: int instead of bool"),
        ({"maybe": "1"}, "maybe: str instead of float"),
        ({"parts": None}, "parts: NoneType instead of a list"),
        ({"parts": [3]}, "parts: a Part is an object, not int"),
        ({"parts": [{"x": 1}]}, "parts: wrong name"),
        ({"parts": [{"x": 1, "name": 2}]}, "parts: name: int instead of str"),
        ({"pairs": [[1, 2, 3]]}, "pairs: 3 values instead of 2"),
        ({"pairs": ["ab"]}, "pairs: str instead of a list"),
        ({"origin": [1]}, "origin: list instead of an object"),
        ({"other": 1}, "wrong other"),
    ],
)
def test_what_is_no_record_is_named(change, words):
    with pytest.raises(DataError, match=f"This is not a Whole: {words}"):
        Whole.from_json({**WHOLE.to_json(), **change})


@pytest.mark.parametrize("data", [None, [], 3, "text", {}])
def test_other_json_is_refused(data):
    with pytest.raises(DataError, match="This is not a Whole"):
        Whole.from_json(data)
