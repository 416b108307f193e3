# SPDX-License-Identifier: Apache-2.0
"""Bags made without a ROS graph, as a run would leave them.

`make_bag(folder, frames=30, ...)` writes one with the recorder's own writer and returns its path;
`write_bag(folder, {topic: images}, ...)` writes one of cameras alone, as others do.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from x2c_bags.recorder import PUBLICATION_CLOCK
from x2c_bags.schema.definitions import definition
from x2c_bags.schema.topics import TOPICS, Part
from x2c_bags.writing.bag_writer import BagWriter
from x2c_core.control_space import controls
from x2c_core.face import topology
from x2c_core.face.frames import ControlState, FaceState
from x2c_core.face.head_pose import FACING, HeadPose

START = 1_700_000_000_000_000_000
PERIOD = 33_333_333
MS = 1_000_000
DELAYS = {
    Part.CAMERA_IMAGE: MS,
    Part.CAMERA_INFO: MS,
    Part.FACE: 7 * MS,
    Part.CONTROLS: 9 * MS,
    Part.COMMANDS: 10 * MS,
    Part.JOINT_STATES: 11 * MS,
    Part.ROBOT_IMAGE: 15 * MS,
    Part.DIAGNOSTICS: 16 * MS,
}
TYPES = {topic.part: topic.message_type for topic in TOPICS}
LOST = range(10, 13)
"""Frames without a face."""


class Messages:
    """Serialized messages of a made-up run."""

    def __init__(self) -> None:
        self.store = get_typestore(Stores.EMPTY)
        for message_type in sorted(set(TYPES.values())):
            types = get_types_from_msg(definition(message_type).text, message_type)
            known = self.store.fielddefs
            self.store.register({k: v for k, v in types.items() if k not in known})

    def serialize(self, part: Part, stamp: int, **fields: Any) -> bytes:
        """Return a message of a part's type; fields that are not given are zero."""
        time = self.make("builtin_interfaces/msg/Time", sec=stamp // 10**9, nanosec=stamp % 10**9)
        header = self.make("std_msgs/msg/Header", stamp=time, frame_id="camera")
        message = self.make(TYPES[part], header=header, **fields)
        return bytes(self.store.serialize_cdr(message, TYPES[part]))

    def make(self, message_type: str, **fields: Any) -> Any:
        """Return a message; fields that are not given are zero."""
        values = {}
        for name, (kind, detail) in self.store.fielddefs[message_type][1]:
            values[name] = fields.pop(name) if name in fields else self._zero(kind.name, detail)
        assert not fields
        return self.store.types[message_type](**values)

    def _zero(self, kind: str, detail: Any) -> Any:
        if kind == "NAME":
            return self.make(detail)
        if kind == "BASE":
            return "" if detail[0] == "string" else 0
        (inner, base), length = detail
        if inner.name == "BASE" and base[0] not in ("string",):
            dtype = {"octet": "uint8", "float64": "float64"}.get(base[0], base[0])
            return np.zeros(length, dtype=dtype)
        return []

    def of_frame(self, part: Part, index: int, stamp: int, size: tuple[int, int]) -> bytes:
        """Return what a part publishes for one camera frame."""
        lost = index in LOST
        if part is Part.CAMERA_IMAGE:
            return self.image(part, stamp, size, 40 + index)
        if part is Part.ROBOT_IMAGE:
            return self.image(part, stamp, (64, 64), 200)
        if part is Part.FACE:
            return self.face(part, stamp, size, FaceState.LOST if lost else FaceState.TRACKING)
        if part is Part.CONTROLS:
            state = ControlState.HOLDING if lost else ControlState.TRACKING
            values = values_at(index).astype(np.float32)
            return self.serialize(part, stamp, values=values, confidence=0.9, state=int(state))
        if part in (Part.COMMANDS, Part.JOINT_STATES):
            angle = np.sin(index / 5.0)
            positions = np.array([angle, 0.5 * angle])
            return self.serialize(part, stamp, name=["jaw", "neck_yaw"], position=positions)
        return self.serialize(part, stamp)

    def image(self, part: Part, stamp: int, size: tuple[int, int], grey: int) -> bytes:
        """Return a grey JPEG of a size (width, height)."""
        image = np.full((size[1], size[0], 3), grey % 256, np.uint8)
        data = cv2.imencode(".jpg", image)[1].ravel()
        return self.serialize(part, stamp, format="jpeg", data=data)

    def face(self, part: Part, stamp: int, size: tuple[int, int], state: FaceState) -> bytes:
        """Return the reference face in the middle of an image of a size (width, height)."""
        middle = np.array([size[0] / 2, size[1] / 2, 0.0])
        pixels = HeadPose(FACING, middle, size[1] / 5).to_pixels(topology.REFERENCE)
        return self.serialize(
            *(part, stamp),
            image_width=size[0],
            image_height=size[1],
            landmarks=pixels.astype(np.float32).ravel(),
            confidence=0.9,
            state=int(state),
            track_id=1,
        )


def values_at(index: int) -> Any:
    """Return the control values (30,) of a frame."""
    phase = np.arange(controls.COUNT)
    return controls.from_deflection(0.7 * np.sin(index / 6.0 + phase))


@pytest.fixture(scope="session")
def messages() -> Messages:
    """Serialized messages of a made-up run."""
    return Messages()


@pytest.fixture
def make_bag(messages: Messages) -> Callable[..., Path]:
    """Write a bag; see the top of this file."""

    def make(
        folder: Path,
        frames: int = 30,
        without: Collection[Part] = (),
        dropped: Collection[int] = (),
        sizes: Collection[tuple[int, int]] = ((160, 120),),
        clock: str = PUBLICATION_CLOCK,
        finish: bool = True,
    ) -> Path:
        writer = BagWriter(folder, {f"/{one.part.lstrip('/')}": one for one in TOPICS}, clock)
        cycle = list(sizes)
        for index in range(frames):
            stamp = START + index * PERIOD
            size = cycle[index % len(cycle)]
            for part, delay in DELAYS.items():
                answer = part in (Part.FACE, Part.CONTROLS, Part.COMMANDS, Part.JOINT_STATES)
                if part in without or (answer and index in dropped):
                    continue
                writer.write(part, stamp + delay, messages.of_frame(part, index, stamp, size))
        if frames and Part.NEUTRAL_FACE not in without:
            neutral = messages.face(Part.NEUTRAL_FACE, START, cycle[0], FaceState.TRACKING)
            writer.write(Part.NEUTRAL_FACE, START + 8 * MS, neutral)
        if finish:
            writer.close()
        else:
            writer.flush()
        return folder

    return make


SECOND = 1_000_000_000

IMAGE = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"
INFO = "sensor_msgs/msg/CameraInfo"


@pytest.fixture(scope="session")
def write_bag() -> Callable[..., Path]:
    """Write a bag of cameras as others record them; see `_write_bag`."""
    return _write_bag


@pytest.fixture(scope="session")
def grey() -> Callable[..., Any]:
    """Make an image (height, width, 3) of one grey: `grey(value, width=64, height=48)`."""
    return lambda value, width=64, height=48: np.full((height, width, 3), value, np.uint8)


def _write_bag(
    folder: Path,
    cameras: Mapping[str, Sequence[Any]],
    *,
    store: Stores = Stores.ROS2_JAZZY,
    plugin: StoragePlugin = StoragePlugin.MCAP,
    version: int = 9,
    stamps: Sequence[int] | None = None,
    times: Sequence[int] | None = None,
) -> Path:
    """Write a bag of cameras.

    Args:
        folder: Folder to write.
        cameras: BGR images (height, width, 3) by the name of their topic; those that end in
            "compressed" become JPEG, "camera_info" messages come beside the others.
        store: Distribution whose message definitions are embedded.
        plugin: Form of the file.
        version: Version of the metadata, 8 or 9.
        stamps: Stamps of the images [ns]; regular where there are none.
        times: Times in the bag [ns]; the stamps where there are none.
    """
    types = get_typestore(store)
    with Writer(folder, version=version, storage_plugin=plugin) as writer:
        for topic, shown in cameras.items():
            compressed = topic.endswith("compressed")
            kind = COMPRESSED if compressed else IMAGE
            images = writer.add_connection(topic, kind, typestore=types)
            base = topic.removesuffix("/compressed").rpartition("/")[0]
            infos = writer.add_connection(f"{base}/camera_info", INFO, typestore=types)
            for index, pixels in enumerate(shown):
                stamp = START + index * PERIOD if stamps is None else stamps[index]
                time = stamp if times is None else times[index]
                header = _header(types, stamp)
                height, width = pixels.shape[:2]
                image = (
                    types.types[kind](header, "jpeg", cv2.imencode(".jpg", pixels)[1].ravel())
                    if compressed
                    else types.types[kind](
                        header, height, width, "bgr8", 0, width * 3, pixels.ravel()
                    )
                )
                writer.write(images, time, types.serialize_cdr(image, kind))
                info = _info(types, header, width, height)
                writer.write(infos, time, types.serialize_cdr(info, INFO))
    return folder


def _header(types: Any, stamp: int) -> Any:
    time = types.types["builtin_interfaces/msg/Time"](stamp // SECOND, stamp % SECOND)
    return types.types["std_msgs/msg/Header"](time, "camera")


def _info(types: Any, header: Any, width: int, height: int) -> Any:
    region = types.types["sensor_msgs/msg/RegionOfInterest"](0, 0, 0, 0, False)
    matrix = np.arange(9, dtype=np.float64)
    return types.types[INFO](
        header=header,
        height=height,
        width=width,
        distortion_model="plumb_bob",
        d=np.zeros(5),
        k=matrix,
        r=np.eye(3).ravel(),
        p=np.arange(12, dtype=np.float64),
        binning_x=0,
        binning_y=0,
        roi=region,
    )
