# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.robot.robot_file import load_robot
from x2c_evaluation.face_detection_rate import detect, drawing_time, random_poses
from x2c_node.robots import find_robot
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_perception.tracking.tracker import DetectedFace, FaceTracker
from x2c_virtual_face.errors import RenderError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def robot():
    loaded = load_robot(find_robot("virtual"))
    try:
        drawing_time(loaded, 1)
    except RenderError as error:
        pytest.skip(str(error))
    return loaded


class Blind(FaceTracker):
    """Says that there is a face, always at the same wrong place."""

    def track(self, rgb):
        return [DetectedFace(np.full((478, 3), 40.0), 1.0)]

    def close(self):
        pass


def test_poses_are_in_range_and_some_have_shut_eyes_and_open_mouths():
    poses = np.array(list(random_poses(40, controls.MINIMUM, controls.MAXIMUM, 1)))
    assert (poses >= controls.MINIMUM).all()
    assert (poses <= controls.MAXIMUM).all()
    assert (poses[[0, 2], controls.index("Eyelid Upper Left")] == -1.0).all()
    assert (poses[[1, 2], controls.index("Jaw Pitch")] == 0.0).all()
    again = np.array(list(random_poses(40, controls.MINIMUM, controls.MAXIMUM, 1)))
    np.testing.assert_array_equal(poses, again)


def test_the_tracker_finds_the_face_wherever_it_is(robot):
    tracker = FaceMeshTracker()
    ranges = (controls.DEPLOYMENT_MINIMUM, controls.DEPLOYMENT_MAXIMUM)
    found = detect(robot, tracker, *ranges, count=20)
    tracker.close()
    assert found.share == 1.0


def test_a_face_found_elsewhere_is_none(robot):
    found = detect(robot, Blind(), controls.MINIMUM, controls.MAXIMUM, count=3)
    assert found.share == 0.0
    assert len(found.missed) == 3


def test_drawing_takes_time(robot):
    assert 0.1 < drawing_time(robot, 5) < 1000.0
