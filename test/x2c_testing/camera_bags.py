# SPDX-License-Identifier: Apache-2.0
"""Bags of any camera, as tools other than ours would write them.

`writers.write(folder, {"/topic": [(time, (type, message)), ...]}, ...)` writes one with rosbags;
`camera_bag(folder, ...)` one whose images show the built-in performer.
"""

from __future__ import annotations

import functools
import itertools
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from x2c_bags.schema.definitions import definition
from x2c_perception.cameras.choice import choose_source

START = 1_700_000_000_000_000_000
PERIOD = 33_333_333
IMAGE = "sensor_msgs/msg/Image"
COMPRESSED = "sensor_msgs/msg/CompressedImage"
FRAMES = 45


@pytest.fixture(scope="session")
def images() -> list[Any]:
    """The first images (480, 640, 3), BGR, of the built-in performer."""
    with choose_source("", "performer") as source:
        return [source.read() for _ in range(FRAMES)]


class Writers:
    """Serializes messages and writes bags with rosbags."""

    def __init__(self) -> None:
        self.store = get_typestore(Stores.ROS2_KILTED)
        for name in ("x2c_msgs/msg/ControlValues", "x2c_msgs/msg/FaceLandmarks"):
            types = get_types_from_msg(definition(name).text, name)
            known = self.store.fielddefs
            self.store.register({k: v for k, v in types.items() if k not in known})

    def header(self, stamp: int) -> Any:
        types = self.store.types
        time = types["builtin_interfaces/msg/Time"](sec=stamp // 10**9, nanosec=stamp % 10**9)
        return types["std_msgs/msg/Header"](stamp=time, frame_id="camera")

    def image(self, image: Any, stamp: int, encoding: str = "bgr8") -> tuple[str, Any]:
        convert = {"rgb8": cv2.COLOR_BGR2RGB, "mono8": cv2.COLOR_BGR2GRAY}.get(encoding)
        data = image if convert is None else cv2.cvtColor(image, convert)
        height, width = image.shape[:2]
        message = self.store.types[IMAGE](
            header=self.header(stamp),
            height=height,
            width=width,
            encoding=encoding,
            is_bigendian=0,
            step=data.size // height,
            data=np.ascontiguousarray(data).ravel(),
        )
        return IMAGE, message

    def jpeg(self, image: Any, stamp: int) -> tuple[str, Any]:
        return self.compressed(self.encoded(image), stamp)

    def encoded(self, image: Any) -> Any:
        return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].ravel()

    def compressed(self, data: Any, stamp: int) -> tuple[str, Any]:
        return COMPRESSED, self.store.types[COMPRESSED](
            header=self.header(stamp), format="jpeg", data=data
        )

    def values(self, values: Any, stamp: int, state: int = 1) -> tuple[str, Any]:
        kind = "x2c_msgs/msg/ControlValues"
        return kind, self.store.types[kind](
            TRACKING=1,
            HOLDING=2,
            NEUTRAL=3,
            header=self.header(stamp),
            values=np.asarray(values, dtype=np.float32),
            confidence=1.0,
            state=state,
            track_id=0,
        )

    def write(
        self,
        folder: Path,
        topics: dict[str, list[tuple[int, tuple[str, Any]]]],
        storage: str = "mcap",
        version: int = 9,
        compression: str = "none",
        humble: bool = False,
    ) -> Path:
        """Write messages (time, (type, message)) of each topic, in the order of time."""
        plugin = {"mcap": StoragePlugin.MCAP, "sqlite3": StoragePlugin.SQLITE3}[storage]
        writer = Writer(folder, version=version, storage_plugin=plugin)
        if compression != "none":
            writer.set_compression(CompressionMode[compression.upper()], CompressionFormat.ZSTD)
        with writer:
            connections = {
                topic: writer.add_connection(topic, messages[0][1][0], typestore=self.store)
                for topic, messages in topics.items()
            }
            every = [(time, topic, one) for topic, ms in topics.items() for time, one in ms]
            for time, topic, (kind, message) in sorted(every, key=lambda one: one[0]):
                writer.write(connections[topic], time, self.store.serialize_cdr(message, kind))
        if humble:
            _as_humble_wrote(folder)
        return folder


def _as_humble_wrote(folder: Path) -> None:
    """Take from a sqlite3 bag what rosbag2 of Humble did not write yet: definitions, hashes."""
    file = next(folder.glob("*.db3"))
    database = sqlite3.connect(file)
    database.executescript(
        """
        DROP TABLE message_definitions;
        DROP TABLE metadata;
        ALTER TABLE topics DROP COLUMN type_description_hash;
        UPDATE schema SET schema_version = 3, ros_distro = 'humble';
        """
    )
    database.commit()
    database.close()


@pytest.fixture(scope="session")
def writers() -> Writers:
    """Serializes messages and writes bags with rosbags."""
    return Writers()


@pytest.fixture(scope="session")
def camera_bag(writers: Writers, images: list[Any]) -> Callable[..., Path]:
    """Write a bag of a camera; see the top of this file."""
    encoded = functools.cache(lambda index: writers.encoded(images[index]))

    def make(
        folder: Path,
        frames: int = FRAMES,
        form: str = "jpeg",
        topic: str = "/camera/image_raw",
        stamps: Any = None,
        **how: Any,
    ) -> Path:
        times = itertools.count(START, PERIOD) if stamps is None else iter(stamps)
        messages = []
        for index, stamp in zip(range(frames), times, strict=False):
            place = index % len(images)
            if form == "jpeg":
                one = writers.compressed(encoded(place), stamp)
            else:
                one = writers.image(images[place], stamp, form)
            messages.append((START + index * PERIOD, one))
        name = f"{topic}/compressed" if form == "jpeg" else topic
        return writers.write(folder, {name: messages}, **how)

    return make
