# SPDX-License-Identifier: Apache-2.0
"""Interface of motion transfers: the image of a neutral robot takes on a person's expression."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from x2c_core.arrays import ImageArray
from x2c_core.robot.robot import Robot
from x2c_core.system.fields import FieldError, from_assignments
from x2c_core.system.registry import Registry
from x2c_imitation.errors import ImitationError
from x2c_imitation.pipeline.implementation import Implementation, make
from x2c_imitation.pipeline.observation import Observation

DEFAULT_TRANSFER = "warp"
"""Motion transfer that is used where none is named; it needs no weights."""


class MotionTransfer(Implementation):
    """Animate a robot's neutral image with the expressions of a person."""

    @classmethod
    @abstractmethod
    def for_robot(cls, robot: Robot, size: int, options: Any) -> MotionTransfer:
        """Return the motion transfer onto a robot's neutral image.

        Args:
            robot: Robot with a neutral image and the landmarks on it.
            size: Width and height of the images made [pixel]; each shows the whole neutral image.
            options: Instance of the class's `Options`.

        Raises:
            X2CError: The robot's folder lacks what is needed, or an option cannot be used.
        """

    @classmethod
    def fingerprint(cls, options: Any) -> str:
        """Return a text that is another where the images made are others.

        Args:
            options: Instance of the class's `Options`.

        Raises:
            X2CError: Something that the options name is missing.
        """
        return repr(options)

    def calibrate_on(self, neutral: Observation) -> None:
        """Take an observation as the person at rest, for good: what is seen later does not count.

        Raises:
            X2CError: The observation cannot be used; the former neutral face stays.
        """
        self.calibrate(neutral.face)

    @property
    @abstractmethod
    def neutral(self) -> ImageArray:
        """Neutral image (size, size, 3) RGB."""

    @abstractmethod
    def animate(self, observation: Observation) -> ImageArray:
        """Return the robot's image (size, size, 3) RGB with a person's expression.

        Raises:
            X2CError: The observation cannot be used, or no neutral face is known.
        """


TRANSFERS: Registry[MotionTransfer] = Registry(
    "x2c.motion_transfers",
    "motion transfer",
    "x2c_imitation.x2cnet.transfer.motion_transfer:MotionTransfer",
)
"""Motion transfers of all installed packages."""


def make_transfer(
    name: str, robot: Robot, size: int, options: Mapping[str, Any] | None = None
) -> MotionTransfer:
    """Return a motion transfer onto a robot's neutral image.

    Args:
        name: Name of the motion transfer.
        robot: Robot with a neutral image and the landmarks on it.
        size: Width and height of the images made [pixel].
        options: Values of the transfer's options by name; None for the defaults.

    Raises:
        RegistryError: There is no usable motion transfer of this name.
        X2CError: The robot's folder lacks what is needed, or an option cannot be used.
    """
    return make(TRANSFERS, name, options, lambda cls, chosen: cls.for_robot(robot, size, chosen))


def options_of(name: str, text: str) -> dict[str, Any]:
    """Return the options of a motion transfer that are written as one text.

    Args:
        name: Name of the motion transfer.
        text: "name=value", separated by commas.

    Raises:
        RegistryError: There is no usable motion transfer of this name.
        ImitationError: The text is written otherwise, or an option cannot be used.
    """
    if not text.strip():
        return {}
    known = TRANSFERS.load(name).Options
    try:
        return from_assignments(known, text.split(","))
    except FieldError as error:
        raise ImitationError(f"transfer_options: motion transfer {name}: {error}") from error
