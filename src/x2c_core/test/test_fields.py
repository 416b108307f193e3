# SPDX-License-Identifier: Apache-2.0
"""Described fields of dataclasses: what is checked, filled and read from text."""

from __future__ import annotations

import dataclasses
import gc
import typing

import pytest

from x2c_core.system import fields
from x2c_core.system.fields import (
    FieldError,
    NoOptions,
    check,
    filled,
    from_text,
    options_fault,
    parameter,
    specs,
)

UNKNOWN = (
    "unknown option 'brightnes'; expected one of: colour, brightness, flashes, on; "
    "did you mean 'brightness'?"
)


@dataclasses.dataclass(frozen=True)
class Lamp:
    colour: str = parameter("red", "Colour.", choices=("red", "green"))
    brightness: float = parameter(0.5, "Brightness [ratio].", minimum=0.0, maximum=1.0)
    flashes: int = parameter(1, "Number of flashes.", minimum=1)
    on: bool = parameter(True, "Whether it is on.")


def test_fields_are_described():
    kind, default, spec = specs(Lamp)["brightness"]
    assert (kind, default, spec.description) == (float, 0.5, "Brightness [ratio].")
    assert (spec.minimum, spec.maximum) == (0.0, 1.0)
    assert specs(NoOptions) == {}


def test_annotations_are_resolved_once_and_not_for_longer_than_the_class_lives(monkeypatch):
    asked = []
    hints_of = typing.get_type_hints
    monkeypatch.setattr(typing, "get_type_hints", lambda cls: asked.append(1) or hints_of(cls))
    short_lived = dataclasses.make_dataclass(
        "ShortLived", [("size", int, parameter(1, "Size."))], frozen=True
    )
    for size in range(5):
        check(short_lived, "size", size)
    assert len(asked) == 1
    known = len(fields._specs)
    del short_lived
    gc.collect()
    assert len(fields._specs) == known - 1


def test_values_take_the_place_of_defaults():
    assert filled(Lamp, {"brightness": 1, "on": False}) == Lamp(brightness=1.0, on=False)
    assert filled(NoOptions, {}) == NoOptions()


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"brightness": "high"}, "brightness: expected float, got 'high' (str)"),
        ({"brightness": 1.5}, "brightness: expected 0.0 to 1.0, got 1.5"),
        ({"brightness": float("nan")}, "brightness: expected a finite number, got nan"),
        ({"flashes": True}, "flashes: expected int, got True (bool)"),
        ({"colour": "blue"}, "colour: expected one of red, green, got 'blue'"),
        ({"brightnes": 1.0}, UNKNOWN),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_one_sentence(values, text):
    with pytest.raises(FieldError) as caught:
        filled(Lamp, values)
    assert str(caught.value) == text


def test_an_implementation_without_options_says_so():
    with pytest.raises(FieldError, match=r"^unknown option 'on': there are no options$"):
        filled(NoOptions, {"on": True})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("colour", "green", "green"),
        ("brightness", "1", 1.0),
        ("flashes", "3", 3),
        ("on", "False", False),
    ],
)
def test_texts_of_a_command_line_become_values(name, text, value):
    found = from_text(Lamp, name, text)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("on", "perhaps", "on: expected true or false, got 'perhaps'"),
        ("flashes", "1.5", "flashes: expected int, got '1.5'"),
        ("flashes", "0", "flashes: expected 1 to inf, got 0"),
        ("brightness", "", "brightness: expected float, got ''"),
    ],
)
def test_a_text_that_is_no_value_is_refused(name, text, reason):
    with pytest.raises(FieldError) as caught:
        from_text(Lamp, name, text)
    assert str(caught.value) == reason


def test_the_type_of_a_value_is_that_of_its_field():
    assert type(check(Lamp, "brightness", 1)) is float


@dataclasses.dataclass
class Soft:
    on: bool = parameter(True, "Whether it is on.")


@dataclasses.dataclass(frozen=True)
class Undescribed:
    on: bool = True


@dataclasses.dataclass(frozen=True)
class HalfDescribed:
    on: bool = parameter(True, "On.")
    flashes: int = 1


@dataclasses.dataclass(frozen=True)
class Listed:
    sizes: list = parameter((), "Sizes.")  # noqa: RUF009


@dataclasses.dataclass(frozen=True)
class Wrong:
    brightness: float = parameter("much", "Brightness.")


@dataclasses.dataclass(frozen=True)
class Unresolved:
    on: "Missing" = parameter(True, "Whether it is on.")  # noqa: F821, RUF009, UP037


@pytest.mark.parametrize(
    ("cls", "text"),
    [
        (None, "has the options None: expected a frozen dataclass of described fields"),
        (int, "expected a frozen dataclass of described fields"),
        (Soft, "has the options Soft: expected @dataclass(frozen=True)"),
        (Undescribed, "has the options Undescribed: on: expected a field made by parameter()"),
        (HalfDescribed, "HalfDescribed: flashes: expected a field made by parameter()"),
        (Listed, "has the options Listed: sizes: expected the type bool, int, float or str"),
        (Wrong, "default is impossible: brightness: expected float, got 'much' (str)"),
        (Unresolved, "types cannot be resolved: name 'Missing' is not defined"),
    ],
)
def test_a_class_that_cannot_hold_options_is_described_in_one_clause(cls, text):
    assert text in options_fault(cls)


def test_good_classes_of_options_have_no_fault():
    assert options_fault(Lamp) == options_fault(NoOptions) == ""
