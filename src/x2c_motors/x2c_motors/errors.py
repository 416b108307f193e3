# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_motors."""

import enum

from x2c_core.errors import X2CError


class MotorsError(X2CError):
    """Base of every error that x2c_motors raises on purpose."""


class DriverSettingsError(MotorsError):
    """The driver section of a robot.yaml says something that cannot be."""


class Fault(enum.StrEnum):
    """Kind of fault between a driver and its motors."""

    ABSENT = "absent"
    """There is no such port, bus or address, or another program uses it."""
    LOST = "lost"
    """The connection was there and is broken."""
    SILENT = "silent"
    """No reply in time."""
    GARBLED = "garbled"
    """A reply that cannot be understood."""
    LATE = "late"
    """A reply to an earlier question, which is passed over."""
    REFUSED = "refused"
    """The device answers that it cannot."""


class DriverError(MotorsError):
    """Motors cannot be reached, or do not obey.

    Args:
        fault: Kind of fault.
        text: Fault and remedy, for users.
    """

    def __init__(self, fault: Fault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


class MotorCalibrationError(MotorsError):
    """Marks or choices in a calibration do not make a joint."""


class WrapError(MotorCalibrationError):
    """A joint's way leads over the place where its motor's readings start again."""


class BlockedError(MotorCalibrationError):
    """A motor does not follow.

    Attributes:
        position: Position of the joint [rad or m].
        holds: Whether it holds there; else its torque is disabled.

    Args:
        name: Name of the joint.
        position: Position of the joint [rad or m].
        holds: Whether a goal can hold it there.
    """

    def __init__(self, name: str, position: float, holds: bool = True) -> None:
        super().__init__(
            f"{name} does not follow: something is in its way. It holds where it is, at "
            f"{position:.3f}; go back a little"
            if holds
            else f"{name} is at {position:.3f}, past the place where its servo's readings start "
            "again, and was going the long way round: its torque is disabled; turn it back by hand"
        )
        self.position, self.holds = position, holds


class EmulatorError(MotorsError):
    """Emulated motors cannot be made as they were asked for; the text says why."""
