# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_virtual_face."""

from x2c_core.errors import X2CError


class VirtualFaceError(X2CError):
    """Base of every error that x2c_virtual_face raises on purpose."""


class RobotMismatchError(VirtualFaceError):
    """The robot description names other joints than the virtual face has."""


class CommandError(VirtualFaceError):
    """A vector of joint positions or a duration is not usable."""


class RenderError(VirtualFaceError):
    """No image can be made, mostly because no off-screen OpenGL library is installed."""
