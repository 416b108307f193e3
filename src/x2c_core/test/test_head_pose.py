# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from x2c_core.errors import LandmarkError
from x2c_core.face import topology
from x2c_core.face.head_pose import (
    FACING,
    INTEROCULAR_DISTANCE,
    HeadPose,
    check_landmarks,
    fit_head_pose,
    rotation_from,
    yaw_pitch_roll,
)
from x2c_core.face.topology import REFERENCE

angle = st.floats(-3.1, 3.1)
steep = st.floats(-1.5, 1.5)
scale = st.floats(1.0, 2000.0)
shift = arrays(np.float64, 3, elements=st.floats(-5000.0, 5000.0))


def pose_of(yaw=0.0, pitch=0.0, roll=0.0, size=100.0, at=(320.0, 240.0, 0.0)):
    return HeadPose(FACING @ rotation_from(yaw, pitch, roll), np.array(at), size)


def seen(**pose):
    return pose_of(**pose).to_pixels(REFERENCE)


@given(angle, steep, angle, scale, shift)
def test_pose_of_the_posed_reference_is_recovered(yaw, pitch, roll, size, at):
    posed = pose_of(yaw, pitch, roll, size, at)
    fitted = fit_head_pose(posed.to_pixels(REFERENCE))
    assert fitted.rotation == pytest.approx(posed.rotation, abs=1e-6)
    assert fitted.translation == pytest.approx(posed.translation, abs=1e-6 * (1.0 + size))
    assert fitted.scale == pytest.approx(size, rel=1e-6)


@given(angle, steep, angle, scale, shift)
def test_posed_face_comes_back_to_the_head_frame(yaw, pitch, roll, size, at):
    posed = pose_of(yaw, pitch, roll, size, at)
    assert posed.to_head_frame(posed.to_pixels(REFERENCE)) == pytest.approx(REFERENCE, abs=1e-8)


@given(angle, steep, angle)
def test_angles_give_a_rotation_that_gives_the_angles_back(yaw, pitch, roll):
    rotation = rotation_from(yaw, pitch, roll)
    assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    assert yaw_pitch_roll(rotation) == pytest.approx((yaw, pitch, roll), abs=1e-9)


@pytest.mark.parametrize("pitch", [np.pi / 2, -np.pi / 2])
def test_looking_straight_up_or_down_gives_angles_of_the_same_rotation(pitch):
    rotation = rotation_from(0.4, pitch, 0.0)
    assert rotation_from(*yaw_pitch_roll(rotation)) == pytest.approx(rotation, abs=1e-7)


@given(angle, steep, angle)
def test_pose_tells_the_angles_it_was_made_from(yaw, pitch, roll):
    angles = pose_of(yaw, pitch, roll).yaw_pitch_roll
    assert angles == pytest.approx((yaw, pitch, roll), abs=1e-9)


def test_facing_is_a_rotation_and_gives_no_angles():
    assert np.linalg.det(FACING) == pytest.approx(1.0)
    assert fit_head_pose(seen()).yaw_pitch_roll == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)


def test_own_left_is_right_in_the_image_up_is_up_and_the_nose_is_near():
    pixels = seen()
    assert pixels[263, 0] > pixels[33, 0]
    assert pixels[10, 1] < pixels[152, 1]
    assert pixels[4, 2] < pixels[234, 2]


def test_yaw_turns_the_nose_to_the_own_left():
    assert seen(yaw=0.3)[4, 0] > seen()[4, 0] + 5.0


def test_pitch_turns_the_nose_down():
    assert seen(pitch=0.3)[4, 1] > seen()[4, 1] + 5.0


def test_roll_tilts_the_top_of_the_head_to_the_own_right_shoulder():
    assert seen(roll=0.3)[10, 0] < seen()[10, 0] - 5.0


def test_sign_of_each_angle_is_told_apart_from_the_pixels():
    for name, place in (("yaw", 0), ("pitch", 1), ("roll", 2)):
        angles = fit_head_pose(seen(**{name: 0.2})).yaw_pitch_roll
        assert angles[place] == pytest.approx(0.2, abs=1e-9)


@given(
    angle,
    steep,
    angle,
    arrays(np.float64, (4, 11, 3), elements=st.floats(-0.5, 0.5)),
)
def test_moving_the_lips_does_not_move_the_pose(yaw, pitch, roll, moves):
    paths = (
        topology.LIP_UPPER_OUTER,
        topology.LIP_UPPER_INNER,
        topology.LIP_LOWER_INNER,
        topology.LIP_LOWER_OUTER,
    )
    face = REFERENCE.copy()
    for path, move in zip(paths, moves, strict=True):
        face[path] += move
    posed = pose_of(yaw, pitch, roll)
    assert fit_head_pose(posed.to_pixels(face)).rotation == pytest.approx(posed.rotation, abs=1e-9)


