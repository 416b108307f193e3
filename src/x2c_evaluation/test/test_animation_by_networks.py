# SPDX-License-Identifier: Apache-2.0
"""Films by LivePortrait: what the networks are given, and what happens where the face is lost."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: it runs the networks")

from x2c_core.robot.robot_file import load_robot
from x2c_evaluation.transfer.animation_video import animate_video
from x2c_imitation.errors import NetworkError, TransferError
from x2c_imitation.x2cnet.liveportrait.portrait import LivePortrait
from x2c_node.robots import find_robot
from x2c_testing.portrait_networks import FakeNetworks

pytestmark = pytest.mark.slow

SEEN, LOST = 6, 4


@pytest.fixture(scope="module")
def image():
    return load_robot(find_robot("virtual")).neutral_image


@pytest.fixture(scope="module")
def frames(image, tmp_path_factory):
    """Return a folder of images of a person who is there, then gone, then there again."""
    folder = tmp_path_factory.mktemp("person")
    face = cv2.imread(str(image))
    for number in range(2 * SEEN + LOST):
        there = not SEEN <= number < SEEN + LOST
        cv2.imwrite(str(folder / f"{number:02}.png"), face if there else np.full_like(face, 99))
    return str(folder)


@pytest.fixture
def networks(monkeypatch):
    made = FakeNetworks()
    monkeypatch.setattr(
        LivePortrait, "from_folder", classmethod(lambda cls, folder, device, half: made)
    )
    return made


def test_a_film_goes_on_where_the_face_is_lost(networks, image, frames, tmp_path):
    out = tmp_path / "film.mp4"
    made = animate_video(image, frames, out, "liveportrait", {}, size=128)
    assert made.frames == 2 * SEEN + LOST
    assert LOST <= made.lost <= LOST + 2
    reader = cv2.VideoCapture(str(out))
    for _ in range(made.frames):
        read, frame = reader.read()
        assert read
        # The animated half shows what the networks made.
        height, width = frame.shape[:2]
        middle = frame[height // 2, width - height // 2].astype(int)
        assert np.abs(middle - (30, 20, 10)).max() < 12


def test_sixteen_bits_on_a_processor_are_refused(image, frames, tmp_path):
    out = tmp_path / "film.mp4"
    with pytest.raises(TransferError, match="half=false, or device=cuda"):
        animate_video(image, frames, out, "liveportrait", {"half": True})
    assert not out.exists()


def test_without_weights_it_says_where_they_are_told(image, frames, tmp_path):
    out = tmp_path / "film.mp4"
    options = {"weights": str(tmp_path / "gone")}
    with pytest.raises(NetworkError, match="weights where"):
        animate_video(image, frames, out, "liveportrait", options)
    assert not out.exists()


def test_a_drawing_with_a_face_is_animated(networks, frames, tmp_path):
    drawing = np.full((240, 240, 3), 255, np.uint8)
    cv2.circle(drawing, (120, 120), 90, (0, 200, 255), -1)
    for x in (90, 150):
        cv2.circle(drawing, (x, 100), 12, (0, 0, 0), -1)
    cv2.ellipse(drawing, (120, 150), (40, 20), 0, 0, 180, (0, 0, 0), 4)
    path = tmp_path / "drawing.png"
    cv2.imwrite(str(path), drawing)
    made = animate_video(path, frames, tmp_path / "film.mp4", "liveportrait", {}, size=128)
    assert made.frames == 2 * SEEN + LOST
