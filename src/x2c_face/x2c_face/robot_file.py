# SPDX-License-Identifier: Apache-2.0
"""Reads `robot.yaml`; a mistake in it is refused with its key, its value and what was expected."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from x2c_face import controls
from x2c_face.controls import Group
from x2c_face.errors import ControlError, RobotError
from x2c_face.robot import CommandInterface, Curve, Joint, Robot

FILE_NAME = "robot.yaml"


def load_robot(folder: Path) -> Robot:
    """Return the robot described by the `robot.yaml` in a folder.

    Raises:
        RobotError: The folder or file is missing, is no YAML, or says something impossible; the
            message names the file, the key, the value and what was expected.
    """
    path = folder / FILE_NAME
    try:
        content = _Loader(path.read_text(encoding="utf-8")).get_single_data()
    except OSError as error:
        raise RobotError(f"cannot read the robot file {path}: {error.strerror}") from error
    # Bytes that are no text and dates that are none are plain ValueErrors.
    except (yaml.YAMLError, ValueError) as error:
        raise RobotError(f"{path} is not valid YAML: {error}") from error
    try:
        return _Reader(folder).robot(content)
    except RobotError as error:
        raise RobotError(f"{path}: {error}") from error


class _Loader(yaml.SafeLoader):
    """Refuses a key that is given twice; YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key.value!r} is there twice", problem_mark=key.start_mark
                )
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else key)
        return super().construct_mapping(node, deep)


class _Reader:
    """Turns the content of a `robot.yaml` into a Robot; errors name the key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def robot(self, content: object) -> Robot:
        root = _mapping(content, "the file")
        known = {"name", "description", "command_interface", "gains", "expression_model"}
        known |= {"neutral_image", "neutral_landmarks", "network", "joints", "mixing", "driver"}
        _no_others(root, known, "the file")
        joints = tuple(
            self._joint(str(name), value)
            for name, value in _mapping(root.get("joints"), "joints").items()
        )
        if not joints:
            raise RobotError("joints: a robot needs at least one joint")
        return Robot(
            name=_name(root),
            folder=self._folder,
            description=_text(root, "description", ""),
            joints=joints,
            curves=self._curves(
                root.get("mixing"), {joint.name: i for i, joint in enumerate(joints)}
            ),
            gains=self._gains(root.get("gains", {})),
            command_interface=self._interface(root.get("command_interface", "joint_state")),
            expression_model=self._folder
            / _text(root, "expression_model", "expression_model.npz"),
            neutral_image=self._folder / _text(root, "neutral_image", "neutral.png"),
            neutral_landmarks=self._folder
            / _text(root, "neutral_landmarks", "neutral_landmarks.npy"),
            network=self._folder / _text(root, "network", "x2cnet.safetensors"),
            driver=_mapping(root.get("driver", {}), "driver"),
        )

    def _joint(self, name: str, content: object) -> Joint:
        key = f"joints.{name}"
        entry = _mapping(content, key)
        _no_others(entry, {"type", "position", "velocity", "acceleration", "jerk", "home"}, key)
        kind = entry.get("type")
        if kind not in ("revolute", "prismatic"):
            raise RobotError(f"{key}.type: expected revolute or prismatic, got {kind!r}")
        position = entry.get("position")
        if not isinstance(position, list) or len(position) != 2:
            raise RobotError(f"{key}.position: expected [lowest, highest], got {position!r}")
        lower, upper = (_number(value, f"{key}.position") for value in position)
        if not lower < upper:
            raise RobotError(
                f"{key}.position: the lowest must be below the highest, got {position}"
            )
        home = _number(entry.get("home", 0.0), f"{key}.home")
        if not lower <= home <= upper:
            raise RobotError(f"{key}.home: {home} is outside the position limits {position}")
        rates = {
            rate: _positive(entry.get(rate), f"{key}.{rate}")
            for rate in ("velocity", "acceleration", "jerk")
        }
        return Joint(name=name, type=kind, lower=lower, upper=upper, home=home, **rates)

    def _curves(self, content: object, joints: Mapping[str, int]) -> tuple[Curve, ...]:
        curves = []
        for joint, sources in _mapping(content, "mixing").items():
            if joint not in joints:
                raise RobotError(
                    f"mixing.{joint}: no such joint; the joints are: {', '.join(joints)}"
                )
            for control, value in _mapping(sources, f"mixing.{joint}").items():
                key = f"mixing.{joint}.{control}"
                try:
                    index = controls.index(str(control))
                except ControlError as error:
                    raise RobotError(f"mixing.{joint}: {error}") from error
                curves.append(_curve(value, index, joints[str(joint)], key))
        return tuple(curves)

    def _gains(self, content: object) -> dict[Group, float]:
        given = _mapping(content, "gains")
        _no_others(given, set(Group), "gains")
        gains = {group: _number(given.get(group, 1.0), f"gains.{group}") for group in Group}
        for group, gain in gains.items():
            if gain < 0.0:
                raise RobotError(f"gains.{group}: a gain must not be negative, got {gain}")
        return gains

    def _interface(self, value: object) -> CommandInterface:
        try:
            return CommandInterface(str(value))
        except ValueError:
            raise RobotError(
                f"command_interface: expected one of {', '.join(CommandInterface)}, got {value!r}"
            ) from None


def _curve(value: object, control: int, joint: int, key: str) -> Curve:
    """Read a gain about neutral, or a list of [control value, joint offset] points."""
    entry = controls.CONTROLS[control]
    if isinstance(value, list):
        if len(value) < 2 or not all(isinstance(p, list) and len(p) == 2 for p in value):
            raise RobotError(
                f"{key}: expected two or more [control value, joint offset], got {value}"
            )
        points = np.array([[_number(x, key) for x in point] for point in value])
        if not (np.diff(points[:, 0]) > 0.0).all():
            raise RobotError(f"{key}: control values must ascend, got {points[:, 0].tolist()}")
        return Curve(control, joint, points[:, 0], points[:, 1])
    gain = _number(value, key)
    ends = np.array([entry.minimum, entry.maximum])
    return Curve(control, joint, ends, gain * (ends - entry.neutral))


def _mapping(value: object, key: str) -> dict[Any, Any]:
    if not isinstance(value, dict):
        raise RobotError(f"{key}: expected keys with values, got {value!r}")
    return value


def _no_others(entry: Mapping[Any, Any], known: set[Any], key: str) -> None:
    others = [str(name) for name in entry if name not in known]
    if others:
        raise RobotError(
            f"{key}: unknown {', '.join(others)}; known are {', '.join(sorted(known))}"
        )


def _name(entry: Mapping[Any, Any]) -> str:
    value = entry.get("name")
    if not isinstance(value, str) or not value:
        raise RobotError(f"name: expected a name, got {value!r}")
    return value


def _text(entry: Mapping[Any, Any], key: str, default: str) -> str:
    value = entry.get(key, default)
    if not isinstance(value, str):
        raise RobotError(f"{key}: expected text, got {value!r}")
    return value


def _number(value: object, key: str) -> float:
    try:
        if not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value):
            return float(value)
    except OverflowError:
        pass
    raise RobotError(f"{key}: expected a finite number, got {value!r}")


def _positive(value: object, key: str) -> float:
    number = _number(value, key)
    if number <= 0.0:
        raise RobotError(f"{key}: expected a positive number, got {number}")
    return number
