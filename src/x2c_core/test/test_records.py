# SPDX-License-Identifier: Apache-2.0
"""Dataclasses come back from JSON, and what is wrong in a file is named."""

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest

from x2c_core.files.records import from_json, to_json


class Colour(enum.StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    share: float | None
    count: int = 0


@dataclass(frozen=True)
class Outer:
    name: str
    inner: Inner
    by_name: Mapping[str, Inner] = field(default_factory=dict)
    rows: tuple[tuple[str, float], ...] = ()
    right: bool = False


WHOLE = {
    "name": "a",
    "inner": {"share": None, "count": 2},
    "by_name": {"x": {"share": 0.5, "count": 0}},
    "rows": [["b", 1.5]],
    "right": True,
}


def test_a_record_comes_back():
    found = from_json(Outer, WHOLE)
    assert found == Outer("a", Inner(None, 2), {"x": Inner(0.5)}, (("b", 1.5),), True)
    assert to_json(found) == WHOLE


def test_what_is_missing_is_at_its_default_and_what_is_unknown_is_ignored():
    found = from_json(Outer, {"name": "a", "inner": {"share": 1}, "later": [1]})
    assert found == Outer("a", Inner(1))


def test_numbers_are_those_of_strict_json():
    numbers = [np.float64(0.1234567891), np.int64(3), np.nan, np.inf, np.bool_(True), Colour.RED]
    assert to_json(numbers) == [0.123456789, 3, None, None, True, "red"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": 3}, "file.name is 3, expected a text"),
        ({"inner": []}, "file.inner is [], expected entries"),
        ({"inner": {}}, "file.inner lacks share"),
        ({"inner": {"share": "much"}}, "file.inner.share is 'much', expected a number"),
        ({"inner": {"share": True}}, "file.inner.share is True, expected a number"),
        ({"inner": {"share": float("nan")}}, "file.inner.share is nan, expected a number"),
        ({"inner": {"share": 1, "count": 1.5}}, "count is 1.5, expected a whole number"),
        ({"by_name": {"x": None}}, "file.by_name.x is nothing, expected entries"),
        ({"rows": {}}, "file.rows is {}, expected a list"),
        ({"rows": [["b"]]}, "file.rows[0] is ['b'], expected a list of 2"),
        ({"right": 1}, "file.right is 1, expected true or false"),
    ],
)
def test_what_is_wrong_is_named(change, text):
    with pytest.raises(ValueError, match=re.escape(text)):
        from_json(Outer, {**WHOLE, **change}, "file")
