# SPDX-License-Identifier: Apache-2.0
"""Play the camera of a bag in the place of camera_node, and its time on /clock."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from x2c_bags.errors import BagError
from x2c_bags.frames.camera_topics import CameraTopic, choose_camera
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.reading.storage import RawMessage
from x2c_bags.replay.playback import Playback
from x2c_bags.replay.ros_message import to_ros
from x2c_core.printable import printable
from x2c_node.conversion.headers import to_nanoseconds, to_stamp
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter
from x2c_node.qos import IMAGE_PUBLISHER
from x2c_node.spinning.spin import run_node

_CLOCK = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.BEST_EFFORT
)


@dataclass(frozen=True)
class BagPlayerParameters(Parameters):
    """Parameters of the player."""

    bag: str = parameter("", "Bag to play: its folder, or one file of it.")
    topic: str = parameter("", "Topic of its images; empty: that of its only camera.")
    rate: float = parameter(
        1.0, "Speed: 2 is twice as fast as recorded.", minimum=0.01, maximum=100.0
    )
    loop: bool = parameter(False, "Start again at the end of the bag.")
    clock: bool = parameter(True, "Publish the bag's time on /clock.")
    wait_for_subscriber: bool = parameter(True, "Start only when the images have a subscriber.")
    exit_at_end: bool = parameter(False, "End the process at the end of the bag.")


class BagPlayerNode(ManagedNode[BagPlayerParameters]):
    """Publish image_raw or image_raw/compressed, camera_info and /clock.

    Args:
        node_arguments: Passed to rclpy's node.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__("bag_player_node", BagPlayerParameters, **node_arguments)
        self._reader: BagReader | None = None
        self._camera: CameraTopic
        self._playback: Playback | None = None

    @property
    def finished(self) -> bool:
        """True when the end of the bag is reached."""
        return self._playback is not None and self._playback.finished

    @property
    def issues(self) -> list[str]:
        """Problems found while reading the bag so far, in plain sentences."""
        found = self._reader.found if self._reader is not None else ()
        return [str(issue) for issue in found if issue.loss]

    def configure(self) -> None:
        """Open the bag and find its camera."""
        if not self.params.bag:
            raise BagError("parameter bag: expected a bag to play, got nothing")
        self._reader = BagReader(Path(self.params.bag).expanduser())
        self._camera = choose_camera(self._reader, self.params.topic)
        for issue in self._reader.issues:
            self.get_logger().warning(printable(issue))
        if self._camera.compressed:
            self._images = self.publisher(CompressedImage, "image_raw/compressed", IMAGE_PUBLISHER)
        else:
            self._images = self.publisher(Image, "image_raw", IMAGE_PUBLISHER)
        self._infos = self.publisher(CameraInfo, "camera_info", IMAGE_PUBLISHER)
        if self.params.clock:
            self._clock_time = self.create_publisher(Clock, "/clock", _CLOCK)

    def activate(self) -> None:
        """Start to play."""
        self._playback = Playback(
            self._messages,
            self._publish,
            self._tick,
            self._failed,
            self._ended,
            rate=self.params.rate,
            loop=self.params.loop,
            ready=self._is_wanted,
            pulse=self.supervisor.pulse("playback", self.LONGEST_CALLBACK),
        )
        self.end_with(self._playback.stop)

    def deactivate(self) -> None:
        """Stop playing."""
        if self._playback is not None:
            self._playback.stop()

    def cleanup(self) -> None:
        """Close the bag."""
        self._reader = None
        if self.params.clock:
            self.destroy_publisher(self._clock_time)

    def diagnose(self) -> Diagnosis:
        """Say what is played, and what of it could not be."""
        playback = self._playback
        if playback is None:
            return Diagnosis(Level.STALE, "stopped")
        values = {
            "bag": self.params.bag,
            "topic": self._camera.name,
            "finished": str(playback.finished),
            "passes": str(playback.passes),
            "jumps in time": str(playback.jumps),
            "not readable": "\n".join(self.issues),
        }
        refused = self.statistics.counts["messages not played"]
        if playback.finished:
            said = "end of the bag; loop:=true would repeat it"
            return Diagnosis(Level.WARN if refused else Level.OK, said, values)
        if "image" not in self.statistics.rates:
            return Diagnosis(Level.WARN, f"no image of {self._camera.name} yet", values)
        return Diagnosis(Level.OK, f"playing {self._camera.name}", values)

    def _messages(self) -> Iterator[RawMessage]:
        if self._reader is None:
            return iter(())
        names = [name for name in (self._camera.name, self._camera.info) if name]
        return self._reader.messages(names)

    def _publish(self, message: RawMessage) -> None:
        if self._reader is None:
            return
        image = message.channel.topic == self._camera.name
        publisher = self._images if image else self._infos
        if not publisher.get_subscription_count():
            if image:
                self.statistics.tick("image")
            return
        read = self._reader.decode(message)
        made: Any = CameraInfo()
        if image:
            made = CompressedImage() if self._camera.compressed else Image()
        to_ros(read, made)
        if not to_nanoseconds(made.header.stamp):
            self.statistics.counts["stamps made of the bag's time"] += 1
            made.header.stamp = to_stamp(message.time)
        publisher.publish(made)
        if image:
            self.statistics.tick("image")

    def _tick(self, time: int) -> None:
        if self.params.clock and 0 <= time < 2**31 * 1_000_000_000:
            self._clock_time.publish(Clock(clock=to_stamp(time)))

    def _is_wanted(self) -> bool:
        return not self.params.wait_for_subscriber or bool(self._images.get_subscription_count())

    def _failed(self, error: Exception) -> None:
        self.statistics.counts["messages not played"] += 1
        self.get_logger().warning(printable(f"not played: {error}"), throttle_duration_sec=5.0)

    def _ended(self) -> None:
        self.get_logger().info("end of the bag: nothing more is published")
        if self.params.exit_at_end:
            os.kill(os.getpid(), signal.SIGINT)


def main() -> None:
    """Run the player."""
    run_node(BagPlayerNode)
