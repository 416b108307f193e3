# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from x2c_virtual_face.look import Light, Look, View
from x2c_virtual_face.random_look import random_look
from x2c_virtual_face.virtual_face import VirtualFace

pytestmark = pytest.mark.slow


@pytest.fixture
def face(robot):
    with VirtualFace(robot, 128, 96) as made:
        yield made


def plain_look(**changes):
    lights = tuple(
        Light(direction, (strength, strength * 0.985, strength * 0.96))
        for direction, strength in (
            ((-0.75, -0.45, -0.75), 0.48),
            ((-0.75, 0.75, -0.25), 0.26),
            ((0.6, 0.0, -0.7), 0.15),
        )
    )
    basics = {
        "skin": (1.0, 1.0, 1.0),
        "shirt": (0.28, 0.36, 0.46),
        "ambient": (0.34, 0.34, 0.35),
        "lights": lights,
    }
    return Look(**(basics | changes))


def test_the_look_of_the_model_itself_changes_nothing(face):
    before = face.render()
    face.set_look(plain_look())
    assert np.abs(face.render().astype(int) - before).max() <= 1


def test_each_part_of_a_look_is_seen(face):
    before = face.render().astype(int)
    backdrop = np.full((128, 128, 3), (200, 40, 40), np.uint8)
    for change in (
        {"skin": (0.5, 0.4, 0.3)},
        {"shirt": (0.9, 0.1, 0.1)},
        {"ambient": (0.1, 0.1, 0.1)},
        {"view": View(azimuth=0.2)},
        {"backdrop": backdrop},
    ):
        face.set_look(plain_look(**change))
        assert np.abs(face.render().astype(int) - before).max() > 30, change
    red, green, blue = face.render()[2, 2].astype(int)
    assert red > green + 60
    assert red > blue + 60


def test_looks_do_not_add_up(face):
    first, second = (random_look(np.random.default_rng(seed)) for seed in (1, 2))
    face.set_look(second)
    fresh = face.render()
    face.set_look(first)
    assert np.abs(face.render().astype(int) - fresh).max() > 30
    face.set_look(second)
    assert np.array_equal(face.render(), fresh)


def test_a_look_set_before_the_first_image_is_seen(robot):
    look = random_look(np.random.default_rng(3))
    with VirtualFace(robot, 64, 64) as early, VirtualFace(robot, 64, 64) as late:
        early.set_look(look)
        late.render()
        late.set_look(look)
        assert np.array_equal(early.render(), late.render())


def test_landmarks_are_projected_to_where_the_image_shows_them(face):
    teeth_free = face.robot.home
    face.set_positions(teeth_free)
    face.set_look(plain_look(view=View(azimuth=0.15, elevation=-0.1, roll=0.05, aside=0.2)))
    pixels = _pixels(face)
    nose, chin, left_eye, right_eye = pixels[[1, 152, 473, 468]]
    assert chin[1] > nose[1]
    # The face's own left is on the right of the image.
    assert left_eye[0] > right_eye[0]
    image = face.render().astype(int)
    for eye in (left_eye, right_eye):
        column, row = eye.astype(int)
        assert image[row, column].sum() < 200, "the pupil is dark"


def test_the_projection_follows_the_head(face):
    before = _pixels(face)
    turned = face.robot.home.copy()
    turned[face.robot.joint_names.index("head_yaw")] = 0.4
    face.set_positions(turned)
    after = _pixels(face)
    assert after[1, 0] > before[1, 0] + 3


def _pixels(face):
    matrix = face.projection()
    homogeneous = face.landmarks() @ matrix[:, :3].T + matrix[:, 3]
    return homogeneous[:, :2] / homogeneous[:, 2:]
