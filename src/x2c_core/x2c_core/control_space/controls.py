# SPDX-License-Identifier: Apache-2.0
"""The control space: 30 named values that describe what a robot's face does.

The table is X2C's (arXiv 2505.11146), in its order. Ratio controls are kept as they are; angle
controls are radians everywhere but in upstream's files, which hold degrees. Left and right are
the robot's own.

Sign convention of the angles, in a head frame after REP-103 (x forward out of the face, y to the
face's own left, z up): yaw and gaze phi positive to the own left, pitch positive nose down, roll
positive towards the own right shoulder, gaze theta positive up.
"""

from __future__ import annotations

import csv
import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_core.errors import ControlError

Values = NDArray[np.float64]


class Group(enum.StrEnum):
    """Region of the face a control belongs to."""

    BROW = "brow"
    EYELID = "eyelid"
    GAZE = "gaze"
    HEAD = "head"
    MOUTH = "mouth"
    NECK = "neck"
    NOSE = "nose"


class Unit(enum.StrEnum):
    """Unit of a control's value on topics and in code."""

    RATIO = "ratio"
    RADIAN = "radian"


@dataclass(frozen=True)
class Control:
    """One control: its index, its name and its ranges [ratio or rad].

    Attributes:
        index: Index in a vector of control values.
        name: Upstream's name, for example "Brow Inner Left".
        group: Region of the face.
        unit: Unit of every value below.
        minimum: Lower end of upstream's range.
        maximum: Upper end of upstream's range.
        deployment_minimum: Lower end of the tighter range used on the physical robot.
        deployment_maximum: Upper end of the tighter range used on the physical robot.
        neutral: Value of the neutral face.
        mirror: Index of the control that takes this value in a mirror; its own where there is
        none.
    """

    index: int
    name: str
    group: Group
    unit: Unit
    minimum: float
    maximum: float
    deployment_minimum: float
    deployment_maximum: float
    neutral: float
    mirror: int

    @property
    def slug(self) -> str:
        """The name as an identifier, for example "brow_inner_left"."""
        return self.name.lower().replace(" ", "_")


def _load() -> tuple[Control, ...]:
    text = (resources.files("x2c_core") / "data" / "controls.csv").read_text(encoding="utf-8")
    controls = []
    for row in csv.DictReader(text.splitlines()):
        degrees = row["unit"] == "degree"
        scale = np.pi / 180.0 if degrees else 1.0
        index = int(row["index"])
        controls.append(
            Control(
                index=index,
                name=row["name"],
                group=Group(row["group"]),
                unit=Unit.RADIAN if degrees else Unit.RATIO,
                minimum=float(row["upstream_min"]) * scale,
                maximum=float(row["upstream_max"]) * scale,
                deployment_minimum=float(row["deployment_min"]) * scale,
                deployment_maximum=float(row["deployment_max"]) * scale,
                neutral=float(row["neutral"]) * scale,
                mirror=int(row["mirror"]) if row["mirror"] else index,
            )
        )
    return tuple(controls)


def _frozen(values: Iterable[float]) -> Values:
    array = np.array(list(values), dtype=np.float64)
    array.setflags(write=False)
    return array


CONTROLS: tuple[Control, ...] = _load()
COUNT: int = len(CONTROLS)
NAMES: tuple[str, ...] = tuple(control.name for control in CONTROLS)
NEUTRAL: Values = _frozen(control.neutral for control in CONTROLS)
MINIMUM: Values = _frozen(control.minimum for control in CONTROLS)
MAXIMUM: Values = _frozen(control.maximum for control in CONTROLS)
DEPLOYMENT_MINIMUM: Values = _frozen(control.deployment_minimum for control in CONTROLS)
DEPLOYMENT_MAXIMUM: Values = _frozen(control.deployment_maximum for control in CONTROLS)

