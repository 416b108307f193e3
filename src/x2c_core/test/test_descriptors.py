# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from x2c_core.errors import LandmarkError
from x2c_core.face import topology
from x2c_core.face.descriptors import (
    EYEBALL_RADIUS,
    Descriptor,
    Relation,
    describe,
    describe_face,
    relate,
)
from x2c_core.face.head_pose import FACING, HeadPose, rotation_from
from x2c_core.face.topology import MIRROR, REFERENCE

ORDER = list(Descriptor)
FACE_DESCRIPTORS = ORDER[:14]
LOWER_LIP = np.concatenate([topology.LIP_LOWER_INNER[1:-1], topology.LIP_LOWER_OUTER[1:-1]])
UPPER_LIP = np.concatenate([topology.LIP_UPPER_INNER[1:-1], topology.LIP_UPPER_OUTER[1:-1]])
CORNER_LEFT, CORNER_RIGHT = [291], [61]
UP, DOWN = [0.0, 0.0, 0.1], [0.0, 0.0, -0.1]


def brow(side, part):
    edges = [getattr(topology, f"BROW_{side}_{edge}") for edge in ("UPPER", "LOWER")]
    return np.concatenate([edge[part] for edge in edges])


def lid(side):
    return getattr(topology, f"EYE_{side}_UPPER")[1:-1]


BOTH_IRISES = np.concatenate([topology.IRIS_LEFT, topology.IRIS_RIGHT])

# What is moved, how, and the change of every descriptor that should answer; no other may.
DEFORMATIONS = {
    "left eye opens": (lid("LEFT"), UP, {"eye_openness_left": 0.1}),
    "right eye closes": (lid("RIGHT"), DOWN, {"eye_openness_right": -0.1}),
    "left brow rises inside": (brow("LEFT", slice(0, 2)), UP, {"brow_inner_height_left": 0.1}),
    "right brow rises inside": (brow("RIGHT", slice(0, 2)), UP, {"brow_inner_height_right": 0.1}),
    "left brow sinks outside": (brow("LEFT", slice(3, 5)), DOWN, {"brow_outer_height_left": -0.1}),
    "right brow rises outside": (
        brow("RIGHT", slice(3, 5)),
        UP,
        {"brow_outer_height_right": 0.1},
    ),
    "mouth opens": (LOWER_LIP, DOWN, {"mouth_opening": 0.1, "lower_lip_depress": 0.1}),
    "upper lip rises": (UPPER_LIP, UP, {"mouth_opening": 0.1, "upper_lip_raise": 0.1}),
    "mouth widens to the left": (CORNER_LEFT, [0.0, 0.1, 0.0], {"mouth_width": 0.1}),
    "mouth widens to the right": (CORNER_RIGHT, [0.0, -0.1, 0.0], {"mouth_width": 0.1}),
    "left corner rises": (CORNER_LEFT, UP, {"corner_height_left": 0.1}),
    "right corner sinks": (CORNER_RIGHT, DOWN, {"corner_height_right": -0.1}),
    "lower lip pouts": (LOWER_LIP, [0.1, 0.0, 0.0], {}),
    "nose moves": (topology.NOSE_BRIDGE, [0.1, 0.0, 0.1], {}),
}


@pytest.mark.parametrize(("moved", "by", "expected"), DEFORMATIONS.values(), ids=DEFORMATIONS)
def test_only_the_descriptors_of_what_moves_answer(moved, by, expected):
    face = REFERENCE.copy()
    face[moved] += by
    change = dict(
        zip(FACE_DESCRIPTORS, describe_face(face) - describe_face(REFERENCE), strict=True)
    )
    assert change == pytest.approx({**dict.fromkeys(FACE_DESCRIPTORS, 0.0), **expected})


def test_every_face_descriptor_but_gaze_is_in_a_deformation():
    answering = {name for _, _, expected in DEFORMATIONS.values() for name in expected}
    assert answering == {str(name) for name in FACE_DESCRIPTORS} - {"gaze_yaw", "gaze_pitch"}


