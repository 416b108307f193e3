# SPDX-License-Identifier: Apache-2.0
"""Keys of a `robot.yaml`, and their conversion to a `Robot`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.files.entries import Entries, Range, shown
from x2c_core.robot.coupled_limits_reader import read_coupled_limits
from x2c_core.robot.mixing_reader import read_mixing
from x2c_core.robot.robot import CommandInterface, Joint, Robot

UNITS = {"angle": "rad", "length": "m"}
"""Units that the file must state; times are seconds."""

_HINTS = {
    "deg": "; write radians: 1 deg is 0.0174533 rad",
    "mm": "; write metres: 1 mm is 0.001 m",
}

_DEFAULT_PATHS = {
    "expression_model": "expression_model.npz",
    "neutral_image": "neutral.png",
    "neutral_landmarks": "neutral_landmarks.npy",
    "network": "x2cnet.safetensors",
}

_KEYS = {
    "name", "description", "units", "command_interface", "gains", "offsets", "joints", "mixing",
    "coupled_limits", "driver", "drivers", *_DEFAULT_PATHS,
}  # fmt: skip

_RATES = ("velocity", "acceleration", "jerk")

# What no joint of a face is beyond. Degrees and millimetres mostly are.
_ALLOWED = {
    "revolute": {
        "position": Range(-12.6, 12.6, "rad"),
        "velocity": Range(1e-4, 200.0, "rad/s"),
        "acceleration": Range(1e-3, 1e5, "rad/s²"),
        "jerk": Range(1e-2, 1e8, "rad/s³"),
    },
    "prismatic": {
        "position": Range(-2.0, 2.0, "m"),
        "velocity": Range(1e-5, 20.0, "m/s"),
        "acceleration": Range(1e-4, 1e4, "m/s²"),
        "jerk": Range(1e-3, 1e7, "m/s³"),
    },
    "ratio": {
        "position": Range(-10.0, 10.0, "ratio"),
        "velocity": Range(1e-3, 1e3, "ratio/s"),
        "acceleration": Range(1e-2, 1e6, "ratio/s²"),
        "jerk": Range(1e-1, 1e9, "ratio/s³"),
    },
}

_NARROWEST = 1e-5
"""The least difference of a joint's highest and lowest position [rad or m]."""

_BOARD = re.compile(r"[a-z][a-z0-9_]*")

_GAIN = Range(0.0, 10.0)
_OFFSET = Range(-2.0, 2.0, "ratio or rad")


def read_robot(entries: Entries, content: object, folder: Path) -> Robot | None:
    """Return the robot that a file describes; None where something in it cannot be.

    Args:
        entries: Notes the mistakes.
        content: Content of the file.
        folder: Folder of the file.
    """
    root = entries.mapping(content, "")
    if not root:
        if isinstance(content, dict):
            entries.note("", "expected keys with values, got nothing")
        return None
    entries.only(root, _KEYS, "")
    _check_units(entries, root)
    name = entries.text(root, "name", None)
    description = entries.text(root, "description", "")
    joints = _joints(entries, root)
    kinds = {joint.name: joint for joint in joints}
    curves = read_mixing(entries, root, kinds, _ALLOWED)
    interface = entries.choice(
        root.get("command_interface", "joint_state"), CommandInterface, "command_interface"
    )
    gains, offsets = _gains(entries, root), _offsets(entries, root)
    coupled = read_coupled_limits(entries, root.get("coupled_limits", []), joints)
    driver = dict(entries.mapping(root.get("driver", {}), "driver"))
    drivers = _drivers(entries, root)
    paths = {
        key: folder / entries.text(root, key, default) for key, default in _DEFAULT_PATHS.items()
    }
    if entries.mistakes or interface is None:
        return None
    return Robot(
        name=name,
        folder=folder,
        description=description,
        joints=joints,
        curves=curves,
        gains=gains,
        command_interface=CommandInterface(interface),
        expression_model=paths["expression_model"],
        neutral_image=paths["neutral_image"],
        neutral_landmarks=paths["neutral_landmarks"],
        network=paths["network"],
        driver=driver,
        drivers=drivers,
        offsets=offsets,
        coupled_limits=coupled,
    )


