# SPDX-License-Identifier: Apache-2.0
"""A portrait takes on a person's motion, or a region of it, and keeps its own place."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="torch is not installed: it makes and reads networks")

import torch

from x2c_imitation.x2cnet.liveportrait.animation import EYES, LIPS, at_rest, driven
from x2c_imitation.x2cnet.liveportrait.keypoints import FaceMotion, rotation_of
from x2c_imitation.x2cnet.liveportrait.options import MotionRegion
from x2c_testing.tensors import assert_close


def motion(seed, yaw=0.0):
    random = torch.Generator().manual_seed(seed)

    def numbers(*shape):
        return torch.randn(shape, generator=random)

    angle = torch.tensor([yaw])
    rotation = rotation_of(0.1 * angle, angle, -0.2 * angle)
    return FaceMotion(
        numbers(1, 21, 3), numbers(1, 21, 3), rotation, numbers(1, 1).exp(), numbers(1, 3)
    )


SOURCE, PERSON, REST = motion(1, 5.0), motion(2, 20.0), motion(3, -10.0)


@pytest.mark.parametrize("region", MotionRegion)
def test_a_person_at_rest_leaves_the_portrait_as_it_is(region):
    found = driven(SOURCE, REST, REST, region)
    assert_close(found.keypoints, SOURCE.keypoints)


def test_relative_motion_is_the_persons_from_rest():
    found = driven(SOURCE, PERSON, REST)
    expected = SOURCE.expression + PERSON.expression - REST.expression
    assert_close(found.expression, expected)
    assert_close(found.rotation, PERSON.rotation @ REST.rotation.mT @ SOURCE.rotation)
    assert torch.equal(found.scale, SOURCE.scale)
    assert torch.equal(found.translation, SOURCE.translation)


def test_absolute_motion_is_the_persons_own_on_what_expressions_move():
    found = driven(SOURCE, PERSON)
    assert torch.equal(found.rotation, PERSON.rotation)
    for keypoint in (*EYES, *LIPS):
        assert torch.equal(found.expression[0, keypoint], PERSON.expression[0, keypoint])
    for keypoint in (0, 7, 10):
        assert torch.equal(found.expression[0, keypoint], SOURCE.expression[0, keypoint])


@pytest.mark.parametrize("reference", [None, REST])
@pytest.mark.parametrize(
    ("region", "keypoints"), [(MotionRegion.EYES, EYES), (MotionRegion.LIPS, LIPS)]
)
def test_a_region_leaves_all_else_alone(reference, region, keypoints):
    found = driven(SOURCE, PERSON, reference, region)
    moved = (found.expression != SOURCE.expression).any(dim=2)[0]
    assert set(moved.nonzero().flatten().tolist()) == set(keypoints)
    assert torch.equal(found.rotation, SOURCE.rotation)


def test_the_face_alone_does_not_turn_and_the_pose_alone_has_no_expression():
    face, pose = (
        driven(SOURCE, PERSON, REST, region) for region in (MotionRegion.FACE, MotionRegion.POSE)
    )
    assert torch.equal(face.rotation, SOURCE.rotation)
    assert not torch.equal(face.expression, SOURCE.expression)
    assert torch.equal(pose.expression, SOURCE.expression)
    assert not torch.equal(pose.rotation, SOURCE.rotation)


def test_keypoints_at_rest_have_the_portraits_expression():
    found = at_rest(driven(SOURCE, PERSON, REST), SOURCE, EYES)
    assert torch.equal(found.expression[:, EYES], SOURCE.expression[:, EYES])
    assert not torch.equal(found.expression[:, LIPS], SOURCE.expression[:, LIPS])