_INDEX = {control.name: control.index for control in CONTROLS}
_IS_ANGLE = np.array([control.unit is Unit.RADIAN for control in CONTROLS])
_MIRROR = np.array([control.mirror for control in CONTROLS])
_SIDEWAYS_NAMES = {"Gaze Target Phi", "Head Roll", "Head Yaw", "Jaw Yaw", "Neck Roll"}
_SIDEWAYS = np.array([name in _SIDEWAYS_NAMES for name in NAMES])
_ROOM_DOWN = NEUTRAL - MINIMUM
_ROOM_UP = MAXIMUM - NEUTRAL
# A control that is neutral at the end of its range has no way to go on that side.
_WAY_DOWN = np.where(_ROOM_DOWN > 0.0, _ROOM_DOWN, np.inf)
_WAY_UP = np.where(_ROOM_UP > 0.0, _ROOM_UP, np.inf)
_END = np.array(
    [(c.neutral / (c.neutral - c.minimum)) if c.group is Group.EYELID else 1.0 for c in CONTROLS]
)
"""(30,) deflection down at which each control's effect ends."""


def index(name: str) -> int:
    """Return the index of a control in a vector of control values.

    Raises:
        ControlError: No control has this name.
    """
    try:
        return _INDEX[name]
    except KeyError:
        raise ControlError(
            f"unknown control {name!r}; the controls are: {', '.join(NAMES)}"
        ) from None


def group_indices(group: Group | str) -> NDArray[np.intp]:
    """Return the indices of all controls of one group, in ascending order.

    Raises:
        ControlError: No group has this name.
    """
    try:
        wanted = Group(group)
    except ValueError:
        raise ControlError(
            f"unknown group {group!r}; the groups are: {', '.join(Group)}"
        ) from None
    return np.array(
        [control.index for control in CONTROLS if control.group is wanted], dtype=np.intp
    )


def vector(values: ArrayLike) -> Values:
    """Return values as a new float64 vector of 30 finite numbers [ratio or rad].

    Raises:
        ControlError: The shape is not (30,), or a value is no number, NaN or infinite.
    """
    array = _numbers(values)
    if array.shape != (COUNT,):
        raise ControlError(f"expected {COUNT} control values, got an array of shape {array.shape}")
    return _finite(array)


def vectors(values: ArrayLike) -> Values:
    """Return values as a new float64 array (..., 30) of finite numbers [ratio or rad].

    Raises:
        ControlError: The last axis is not of 30, or a value is no number, NaN or infinite.
    """
    array = _numbers(values)
    if array.shape[-1:] != (COUNT,):
        raise ControlError(f"expected {COUNT} control values, got an array of shape {array.shape}")
    return _finite(array)


def from_names(values: Mapping[str, float]) -> Values:
    """Return the neutral face (30,) [ratio or rad] with the named controls set as given.

    Raises:
        ControlError: A name is unknown or a value is no finite number.
    """
    array = NEUTRAL.copy()
    for name, value in values.items():
        try:
            array[index(name)] = value
        except (TypeError, ValueError):
            raise ControlError(f"expected a number for {name}, got {value!r}") from None
    return vector(array)


def clamp(
    values: ArrayLike, lower: ArrayLike = MINIMUM, upper: ArrayLike = MAXIMUM
) -> tuple[Values, int]:
    """Return values (30,) [ratio or rad] brought into a range, and how many had to be moved.

    Raises:
        ControlError: The values are not 30 finite numbers.
    """
    given = vector(values)
    clamped = given.clip(lower, upper)
    return clamped, int(np.count_nonzero(clamped != given))


def in_range(values: Values) -> Values:
    """Return finite values (..., 30) [ratio or rad] brought into upstream's range."""
    return np.minimum(np.maximum(values, MINIMUM), MAXIMUM)


def to_deflection(values: ArrayLike) -> Values:
    """Return how far each control (30,) [ratio or rad] is from neutral, as a share of its way.

    -1 is the lower end of upstream's range, 0 neutral, 1 the upper end. Upstream's neutral face
    sits at different values left and right, so equal faces have equal deflections, not equal
    values.

    Raises:
        ControlError: The values are not 30 finite numbers.
    """
    offset = vector(values) - NEUTRAL
    return np.asarray(offset / np.where(offset < 0.0, _WAY_DOWN, _WAY_UP))