def _check_units(entries: Entries, root: Mapping[Any, Any]) -> None:
    expected = "{angle: rad, length: m}"
    if "units" not in root:
        entries.note(
            "units", f"missing: write {expected}, and all of the file in these and in seconds"
        )
        return
    units = entries.mapping(root["units"], "units")
    entries.only(units, UNITS, "units")
    for quantity, unit in UNITS.items():
        given = units.get(quantity)
        if given != unit:
            hint = _HINTS.get(str(given), "")
            entries.note(f"units.{quantity}", f"expected {unit}, got {shown(given)}{hint}")


def _joints(entries: Entries, root: Mapping[Any, Any]) -> tuple[Joint, ...]:
    given = entries.mapping(root.get("joints"), "joints")
    if not given and isinstance(root.get("joints"), dict):
        entries.note("joints", "a robot needs at least one joint")
    read = [_joint(entries, str(name), value) for name, value in given.items()]
    return tuple(joint for joint in read if joint is not None)


def _joint(entries: Entries, name: str, content: object) -> Joint | None:
    key = f"joints.{name}"
    entry = entries.mapping(content, key)
    if not isinstance(content, dict):
        return None
    entries.only(entry, {"type", "position", "home", *_RATES}, key)
    kind = entries.choice(entry.get("type"), _ALLOWED, f"{key}.type")
    if kind is None:
        return None
    allowed = _ALLOWED[kind]
    ends = _ends(entries, entry.get("position"), allowed["position"], f"{key}.position")
    rates = {
        rate: entries.number(entry.get(rate), allowed[rate], f"{key}.{rate}") for rate in _RATES
    }
    home = entries.number(entry.get("home", 0.0), allowed["position"], f"{key}.home")
    if ends is None or home is None:
        return None
    if not ends[0] <= home <= ends[1]:
        entries.note(f"{key}.home", f"{home} is outside the position limits {list(ends)}")
        return None
    known = {rate: value for rate, value in rates.items() if value is not None}
    if len(known) < len(rates):
        return None
    return Joint(name=name, type=kind, lower=ends[0], upper=ends[1], home=home, **known)


def _ends(entries: Entries, value: object, allowed: Range, key: str) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2:
        entries.note(key, f"expected [lowest, highest], got {shown(value)}")
        return None
    lower, upper = (entries.number(end, allowed, key) for end in value)
    if lower is None or upper is None:
        return None
    if not lower < upper:
        entries.note(key, f"the lowest must be below the highest, got {value}")
        return None
    if upper - lower < _NARROWEST:
        entries.note(key, f"a joint must move by {_NARROWEST:g} or more, got {value}")
        return None
    return lower, upper


def _drivers(entries: Entries, root: Mapping[Any, Any]) -> dict[str, Mapping[str, Any]]:
    """Read the driver sections of several boards, by the boards' names."""
    given = entries.mapping(root.get("drivers", {}), "drivers")
    if given and root.get("driver"):
        entries.note(
            "drivers", "a robot has one driver or several drivers: move driver into drivers"
        )
    read: dict[str, Mapping[str, Any]] = {}
    for name, section in given.items():
        if not _BOARD.fullmatch(str(name)):
            entries.note(
                f"drivers.{name}", "expected a name of small letters, digits and _, a letter first"
            )
        read[str(name)] = dict(entries.mapping(section, f"drivers.{name}"))
    return read


def _gains(entries: Entries, root: Mapping[Any, Any]) -> dict[Group, float]:
    given = entries.mapping(root.get("gains", {}), "gains")
    entries.only(given, Group, "gains")
    read = {
        group: entries.number(given.get(group, 1.0), _GAIN, f"gains.{group}") for group in Group
    }
    return {group: math.nan if gain is None else gain for group, gain in read.items()}


def _offsets(entries: Entries, root: Mapping[Any, Any]) -> NDArray[np.float64]:
    """Read what is added to the controls of a region, or to a single one by its name."""
    given = entries.mapping(root.get("offsets", {}), "offsets")
    entries.only(given, {*Group, *controls.NAMES}, "offsets")
    offsets = np.zeros(controls.COUNT)
    for name, value in given.items():
        offset = entries.number(value, _OFFSET, f"offsets.{name}")
        if offset is None:
            continue
        for control in controls.CONTROLS:
            if name in (control.group, control.name):
                offsets[control.index] += offset
    return offsets
