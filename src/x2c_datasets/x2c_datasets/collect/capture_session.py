# SPDX-License-Identifier: Apache-2.0
"""Poses a real robot over its topics and takes an image of each pose once it has settled."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np

from x2c_core.arrays import Array
from x2c_core.robot.robot import Robot
from x2c_datasets.animation.animation import Animation
from x2c_datasets.animation.point_to_point import PointToPointMotion
from x2c_datasets.collect.progress import duration_text
from x2c_datasets.collect.rests import Rests
from x2c_datasets.collect.robot_link import PERIOD, RobotLink, StampedImage
from x2c_datasets.collect.shot import Shot
from x2c_datasets.collection_settings import CollectionSettings
from x2c_datasets.errors import CollectError
from x2c_node.conversion.images import compressed_to_bgr, image_to_bgr
from x2c_node.errors import ImageError

_START = 10.0
"""Time limit for discovery of the robot's nodes [s]."""
_LOOKING = 1.0
"""Time to look for nodes that need not exist [s]."""
_ARRIVAL = 2.0
"""Time limit for joints to arrive after the end of their command [s]."""
_NEAR = 0.02
"""Share of its range that a joint may be away from its command and count as arrived."""
_PATIENCE = 2.0
"""Time limit for an image [s]."""
_MISSES = 5
"""Poses in a row without an image after which something must be wrong."""


class CaptureSession:
    """Move a robot and take images; bring it home at the end.

    Args:
        robot: Robot to move.
        link: Its topics.
        settings: Settings of the data set: when an image belongs to a pose, JPEG quality.
        rests: Rests of the robot.
        say: Takes a sentence for the user at each rest.

    Raises:
        CollectError: There is no subscriber of commands or publisher of images, or another
            publisher of commands.
    """

    def __init__(
        self,
        robot: Robot,
        link: RobotLink,
        settings: CollectionSettings,
        rests: Rests,
        say: Callable[[str], None],
    ) -> None:
        self._robot = robot
        self._link = link
        self._settings = settings
        self._rests = rests
        self._say = say
        self._moving_since = time.monotonic()
        self._missed_in_a_row = 0
        self.missed: list[str] = []
        self._check()
        # Joint states, and others who command, may take a moment to be found.
        link.wait(lambda: link.rivals > 0, _LOOKING)
        self._refuse_rivals()
        self._at = robot.home if link.measured is None else link.measured

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Bring the robot home."""
        self._go(self._robot.home)

    def shoot(self, animation: Animation, frames: int) -> list[Shot]:
        """Return images of an animation's first frames; those that did not come are missing.

        Raises:
            CollectError: Too many did not come, one after the other, or others command too.
        """
        self._refuse_rivals()
        shots = []
        for frame in range(frames):
            self._go(self._robot.joint_targets(animation.values[frame]))
            self._settle()
            jpeg = self._image()
            if isinstance(jpeg, bytes):
                self._missed_in_a_row = 0
                shots.append(Shot(frame, jpeg))
            else:
                self._miss(f"{animation.identifier} frame {frame}: {jpeg.reason}")
        return shots

    def rest_if_due(self) -> None:
        """Hold the neutral pose for a while, where the motors have moved for long."""
        rests = self._rests
        if not rests.duration or time.monotonic() - self._moving_since < rests.every:
            return
        self._say(f"resting for {duration_text(rests.duration)}, so that the motors cool")
        self._go(self._robot.home)
        self._holding(lambda: False, rests.duration)
        self._moving_since = time.monotonic()

    def _check(self) -> None:
        link = self._link
        if not link.wait(lambda: link.drivers, _START):
            raise CollectError(
                f"nothing subscribes to {link.command_topic}: start the robot's driver, or "
                "name its topic with --commands"
            )
        if not link.wait(lambda: link.frames, _START):
            raise CollectError(
                f"no image on {link.camera_topic} within {_START:.0f} s ({link.cameras} "
                "publishers): start the robot's camera, or name its topic with --camera"
            )

    def _refuse_rivals(self) -> None:
        if self._link.rivals > 0:
            raise CollectError(
                f"others publish {self._link.command_topic} too, and the robot would follow both: "
                "stop the imitation first"
            )

    def _go(self, target: Array) -> None:
        motion = PointToPointMotion(self._robot, self._at, target)
        started = time.monotonic()
        passed = 0.0
        while passed < motion.duration:
            passed = time.monotonic() - started
            self._at = motion.positions(passed)
            self._hold(PERIOD)
        self._at = motion.positions(motion.duration)
        self._link.send(self._at)

    def _hold(self, seconds: float) -> None:
        self._link.send(self._at)
        self._link.wait(lambda: False, seconds)

    def _holding(self, condition: Callable[[], Any], timeout: float) -> bool:
        """Keep the pose commanded, as drivers want it, until something holds or time is over."""
        limit = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > limit:
                return False
            self._hold(PERIOD)
        return True

    def _settle(self) -> None:
        if self._link.measured is not None:
            # A joint that cannot arrive, held by a finger say, is recorded where it stays.
            self._holding(self._arrived, _ARRIVAL)
        self._holding(lambda: False, self._settings.settle)

    def _arrived(self) -> bool:
        measured = self._link.measured
        reach = _NEAR * (self._robot.upper - self._robot.lower)
        return measured is None or bool((np.abs(measured - self._at) <= reach).all())

    def _image(self) -> bytes | _Missed:
        link, settled = self._link, self._link.now()
        last = settled + int(self._settings.tolerance * 1e9)

        def in_time() -> StampedImage | None:
            return next((one for one in link.frames if settled <= one.stamp <= last), None)

        def over() -> bool:
            return in_time() is not None or (bool(link.frames) and link.frames[-1].stamp > last)

        self._holding(over, _PATIENCE)
        frame = in_time()
        if frame is None:
            return _Missed(self._why(settled))
        try:
            return _jpeg(frame.message, self._settings.quality)
        except ImageError as error:
            return _Missed(str(error))

    def _why(self, settled: int) -> str:
        if not self._link.frames:
            return "no image came"
        late = (self._link.frames[-1].stamp - settled) * 1e-9
        return (
            f"no image is stamped within {self._settings.tolerance:g} s after settling; the newest"
            f" is stamped {abs(late):.2f} s {'after' if late > 0 else 'before'} it"
        )

    def _miss(self, what: str) -> None:
        self.missed.append(what)
        self._missed_in_a_row += 1
        if self._missed_in_a_row >= _MISSES:
            raise CollectError(
                f"{_MISSES} poses in a row have no image; the last: {what}. Is the camera "
                "running, and do its computer's clock and this one agree? A slow camera wants a "
                "larger --tolerance"
            )


@dataclass(frozen=True)
class _Missed:
    reason: str


def _jpeg(message: Any, quality: int) -> bytes:
    if hasattr(message, "format"):
        image = compressed_to_bgr(message)
        if "jp" in message.format:
            # As the camera made it: encoding it again would lose more.
            return bytes(message.data)
    else:
        image = image_to_bgr(message)
    done, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ImageError(f"cannot encode an image of shape {image.shape} as JPEG")
    return encoded.tobytes()
