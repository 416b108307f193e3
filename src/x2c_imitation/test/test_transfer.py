# SPDX-License-Identifier: Apache-2.0
"""An image takes on landmark motion: pieces go where their landmarks go, whatever comes in."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from x2c_core.errors import LandmarkError
from x2c_core.face import topology
from x2c_core.face.head_pose import FACING, HeadPose, fit_head_pose, rotation_from
from x2c_imitation.errors import TransferError
from x2c_imitation.x2cnet.transfer.image_retargeter import ImageRetargeter
from x2c_imitation.x2cnet.transfer.image_warp import ImageWarp

SIZE = 128
SKIN = np.array([200.0, 150.0, 120.0])
WHITE, IRIS, LIPS = (250, 250, 250), (40, 60, 90), (150, 50, 60)
LOWER_LIP = np.concatenate([topology.LIP_LOWER_INNER[1:-1], topology.LIP_LOWER_OUTER[1:-1]])


def posed(points, yaw=0.0, pitch=0.0, roll=0.0, scale=32.0, place=(64.0, 52.0)):
    rotation = FACING @ rotation_from(yaw, pitch, roll)
    return HeadPose(rotation, np.array([*place, 0.0]), scale).to_pixels(points)


NEUTRAL = posed(topology.REFERENCE)


def drawn():
    """Return a cartoon of the reference face, 128 x 128."""
    image = np.full((SIZE, SIZE, 3), (90, 140, 200), np.uint8)
    flat = NEUTRAL[:, :2] - 0.5

    def fill(indices, colour):
        cv2.fillPoly(image, [np.rint(flat[indices]).astype(np.int32)], colour)

    fill(topology.OVAL, SKIN.tolist())
    fill(np.concatenate([topology.LIP_UPPER_OUTER, topology.LIP_LOWER_OUTER[::-1]]), LIPS)
    for side in ("LEFT", "RIGHT"):
        upper = getattr(topology, f"EYE_{side}_UPPER")
        lower = getattr(topology, f"EYE_{side}_LOWER")
        fill(np.concatenate([upper, lower[::-1]]), WHITE)
        x, y = flat[getattr(topology, f"IRIS_{side}")[0]]
        cv2.circle(image, (round(x), round(y)), 3, IRIS, -1)
        brow = getattr(topology, f"BROW_{side}_UPPER")
        cv2.polylines(image, [np.rint(flat[brow]).astype(np.int32)], False, (60, 40, 30), 2)
    return image


@pytest.fixture(scope="module")
def transfer():
    return ImageWarp(drawn(), NEUTRAL, SIZE)


def colour_at(image, landmark):
    x, y = np.rint(landmark[:2] - 0.5).astype(int)
    return image[y, x].astype(float)


def opened(amount):
    """Return the reference face with an open mouth."""
    face = topology.REFERENCE.copy()
    face[LOWER_LIP, 2] -= amount
    return face


def with_lids(side, share):
    """Return the reference face with one eye open to a share."""
    face = topology.REFERENCE.copy()
    upper = getattr(topology, f"EYE_{side}_UPPER")
    lower = getattr(topology, f"EYE_{side}_LOWER")
    face[upper, 2] = face[lower, 2] + share * (face[upper, 2] - face[lower, 2])
    return face


def test_neutral_landmarks_give_the_neutral_image(transfer):
    difference = np.abs(transfer.animate(NEUTRAL).astype(int) - transfer.neutral)
    assert difference.mean() < 0.1
    assert (difference.max(axis=2) > 2).mean() < 0.005


@pytest.mark.parametrize("size", [64, 112, 128, 256])
def test_the_image_has_the_size_asked_for(size):
    made = ImageWarp(drawn(), NEUTRAL, size)
    image = made.animate(posed(opened(0.3)))
    assert image.shape == (size, size, 3)
    assert image.dtype == np.uint8
    assert np.abs(made.animate(NEUTRAL).astype(int) - made.neutral).mean() < 0.5


def test_an_image_that_is_not_square_is_shown_whole():
    wide = cv2.copyMakeBorder(drawn(), 0, 0, 64, 64, cv2.BORDER_REPLICATE)
    landmarks = NEUTRAL + np.array([64.0, 0.0, 0.0])
    made = ImageWarp(wide, landmarks, SIZE)
    expected = cv2.resize(wide, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    assert np.abs(made.animate(landmarks).astype(int) - expected).mean() < 0.5


def test_a_brow_goes_up_with_its_landmarks(transfer):
    brow = np.concatenate([topology.BROW_LEFT_UPPER, topology.BROW_LEFT_LOWER])
    face = topology.REFERENCE.copy()
    face[brow, 2] += 0.15
    landmarks = posed(face)
    image = transfer.animate(landmarks)
    middle = topology.BROW_LEFT_UPPER[2]
    dark = colour_at(transfer.neutral, NEUTRAL[middle])
    assert np.abs(colour_at(image, landmarks[middle]) - dark).max() < 60
    other = topology.MIRROR[middle]
    assert np.abs(colour_at(image, NEUTRAL[other]) - dark).max() < 60


def test_an_open_mouth_is_dark_inside_and_lips_stay_around_it(transfer):
    landmarks = posed(opened(0.5))
    image = transfer.animate(landmarks)
    middle = (landmarks[13] + landmarks[14]) / 2.0
    assert colour_at(image, middle).max() < 70
    lip = (landmarks[14] + landmarks[17]) / 2.0
    assert np.abs(colour_at(image, lip) - LIPS).max() < 60


def test_teeth_are_seen_below_a_raised_upper_lip(transfer):
    face = topology.REFERENCE.copy()
    lips = np.concatenate([topology.LIP_UPPER_INNER[1:-1], topology.LIP_UPPER_OUTER[1:-1]])
    face[lips, 2] += 0.15
    landmarks = posed(face)
    image = transfer.animate(landmarks)
    middle = (landmarks[13] + landmarks[14]) / 2.0
    assert colour_at(image, middle).min() > 120


@pytest.mark.parametrize(("side", "other"), [("LEFT", "RIGHT"), ("RIGHT", "LEFT")])
def test_a_shut_eye_shows_no_white_and_the_other_stays_open(transfer, side, other):
    image = transfer.animate(posed(with_lids(side, 0.0))).astype(int)

    def white(which):
        iris = NEUTRAL[getattr(topology, f"IRIS_{which}")[0]]
        x, y = np.rint(iris[:2]).astype(int)
        return int((image[y - 6 : y + 7, x - 9 : x + 10].min(axis=2) > 225).sum())

    # The cartoon's eye is drawn a pixel wider than its landmarks.
    assert white(side) <= 1
    assert white(other) > 10


def test_irises_go_where_the_eyes_look(transfer):
    face = topology.REFERENCE.copy()
    face[topology.SKIN_COUNT :, 1] += 0.1
    landmarks = posed(face)
    image = transfer.animate(landmarks)
    for iris in (topology.IRIS_LEFT[0], topology.IRIS_RIGHT[0]):
        assert np.abs(colour_at(image, landmarks[iris]) - IRIS).max() < 40
        assert colour_at(image, 2.0 * NEUTRAL[iris] - landmarks[iris]).min() > 150


@pytest.mark.parametrize(
    "pose", [{"yaw": 0.4}, {"yaw": -0.4}, {"pitch": 0.25}, {"pitch": -0.25}, {"roll": 0.35}]
)
def test_a_turned_head_takes_its_face_along_and_leaves_the_far_background(transfer, pose):
    landmarks = posed(topology.REFERENCE, **pose)
    image = transfer.animate(landmarks)
    cheek = landmarks[topology.LIP_LOWER_OUTER[5]]
    assert np.abs(colour_at(image, (landmarks[14] + cheek) / 2.0) - LIPS).max() < 60
    for place in ((2, 2), (125, 2), (2, 125), (125, 125)):
        assert np.abs(image[place].astype(int) - (90, 140, 200)).max() < 10


def test_lids_and_lips_that_cross_are_drawn_shut(transfer):
    crossed = with_lids("LEFT", -0.6)
    crossed[topology.LIP_LOWER_INNER[1:-1], 2] += 0.1
    image = transfer.animate(posed(crossed))
    iris = NEUTRAL[topology.IRIS_LEFT[0]]
    assert colour_at(image, iris).min() < 225


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_landmarks_that_are_no_numbers_are_refused(transfer, bad):
    landmarks = NEUTRAL.copy()
    landmarks[17, 1] = bad
    with pytest.raises(LandmarkError, match="finite"):
        transfer.animate(landmarks)


@pytest.mark.parametrize("landmarks", [np.zeros((478, 3)), np.full((478, 3), 1e30)])
def test_a_collapsed_face_is_refused(transfer, landmarks):
    with pytest.raises(LandmarkError):
        transfer.animate(landmarks)


@settings(max_examples=80)
@given(
    noise=hnp.arrays(
        np.float64, (topology.COUNT, 3), elements=st.floats(-1e6, 1e6), fill=st.floats(-10, 10)
    ),
    factor=st.sampled_from([0.0, 1e-6, 1e-3, 1.0, -1.0, 30.0, 1e6]),
    shift=st.floats(-1e7, 1e7),
)
def test_any_landmarks_give_an_image_or_an_error(transfer, noise, factor, shift):
    try:
        image = transfer.animate(factor * NEUTRAL + noise + shift)
    except LandmarkError:
        return
    assert image.shape == (SIZE, SIZE, 3)
    assert image.dtype == np.uint8


@settings(max_examples=40)
@given(
    noise=hnp.arrays(
        np.float64, (topology.COUNT, 3), elements=st.floats(-1e6, 1e6), fill=st.floats(-10, 10)
    ),
    factor=st.sampled_from([0.0, 1.0, -1.0, 1e3]),
)
def test_any_neutral_landmarks_give_a_transfer_or_an_error(noise, factor):
    try:
        made = ImageWarp(drawn(), factor * NEUTRAL + noise, 64)
        assert made.animate(factor * NEUTRAL + noise).shape == (64, 64, 3)
    except (LandmarkError, TransferError):
        return


@pytest.mark.parametrize("landmarks", [NEUTRAL + 500.0, NEUTRAL * 30.0, NEUTRAL * 1e-3 + 30.0])
def test_landmarks_of_another_image_are_refused(landmarks):
    with pytest.raises(TransferError, match="not those of this image"):
        ImageWarp(drawn(), landmarks, 64)


@pytest.mark.parametrize(
    ("image", "size", "match"),
    [
        (np.zeros((64, 64), np.uint8), 64, "height, width, 3"),
        (np.zeros((64, 64, 3), np.float32), 64, "float32"),
        (np.zeros((0, 64, 3), np.uint8), 64, "height, width, 3"),
        (np.zeros((64, 64, 3), np.uint8), 8, "32 to 2048"),
        (np.zeros((64, 64, 3), np.uint8), 100000, "32 to 2048"),
    ],
)
def test_images_and_sizes_that_make_no_sense_are_refused(image, size, match):
    with pytest.raises(TransferError, match=match):
        ImageWarp(image, NEUTRAL, size)


def test_what_is_made_does_not_depend_on_what_was_made_before(transfer):
    first = transfer.animate(posed(opened(0.4)))
    transfer.animate(posed(topology.REFERENCE, yaw=0.4))
    np.testing.assert_array_equal(transfer.animate(posed(opened(0.4))), first)


def test_a_retargeted_neutral_face_is_the_robots_own():
    robot = posed(topology.REFERENCE * (1.0, 0.9, 1.1), pitch=0.1)
    retargeter = ImageRetargeter(robot)
    person = posed(topology.REFERENCE, yaw=0.2, scale=80.0, place=(300.0, 200.0))
    retargeter.calibrate(person)
    np.testing.assert_allclose(retargeter.retarget(person), robot, atol=1e-6)


@pytest.mark.parametrize("pose", [{"yaw": 0.3}, {"pitch": 0.2}, {"roll": -0.3}])
def test_the_robots_head_turns_as_the_persons_does_from_neutral(pose):
    retargeter = ImageRetargeter(NEUTRAL)
    retargeter.calibrate(posed(topology.REFERENCE, scale=80.0))
    found = retargeter.retarget(posed(topology.REFERENCE, scale=60.0, place=(10.0, 9.0), **pose))
    yaw, pitch, roll = fit_head_pose(found).yaw_pitch_roll
    expected = (pose.get("yaw", 0.0), pose.get("pitch", 0.0), pose.get("roll", 0.0))
    np.testing.assert_allclose((yaw, pitch, roll), expected, atol=1e-6)


def test_where_the_person_is_matters_only_where_that_is_asked_for():
    near = posed(topology.REFERENCE, scale=90.0, place=(90.0, 40.0))
    still, following = ImageRetargeter(NEUTRAL), ImageRetargeter(NEUTRAL, 1.0, 1.0)
    for one in (still, following):
        one.calibrate(NEUTRAL)
    np.testing.assert_allclose(still.retarget(near), NEUTRAL, atol=1e-6)
    np.testing.assert_allclose(following.retarget(near), near, atol=1e-6)


def test_an_eye_that_is_almost_shut_is_shut():
    retargeter = ImageRetargeter(NEUTRAL)
    retargeter.calibrate(NEUTRAL)
    found = retargeter.retarget(posed(with_lids("LEFT", 0.15)))
    upper, lower = topology.EYE_LEFT_UPPER, topology.EYE_LEFT_LOWER
    np.testing.assert_allclose(found[upper, 1], found[lower, 1], atol=1e-6)
    other = topology.EYE_RIGHT_UPPER
    np.testing.assert_allclose(found[other], NEUTRAL[other], atol=1e-6)


def test_without_a_neutral_face_it_says_what_to_do():
    with pytest.raises(TransferError, match="calibrate"):
        ImageRetargeter(NEUTRAL).retarget(NEUTRAL)
