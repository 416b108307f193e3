# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_core."""

from x2c_core.printable import printable


class X2CError(Exception):
    """Base of every error x2c raises on purpose; its text is written for users."""

    def __str__(self) -> str:
        """Return the text; what is no text in it, as in names of files, is escaped."""
        return printable(super().__str__())


class CoreError(X2CError):
    """Base of every error that x2c_core raises on purpose."""


class ControlError(CoreError):
    """A control name or a vector of control values is not usable."""


class LandmarkError(CoreError):
    """A set of face landmarks is not usable."""


class RobotError(CoreError):
    """A robot folder is missing, unreadable or contradicts itself."""


class JointCommandError(CoreError):
    """A command names joints and positions that do not belong together, or are no numbers."""


class TableError(CoreError):
    """A table of control values cannot be read; the text names file, row, column and value."""


class VideoError(CoreError):
    """A video cannot be made."""


class ClusterError(CoreError):
    """A cluster of machines cannot be used."""


class WorkerError(CoreError):
    """A process that was to do a job has died, or cannot be started."""


class OutputError(CoreError):
    """Results cannot be written where the user wants them."""
