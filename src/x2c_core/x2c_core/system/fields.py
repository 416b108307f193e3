# SPDX-License-Identifier: Apache-2.0
"""Described fields of a frozen dataclass: type, default, description and range.

Parameters of nodes and options of implementations (drivers, backends, sources) are such
dataclasses. Everything that checks, lists or documents them reads the same fields.
"""

from __future__ import annotations

import dataclasses
import math
import re
import typing
import weakref
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from x2c_core.errors import X2CError
from x2c_core.files.entries import short_repr
from x2c_core.words import did_you_mean

T = TypeVar("T")

_KEY = "x2c_parameter"
_KINDS = (bool, int, float, str)
LONGEST_TEXT = 65_536
"""Longest text of a field [characters]: nodes carry it on, into logs and reports."""
_specs: weakref.WeakKeyDictionary[type[Any], Mapping[str, tuple[type, Any, FieldSpec]]]
_specs = weakref.WeakKeyDictionary()
"""Fields of each class: to resolve its annotations takes as long as a hundred checks."""
_SWITCHES = {"true": True, "false": False}


class FieldError(X2CError):
    """A field is unknown, or its value has another type or is outside its range."""


@dataclasses.dataclass(frozen=True)
class FieldSpec:
    """Description of a field.

    Attributes:
        description: One sentence, with the unit.
        minimum: Lowest number allowed; None for no limit.
        maximum: Highest number allowed; None for no limit.
        choices: Strings allowed; empty for any.
        dynamic: Whether a node's parameter can be changed while the node runs.
        pattern: Regular expression of the strings allowed; empty for any.
        expected: Strings allowed, in words; with a pattern.
    """

    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    dynamic: bool = False
    pattern: str = ""
    expected: str = ""


@dataclasses.dataclass(frozen=True)
class NoOptions:
    """Options of an implementation that has none."""


def parameter(
    default: Any,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    dynamic: bool = False,
    pattern: str = "",
    expected: str = "",
) -> Any:
    """Return a described dataclass field; the annotation gives its type: bool, int, float or str.

    Args:
        default: Value if the user gives none.
        description: One sentence, with the unit.
        minimum: Lowest number allowed.
        maximum: Highest number allowed.
        choices: Strings allowed; empty for any.
        dynamic: Whether a node's parameter can be changed while the node runs.
        pattern: Regular expression of the strings allowed; empty for any.
        expected: Strings allowed, in words; with a pattern.
    """
    spec = FieldSpec(description, minimum, maximum, choices, dynamic, pattern, expected)
    return dataclasses.field(default=default, metadata={_KEY: spec})


def specs(cls: type[Any]) -> Mapping[str, tuple[type, Any, FieldSpec]]:
    """Return type, default and description of each field, by name; read-only."""
    known = _specs.get(cls)
    if known is None:
        hints = typing.get_type_hints(cls)
        fields = dataclasses.fields(cls)
        known = MappingProxyType(
            {one.name: (hints[one.name], one.default, one.metadata[_KEY]) for one in fields}
        )
        _specs[cls] = known
    return known


def check(cls: type[Any], name: str, value: Any) -> Any:
    """Return a field's value in its type.

    Raises:
        FieldError: There is no such field, or the value has another type, or is outside its
            range or choices.
    """
    kind, _, spec = _field(cls, name)
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise FieldError(
            f"{name}: expected {kind.__name__}, got {short_repr(value)} ({type(value).__name__})"
        )
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise FieldError(f"{name}: expected at most {LONGEST_TEXT} characters, got {len(value)}")
    if isinstance(value, float) and not math.isfinite(value):
        raise FieldError(f"{name}: expected a finite number, got {value}")
    low = -math.inf if spec.minimum is None else spec.minimum
    high = math.inf if spec.maximum is None else spec.maximum
    if isinstance(value, int | float) and not low <= value <= high:
        raise FieldError(f"{name}: expected {low} to {high}, got {value}")
    if spec.choices and value not in spec.choices:
        choices = ", ".join(spec.choices)
        raise FieldError(f"{name}: expected one of {choices}, got {short_repr(value)}")
    if spec.pattern and not re.fullmatch(spec.pattern, str(value)):
        raise FieldError(f"{name}: expected {spec.expected}, got {value!r:.80}")
    return value


def filled(cls: type[T], values: Mapping[str, Any]) -> T:
    """Return an instance with values in place of defaults.

    Raises:
        FieldError: A name is unknown, or a value cannot be.
    """
    return cls(**{name: check(cls, name, value) for name, value in values.items()})


def from_text(cls: type[Any], name: str, text: str) -> Any:
    """Return a field's value from text, as it comes from a command line.

    Raises:
        FieldError: There is no such field, or the text is no value of its type, or the value is
            outside its range.
    """
    kind = _field(cls, name)[0]
    if kind is str:
        return check(cls, name, text)
    try:
        value = _SWITCHES[text.strip().lower()] if kind is bool else kind(text)
    except (ValueError, KeyError):
        expected = "true or false" if kind is bool else f"{kind.__name__}"
        raise FieldError(f"{name}: expected {expected}, got {text!r}") from None
    return check(cls, name, value)


def from_assignments(cls: type[Any], words: Iterable[str]) -> dict[str, Any]:
    """Return values by name from words such as "zoom=2.0".

    Raises:
        FieldError: A word is no NAME=VALUE, a name is unknown, or a value cannot be.
    """
    texts = {}
    for word in words:
        name, equals, text = (part.strip() for part in word.partition("="))
        if not equals:
            raise FieldError(f"expected NAME=VALUE, got {name!r}")
        texts[name] = from_text(cls, name, text)
    return texts


def options_fault(cls: object) -> str:
    """Return what a class of options declares that is impossible, as one clause; empty if nothing.

    Expected is a frozen dataclass whose fields are made by `parameter`, annotated bool, int, float
    or str, with defaults within their own range.

    Args:
        cls: Class of an implementation's options, as it declares it.
    """
    if not (isinstance(cls, type) and dataclasses.is_dataclass(cls)):
        return f"has the options {cls!r}: expected a frozen dataclass of described fields"
    what = f"has the options {cls.__name__}"
    if not getattr(cls, "__dataclass_params__").frozen:  # noqa: B009
        return f"{what}: expected @dataclass(frozen=True)"
    try:
        for field in dataclasses.fields(cls):
            if _KEY not in field.metadata:
                return f"{what}: {field.name}: expected a field made by parameter()"
        for name, (kind, default, _) in specs(cls).items():
            if kind not in _KINDS:
                return f"{what}: {name}: expected the type bool, int, float or str"
            check(cls, name, default)
    except (NameError, TypeError) as error:
        return f"{what}: their types cannot be resolved: {error}"
    except FieldError as error:
        return f"{what}, of which the default is impossible: {error}"
    return ""


def _field(cls: type[Any], name: str) -> tuple[type, Any, FieldSpec]:
    known = specs(cls)
    if name not in known:
        if not known:
            raise FieldError(f"unknown option {name!r}: there are no options")
        listed = ", ".join(known)
        hint = did_you_mean(name, known)
        raise FieldError(f"unknown option {name!r}; expected one of: {listed}{hint}")
    return known[name]
