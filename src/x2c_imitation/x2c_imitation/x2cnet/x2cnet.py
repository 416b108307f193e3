# SPDX-License-Identifier: Apache-2.0
"""Imitation as X2CNet does it (arXiv 2505.11146): motion transfer, then the mapping network.

The robot's neutral image takes on the person's expression, and the network, which has learned
which control values show which image of the robot, reads them off it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.face.frames import Face
from x2c_core.robot.robot import Robot
from x2c_core.system.fields import filled, parameter
from x2c_core.system.optional_modules import how_to_install
from x2c_imitation.backends import make_imitator
from x2c_imitation.errors import ImitationError
from x2c_imitation.pipeline.imitator import Imitator
from x2c_imitation.pipeline.observation import Observation
from x2c_imitation.x2cnet.landmark_motion import MOTION_COUNT, LandmarkMotion
from x2c_imitation.x2cnet.network.config import Device, RuntimeName
from x2c_imitation.x2cnet.network.files import ONNX

if TYPE_CHECKING:
    # OpenCV and ONNX Runtime come with these: those who only read the options need neither.
    from x2c_imitation.x2cnet.runtime.predictor import Predictor
    from x2c_imitation.x2cnet.transfer.motion_transfer import MotionTransfer


_GAZE = controls.group_indices(Group.GAZE)
_UPPER_LIDS = np.array([controls.index(f"Eyelid Upper {side}") for side in ("Left", "Right")])

_OPEN = 0.5
"""Upper lids' value from which the eyes can be seen well; at 0 they are shut."""

_WARM_UP = 3
"""Number of runs of the network before it is needed: the first ones are slow."""


@dataclass(frozen=True)
class X2CNetOptions:
    """Options of the backend x2cnet."""

    transfer: str = parameter(
        "warp", "Motion transfer that gives the robot's neutral image an expression."
    )
    transfer_options: str = parameter(
        "", "Options of the motion transfer: name=value, separated by commas."
    )
    network: str = parameter(
        "", "Path of the network's weights, or of its ONNX file; empty: as in robot.yaml."
    )
    runtime: str = parameter(
        "onnx",
        "Library that runs the network; torch is loaded only for torch.",
        choices=tuple(RuntimeName),
    )
    device: str = parameter("cpu", "Device on which the network runs.", choices=tuple(Device))
    threads: int = parameter(
        1, "Number of processor cores for the network.", minimum=1, maximum=256
    )
    prior: float = parameter(
        0.0,
        "Weight of the solver's values: 0 for the network's alone, 1 for the solver's alone.",
        minimum=0.0,
        maximum=1.0,
    )


class X2CNet(Imitator):
    """Give the robot's image the person's expression, and read control values off it.

    The values that the network reads off the neutral image count as neutral, whatever they are.

    Args:
        transfer: Motion transfer onto the robot's neutral image.
        predictor: Network that reads control values off an image.
        prior: Imitator whose values are mixed in; None for none.
        share: Weight of the prior's values, 0 to 1.
        motion: Measures the motion of landmarks, where the network takes it; else None.

    Raises:
        NetworkError: The network gives no finite numbers for the neutral image.
    """

    Options = X2CNetOptions

    def __init__(
        self,
        transfer: MotionTransfer,
        predictor: Predictor,
        prior: Imitator | None = None,
        share: float = 0.0,
        motion: LandmarkMotion | None = None,
    ) -> None:
        self.needs = transfer.needs
        self._transfer, self._predictor, self._motion = transfer, predictor, motion
        self._prior, self._share = prior, share
        still = None if motion is None else np.zeros((1, MOTION_COUNT), np.float32)
        for _ in range(_WARM_UP):
            neutral = predictor.predict(transfer.neutral[None], still)[0]
        self._bias = neutral - controls.NEUTRAL
        self._gaze = controls.NEUTRAL[_GAZE]

    @classmethod
    def slow_loading(cls, options: X2CNetOptions) -> str:
        """Return how long the motion transfer takes to load."""
        from x2c_imitation.x2cnet.transfer.motion_transfer import TRANSFERS, options_of

        transfer = TRANSFERS.load(options.transfer)
        chosen = options_of(options.transfer, options.transfer_options)
        said = transfer.slow_loading(filled(transfer.Options, chosen))
        return f"the motion transfer {options.transfer}: {said}" if said else ""

    @classmethod
    def for_robot(cls, robot: Robot, options: X2CNetOptions) -> X2CNet:
        """Return an imitator for a robot with a neutral image and a network."""
        path = Path(options.network).expanduser() if options.network else robot.network
        if not options.network and not (path.is_file() or path.with_suffix(ONNX).is_file()):
            raise ImitationError(
                f"robot {robot.name} has no network for the backend x2cnet: there is no {path}; "
                "train one with './x2c train', give the path of one as network, or use "
                "backend:=solver"
            )
        try:
            from x2c_imitation.x2cnet.runtime.predictor import load_predictor
            from x2c_imitation.x2cnet.transfer.motion_transfer import make_transfer, options_of
            from x2c_imitation.x2cnet.transfer.robot_image import read_neutral

            predictor = load_predictor(path, options.runtime, options.device, options.threads)
        except ModuleNotFoundError as error:
            raise ImitationError(
                f"backend x2cnet needs {error.name}: {how_to_install(error.name or 'torch')}, or "
                "use backend:=solver"
            ) from error
        chosen = options_of(options.transfer, options.transfer_options)
        transfer = make_transfer(options.transfer, robot, predictor.config.whole_size, chosen)
        motion = LandmarkMotion(read_neutral(robot)[1]) if predictor.config.landmarks else None
        prior = make_imitator("solver", robot) if options.prior else None
        return cls(transfer, predictor, prior, options.prior, motion)

    @classmethod
    def files(cls, options: X2CNetOptions) -> tuple[str, ...]:
        """Return the path of the network, where one is named."""
        return (options.network,) if options.network else ()

    @property
    def is_calibrated(self) -> bool:
        """True if a neutral face is known."""
        prior = self._prior is None or self._prior.is_calibrated
        return self._transfer.is_calibrated and prior

    @property
    def details(self) -> Mapping[str, str]:
        """Shape of the network, and the weight of the prior."""
        config = self._predictor.config
        landmarks = " and landmarks" if config.landmarks else ""
        details = {"network": f"{config.backbone}, {config.image_size} pixels{landmarks}"}
        return details if self._prior is None else {**details, "prior": f"{self._share:.0%}"}

    def calibrate(self, neutral: Face) -> None:
        """Take a face as this person's neutral one."""
        if self._prior is not None:
            self._prior.calibrate(neutral)
        if self._motion is not None:
            self._motion.calibrate(neutral.landmarks)
        self._transfer.calibrate(neutral)

    def imitate(self, observation: Observation) -> Array:
        """Return the control values (30,) [ratio or rad] that show this face."""
        if not self.is_calibrated:
            raise ImitationError("no neutral face is known yet: calibrate first")
        image = self._transfer.animate(observation)
        motion = None
        if self._motion is not None:
            motion = self._motion.measure(observation.face.landmarks)[None]
        read = self._predictor.predict(image[None], motion)[0]
        values = controls.clamp(read - self._bias)[0]
        # Behind shut lids the network cannot see the gaze: it stays where it was.
        share = np.clip(values[_UPPER_LIDS].max() / _OPEN, 0.0, 1.0)
        self._gaze = self._gaze + share * (values[_GAZE] - self._gaze)
        values[_GAZE] = self._gaze
        if self._prior is None:
            return values
        drawn_to = self._prior.imitate(observation)
        return controls.clamp(values + self._share * (drawn_to - values))[0]
