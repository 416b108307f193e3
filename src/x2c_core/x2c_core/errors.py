# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_core."""

from x2c_core.printable import printable


class X2CError(Exception):
    """Base of every error x2c raises on purpose; its text is written for users."""

    def __str__(self) -> str:
        """Return the text; what is no text in it, as in names of files, is escaped."""
        return printable(super().__str__())


class FaceError(X2CError):
    """Base of every error that x2c_core raises on purpose."""


class ControlError(FaceError):
    """A control name or a vector of control values is not usable."""


class LandmarkError(FaceError):
    """A set of face landmarks is not usable."""


class RobotError(FaceError):
    """A robot folder is missing, unreadable or contradicts itself."""


class JointCommandError(FaceError):
    """A command names joints and positions that do not belong together, or are no numbers."""


class TableError(FaceError):
    """A table of control values cannot be read; the text names file, row, column and value."""


class VideoError(FaceError):
    """A video cannot be made."""


class OutputError(FaceError):
    """Results cannot be written where the user wants them."""