@pytest.mark.parametrize(
    "region", ["BROW_LEFT_UPPER", "BROW_RIGHT_LOWER", "IRIS_LEFT", "IRIS_RIGHT"]
)
def test_brows_and_irises_do_not_move_the_pose(region):
    face = REFERENCE.copy()
    face[getattr(topology, region)] += 0.2
    assert fit_head_pose(pose_of(0.2).to_pixels(face)).yaw_pitch_roll[0] == pytest.approx(0.2)


def test_blinking_does_not_move_the_pose():
    face = REFERENCE.copy()
    for side in ("LEFT", "RIGHT"):
        upper = getattr(topology, f"EYE_{side}_UPPER")[1:-1]
        face[upper] = REFERENCE[getattr(topology, f"EYE_{side}_LOWER")[1:-1]]
    assert fit_head_pose(pose_of(0.1, 0.2).to_pixels(face)).yaw_pitch_roll == pytest.approx(
        (0.1, 0.2, 0.0), abs=1e-9
    )


@given(st.integers(0, 2**32 - 1))
def test_noise_of_a_pixel_moves_the_angles_little(seed):
    noise = np.random.default_rng(seed).normal(0.0, 1.0, REFERENCE.shape)
    angles = fit_head_pose(seen(yaw=0.3, pitch=-0.2, roll=0.1) + noise).yaw_pitch_roll
    assert angles == pytest.approx((0.3, -0.2, 0.1), abs=0.05)


def test_own_neutral_face_can_be_the_reference():
    own = REFERENCE * [1.2, 1.0, 0.9]
    posed = pose_of(0.3, -0.1, 0.2)
    fitted = fit_head_pose(posed.to_pixels(own), reference=own)
    assert fitted.rotation == pytest.approx(posed.rotation, abs=1e-9)


def test_mirrored_face_never_gives_a_mirrored_pose():
    fitted = fit_head_pose(seen() * [-1.0, 1.0, 1.0])
    assert np.linalg.det(fitted.rotation) == pytest.approx(1.0)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_landmarks_that_are_not_finite_are_refused(bad):
    landmarks = seen()
    landmarks[200, 1] = bad
    with pytest.raises(LandmarkError, match="finite"):
        fit_head_pose(landmarks)


@pytest.mark.parametrize("shape", [(0,), (468, 3), (478, 2), (478 * 3,), (1, 478, 3)])
def test_landmarks_of_another_shape_are_refused_with_both_shapes(shape):
    with pytest.raises(LandmarkError, match=r"\(478, 3\)") as caught:
        fit_head_pose(np.zeros(shape))
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("landmarks", ["face", [[1.0], [2.0, 3.0]], [["a", "b", "c"]] * 478])
def test_landmarks_that_are_no_numbers_are_refused(landmarks):
    with pytest.raises(LandmarkError, match="expected landmarks"):
        check_landmarks(landmarks)


@pytest.mark.parametrize(
    "flatten",
    [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [1e-9, 1e-9, 1e-9]],
    ids=["point", "horizontal line", "line of sight", "next to nothing"],
)
def test_landmarks_without_extent_are_refused(flatten):
    with pytest.raises(LandmarkError, match="extent"):
        fit_head_pose(seen() * flatten + 5.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(arrays(np.float64, (478, 3), elements=st.floats(allow_nan=False, allow_infinity=False)))
def test_any_finite_landmarks_give_a_rotation_or_are_refused(landmarks):
    try:
        fitted = fit_head_pose(landmarks)
    except LandmarkError:
        return
    assert np.isfinite(fitted.rotation).all()
    assert np.isfinite(fitted.translation).all()
    assert np.linalg.det(fitted.rotation) == pytest.approx(1.0)


def test_head_twice_as_large_is_half_as_far():
    near, far = pose_of(size=126.0), pose_of(size=63.0)
    assert near.position(640, 480)[2] == pytest.approx(640 * INTEROCULAR_DISTANCE / 126.0)
    assert far.position(640, 480)[2] == pytest.approx(2.0 * near.position(640, 480)[2])


def test_head_in_the_middle_of_the_image_is_straight_ahead():
    assert pose_of().position(640, 480)[:2] == pytest.approx([0.0, 0.0])


@given(st.floats(0.0, 640.0), st.floats(0.0, 480.0), st.floats(10.0, 300.0))
def test_position_projects_back_to_the_pixel(u, v, size):
    x, y, z = pose_of(size=size, at=(u, v, 0.0)).position(640, 480, focal_length=500.0)
    assert (500.0 * x / z + 320.0, 500.0 * y / z + 240.0) == pytest.approx((u, v), abs=1e-6)