def from_deflection(deflection: ArrayLike) -> Values:
    """Return control values (30,) [ratio or rad] from deflections; the inverse of `to_deflection`.

    Raises:
        ControlError: The deflections are not 30 finite numbers.
    """
    return from_finite_deflection(vector(deflection))


def from_finite_deflection(deflection: Values) -> Values:
    """Return the same for deflections (30,) that are known to be finite."""
    room = np.where(deflection < 0.0, _ROOM_DOWN, _ROOM_UP)
    return np.asarray(NEUTRAL + deflection * room)


def ways(values: ArrayLike) -> Values:
    """Return how far control values (30,) go up and down (2, 30), 0 neutral to 1 at the end.

    An eyelid is at its lower end when it is shut or fully raised, at the value 0; below that
    nothing moves any more.

    Raises:
        ControlError: The values are not 30 finite numbers.
    """
    return _ways_of_deflection(to_deflection(values))


def from_ways(gone: ArrayLike) -> Values:
    """Return control values (30,) [ratio or rad] that go so far up and down (2, 30).

    Raises:
        ControlError: The ways are not finite numbers.
    """
    up, down = np.asarray(gone, dtype=np.float64)
    return from_deflection(up - down * _END)


def from_finite_ways(gone: Values) -> Values:
    """Return the same for an array (2, 30) that is known to be finite, in a third of the time."""
    return from_finite_deflection(gone[0] - gone[1] * _END)


def net_ways(gone: Values) -> Values:
    """Return ways (2, 30) up and down as `ways` would: what goes both ways, goes the difference.

    Args:
        gone: (2, 30) finite numbers, 0 to 1.
    """
    return _ways_of_deflection(gone[0] - gone[1] * _END)


def _ways_of_deflection(deflection: Values) -> Values:
    gone = np.empty((2, COUNT))
    np.maximum(deflection, 0.0, out=gone[0])
    down = gone[1]
    np.divide(deflection, -_END, out=down)
    np.maximum(down, 0.0, out=down)
    np.minimum(down, 1.0, out=down)
    return gone


def mirror(values: ArrayLike) -> Values:
    """Return the values (30,) [ratio or rad] of the same face seen in a mirror.

    Left and right are exchanged by their deflection, and what points sideways changes sign.
    Values in upstream's range stay in it.

    Raises:
        ControlError: The values are not 30 finite numbers.
    """
    mirrored = to_deflection(values)[_MIRROR]
    return from_deflection(np.where(_SIDEWAYS, -mirrored, mirrored))


def from_upstream(values: ArrayLike) -> Values:
    """Return values (..., 30) [ratio or rad] from upstream's [ratio or degree].

    Raises:
        ControlError: The last axis does not have 30 entries.
    """
    return _scaled(values, np.pi / 180.0)


def to_upstream(values: ArrayLike) -> Values:
    """Return upstream's values (..., 30) [ratio or degree] from ours [ratio or rad].

    Raises:
        ControlError: The last axis does not have 30 entries.
    """
    return _scaled(values, 180.0 / np.pi)


def _finite(array: Values) -> Values:
    finite = np.isfinite(array)
    if not finite.all():
        first = array.reshape(-1, COUNT)[~finite.reshape(-1, COUNT).all(axis=1)][0]
        named = ", ".join(f"{NAMES[i]}={first[i]}" for i in np.flatnonzero(~np.isfinite(first)))
        raise ControlError(f"control values must be finite, got {named}")
    return array


def _numbers(values: ArrayLike) -> Values:
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ControlError(f"expected {COUNT} control values, got no numbers: {error}") from error


def _scaled(values: ArrayLike, factor: float) -> Values:
    array = _numbers(values)
    if array.ndim == 0 or array.shape[-1] != COUNT:
        raise ControlError(f"expected {COUNT} control values on the last axis, got {array.shape}")
    return np.asarray(array * np.where(_IS_ANGLE, factor, 1.0))
