# SPDX-License-Identifier: Apache-2.0
"""From what an owner has marked on a motor to what robot.yaml says of its joint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Control, Group
from x2c_motors.calibration.course import Stretch
from x2c_motors.description.options import AddressForm, RawScale
from x2c_motors.errors import MotorCalibrationError

RISE = 0.06
"""Time in which a joint may reach its highest speed, and that speed's acceleration [s]."""

LEAST_WAY = 0.01
"""A joint moves by this much at least, or something is wrong with its marks [rad]."""


@dataclass(frozen=True)
class Pose:
    """A pose of the face that the owner is asked to show by moving one motor.

    Attributes:
        name: "low", "neutral" or "high".
        value: Value of the control in that pose [ratio or rad].
    """

    name: str
    value: float


def poses_of(control: Control | None) -> tuple[Pose, ...]:
    """Return the poses to be marked: the ends of a control's range, and neutral, in order.

    A control that is neutral at an end of its range has two.
    """
    if control is None:
        return (Pose("low", -1.0), Pose("neutral", 0.0), Pose("high", 1.0))
    given = {
        # Lids are shut at 0 already; what is below only says that they are to be.
        "low": 0.0 if control.group is Group.EYELID else control.minimum,
        "neutral": control.neutral,
        "high": control.maximum,
    }
    return tuple(
        Pose(name, value)
        for name, value in given.items()
        if name == "neutral" or value != control.neutral
    )


@dataclass
class MeasuredJoint:
    """One motor as its owner has marked it so far.

    Attributes:
        address: Id or channel of the motor.
        name: Name of the joint; empty if not yet given.
        control: Name of the control that moves it; empty for none.
        chosen: Whether the control has been chosen, if only to be none.
        marks: Raw value of each pose marked, by its name.
        seen: Lowest and highest place of the stretch that holds the marks [raw]; empty without.
        shown: Value of the control in a pose, where the robot cannot show all of it, by its name.
        shares: Other controls that move it: share of its way for the control's whole way.
    """

    address: int
    name: str = ""
    control: str = ""
    chosen: bool = False
    marks: dict[str, float] = field(default_factory=dict)
    seen: list[float] = field(default_factory=list)
    shown: dict[str, float] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> MeasuredJoint:
        """Return what `as_dict` gave.

        Raises:
            MotorCalibrationError: It is something else.
        """
        try:
            made = cls(**content)
            low, high = made.seen or (0.0, 0.0)
            whole = all(low <= mark <= high for mark in made.marks.values())
        except (TypeError, ValueError) as error:
            raise MotorCalibrationError(f"cannot go on from {content}: {error}") from error
        if not whole:
            # It is not known that the joint can go from one mark to the other.
            made.forget_marks()
        return made

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return asdict(self)

    @property
    def poses(self) -> tuple[Pose, ...]:
        """Those to be marked, in the order of the control's values."""
        return tuple(
            Pose(pose.name, self.shown.get(pose.name, pose.value))
            for pose in poses_of(_control(self.control))
        )

    def forget_marks(self) -> None:
        """Drop the marks; name, control and shares stay."""
        self.marks.clear()
        self.seen.clear()

    @property
    def stretch(self) -> Stretch | None:
        """Lowest and highest place of the stretch that holds the marks [raw]; None without."""
        return (self.seen[0], self.seen[1]) if self.seen else None

    def show(self, pose: str, value: float) -> None:
        """Let a pose be one in which the control has this value [ratio or rad].

        Raises:
            MotorCalibrationError: It is not on the pose's side of neutral, or out of the range.
        """
        given = {one.name: one.value for one in poses_of(_control(self.control))}
        low, high = sorted((given["neutral"], given[pose]))
        if (
            pose == "neutral"
            or not self.control
            or not low <= value <= high
            or value == given["neutral"]
        ):
            raise MotorCalibrationError(
                f"expected a value between {low:g} and {high:g}, the neutral one left out"
            )
        self.shown[pose] = value

    @property
    def missing(self) -> tuple[Pose, ...]:
        """Poses that are not marked yet."""
        return tuple(pose for pose in self.poses if pose.name not in self.marks)

    def entries(
        self, form: AddressForm, raw: RawScale, way_time: float
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Return what robot.yaml says under joints, mixing and driver.joints.

        Args:
            form: Form of the motor's address.
            raw: Raw values of this motor.
            way_time: Shortest time of the joint's whole range [s].

        Raises:
            MotorCalibrationError: Something is not marked, or the marks cannot be.
        """
        if missing := [pose.name for pose in self.missing]:
            raise MotorCalibrationError(f"{self.name}: not marked yet: {', '.join(missing)}")
        zero = self.marks["neutral"]
        first, last = self.marks.get("low", zero), self.marks.get("high", zero)
        # The joint's positive direction is that in which its control rises.
        direction = 1 if last >= first else -1
        offsets = {
            pose.name: direction * (self.marks[pose.name] - zero) / raw.per_radian
            for pose in self.poses
        }
        lower, upper = min(offsets.values()), max(offsets.values())
        if upper - lower < LEAST_WAY:
            raise MotorCalibrationError(
                f"{self.name}: the marks are all at one place; move the motor between them"
            )
        if not offsets.get("low", 0.0) <= 0.0 <= offsets.get("high", 0.0):
            raise MotorCalibrationError(
                f"{self.name}: neutral must be between the two others, got "
                f"{', '.join(f'{pose.name} {self.marks[pose.name]:g}' for pose in self.poses)}"
            )
        velocity = (upper - lower) / way_time
        joint = {
            "type": "revolute",
            "position": [lower, upper],
            "velocity": velocity,
            "acceleration": velocity / RISE,
            "jerk": velocity / RISE**2,
            "home": 0.0,
        }
        ends = sorted((first, last, zero))
        motor_entry = {
            form.key: self.address,
            "zero": zero,
            "direction": direction,
            "raw": [ends[0], ends[-1]],
        }
        return joint, self._mixing(offsets, upper - lower), motor_entry

    def _mixing(self, offsets: Mapping[str, float], way: float) -> dict[str, Any]:
        mixing: dict[str, Any] = {}
        if self.control:
            mixing[self.control] = [[pose.value, offsets[pose.name]] for pose in self.poses]
        for name, share in self.shares.items():
            control = controls.CONTROLS[controls.index(name)]
            mixing[name] = share * way / (control.maximum - control.minimum)
        return mixing


def _control(name: str) -> Control | None:
    return controls.CONTROLS[controls.index(name)] if name else None
