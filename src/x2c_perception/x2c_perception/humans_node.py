# SPDX-License-Identifier: Apache-2.0
"""ROS node that publishes the followed person under /humans, as REP-155 (ROS4HRI) names it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sensor_msgs.msg import Image
from std_msgs.msg import Header

from x2c_core.arrays import ImageArray
from x2c_core.face.frames import NO_TRACK, Face, FaceState
from x2c_msgs.msg import FaceLandmarks
from x2c_node.conversion.images import bgr_to_image, image_to_bgr
from x2c_node.conversion.messages import face_from_message
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter
from x2c_node.qos import IMAGE_SUBSCRIBER, LATCHED, NEWEST, NEWEST_SUBSCRIBER
from x2c_node.spinning.spin import run_node
from x2c_perception.frame_messages import face_id
from x2c_perception.hri.face_views import aligned, cropped
from x2c_perception.humans_messages import (
    MISSING,
    action_units_message,
    hri_messages,
    ids_message,
    landmarks_message,
    region_message,
)

TRACKED = "/humans/faces/tracked"

_IMAGES = ("cropped", "aligned")


@dataclass(frozen=True)
class HumansParameters(Parameters):
    """Parameters of the node."""

    image_size: int = parameter(
        128,
        "Size of the images cropped and aligned [pixel].",
        minimum=16,
        maximum=1024,
    )


class HumansNode(ManagedNode[HumansParameters]):
    """Publish `/humans/faces/tracked`, and for the followed face roi, landmarks, facs and images.

    Without the package hri_msgs it says so once, and publishes nothing.

    Args:
        node_arguments: Passed to rclpy's node.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("humans_node", HumansParameters, **node_arguments)
        self._topics: dict[str, Any] = {}

    def configure(self) -> None:
        """Look for hri_msgs and make the publisher of the list."""
        self._messages: Any = hri_messages()
        if self._messages is None:
            self.get_logger().warning(MISSING)
            return
        self._tracked = self.publisher(self._messages.IdsList, TRACKED, NEWEST)

    def activate(self) -> None:
        """Subscribe to the face and its neutral face."""
        self._face: Face | None = None
        self._header = Header()
        self._neutral: Face | None = None
        self._id = ""
        if self._messages is None:
            return
        self.subscription(FaceLandmarks, "face/neutral", self._take_neutral, LATCHED)
        self._sees = False
        self.subscription(FaceLandmarks, "face", self._take, NEWEST_SUBSCRIBER)

    def deactivate(self) -> None:
        """Take the topics of the person away."""
        self._retract_person()

    def diagnose(self) -> Diagnosis:
        """Say who is published."""
        if self._messages is None:
            return Diagnosis(Level.WARN, "hri_msgs is not installed")
        values = {"face id": self._id, "neutral face": "yes" if self._rest else "not yet"}
        return Diagnosis(Level.OK, f"publishing {TRACKED}", values)

    @property
    def _rest(self) -> Face | None:
        """Neutral face, if it is that of the followed person, or of everyone."""
        rest, face = self._neutral, self._face
        if rest is None or face is None or rest.track_id not in (NO_TRACK, face.track_id):
            return None
        return rest

    def _take_neutral(self, message: FaceLandmarks) -> None:
        self._neutral = face_from_message(message)

    def _take(self, message: FaceLandmarks) -> None:
        face, header = face_from_message(message), message.header
        seen = face.state is FaceState.TRACKING
        self._face, self._header = (face if seen else None), header
        if not seen:
            self._retract_person()
        else:
            self._follow(face_id(face.track_id))
        self._tracked.publish(ids_message(self._messages, header, [self._id] if seen else []))
        if seen:
            rest = self._rest
            make: dict[str, Callable[[], Any]] = {
                "roi": lambda: region_message(self._messages, header, face),
                "landmarks": lambda: landmarks_message(self._messages, header, face),
                "facs": lambda: action_units_message(self._messages, header, face, rest),
            }
            for name, message_of in make.items():
                if self._is_wanted(name):
                    self._topics[name].publish(message_of())
            if not self._sees and any(map(self._is_wanted, _IMAGES)):
                # The tracker cuts images out only while they are taken.
                self._sees = True
                self.subscription(Image, "face/crop", self._take_crop, IMAGE_SUBSCRIBER)
            self.statistics.tick("faces")

    def _is_wanted(self, name: str) -> bool:
        return bool(self._topics[name].get_subscription_count())

    def _take_crop(self, message: Image) -> None:
        face = self._face
        # The image comes after its face; one of another face would be turned wrongly.
        if face is None or message.header.stamp != self._header.stamp:
            return
        size = self.params.image_size
        views: dict[str, Callable[[ImageArray], ImageArray]] = {
            "cropped": lambda image: cropped(image, size),
            "aligned": lambda image: aligned(image, face.landmarks, size),
        }
        if wanted := list(filter(self._is_wanted, views)):
            image = image_to_bgr(message)
            for name in wanted:
                view = bgr_to_image(views[name](image), message.header)
                self._topics[name].publish(view)

    def _follow(self, name: str) -> None:
        """Make the topics of a person, in the place of those of the one before."""
        if name == self._id:
            return
        self._retract_person()
        self._id = name
        types = {
            "roi": self._messages.NormalizedRegionOfInterest2D,
            "landmarks": self._messages.FacialLandmarks,
            "facs": self._messages.FacialActionUnits,
            "cropped": Image,
            "aligned": Image,
        }
        self._topics = {
            topic: self.create_publisher(kind, f"/humans/faces/{name}/{topic}", NEWEST)
            for topic, kind in types.items()
        }

    def _retract_person(self) -> None:
        for publisher in self._topics.values():
            self.destroy_publisher(publisher)
        self._topics, self._id = {}, ""


def main() -> None:
    """Run the node."""
    run_node(HumansNode)
