# SPDX-License-Identifier: Apache-2.0
"""The robot goes over from one person to another without a snap."""

import numpy as np
import pytest

from x2c_core.robot.robot_file import load_robot
from x2c_core.sources.face_loss import FaceLossTiming
from x2c_imitation.backends import make_imitator
from x2c_imitation.pipeline.imitation_stage import ImitationStage
from x2c_node.robots import find_robot
from x2c_perception.cameras.video.video_file import VideoFile
from x2c_perception.performer import performer_video
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_perception.tracking.follow_policy import Follow
from x2c_perception.tracking.tracker import DetectedFace, FaceTracker
from x2c_perception.tracking.tracking_settings import TrackingSettings
from x2c_perception.tracking_stage import TrackingStage

pytestmark = pytest.mark.slow

STEP = 0.04
RECOVERY = FaceLossTiming().recovery
IMAGE = np.zeros((480, 1280, 3), np.uint8)


class Recorded(FaceTracker):
    """Finds the faces of a list, image by image."""

    def __init__(self, images):
        self._images = iter(images)

    def track(self, rgb):
        return [DetectedFace(landmarks, 0.95) for landmarks in next(self._images)]

    def close(self):
        pass


@pytest.fixture(scope="module")
def recorded():
    """Landmarks of the performer in 40 images, forth and back."""
    tracker = FaceMeshTracker()
    with VideoFile(performer_video()) as source:
        images = [source.read() for _ in range(80)]
    forth = [tracker.track(image[:, :, ::-1])[0].landmarks for image in images[::2]]
    return forth + forth[::-1]


def imitated(images, follow):
    """Return track ids (n,) and control values (n, 30) for the faces in each image."""
    settings = TrackingSettings(max_faces=2, follow=follow, rotate=0)
    tracking = TrackingStage(settings, tracker=Recorded(images))
    robot = load_robot(find_robot("virtual"))
    imitation = ImitationStage(make_imitator("solver", robot, {}), FaceLossTiming())
    ids, values = [], []
    for number in range(len(images)):
        stamp = round(number * STEP * 1e9) + 1
        tracked = tracking.track(IMAGE, stamp)
        values.append(imitation.follow(tracked.face, stamp).values)
        ids.append(tracked.face.track_id)
        if tracked.neutral is not None:
            imitation.calibrate(tracked.neutral, stamp)
    return np.array(ids), np.array(values)


def speeds(values):
    return np.abs(np.diff(values, axis=0)) / STEP


@pytest.mark.parametrize("follow", [Follow.LARGEST, Follow.NEAREST])
def test_a_nearer_person_is_taken_over_without_a_snap(recorded, follow):
    count = 65
    first = recorded[:count]
    place = np.array([500.0, 0.0, 0.0])
    # The other one, 1.5 times as large, is elsewhere in the same performance.
    second = [1.5 * recorded[(number + 12) % len(recorded)] + place for number in range(count)]
    appears = 20
    both = [[one] for one in first]
    for image, other in zip(both[appears:], second[appears:], strict=True):
        image.append(other)
    ids, mixed = imitated(both, follow)
    begin = int(np.argmax(ids == 1))
    assert begin * STEP == pytest.approx(appears * STEP + 1.0, abs=2.1 * STEP)
    assert (ids[begin:] == 1).all()
    own = [imitated([[one] for one in person], follow)[1] for person in (first, second)]
    # A change that begins and ends at rest is 1.5 times as fast in its middle as in the mean.
    way = np.abs(own[1][begin:] - mixed[begin - 1]).max(axis=0)
    fastest = np.maximum(*(speeds(one[5:]).max(axis=0) for one in own))
    handed = speeds(mixed[begin - 1 : begin + round(RECOVERY / STEP) + 1]).max(axis=0)
    assert (handed <= 1.2 * fastest + 1.5 * way / RECOVERY + 1e-6).all()
    # A snap would be this far from the bound: the whole way within one image.
    assert (way / STEP > 2.0 * (fastest + 1.5 * way / RECOVERY)).any()
    # In the end it is the other person.
    assert np.abs(mixed[-1] - own[1][-1]).max() < 0.2
