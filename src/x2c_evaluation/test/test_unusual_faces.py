# SPDX-License-Identifier: Apache-2.0
"""Faces unlike those of people at a camera move the robot less, and with less confidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
import skimage.data

from x2c_core.arrays import ImageArray
from x2c_core.control_space import controls
from x2c_core.face.frames import FaceState
from x2c_core.robot.robot_file import load_robot
from x2c_core.sources.face_loss import FaceLossTiming
from x2c_imitation.backends import make_imitator
from x2c_imitation.pipeline.imitation_stage import ImitationStage
from x2c_node.robots import find_robot
from x2c_perception.tracking.tracking_settings import TrackingSettings
from x2c_perception.tracking_stage import TrackingStage

pytestmark = pytest.mark.slow

IMAGES = 12
EYES = ((205, 180), (285, 180))


@dataclass
class Seen:
    """Outcome of looking at an image for a while.

    Attributes:
        tracked: Images in which a face was followed.
        confidence: Confidence of the last control values.
        moved: (30,) their deflections.
        tracks: Numbers of the persons who were followed.
        middle: Middle of the followed face in the last image, as a share of the width.
    """

    tracked: int
    confidence: float
    moved: np.ndarray
    tracks: set[int]
    middle: float


def look_at(image: ImageArray) -> Seen:
    """Imitate the same image again and again, as a camera would give it."""
    tracking = TrackingStage(TrackingSettings())
    imitator = make_imitator("solver", load_robot(find_robot("virtual")), {})
    imitation = ImitationStage(imitator, FaceLossTiming())
    tracked, tracks = 0, set()
    for index in range(IMAGES):
        stamp = (index + 1) * 100_000_000
        frame = tracking.track(image, stamp)
        answer = imitation.follow(frame.face, stamp)
        if frame.neutral is not None:
            imitation.calibrate(frame.neutral)
        if frame.face.state is FaceState.TRACKING:
            tracked += 1
            tracks.add(frame.face.track_id)
    middle = float(frame.face.landmarks[:, 0].mean()) / image.shape[1]
    return Seen(tracked, answer.confidence, controls.to_deflection(answer.values), tracks, middle)


def photograph() -> ImageArray:
    """Return a real face, smiling, in the public domain."""
    rgb = skimage.data.astronaut()[0:256, 96:352]
    image = cv2.resize(rgb[:, :, ::-1], (480, 480), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(image)


def drawing() -> ImageArray:
    """Return a face as children draw it."""
    image = np.full((480, 480, 3), 250, np.uint8)
    cv2.ellipse(image, (240, 240), (130, 170), 0, 0, 360, (170, 205, 240), -1)
    cv2.ellipse(image, (240, 240), (130, 170), 0, 0, 360, (0, 0, 0), 4)
    for x in (185, 295):
        cv2.ellipse(image, (x, 200), (34, 40), 0, 0, 360, (255, 255, 255), -1)
        cv2.ellipse(image, (x, 200), (34, 40), 0, 0, 360, (0, 0, 0), 3)
        cv2.circle(image, (x, 205), 14, (0, 0, 0), -1)
        cv2.line(image, (x - 35, 140), (x + 35, 140), (0, 0, 0), 7)
    cv2.polylines(image, [np.array([[240, 220], [230, 270], [248, 272]])], False, (0, 0, 0), 3)
    cv2.ellipse(image, (240, 310), (60, 40), 0, 0, 180, (40, 40, 160), -1)
    return image


def paper_mask() -> ImageArray:
    """Return a drawn mask before a dark room."""
    image = np.full((480, 480, 3), 60, np.uint8)
    image[90:390, 110:370] = cv2.resize(drawing(), (260, 300))
    return image


def surgical_mask() -> ImageArray:
    image = photograph()
    image[215:360, 130:360] = (200, 200, 190)
    return image


def half_hidden() -> ImageArray:
    image = photograph()
    image[:, :238] = (90, 110, 100)
    return image


def childlike() -> ImageArray:
    """Return the photograph with larger eyes and a shorter lower face, as children have."""
    image = photograph()
    y, x = np.mgrid[0:480, 0:480].astype(np.float32)
    across, down = x.copy(), np.where(y > 190, 190 + (y - 190) * 1.3, y).astype(np.float32)
    for at_x, at_y in EYES:
        near = 0.45 * np.exp(-((x - at_x) ** 2 + (y - at_y) ** 2) / 32**2)
        across -= (x - at_x) * near
        down -= (y - at_y) * near
    return cv2.remap(image, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


@pytest.fixture(scope="module")
def person() -> Seen:
    return look_at(photograph())


def test_a_photograph_of_a_person_is_followed_with_confidence(person):
    assert person.tracked == IMAGES
    assert person.confidence > 0.95


@pytest.mark.parametrize("image", [drawing, paper_mask, surgical_mask, half_hidden, childlike])
def test_an_unusual_face_moves_the_robot_less(person: Seen, image: Callable[[], ImageArray]):
    seen = look_at(image())
    assert seen.tracked in (0, IMAGES)
    assert seen.confidence < person.confidence - 0.03
    assert np.linalg.norm(seen.moved) < np.linalg.norm(person.moved)
    face = [one.index for one in controls.CONTROLS if one.group.value in ("brow", "mouth")]
    assert np.abs(seen.moved[face]).max() <= seen.confidence + 0.01


def test_of_two_people_one_is_followed_alone(person: Seen):
    image = photograph()
    seen = look_at(np.hstack([image, image[:, ::-1]]))
    assert seen.tracked == IMAGES
    assert len(seen.tracks) == 1
    assert not 0.35 < seen.middle < 0.65
    assert np.linalg.norm(seen.moved) < 1.3 * np.linalg.norm(person.moved)
