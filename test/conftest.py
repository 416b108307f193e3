# SPDX-License-Identifier: Apache-2.0
"""Runs of the x2c command that several system tests look at."""

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from x2c_testing.waiting import wait_until

X2C = (sys.executable, "-P", "-m", "x2c_cli.cli")
"""The x2c command in the tests' own environment."""

IMAGES = 375
"""Images in the performer's first 12.5 s."""


@dataclass(frozen=True)
class Demo:
    """A demo that has ended: where its results are, how it ended, and what it said."""

    out: Path
    status: int
    output: str
    errors: str


@pytest.fixture(scope="session")
def x2c():
    """The words that start the x2c command."""
    return X2C


@pytest.fixture
def demo(capfd):
    """Run a demo in this process to its end: demo(folder, *arguments)."""
    from x2c_cli.cli import main

    def run(out: Path, *words: str) -> Demo:
        with pytest.raises(SystemExit) as ended:
            main(["demo", "--out", str(out), *words])
        output, errors = capfd.readouterr()
        return Demo(out, ended.value.code, output, errors)

    return run


@pytest.fixture(scope="session")
def performance(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A demo of the built-in performer's first 12.5 s: winks, brows, an open mouth.

    On a busy machine the video plays slower, so what came of its images says when it is enough.
    """
    folder = tmp_path_factory.mktemp("demo")
    out = folder / "out"
    with (folder / "output").open("w") as output, (folder / "errors").open("w") as errors:
        process = subprocess.Popen([*X2C, "demo", "--out", str(out)], stdout=output, stderr=errors)
        try:
            wait_until(
                lambda: process.poll() is not None or _rows(out) >= IMAGES,
                what=f"{IMAGES} images of the performer",
                timeout=400,
            )
            process.send_signal(signal.SIGINT)
            status = process.wait(150)
        finally:
            process.kill()
            process.wait(10)
    said = [(folder / name).read_text(encoding="utf-8") for name in ("output", "errors")]
    return Demo(out, status, *said)


def _rows(out: Path) -> int:
    """Return how many control values a running demo has, one for an image at most."""
    tables = out.glob("unfinished-*/controls.csv")
    return sum(len(one.read_bytes().splitlines()) - 1 for one in tables)


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
