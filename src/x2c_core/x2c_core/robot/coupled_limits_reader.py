# SPDX-License-Identifier: Apache-2.0
"""The section `coupled_limits` of a `robot.yaml`."""

from __future__ import annotations

from collections.abc import Sequence

from x2c_core.files.entries import Entries, Range, shown
from x2c_core.robot.coupling import CoupledLimit, Side, in_order
from x2c_core.robot.robot import Joint

_SECTION = "coupled_limits"
_ROUNDING = 1e-9


def read_coupled_limits(
    entries: Entries, content: object, joints: Sequence[Joint]
) -> tuple[CoupledLimit, ...]:
    """Return the limits of a section, each after those of the joint it goes by.

    Args:
        entries: Notes the mistakes.
        content: Content of the section.
        joints: Joints that could be read.
    """
    if not isinstance(content, list):
        entries.note(_SECTION, f"expected a list of limits, got {shown(content)}")
        return ()
    limits = []
    for i, value in enumerate(content):
        limits += _limit(entries, value, joints, f"{_SECTION}[{i}]")
    ordered = in_order(limits)
    if ordered is None:
        entries.note(_SECTION, f"joints limit each other in a circle: {_circle(limits, joints)}")
        return ()
    for index, joint in enumerate(joints):
        _check_room(entries, index, joint, [one for one in ordered if one.joint == index])
    return ordered


def _limit(
    entries: Entries, content: object, joints: Sequence[Joint], key: str
) -> list[CoupledLimit]:
    entry = entries.mapping(content, key)
    if not entry:
        return []
    entries.only(entry, {"joint", "by", *Side}, key)
    names = [joint.name for joint in joints]
    joint, by = (
        entries.choice(entry.get(name), names, f"{key}.{name}") for name in ("joint", "by")
    )
    if joint is None or by is None:
        return []
    if joint == by:
        entries.note(f"{key}.by", f"{by} cannot limit itself")
        return []
    sides = [side for side in Side if side in entry]
    if not sides:
        entries.note(key, "expected upper or lower: [position of the other joint, limit] points")
    limited, other = joints[names.index(joint)], joints[names.index(by)]
    limits = []
    for side in sides:
        points = entries.points(
            entry[side],
            Range(other.lower, other.upper, f"position of {by}"),
            Range(limited.lower, limited.upper, f"position of {joint}"),
            f"{key}.{side}",
            f"[position of {by}, limit of {joint}]",
        )
        if points is None:
            continue
        made = CoupledLimit(names.index(joint), names.index(by), side, tuple(points))
        limit = made.at(other.home)
        beyond = limit - limited.home if side is Side.LOWER else limited.home - limit
        if beyond > _ROUNDING:
            entries.note(
                f"{key}.{side}",
                f"does not allow the neutral face: at home {by} is at {other.home:g}, where "
                f"the limit is {limit:g}, and {joint} is at {limited.home:g}",
            )
        limits.append(made)
    return limits


def _check_room(
    entries: Entries, index: int, joint: Joint, limits: Sequence[CoupledLimit]
) -> None:
    """Note limits that could leave a joint no position at all."""
    lowest_upper = min(
        (y for one in limits if one.side is Side.UPPER for _, y in one.points), default=joint.upper
    )
    highest_lower = max(
        (y for one in limits if one.side is Side.LOWER for _, y in one.points), default=joint.lower
    )
    if highest_lower > lowest_upper:
        entries.note(
            _SECTION,
            f"{joint.name} may have no position left: its lower limits go up to "
            f"{highest_lower:g}, its upper limits down to {lowest_upper:g}",
        )


def _circle(limits: Sequence[CoupledLimit], joints: Sequence[Joint]) -> str:
    rest = list(limits)
    while True:
        limited, limiting = {one.joint for one in rest}, {one.by for one in rest}
        kept = [one for one in rest if one.by in limited and one.joint in limiting]
        if len(kept) == len(rest):
            break
        rest = kept
    way = [rest[0].joint]
    while way.count(way[-1]) < 2:
        way.append(next(one.by for one in rest if one.joint == way[-1]))
    way = way[way.index(way[-1]) :]
    return " limited by ".join(joints[one].name for one in way)
