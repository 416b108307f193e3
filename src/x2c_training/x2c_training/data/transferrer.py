# SPDX-License-Identifier: Apache-2.0
"""Choice and interface of what makes the motion-transferred images of a data set."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from x2c_core.arrays import ImageBatch
from x2c_datasets.formats import Pair
from x2c_imitation.pipeline.observation import Need
from x2c_imitation.x2cnet.landmark_motion import Motions
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.transfer.motion_transfer import DEFAULT_TRANSFER, TRANSFERS
from x2c_training.errors import PreparationError

_NO_LANDMARKS = "these data have no landmarks, or those of no robot that can be simulated"


@dataclass(frozen=True)
class TransferChoice:
    """Motion transfer that makes images for a training.

    Attributes:
        robot: Folder of the robot onto whose neutral image expressions are transferred.
        name: Name of the motion transfer.
        options: Values of its options by name.
    """

    robot: Path
    name: str = DEFAULT_TRANSFER
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sees_images(self) -> bool:
        """True where expressions are read off images, not off a data set's landmarks."""
        return Need.IMAGE in TRANSFERS.load(self.name).needs


def check_landmarks(
    config: NetworkConfig, transfer: TransferChoice | None, reason: str = ""
) -> None:
    """Check that a network that takes the motion of landmarks beside images can be given it.

    Args:
        config: Configuration of the network.
        transfer: Motion transfer of the images; None where none are transferred.
        reason: Reason why none are, where it is known.

    Raises:
        PreparationError: The network takes it, and nothing here starts from landmarks.
    """
    if not config.landmarks or (transfer is not None and not transfer.sees_images):
        return
    if transfer is not None:
        reason = f"the motion transfer {transfer.name} does not start from them"
    raise PreparationError(
        f"network.landmarks needs the motion of landmarks: {reason or _NO_LANDMARKS}. Use data "
        "that 'x2c collect' has made of the virtual face, with the motion transfer warp (for a "
        "training data.transfer, with data.transferred at auto), or a network with "
        "network.landmarks=false"
    )


class Transferrer(ABC):
    """Transfer expressions in a data set onto a robot's neutral image."""

    @abstractmethod
    def image(self, pair: Pair) -> ImageBatch:
        """Return the transferred image (size, size, 3) RGB of a pair.

        Raises:
            X2CError: The pair's expression cannot be transferred.
        """

    def motion(self, pair: Pair) -> Motions:
        """Return the motion (MOTION_COUNT,) of a pair's landmarks.

        Raises:
            PreparationError: The transfer does not start from a data set's landmarks, or the pair
                has none.
        """
        raise PreparationError("its motion transfer does not start from its landmarks")

    def close(self) -> None:  # noqa: B027
        """Release what is held; nothing where it is not said."""
