# SPDX-License-Identifier: Apache-2.0
"""ROS node that finds the face in camera images and follows it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from x2c_core.arrays import ImageArray
from x2c_core.face.frames import NO_TRACK, Face, FaceState
from x2c_core.system.stamp_checks import StampFault, StampGuard
from x2c_msgs.msg import FaceLandmarks
from x2c_node.conversion.headers import to_nanoseconds
from x2c_node.conversion.images import bgr_to_image, compressed_to_bgr, image_to_bgr
from x2c_node.conversion.messages import face_to_message
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.qos import IMAGE_PUBLISHER, IMAGE_SUBSCRIBER, LATCHED, NEWEST
from x2c_node.spinning.spin import run_node
from x2c_perception.drops import DropEstimator
from x2c_perception.errors import PersonError
from x2c_perception.face_tracker_parameters import FaceTrackerParameters
from x2c_perception.image_wait import why_no_images
from x2c_perception.neutral.neutral_calibrator import FINAL_TIME
from x2c_perception.tracking.drawing import draw_face
from x2c_perception.tracking_stage import TrackedFrame, TrackingStage

_SILENCE = 2.0
"""Time without images after which the node says that it waits [s]."""

_TOPICS = {"raw": (Image, "image_raw"), "compressed": (CompressedImage, "image_raw/compressed")}


class FaceTrackerNode(ManagedNode[FaceTrackerParameters]):
    """Publish face for every image, face/neutral, and images of the face on demand.

    Args:
        node_arguments: Passed to rclpy's node.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("face_tracker_node", FaceTrackerParameters, **node_arguments)
        self._stage: TrackingStage
        self._person = ""
        self._drops = DropEstimator()
        self._stamps = StampGuard(same_clock=True)
        self._last: Face | None = None
        self._heard = 0.0
        self._logged = ""

    def configure(self) -> None:
        """Load the models and make publishers and the service."""
        self._stage, self._person = TrackingStage(self.params.settings), self.params.person
        self._stage.load()
        self._face = self.publisher(FaceLandmarks, "face", NEWEST)
        self._neutral = self.publisher(FaceLandmarks, "face/neutral", LATCHED)
        self._crop = self.publisher(Image, "face/crop", IMAGE_PUBLISHER)
        self._debug = self.publisher(Image, "~/debug_image", IMAGE_PUBLISHER)
        self.service(Trigger, "~/calibrate_neutral", self._calibrate)
        self.service(Trigger, "~/next_person", self._follow_next)
        self.service(Trigger, "~/list_people", self._list_people)

    def activate(self) -> None:
        """Begin to follow the first person that appears."""
        self._stage.restart()
        self._drops = DropEstimator()
        # In simulated time a recording's stamps stay as they are, whatever its camera's clock was.
        self._stamps = StampGuard(same_clock=not self.get_parameter("use_sim_time").value)
        self._last, self._heard, self._logged = None, time.monotonic(), ""
        self._load_person(self._stage.load_person)
        message_type, topic = _TOPICS[self.params.image_transport]
        convert = image_to_bgr if message_type is Image else compressed_to_bgr
        self.subscription(
            message_type,
            topic,
            lambda message: self._take(message.header, convert(message)),
            IMAGE_SUBSCRIBER,
        )

    def cleanup(self) -> None:
        """Let go of the models."""
        self._stage.close()

    def parameters_changed(self) -> None:
        """Take over smoothing, patience, whom to follow, calibration, and the person's name."""
        self._stage.configure(self.params.settings)
        if self.params.person != self._person:
            self._person = self.params.person
            self._load_person(lambda: self._stage.choose_person(self._person))

    def diagnose(self) -> Diagnosis:
        """Say whether images come, and whether there is a face in them."""
        keeper = self._stage.calibration
        values = {"neutral": keeper.origin, "images dropped (estimate)": str(self._drops.dropped)}
        if keeper.running:
            values["calibration progress"] = f"{keeper.progress:.0%}"
        values["neutral sureness"] = f"{keeper.sureness:.0%}"
        values["neutral confidence"] = f"{keeper.confidence:.0%}"
        if time.monotonic() - self._heard > _SILENCE:
            message_type, topic = _TOPICS[self.params.image_transport]
            refused = self.statistics.counts[f"{topic} refused"]
            full_type = f"sensor_msgs/msg/{message_type.__name__}"
            reason = why_no_images(self, topic, full_type, refused)
            return Diagnosis(Level.WARN, reason, values)
        face = self._last
        if face is None:
            return Diagnosis(Level.OK, "waiting for the first image", values)
        return self._diagnose_stamps(self._diagnose_face(face, values))

    def _diagnose_face(self, face: Face, values: dict[str, str]) -> Diagnosis:
        keeper = self._stage.calibration
        values |= {
            "face": face.state.name.lower(),
            "track id": str(face.track_id),
            "confidence": f"{face.confidence:.2f}",
            "faces in the image": str(self._stage.faces_found),
            "rotation [deg]": str(self._stage.rotation),
        }
        if face.state is FaceState.TRACKING:
            calibrating = ", calibrating the neutral face" if keeper.running else ""
            turn = self._stage.recognised_rotation
            about = f"following person {face.track_id}{calibrating}{turn and f'; {turn}'}"
            return Diagnosis(Level.OK, about, values)
        seen = "no face yet" if face.track_id == NO_TRACK else f"person {face.track_id} is gone"
        return Diagnosis(Level.WARN, seen, values)

    def _diagnose_stamps(self, found: Diagnosis) -> Diagnosis:
        if self._stamps.fault not in (StampFault.FROZEN, StampFault.FOREIGN):
            return found
        level = Level.WARN if found.level is Level.OK else found.level
        return Diagnosis(level, f"{found.message}; {self._about_stamps()}", found.values)

    def _about_stamps(self) -> str:
        about = f"images come {self._stamps.fault}"
        if self._stamps.fault is StampFault.FOREIGN:
            hours = abs(self._stamps.offset) / 3.6e12
            side = "ahead" if self._stamps.offset > 0 else "behind"
            about += f" ({hours:.3g} h {side}; a bag or a simulation needs use_sim_time)"
        return f"{about}: their time of arrival is used"

    def _take(self, header: Header, image: ImageArray) -> None:
        self._heard = started = time.monotonic()
        self.statistics.tick("image")
        header = self._stamped(header)
        stamp = to_nanoseconds(header.stamp)

        def publish(face: Face) -> None:
            self.statistics.measured("tracking", time.monotonic() - started)
            self._face.publish(face_to_message(face, header))
            passed = self.get_clock().now().nanoseconds - stamp
            self.statistics.measured("latency", passed * 1e-9)

        rotation = self._stage.rotation
        tracked = self._stage.track(image, stamp, publish)
        if self._stage.rotation != rotation:
            about = self._stage.recognised_rotation or "the camera is upright again"
            self.get_logger().warning(
                f"{about}; set rotate of camera_node to turn its images for all that use them"
            )
        self._last = face = tracked.smoothed
        self.statistics.tick("face" if face.state is FaceState.TRACKING else "no face")
        if tracked.neutral is not None:
            self._publish_neutral(tracked.neutral, header)
        self._count_time(stamp, tracked.jumped)
        self._publish_images(tracked, header)

    def _stamped(self, header: Header) -> Header:
        """Return an image's header; with a stamp that cannot be, the time of arrival has to do.

        All that comes of the image has that time then: faces are held, eased and blended in by the
        stamps, and would stand still in a time that does.
        """
        now, before = self.get_clock().now(), self._stamps.fault
        self._stamps.time(to_nanoseconds(header.stamp), now.nanoseconds)
        fault = self._stamps.fault
        if fault is None:
            return header
        self.statistics.counts[f"images {fault}"] += 1
        if fault is not before:
            self.get_logger().warning(self._about_stamps())
        return Header(stamp=now.to_msg(), frame_id=header.frame_id)

    def _count_time(self, stamp: int, jumped: bool) -> None:
        if jumped:
            self.statistics.counts["jumps in time"] += 1
            self.get_logger().info(
                "the images' stamps jumped: filters restarted", throttle_duration_sec=5.0
            )
            self._drops.restart()
        self._drops.arrived(stamp * 1e-9)

    def _publish_images(self, tracked: TrackedFrame, header: Header) -> None:
        face = tracked.smoothed
        if self._crop.get_subscription_count() and (crop := tracked.crop) is not None:
            self._crop.publish(bgr_to_image(crop, header))
        if self._debug.get_subscription_count() and tracked.image is not None:
            drawn = tracked.image.copy()
            rate = self.statistics.rates["image"].rate
            state = f"person {face.track_id} {face.state.name.lower()}"
            draw_face(
                drawn,
                face,
                (state, f"{rate:.0f} Hz", f"neutral: {self._stage.calibration.origin}"),
            )
            self._debug.publish(bgr_to_image(drawn, header))

    def _publish_neutral(self, neutral: Face, header: Header) -> None:
        calibration = self._stage.calibration
        self._neutral.publish(face_to_message(neutral, header))
        # An estimate is published whenever it changes, and logged once.
        known = f"neutral face of person {neutral.track_id}: {calibration.origin}"
        if known != self._logged:
            self._logged = known
            self.get_logger().info(known)
        self._save_person()

    def _save_person(self) -> None:
        calibration = self._stage.calibration
        try:
            path = calibration.save()
        except PersonError as error:
            self.get_logger().warning(str(error))
            return
        if path:
            self.get_logger().info(f"neutral face saved: {path}")

    def _load_person(self, load: Callable[[], Face | None]) -> None:
        neutral = None
        try:
            neutral = load()
        except PersonError as error:
            self.get_logger().warning(f"{error}; calibrating again")
        if neutral is None:
            self._save_person()
        else:
            self._publish_neutral(neutral, Header(stamp=self.get_clock().now().to_msg()))

    def _calibrate(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        if self.state != "active":
            response.success = False
            response.message = f"the node is {self.state}: activate it first"
            return response
        self._stage.calibration.ask()
        response.success = True
        response.message = (
            f"look at the camera with a relaxed face for {FINAL_TIME + 1.0:.0f} s: mouth closed, "
            "eyes open; blinks do no harm, progress is on /diagnostics"
        )
        return response

    def _list_people(
        self, request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        response.success = True
        # No name has a comma in it.
        response.message = ", ".join(self._stage.people)
        return response

    def _follow_next(
        self, request: Trigger.Request, response: Trigger.Response
    ) -> Trigger.Response:
        response.success = False
        if self.state != "active":
            response.message = f"the node is {self.state}: activate it first"
        elif self.params.max_faces < 2:
            response.message = (
                "only one face is looked for: start face_tracker_node with max_faces of 2 or more"
            )
        elif self._stage.faces_found < 2:
            response.message = "there is no other face in the image"
        else:
            self._stage.follow_next()
            response.success = True
            response.message = f"another one of {self._stage.faces_found} faces is followed"
        return response


def main() -> None:
    """Run the face tracker node."""
    run_node(FaceTrackerNode)
