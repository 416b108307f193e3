# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_actuation."""

import enum

from x2c_face.errors import X2CError


class ActuationError(X2CError):
    """Base of every error that x2c_actuation raises on purpose."""


class TargetError(ActuationError):
    """Control values lead to joint positions that are no numbers."""


class DriverSettingsError(ActuationError):
    """The driver section of a robot.yaml says something that cannot be."""


class Fault(enum.StrEnum):
    """What kind of thing went wrong between a driver and its motors."""

    ABSENT = "absent"
    """There is no such port, bus or address, or somebody else has it."""
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


class DriverError(ActuationError):
    """Motors cannot be reached, or do not do as they are told.

    Args:
        fault: What kind of thing went wrong.
        text: What went wrong, and what to do, for users.
    """

    def __init__(self, fault: Fault, text: str) -> None:
        super().__init__(text)
        self.fault = fault


class MotionError(ActuationError):
    """Limits, positions or targets with which joints cannot be moved."""


class RefusedError(ActuationError):
    """What was asked for is not possible in the state the joints are in."""


class FeedbackError(ActuationError):
    """Measured positions do not belong to the joints they are said to."""
