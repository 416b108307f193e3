# SPDX-License-Identifier: Apache-2.0
"""ROS node that publishes the images of a camera, a video, images or the performer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

from x2c_core.images.orientation import check_quarter_turn, turned
from x2c_core.printable import printable
from x2c_core.sources.camera_source import CAMERA_SOURCES, CameraIntrinsics, CameraSource
from x2c_node.conversion.headers import to_stamp
from x2c_node.conversion.images import bgr_to_image, bgr_to_jpeg
from x2c_node.diagnostics import Diagnosis, Level
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters, parameter
from x2c_node.qos import IMAGE_PUBLISHER
from x2c_node.spinning.spin import run_node
from x2c_perception.cameras.calibration import load_calibration
from x2c_perception.cameras.choice import choose_source_class
from x2c_perception.cameras.grabber import Grabbed, Grabber
from x2c_perception.cameras.player import Player
from x2c_perception.cameras.turned_intrinsics import turned_intrinsics
from x2c_perception.cameras.video_device import CaptureRequest
from x2c_perception.errors import CameraCalibrationError


@dataclass(frozen=True)
class CameraParameters(CaptureRequest, Parameters):
    """Parameters of the camera node: its own, and what a camera is asked for."""

    video_device: str = parameter("0", "Camera: index, or path such as /dev/video0.")
    filename: str = parameter(
        "",
        "Video, image, folder of images, bag, 'performer', or NAME:TEXT with the name of an "
        "installed camera source; replaces video_device.",
    )
    loop: bool = parameter(False, "Start again at the end of a file.")
    paced: bool = parameter(
        True, "Publish a file at its rate; false: as fast as possible, for benchmarks."
    )
    wait_for_subscriber: bool = parameter(
        False, "Start a file only when its images have a subscriber."
    )
    rotate: int = parameter(
        0,
        "Clockwise turn of the images, for a camera that is mounted on its side or upside down: "
        "0, 90, 180 or 270 [deg].",
        minimum=0,
        maximum=270,
    )
    frame_id: str = parameter(
        "camera_optical_frame", "Frame of the images (REP-103 optical); a bag has its own."
    )
    camera_name: str = parameter("camera", "Name of the camera in messages to the user.")
    camera_info_url: str = parameter(
        "",
        "Calibration of the images as they are published: a path, file:///path/to/file.yaml or "
        "package://PACKAGE/file.yaml, with ${NAME} for camera_name and ${ROS_HOME}; empty: as "
        "recorded, or uncalibrated.",
    )
    jpeg_quality: int = parameter(
        90, "Quality of compressed images.", minimum=1, maximum=100, dynamic=True
    )


class CameraNode(ManagedNode[CameraParameters]):
    """Publish image_raw, image_raw/compressed and camera_info.

    Images are read and published by two threads of their own, so that neither decoding nor what
    else the executor does delays them.

    Args:
        node_arguments: Passed to rclpy's node.
    """

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__(
            "camera_node", CameraParameters, option_class=_options_of, **node_arguments
        )
        self._source: CameraSource
        self._calibration: CameraIntrinsics | None = None
        self._calibration_fault = ""
        self._grabber: Grabber | None = None
        self._player: Player | None = None
        self._size = (0, 0)

    @property
    def finished(self) -> bool:
        """True when the end of the file is reached."""
        return self._player is not None and self._player.finished

    def configure(self) -> None:
        """Find the source; a file must be readable, a camera may come later."""
        params = self.params
        check_quarter_turn("rotate", params.rotate)
        cls, text = choose_source_class(params.video_device, params.filename)
        self._source = CAMERA_SOURCES.make(cls, text, self.options)
        if not self._source.is_live:
            with self._source:
                width, height = self._source.size
            self._size = (width, height) if params.rotate % 180 == 0 else (height, width)
        self._load_calibration()
        self._image = self.publisher(Image, "image_raw", IMAGE_PUBLISHER)
        self._compressed = self.publisher(CompressedImage, "image_raw/compressed", IMAGE_PUBLISHER)
        self._info = self.publisher(CameraInfo, "camera_info", IMAGE_PUBLISHER)

    def _load_calibration(self) -> None:
        """Read the calibration; without it the camera is uncalibrated, and no less a camera."""
        url = self.params.camera_info_url
        self._calibration, self._calibration_fault = None, ""
        if not url:
            return
        try:
            self._calibration = load_calibration(url, self.params.camera_name)
        except CameraCalibrationError as error:
            self._calibration_fault = f"{error}: the camera is uncalibrated"
            self.get_logger().warning(printable(self._calibration_fault))

    def activate(self) -> None:
        """Start reading and publishing."""
        self._message: Image | None = None
        self._grabber = Grabber(
            self._source,
            loop=self.params.loop,
            complain=self._complain,
            found=self._found,
            pulse=self.supervisor.pulse("grabber"),
        )
        self._player = Player(
            self._grabber,
            self._publish,
            self._failed,
            self._ended,
            live=self._source.is_live,
            rate=self.params.framerate,
            paced=self.params.paced,
            ready=self._is_ready,
            pulse=self.supervisor.pulse("player", self.LONGEST_CALLBACK),
        )
        self.end_with(self._player.stop)

    def deactivate(self) -> None:
        """Stop reading and publishing."""
        if self._grabber is not None and not self._grabber.stop():
            self.get_logger().warning("the camera's driver does not let go yet")
        if self._player is not None:
            self._player.stop()
        self._grabber = None

    def diagnose(self) -> Diagnosis:
        """Say whether images come."""
        if self._grabber is None or self._player is None:
            return Diagnosis(Level.STALE, "stopped")
        name = f"{self.params.camera_name} ({self._source.name})"
        values = {"source": self._source.name, "finished": str(self._player.finished)}
        if self._calibration_fault:
            values["calibration"] = self._calibration_fault
        if self._grabber.fault:
            return Diagnosis(Level.ERROR, f"{name}: {self._grabber.fault}", values)
        if self._player.finished:
            return Diagnosis(Level.OK, f"{name}: end of file; loop:=true would repeat it", values)
        rates = self.statistics.rates
        if "image" not in rates:
            return Diagnosis(Level.WARN, f"{name}: no image yet", values)
        width, height = self._size
        text = f"{name}: {width} x {height} at {rates['image'].rate:.1f} Hz"
        if rates["image"].rate == 0.0:
            return Diagnosis(Level.WARN, f"{name}: no image for 2 s", values)
        return Diagnosis(Level.OK, text, values)

    def _publish(self, grabbed: Grabbed, age: float) -> None:
        image = turned(grabbed.image, self.params.rotate)
        if grabbed.stamp is None:
            taken = self.get_clock().now().nanoseconds - int(age * 1e9)
            if taken <= 0:
                # No time has come on /clock, or only just the first.
                return
            stamp = to_stamp(taken)
        else:
            stamp = to_stamp(grabbed.stamp)
        header = Header(stamp=stamp, frame_id=grabbed.frame_id or self.params.frame_id)
        self._size = (image.shape[1], image.shape[0])
        if self._image.get_subscription_count():
            self._message = bgr_to_image(image, header, reuse=self._message)
            self._image.publish(self._message)
        if self._compressed.get_subscription_count():
            self._compressed.publish(bgr_to_jpeg(image, header, self.params.jpeg_quality))
        if self._info.get_subscription_count():
            self._info.publish(self._camera_info(header, self._intrinsics(grabbed.calibration)))
        self.statistics.tick("image")

    def _intrinsics(self, recorded: CameraIntrinsics | None) -> CameraIntrinsics | None:
        if self._calibration is not None or recorded is None:
            return self._calibration
        return turned_intrinsics(recorded, self.params.rotate)

    def _camera_info(self, header: Header, calibration: CameraIntrinsics | None) -> CameraInfo:
        width, height = self._size
        info = CameraInfo(header=header, width=width, height=height)
        if calibration is not None:
            info.distortion_model = calibration.distortion_model
            info.d, info.k = list(calibration.d), list(calibration.k)
            info.r, info.p = list(calibration.r), list(calibration.p)
            if self._size != (calibration.width, calibration.height):
                self.get_logger().warning(
                    f"images are {width} x {height}, but the calibration is of "
                    f"{calibration.width} x {calibration.height}: calibrate at this size",
                    once=True,
                )
        return info

    def _is_ready(self) -> bool:
        if self.waits_for_clock:
            return False
        subscribed = (p.get_subscription_count() for p in (self._image, self._compressed))
        return not self.params.wait_for_subscriber or any(subscribed)

    def _complain(self, text: str) -> None:
        self.statistics.counts["failures"] += 1
        self.get_logger().error(printable(f"{self.params.camera_name}: {text}"))

    def _found(self) -> None:
        if self._source.is_live:
            self.get_logger().info(
                printable(f"{self.params.camera_name}: opened {self._source.name}")
            )

    def _failed(self, error: Exception) -> None:
        self.statistics.counts["images not published"] += 1
        self.get_logger().error(f"cannot publish: {error}", throttle_duration_sec=5.0)

    def _ended(self) -> None:
        if self._grabber is not None and not self._grabber.fault:
            self.get_logger().info("end of file: nothing more is published")


def _options_of(params: CameraParameters) -> type[Any]:
    return choose_source_class(params.video_device, params.filename)[0].Options


def main() -> None:
    """Run the camera node."""
    run_node(CameraNode)
