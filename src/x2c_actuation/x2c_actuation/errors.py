# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_actuation."""

from x2c_face.errors import X2CError


class ActuationError(X2CError):
    """Base of every error that x2c_actuation raises on purpose."""


class TargetError(ActuationError):
    """Control values lead to joint positions that are no numbers."""
