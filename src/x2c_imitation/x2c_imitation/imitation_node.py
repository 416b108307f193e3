# SPDX-License-Identifier: Apache-2.0
"""ROS node that turns a tracked face into control values."""

from __future__ import annotations

import time
from typing import Any

from sensor_msgs.msg import Image

from x2c_core.robot.robot_file import load_robot
from x2c_core.words import counted
from x2c_imitation.backends import (
    BACKENDS,
    make_imitator,
    option_class,
    option_classes,
)
from x2c_imitation.imitation_parameters import ImitationParameters
from x2c_imitation.pipeline.image_matcher import ImageMatcher
from x2c_imitation.pipeline.imitation_stage import ImitationStage
from x2c_imitation.pipeline.observation import Need
from x2c_msgs.msg import ControlValues, FaceLandmarks
from x2c_node import qos
from x2c_node.conversion.headers import to_nanoseconds
from x2c_node.conversion.messages import controls_to_message, face_from_message
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.robots import find_robot
from x2c_node.spinning.spin import run_node


class ImitationNode(ManagedNode[ImitationParameters]):
    """Subscribe `face` and `face/neutral`, publish `control_values` for every face message."""

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__(
            "imitation_node",
            ImitationParameters,
            option_class=lambda params: option_class(params.backend),
            option_classes=lambda: option_classes().values(),
            **node_arguments,
        )

    def configure(self) -> None:
        """Load the robot and the backend."""
        robot = load_robot(find_robot(self.params.robot))
        if slow := BACKENDS.load(self.params.backend).slow_loading(self.options):
            # A warning, since x2c imitate shows no less, and the robot seems to do nothing.
            self.get_logger().warning(f"loading {slow}, and until then the node is unconfigured")
        imitator = make_imitator(self.params.backend, robot, vars(self.options))
        self._stage = ImitationStage(imitator, self.params.timing, self.params.mirror)
        self._face_state = "waiting for a face"
        self._neutral_of: int | None = None
        self._publisher = self.publisher(ControlValues, "control_values", qos.NEWEST)

    def activate(self) -> None:
        """Listen to the tracker."""
        self.subscription(FaceLandmarks, "face/neutral", self._take_neutral, qos.LATCHED)
        self._matcher: ImageMatcher[FaceLandmarks, Image] = ImageMatcher()
        if Need.IMAGE in self._stage.needs:
            self.subscription(Image, "face/crop", self._take_image, qos.IMAGE_SUBSCRIBER)
        self.subscription(FaceLandmarks, "face", self._take_face, qos.NEWEST_SUBSCRIBER)

    def parameters_changed(self) -> None:
        """Take over timing and mirroring."""
        self._stage.set_timing(self.params.timing)
        self._stage.mirror = self.params.mirror

    def diagnose(self) -> Diagnosis:
        """Return whether faces come and a neutral face is known."""
        values = {
            "backend": self.params.backend,
            "robot": self.params.robot,
            "calibrated": str(self._stage.is_calibrated),
            "face": self._face_state,
            **self._stage.details,
        }
        if Need.IMAGE in self._stage.needs:
            values["faces without their image"] = str(self._matcher.given_up)
        topic = self.resolve_topic_name("face")
        if self.statistics.rates.get("face") is None:
            publishers = self.count_publishers(topic)
            return Diagnosis(
                Level.WARN,
                f"waiting for faces on {topic} ({counted(publishers, 'publisher')})",
                values,
            )
        if not self.statistics.rates["face"].rate:
            return Diagnosis(
                Level.WARN, f"no more faces on {topic}: the last one is shown", values
            )
        images = self.statistics.rates.get("face image")
        if Need.IMAGE in self._stage.needs and (images is None or not images.rate):
            topic = self.resolve_topic_name("face/crop")
            return Diagnosis(Level.WARN, f"waiting for images of the face on {topic}", values)
        if not self._stage.is_calibrated:
            return Diagnosis(Level.WARN, "waiting for a neutral face on face/neutral", values)
        return Diagnosis(Level.OK, self._face_state, values)

    def _take_neutral(self, message: FaceLandmarks) -> None:
        stamp = to_nanoseconds(message.header.stamp)
        self._stage.calibrate(face_from_message(message), stamp)
        # It comes whenever the estimate changes.
        if message.track_id != self._neutral_of:
            self._neutral_of = message.track_id
            self.get_logger().info(f"neutral face of person {message.track_id} taken")

    def _take_face(self, message: FaceLandmarks) -> None:
        self.statistics.tick("face")
        if Need.IMAGE not in self._stage.needs or message.state != FaceLandmarks.TRACKING:
            self._matcher.give_up()
            self._answer(message)
        elif found := self._matcher.add_face(to_nanoseconds(message.header.stamp), message):
            self._answer(*found)

    def _take_image(self, message: Image) -> None:
        self.statistics.tick("face image")
        if found := self._matcher.add_image(to_nanoseconds(message.header.stamp), message):
            self._answer(*found)

    def _answer(self, message: FaceLandmarks, image: Image | None = None) -> None:
        started = time.perf_counter()
        stamp = to_nanoseconds(message.header.stamp)
        crop = None
        if image is not None:
            # Local: most backends need no images, and so no OpenCV.
            from x2c_node.conversion.images import image_to_bgr

            crop = image_to_bgr(image)
        frame = self._stage.follow(face_from_message(message), stamp, crop)
        if self._stage.jumped:
            self.statistics.counts["time jumps"] += 1
            self.get_logger().warning("time jumped: hold and recovery of the face restarted")
        self._face_state = frame.state.name.lower()
        self._publisher.publish(controls_to_message(frame, message.header))
        self.statistics.measured("solving", time.perf_counter() - started)


def main() -> None:
    """Run the node."""
    run_node(ImitationNode)
