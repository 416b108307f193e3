# SPDX-License-Identifier: Apache-2.0
"""An animated image holds, eases to neutral and recovers when the person is lost."""

import dataclasses

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.face.frames import FaceState
from x2c_core.robot.robot_file import load_robot
from x2c_core.sources.face_loss import FaceLossTiming
from x2c_evaluation.transfer.loss_easing import LossEasing
from x2c_imitation.pipeline.observation import Need, Observation
from x2c_imitation.x2cnet.transfer.motion_transfer import make_transfer
from x2c_imitation.x2cnet.transfer.robot_image import read_neutral
from x2c_node.robots import find_robot
from x2c_virtual_face.virtual_face import VirtualFace

RATE = 20.0


class OfImages:
    """A transfer that needs the person's image, and shows its mean colour."""

    needs = frozenset({Need.IMAGE})
    neutral = np.full((4, 4, 3), 100, np.uint8)

    def animate(self, observation):
        return np.full((4, 4, 3), observation.image.mean(), np.uint8)


@pytest.fixture(scope="module")
def faces():
    """The virtual robot's own face: neutral, and with an open mouth."""
    robot = load_robot(find_robot("virtual"))
    _, neutral = read_neutral(robot)
    face = VirtualFace(robot)
    found = []
    for values in ({}, {"Jaw Pitch": 0.2}):
        face.set_positions(robot.joint_targets(controls.from_names(values)))
        projection = face.projection()
        points = np.column_stack([face.landmarks(), np.ones(478)]) @ projection.T
        points[:, :2] /= points[:, 2:]
        points[:, 2] = neutral[:, 2]
        found.append(Observation.of_landmarks(points).face)
    return robot, *found


def lost(face):
    return dataclasses.replace(face, state=FaceState.LOST)


@pytest.mark.slow
def test_a_lost_persons_image_holds_then_eases_to_neutral_and_recovers(faces):
    robot, neutral, opened = faces
    motion = make_transfer("warp", robot, 96)
    motion.calibrate(neutral)
    easing = LossEasing(motion, neutral)
    times = np.arange(int(4.0 * RATE)) / RATE
    away = [
        np.abs(
            easing.animate(time, opened if time < 1.0 or time >= 3.0 else lost(opened), None)
            - motion.neutral.astype(float)
        ).mean()
        for time in times
    ]
    at = dict(zip(times.round(3), away, strict=True))
    full = at[0.95]
    assert full > 1.0
    # It comes from neutral, holds for half a second, and is neutral a second later.
    assert at[0.0] < 0.1 * full
    assert at[1.4] == pytest.approx(full)
    assert 0.1 * full < at[2.0] < 0.9 * full
    assert at[2.6] < 0.1 * full
    assert at[3.1] < 0.9 * full
    assert at[3.9] == pytest.approx(full, rel=0.05)


def test_results_of_a_transfer_that_needs_the_image_are_blended(faces):
    _, neutral, opened = faces
    easing = LossEasing(OfImages(), neutral)
    crop = np.full((2, 2, 3), 200, np.uint8)
    for frame in range(20):
        shown = easing.animate(frame / RATE, opened, crop)
    assert shown.dtype == np.uint8
    assert (shown == 200).all()
    grey = [int(easing.animate(1.0 + n / RATE, lost(opened), None)[0, 0, 0]) for n in range(40)]
    assert grey[:9] == [200] * 9
    assert sorted(grey, reverse=True) == grey
    assert 100 < grey[20] < 200
    assert grey[-1] == 100


class OfLandmarks:
    """A transfer that needs landmarks alone, and shows the same image always."""

    needs = frozenset()
    neutral = np.full((4, 4, 3), 100, np.uint8)

    def animate(self, observation):
        return np.full((4, 4, 3), 200, np.uint8)


def test_where_there_is_no_face_between_two_the_last_image_stays(faces):
    _, neutral, _ = faces
    # It is upside down, at the same place: halfway both fall on one point.
    turned = 2.0 * neutral.landmarks.mean(axis=0) - neutral.landmarks
    turned[:, 2] = neutral.landmarks[:, 2]
    handstand = Observation.of_landmarks(turned).face
    timing = FaceLossTiming()
    easing = LossEasing(OfLandmarks(), handstand, timing)
    shown = [
        easing.animate(share * timing.recovery, neutral, None)[0, 0, 0]
        for share in (0.0, 0.5, 1.0)
    ]
    assert shown == [200, 200, 200]


def test_a_person_who_is_never_there_leaves_the_neutral_image(faces):
    _, neutral, _ = faces
    nobody = dataclasses.replace(
        lost(neutral), landmarks=np.zeros((478, 3)), pose=None, track_id=-1
    )
    shown = LossEasing(OfImages(), neutral).animate(0.0, nobody, None)
    assert (shown == 100).all()
