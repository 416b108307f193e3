# SPDX-License-Identifier: Apache-2.0
"""Read a training's settings from YAML and from the command line."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from x2c_core.files.bounded_yaml import YAMLTextError, load_yaml, load_yaml_file
from x2c_core.files.entries import shown
from x2c_core.files.input_limits import LimitError
from x2c_training.errors import SettingsError
from x2c_training.settings import TrainingSettings

_SECTIONS: Mapping[str, type[Any]] = typing.get_type_hints(TrainingSettings)


def read_settings(file: Path | None, overrides: Sequence[str] = ()) -> TrainingSettings:
    """Return a training's settings.

    Args:
        file: YAML with sections; None for the defaults.
        overrides: Such as "optimizer.epochs=5", which win over the file.

    Raises:
        SettingsError: The file cannot be read, a key is unknown or a value cannot be.
    """
    content = {} if file is None else _read(file)
    try:
        for override in overrides:
            _override(content, override)
        return settings_from(content)
    except SettingsError as error:
        where = "" if file is None else f"{file}: "
        raise SettingsError(f"{where}{error}") from error


def settings_from(content: Mapping[str, Any]) -> TrainingSettings:
    """Return settings from sections of keys and values.

    Raises:
        SettingsError: A key is unknown or a value cannot be.
    """
    _refuse_unknown(content, _SECTIONS, "section")
    made = {}
    for name, kind in _SECTIONS.items():
        section = content.get(name)
        if section is None:
            section = {}
        if not isinstance(section, Mapping):
            raise SettingsError(f"{name}: expected keys with values, got {shown(section)}")
        types = typing.get_type_hints(kind)
        _refuse_unknown(section, types, f"key in {name}")
        values = {
            key: _typed(f"{name}.{key}", value, types[key]) for key, value in section.items()
        }
        made[name] = kind(**values)
    return TrainingSettings(**made)


def _read(file: Path) -> dict[str, Any]:
    try:
        content = load_yaml_file(file)
    except OSError as error:
        raise SettingsError(f"cannot read {file}: {error.strerror}") from error
    except LimitError as error:
        raise SettingsError(f"cannot read the settings: {error}") from error
    except ValueError as error:
        raise SettingsError(f"{file} is no YAML: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(f"{file}: expected sections with keys, got {shown(content)}")
    return content


def _override(content: dict[str, Any], text: str) -> None:
    path, equals, value = text.partition("=")
    parts = path.strip().split(".", 1)
    if not equals or len(parts) != 2 or not all(parts):
        raise SettingsError(f"expected section.key=value, got {text!r}")
    section, key = parts
    try:
        parsed = load_yaml(value)
    except YAMLTextError as error:
        raise SettingsError(f"{path}: cannot read {value!r}: {error}") from error
    if not isinstance(content.get(section), dict):
        content[section] = {}
    inner = content[section]
    # loss.weights.gaze=2 reaches into the mapping of weights.
    first, dot, rest = key.partition(".")
    if dot:
        inner[first] = {**(inner.get(first) or {}), rest: parsed}
    else:
        inner[key] = parsed


def _refuse_unknown(given: Mapping[str, Any], known: Mapping[str, Any], what: str) -> None:
    unknown = [str(name) for name in given if name not in known]
    if unknown:
        raise SettingsError(f"unknown {what}: {', '.join(unknown)}; known: {', '.join(known)}")


def _typed(name: str, value: object, kind: Any) -> object:
    if kind is bool and isinstance(value, bool):
        return value
    if kind is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind is float and not isinstance(value, bool):
        # YAML takes 1e-3 for a text, since it has no dot.
        try:
            return float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            pass
    if kind is str and isinstance(value, str | bool | int):
        # And "no" for a truth value.
        return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
    if typing.get_origin(kind) is dict and isinstance(value, dict):
        return value
    if typing.get_origin(kind) is tuple and isinstance(value, list):
        return tuple(value)
    raise SettingsError(f"{name}: expected {_expected(kind)}, got {shown(value)}")


def _expected(kind: Any) -> str:
    names = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
    return names.get(kind, "a list" if typing.get_origin(kind) is tuple else "keys with values")


def as_yaml(settings: TrainingSettings) -> str:
    """Return settings as a YAML file holds them."""
    return yaml.safe_dump(settings.as_dict(), sort_keys=False)
