# SPDX-License-Identifier: Apache-2.0
"""The section `mixing` of a `robot.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from x2c_core.control_space import controls
from x2c_core.errors import ControlError
from x2c_core.files.entries import Entries, Range
from x2c_core.robot.mixing import Curve
from x2c_core.robot.robot import Joint

_CONTROL = Range(-10.0, 10.0, "ratio or rad")


def read_mixing(
    entries: Entries,
    root: Mapping[Any, Any],
    joints: Mapping[str, Joint],
    allowed: Mapping[str, Mapping[str, Range]],
) -> tuple[Curve, ...]:
    """Return how controls move joints.

    Args:
        entries: Notes the mistakes.
        root: Root of the file.
        joints: Joints that could be read, by name.
        allowed: Ranges of positions, by type of joint.
    """
    declared = root.get("joints")
    names = [str(name) for name in declared] if isinstance(declared, dict) else []
    curves = []
    for joint, sources in entries.mapping(root.get("mixing"), "mixing").items():
        if joint not in names:
            known = ", ".join(names) or "none"
            entries.note(f"mixing.{joint}", f"no such joint; the joints are: {known}")
        for control, value in entries.mapping(sources, f"mixing.{joint}").items():
            key = f"mixing.{joint}.{control}"
            try:
                index = controls.index(str(control))
            except ControlError as error:
                entries.note(key, str(error))
                continue
            if joint in joints:
                curve = _curve(entries, value, index, joints, str(joint), allowed, key)
                curves += [curve] if curve is not None else []
    return tuple(curves)


def _curve(
    entries: Entries,
    value: object,
    control: int,
    joints: Mapping[str, Joint],
    name: str,
    allowed: Mapping[str, Mapping[str, Range]],
    key: str,
) -> Curve | None:
    """Read a gain about neutral, or a list of [control value, joint offset] points."""
    entry, joint = controls.CONTROLS[control], joints[name]
    reach = allowed[joint.type]["position"]
    index = list(joints).index(name)
    if isinstance(value, list):
        points = entries.points(value, _CONTROL, reach, key, "[control value, joint offset]")
        if points is None:
            return None
        values, offsets = np.array(points).T
        return Curve(control, index, values, offsets)
    gain = entries.number(value, Range(reach.low, reach.high, "joint per control"), key)
    if gain is None:
        return None
    ends = np.array([entry.minimum, entry.maximum])
    return Curve(control, index, ends, gain * (ends - entry.neutral))
