# SPDX-License-Identifier: Apache-2.0
"""Imitation as X2CNet does it (arXiv 2505.11146): motion transfer, then the mapping network.

The robot's neutral picture takes on the person's expression, and the network, which has learned
which control values show which picture of the robot, reads them off it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.face.frames import Face
from x2c_imitation.errors import ImitationError
from x2c_imitation.pipeline.imitator import Imitator
from x2c_imitation.x2cnet.runtime.predictor import Predictor
from x2c_imitation.x2cnet.transfer import ImageRetargeter, WarpTransfer

Array = NDArray[np.float64]

_GAZE = controls.group_indices(Group.GAZE)
_UPPER_LIDS = np.array([controls.index(f"Eyelid Upper {side}") for side in ("Left", "Right")])

_OPEN = 0.5
"""Upper lids' value from which the eyes can be seen well; at 0 they are shut."""

_WARM_UP = 3
"""So many times the network runs before it is needed: the first ones are slow."""


class X2CNet(Imitator):
    """Shows the robot what a person does, and reads control values off the picture.

    What the network reads off the neutral picture counts as neutral, whatever it is.

    Args:
        transfer: Animates the robot's neutral picture.
        retargeter: Carries landmarks over to that picture.
        predictor: Reads control values off a picture.

    Raises:
        NetworkError: The network gives no finite numbers for the neutral picture.
    """

    def __init__(
        self, transfer: WarpTransfer, retargeter: ImageRetargeter, predictor: Predictor
    ) -> None:
        self._transfer = transfer
        self._retargeter = retargeter
        self._predictor = predictor
        for _ in range(_WARM_UP):
            neutral = predictor.predict(transfer.neutral[None])[0]
        self._bias = neutral - controls.NEUTRAL
        self._gaze = controls.NEUTRAL[_GAZE]

    @property
    def is_calibrated(self) -> bool:
        """Whether a neutral face is known."""
        return self._retargeter.is_calibrated

    @property
    def details(self) -> Mapping[str, str]:
        """Which network it is."""
        config = self._predictor.config
        return {"network": f"{config.backbone}, {config.image_size} pixels"}

    def calibrate(self, neutral: Face) -> None:
        """Take a face as this person's neutral one."""
        self._retargeter.calibrate(neutral.landmarks)

    def imitate(self, face: Face) -> Array:
        """Return the control values (30,) [ratio or rad] that show this face."""
        if not self.is_calibrated:
            raise ImitationError("no neutral face is known yet: calibrate first")
        image = self._transfer.animate(self._retargeter.retarget(face.landmarks))
        read = self._predictor.predict(image[None])[0]
        values = controls.clamp(read - self._bias)[0]
        # Behind shut lids the network cannot see the gaze: it stays where it was.
        share = np.clip(values[_UPPER_LIDS].max() / _OPEN, 0.0, 1.0)
        self._gaze = self._gaze + share * (values[_GAZE] - self._gaze)
        values[_GAZE] = self._gaze
        return values
