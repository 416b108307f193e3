# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_actuation."""

from x2c_core.errors import X2CError


class ActuationError(X2CError):
    """Base of every error that x2c_actuation raises on purpose."""


class TargetError(ActuationError):
    """Control values lead to joint positions that are no numbers."""


class MotionError(ActuationError):
    """Limits, positions or targets with which joints cannot be moved."""


class RefusedError(ActuationError):
    """The request is not possible in the present state of the joints."""


class FeedbackError(ActuationError):
    """Measured positions do not belong to the joints they are said to."""