@pytest.mark.parametrize(
    ("axis", "name"), [(1, "gaze_yaw"), (2, "gaze_pitch")], ids=["own left", "up"]
)
@given(share=st.floats(-0.8, 0.8))
def test_gaze_answers_the_irises_alone(axis, name, share):
    neutral = describe_face(REFERENCE)
    face = REFERENCE.copy()
    sine = np.sin(neutral[ORDER.index(name)])
    face[BOTH_IRISES, axis] += EYEBALL_RADIUS * (share - sine)
    change = describe_face(face) - neutral
    place = ORDER.index(name)
    assert describe_face(face)[place] == pytest.approx(np.arcsin(share), abs=0.02)
    assert np.delete(change, place) == pytest.approx(np.zeros(13), abs=1e-9)


def test_reference_looks_straight_ahead_with_open_eyes_and_closed_mouth():
    values = dict(zip(ORDER, describe_face(REFERENCE), strict=False))
    assert values["gaze_yaw"] == pytest.approx(0.0, abs=1e-6)
    assert abs(values["gaze_pitch"]) < 0.3
    assert values["eye_openness_left"] > 0.1
    assert 0.0 <= values["mouth_opening"] < 0.02
    assert 0.7 < values["mouth_width"] < 1.0


def test_mirrored_face_has_left_and_right_exchanged():
    rng = np.random.default_rng(0)
    face = REFERENCE + rng.normal(0.0, 0.02, REFERENCE.shape)
    mirrored = face[MIRROR] * [1.0, -1.0, 1.0]
    values = dict(zip(FACE_DESCRIPTORS, describe_face(face), strict=True))
    other = dict(zip(FACE_DESCRIPTORS, describe_face(mirrored), strict=True))
    for name, value in values.items():
        swapped = name.replace("left", "?").replace("right", "left").replace("?", "right")
        assert other[Descriptor(swapped)] == pytest.approx(-value if name == "gaze_yaw" else value)


@given(
    st.floats(-1.0, 1.0),
    st.floats(-1.0, 1.0),
    st.floats(-1.0, 1.0),
    st.floats(10.0, 1000.0),
    arrays(np.float64, 3, elements=st.floats(-2000.0, 2000.0)),
)
def test_pose_and_scale_change_the_head_angles_only(yaw, pitch, roll, scale, at):
    pose = HeadPose(FACING @ rotation_from(yaw, pitch, roll), at, scale)
    values = describe(pose.to_pixels(REFERENCE))
    assert values.shape == (17,)
    assert values[:14] == pytest.approx(describe_face(REFERENCE), abs=1e-6)
    assert values[14:] == pytest.approx([yaw, pitch, roll], abs=1e-6)


def test_given_pose_is_used():
    pose = HeadPose(FACING @ rotation_from(0.5, 0.0, 0.0), np.zeros(3), 50.0)
    frontal = HeadPose(FACING, np.zeros(3), 100.0).to_pixels(REFERENCE)
    assert describe(frontal, pose)[ORDER.index("head_yaw")] == pytest.approx(0.5)


def test_closed_eye_has_no_opening():
    face = REFERENCE.copy()
    face[topology.EYE_LEFT_UPPER] = face[topology.EYE_LEFT_LOWER]
    found = relate(face)
    assert found[Relation.EYE_OPENNESS_LEFT] == pytest.approx(0.0)
    right = Relation.EYE_OPENNESS_RIGHT
    assert found[right] == pytest.approx(relate(REFERENCE)[right])


def test_closed_mouth_has_no_opening():
    face = REFERENCE.copy()
    face[topology.LIP_UPPER_INNER] = face[topology.LIP_LOWER_INNER]
    assert relate(face)[Relation.MOUTH_OPENING] == pytest.approx(0.0)


@given(arrays(np.float64, (478, 3), elements=st.floats(-1e6, 1e6)))
def test_descriptors_of_any_landmarks_are_finite_or_refused(landmarks):
    try:
        values = describe(landmarks)
    except LandmarkError:
        return
    assert np.isfinite(values).all()


def test_landmarks_that_are_not_finite_are_refused():
    with pytest.raises(LandmarkError, match="finite"):
        describe(np.full((478, 3), np.nan))


@pytest.mark.parametrize("shape", [(468, 3), (478, 2), (3,)])
def test_face_of_another_shape_is_refused(shape):
    with pytest.raises(LandmarkError, match=r"\(478, 3\)"):
        describe_face(np.zeros(shape))
