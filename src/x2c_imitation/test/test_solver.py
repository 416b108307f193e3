# SPDX-License-Identifier: Apache-2.0
"""The solver finds the control values behind a face, and never leaves their range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from x2c_core.control_space import controls
from x2c_core.errors import LandmarkError
from x2c_core.face import topology
from x2c_core.face.expression_model import ExpressionModel
from x2c_core.face.frames import Face, FaceState
from x2c_imitation.errors import ImitationError
from x2c_imitation.pipeline.observation import Observation
from x2c_imitation.solver.solver import Solver

FACE_CONTROLS = [c for c in controls.CONTROLS if c.group not in ("head", "neck")]
LIP_SIDES = [c for c in FACE_CONTROLS if c.mirror != c.index and "Lip" in c.name]
HARDLY_SEEN = [c for c in LIP_SIDES if "Corner" not in c.name]
RARE = [c for c in FACE_CONTROLS if c.name in ("Nose Wrinkle", "Lip Top Curl", "Lip Bottom Curl")]
LIP_MIDDLES = [c for c in FACE_CONTROLS if c.name.endswith("Middle")]


@pytest.fixture
def solver(model: ExpressionModel, make_face) -> Solver:
    made = Solver(model)
    made.calibrate(make_face(model.neutral))
    return made


def test_a_neutral_face_gives_the_neutral_values(solver, model, make_face):
    values = solver.imitate(Observation(make_face(model.neutral)))
    np.testing.assert_allclose(values, controls.NEUTRAL, atol=1e-3)


@pytest.mark.parametrize(
    "control",
    [c for c in FACE_CONTROLS if c not in [*HARDLY_SEEN, *RARE, *LIP_MIDDLES]],
    ids=lambda c: c.slug,
)
@pytest.mark.parametrize("deflection", [-0.6, 0.6])
def test_a_single_control_is_found_again(solver, model, control, deflection, make_face):
    wanted = np.zeros(controls.COUNT)
    wanted[control.index] = deflection
    values = controls.from_deflection(wanted)
    face = make_face(model.landmarks(values), yaw=0.2, pitch=-0.1, roll=0.1)
    found = controls.to_deflection(solver.imitate(Observation(face)))
    room = controls.to_deflection(values)[control.index]
    # The pulls to neutral and to symmetric faces take their share, but never most of it.
    assert found[control.index] == pytest.approx(0.8 * room, abs=0.25 * abs(room) + 1e-3)
    others = np.delete(found, [control.index, *controls.group_indices("head")])
    assert np.abs(others).max() <= max(0.5 * abs(found[control.index]), 0.02)


@pytest.mark.parametrize("control", HARDLY_SEEN, ids=lambda c: c.slug)
@pytest.mark.parametrize("deflection", [-0.6, 0.6])
def test_one_side_of_a_lip_takes_the_other_along_but_leads(
    solver, model, control, deflection, make_face
):
    wanted = np.zeros(controls.COUNT)
    wanted[control.index] = deflection
    face = make_face(model.landmarks(controls.from_deflection(wanted)))
    found = controls.to_deflection(solver.imitate(Observation(face))) * np.sign(deflection)
    assert found[control.index] > 0.2
    assert 0.0 < found[control.mirror] < 0.6 * found[control.index]


@pytest.mark.parametrize("control", RARE, ids=lambda c: c.slug)
def test_what_people_seldom_do_needs_clear_evidence(model, control, make_face):
    found = []
    for strength in (0.1, 4.0):
        up, down = model.up.copy(), model.down.copy()
        up[control.index] *= strength
        down[control.index] *= strength
        robot = ExpressionModel(model.neutral, up, down)
        solver = Solver(robot)
        solver.calibrate(make_face(robot.neutral))
        values = controls.from_names({control.name: controls.MAXIMUM[control.index]})
        face = make_face(robot.landmarks(values))
        found.append(controls.to_deflection(solver.imitate(Observation(face)))[control.index])
    faint, clear = found
    assert faint == pytest.approx(0.0, abs=0.01)
    assert clear > 0.4


@pytest.mark.parametrize("control", LIP_MIDDLES, ids=lambda c: c.slug)
@pytest.mark.parametrize("deflection", [-0.6, 0.6])
def test_the_middle_of_a_lip_takes_the_sides_along_but_leads(
    solver, model, control, deflection, make_face
):
    wanted = np.zeros(controls.COUNT)
    wanted[control.index] = deflection
    face = make_face(model.landmarks(controls.from_deflection(wanted)))
    found = controls.to_deflection(solver.imitate(Observation(face))) * np.sign(deflection)
    base = control.name.removesuffix("Middle")
    assert found[control.index] > 0.15
    for side in ("Left", "Right"):
        assert 0.0 < found[controls.index(base + side)] < found[control.index]


@pytest.mark.parametrize("control", HARDLY_SEEN, ids=lambda c: c.slug)
@pytest.mark.parametrize("deflection", [-0.6, 0.6])
def test_both_sides_of_a_lip_together_are_found_again(
    solver, model, control, deflection, make_face
):
    wanted = np.zeros(controls.COUNT)
    wanted[[control.index, control.mirror]] = deflection
    face = make_face(model.landmarks(controls.from_deflection(wanted)))
    found = controls.to_deflection(solver.imitate(Observation(face)))
    for side in (control.index, control.mirror):
        assert found[side] == pytest.approx(0.8 * deflection, abs=0.25 * abs(deflection))


@pytest.mark.parametrize(("side", "other"), [("Left", "Right"), ("Right", "Left")])
def test_a_wink_stays_on_its_side(solver, model, side, other, make_face):
    values = controls.from_names({f"Eyelid Upper {side}": 0.0})
    found = solver.imitate(Observation(make_face(model.landmarks(values))))
    assert found[controls.index(f"Eyelid Upper {side}")] < 0.3
    assert found[controls.index(f"Eyelid Upper {other}")] > 0.9


def test_a_small_eye_that_closes_closes_the_robots_eye(model, make_face):
    """The same share of closure counts, not the same way: faces differ in shape."""
    person = model.neutral.copy()
    lids = np.concatenate([topology.EYE_LEFT_UPPER, topology.EYE_RIGHT_UPPER])
    lower = np.concatenate([topology.EYE_LEFT_LOWER, topology.EYE_RIGHT_LOWER])
    gap = person[lids, 2] - person[lower, 2]
    person[lids, 2] -= 0.4 * gap
    closed = person.copy()
    closed[lids, 2] -= 0.6 * gap
    robot_closed = model.neutral.copy()
    robot_closed[lids, 2] -= gap
    small, same = Solver(model), Solver(model)
    small.calibrate(make_face(person))
    same.calibrate(make_face(model.neutral))
    index = controls.index("Eyelid Upper Left")
    found = small.imitate(Observation(make_face(closed)))[index]
    assert found == pytest.approx(
        same.imitate(Observation(make_face(robot_closed)))[index], abs=0.1
    )
    assert found < 0.2


@pytest.mark.parametrize(
    ("name", "pose"),
    [("Head Yaw", {"yaw": 0.3}), ("Head Pitch", {"pitch": 0.2}), ("Head Roll", {"roll": 0.2})],
)
def test_the_head_turns_as_the_persons_from_the_neutral_pose(model, name, pose, make_face):
    solver = Solver(model)
    solver.calibrate(make_face(model.neutral))
    values = solver.imitate(Observation(make_face(model.neutral, **pose)))
    assert values[controls.index(name)] == pytest.approx(next(iter(pose.values())), abs=1e-3)


def test_the_neck_takes_what_the_head_cannot_reach(solver, model, make_face):
    values = solver.imitate(Observation(make_face(model.neutral, pitch=0.5)))
    head, neck = (values[controls.index(name)] for name in ("Head Pitch", "Neck Pitch"))
    assert head == pytest.approx(controls.MAXIMUM[controls.index("Head Pitch")])
    assert head + neck == pytest.approx(0.5, abs=1e-3)


def test_what_a_turned_head_does_to_the_landmarks_is_not_taken_for_an_expression(model, make_face):
    up, down = model.up.copy(), model.down.copy()
    up[controls.index("Head Pitch")] = 0.6 * model.up[controls.index("Brow Inner Left")]
    down[controls.index("Head Pitch")] = -up[controls.index("Head Pitch")]
    robot = ExpressionModel(model.neutral, up, down)
    solver = Solver(robot)
    solver.calibrate(make_face(model.neutral))
    turned = controls.from_names({"Head Pitch": 0.2})
    values = solver.imitate(Observation(make_face(robot.landmarks(turned), pitch=0.2)))
    np.testing.assert_allclose(values, turned, atol=0.02)


def test_the_head_makes_up_for_the_turn_that_an_expression_seems_to_add(model, make_face):
    turn_down = np.zeros((controls.COUNT, 3))
    turn_down[controls.index("Jaw Pitch"), 1] = -0.1
    robot = ExpressionModel(model.neutral, model.up, model.down, turn_down=turn_down)
    solver = Solver(robot)
    solver.calibrate(make_face(model.neutral))
    face = make_face(model.landmarks(controls.from_names({"Jaw Pitch": 0.5})), pitch=0.1)
    values = solver.imitate(Observation(face))
    seen = values[controls.index("Head Pitch")] + robot.turn(values)[1]
    assert seen == pytest.approx(0.1, abs=1e-3)
    assert values[controls.index("Head Pitch")] > 0.12


def test_a_person_who_faces_away_from_the_camera_is_neutral_there(model, make_face):
    solver = Solver(model)
    solver.calibrate(make_face(model.neutral, yaw=0.4, pitch=0.1))
    values = solver.imitate(Observation(make_face(model.neutral, yaw=0.4, pitch=0.1)))
    np.testing.assert_allclose(values, controls.NEUTRAL, atol=1e-3)


def test_distance_from_the_camera_does_not_matter(solver, model, make_face):
    values = controls.from_names({"Jaw Pitch": 0.3, "Brow Inner Left": 0.9})
    near = solver.imitate(Observation(make_face(model.landmarks(values), scale=200.0)))
    far = solver.imitate(Observation(make_face(model.landmarks(values), scale=30.0)))
    np.testing.assert_allclose(near, far, atol=1e-3)


def test_without_a_neutral_face_it_says_what_to_do(model, make_face):
    with pytest.raises(ImitationError, match="calibrate"):
        Solver(model).imitate(Observation(make_face(model.neutral)))


@settings(max_examples=60, deadline=None)
@given(
    landmarks=hnp.arrays(
        np.float64, (topology.COUNT, 3), elements=st.floats(-1e6, 1e6), fill=st.floats(-1e3, 1e3)
    )
)
def test_values_are_in_range_for_any_landmarks(model, make_face, landmarks):
    solver = Solver(model)
    solver.calibrate(make_face(model.neutral))
    face = Face(landmarks, None, 640, 480, 1.0, FaceState.TRACKING, 1)
    try:
        values = solver.imitate(Observation(face))
    except LandmarkError:
        return
    assert np.isfinite(values).all()
    assert (values >= controls.MINIMUM).all()
    assert (values <= controls.MAXIMUM).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_landmarks_that_are_no_numbers_are_refused(solver, model, bad, make_face):
    face = make_face(model.neutral)
    face.landmarks[17, 1] = bad
    with pytest.raises(LandmarkError, match="finite"):
        solver.imitate(Observation(face))


def test_a_robot_whose_controls_do_nothing_stays_neutral(model, make_face):
    still = np.zeros_like(model.up)
    solver = Solver(ExpressionModel(model.neutral, still, still))
    solver.calibrate(make_face(model.neutral))
    face = make_face(model.landmarks(controls.from_names({"Jaw Pitch": 0.2})))
    values = np.delete(solver.imitate(Observation(face)), controls.group_indices("head"))
    neutral = np.delete(controls.NEUTRAL, controls.group_indices("head"))
    np.testing.assert_allclose(values, neutral, atol=0.05)
