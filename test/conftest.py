# SPDX-License-Identifier: Apache-2.0
"""Runs of the x2c command that several system tests look at."""

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

X2C = (sys.executable, "-P", "-m", "x2c_cli.cli")
"""The x2c command in the tests' own environment."""


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it said."""

    status: int
    output: str
    errors: str


@pytest.fixture(scope="session")
def x2c():
    """The words that start the x2c command."""
    return X2C


@pytest.fixture
def x2c_here(capfd) -> Callable[..., Ended]:
    """Run the x2c command in this process to its end: x2c_here(*words)."""
    from x2c_cli.cli import main

    def run(*words: object) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        return Ended(ended.value.code, *capfd.readouterr())

    return run


@pytest.fixture
def demo(x2c_here: Callable[..., Ended]) -> Callable[..., Ended]:
    """Run a demo in this process to its end: demo(folder, *arguments)."""
    return functools.partial(x2c_here, "demo", "--out")


@pytest.fixture(scope="session")
def performer_bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A camera's first 75 images of the performer, in a bag without anything else."""
    # Only here: most tests need neither OpenCV nor the packages.
    import cv2
    from rosbags.typesys import Stores, get_typestore

    from x2c_bags.schema.topics import TOPICS, Part
    from x2c_bags.writing.bag_writer import BagWriter
    from x2c_perception.cameras.choice import choose_source

    folder = tmp_path_factory.mktemp("performer") / "bag"
    types = get_typestore(Stores.ROS2_KILTED)
    kind = "sensor_msgs/msg/CompressedImage"
    camera = {"/image_raw/compressed": next(one for one in TOPICS if one.image)}
    writer = BagWriter(folder, camera, "publication")
    with choose_source("0", "performer") as source:
        for index in range(75):
            stamp = 1_700_000_000_000_000_000 + index * 33_333_333
            time = types.types["builtin_interfaces/msg/Time"](stamp // 10**9, stamp % 10**9)
            header = types.types["std_msgs/msg/Header"](time, "camera")
            data = cv2.imencode(".jpg", source.read())[1].ravel()
            message = types.types[kind](header, "jpeg", data)
            writer.write(Part.CAMERA_IMAGE, stamp, bytes(types.serialize_cdr(message, kind)))
            if index % 5 == 0:
                writer.flush()
    writer.close()
    return folder
