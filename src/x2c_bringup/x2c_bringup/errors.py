# SPDX-License-Identifier: Apache-2.0
"""Exceptions raised by x2c_bringup."""

from x2c_face.errors import X2CError


class BringupError(X2CError):
    """Base of every error that x2c_bringup raises on purpose."""


class GraphError(BringupError):
    """The options of a graph contradict each other or hold a value that cannot be."""


class ConfigureError(BringupError):
    """A node refused to start; the text gives its reason."""


class NodeEndedError(BringupError):
    """A node has ended though nothing asked it to."""


class NoImageError(BringupError):
    """The camera gives no image; the text says why."""


class OutputError(BringupError):
    """Results cannot be written where the user wants them."""


class SettingsFileError(BringupError):
    """A file of settings is not there."""


class CalibrationError(BringupError):
    """What was marked or chosen while motors are calibrated does not make a joint."""


class WrapError(CalibrationError):
    """A joint's way leads over the place where its motor's readings start again."""


class BlockedError(CalibrationError):
    """A motor does not follow; it holds where it is.

    Args:
        name: Name of the joint.
        position: Where it stands [rad or m].
    """

    def __init__(self, name: str, position: float) -> None:
        super().__init__(
            f"{name} does not follow: something is in its way. It holds where it is, at "
            f"{position:.3f}; go back a little"
        )
        self.position = position


class EmulatorError(BringupError):
    """Emulated motors cannot be made as they were asked for; the text says why."""


class FaultError(BringupError):
    """The pipeline did not do what was expected of it when something went wrong."""
