# SPDX-License-Identifier: Apache-2.0
"""A person is imitated while there, and the face eases to neutral when the person has gone."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.errors import X2CError
from x2c_core.face.frames import ControlState, FaceState
from x2c_core.sources.face_loss import FaceLossTiming
from x2c_imitation.pipeline.imitation_stage import ImitationStage
from x2c_imitation.solver.solver import Solver

TIMING = FaceLossTiming(hold=0.5, ease=1.0, recovery=0.4)
SMILE = controls.from_names({"Lip Corner Raise Left": 0.9, "Lip Corner Raise Right": 0.62})


def at(seconds: float) -> int:
    return round(seconds * 1e9)


@pytest.fixture
def stage(model, make_face) -> ImitationStage:
    made = ImitationStage(Solver(model), TIMING)
    made.calibrate(make_face(model.neutral))
    return made


def test_without_a_neutral_face_the_robot_stays_neutral(model, make_face):
    frame = ImitationStage(Solver(model), TIMING).follow(make_face(model.landmarks(SMILE)), 0)
    assert frame.state is ControlState.NEUTRAL
    np.testing.assert_array_equal(frame.values, controls.NEUTRAL)


def test_a_person_is_imitated_after_being_blended_in(stage, model, make_face):
    face = make_face(model.landmarks(SMILE))
    shown = [stage.follow(face, at(time)) for time in (0.0, 0.2, 0.4, 1.0)]
    corner = [frame.values[controls.index("Lip Corner Raise Left")] for frame in shown]
    assert corner[0] < corner[1] < corner[2] == corner[3]
    assert all(frame.state is ControlState.TRACKING for frame in shown)


def test_mirrored_the_other_corner_goes_up(stage, model, make_face):
    face = make_face(model.landmarks(SMILE))
    stage.mirror = True
    stage.follow(face, at(0.0))
    deflection = controls.to_deflection(stage.follow(face, at(1.0)).values)
    left, right = (
        deflection[controls.index(f"Lip Corner Raise {side}")] for side in ("Left", "Right")
    )
    assert right > left


def test_a_lost_person_is_held_then_eased_to_neutral(stage, model, make_face):
    face = make_face(model.landmarks(SMILE))
    stage.follow(face, at(0.0))
    held = stage.follow(face, at(1.0))
    lost = dataclasses.replace(face, state=FaceState.LOST)
    np.testing.assert_array_equal(stage.follow(lost, at(1.1)).values, held.values)
    assert stage.follow(lost, at(1.2)).state is ControlState.HOLDING
    gone = stage.follow(lost, at(3.0))
    assert gone.state is ControlState.NEUTRAL
    np.testing.assert_array_equal(gone.values, controls.NEUTRAL)


def test_after_a_jump_in_time_the_face_goes_on_from_what_is_shown(stage, model, make_face):
    face = make_face(model.landmarks(SMILE))
    stage.follow(face, at(10.0))
    shown = stage.follow(face, at(11.0))
    assert not stage.jumped
    lost = dataclasses.replace(face, state=FaceState.LOST)
    held = stage.follow(lost, at(1.0))
    assert stage.jumped
    assert held.state is ControlState.HOLDING
    np.testing.assert_array_equal(held.values, shown.values)
    assert stage.follow(lost, at(2.6)).state is ControlState.NEUTRAL


@pytest.mark.parametrize("early", [False, True])
def test_a_neutral_face_counts_from_the_next_image_whenever_it_comes(early, model, make_face):
    stage = ImitationStage(Solver(model), TIMING)
    face, neutral = make_face(model.landmarks(SMILE)), make_face(model.neutral)
    if early:
        stage.calibrate(neutral, at(1.0))
    own = stage.follow(face, at(1.0))
    if not early:
        stage.calibrate(neutral, at(1.0))
    assert own.state is ControlState.NEUTRAL
    assert stage.is_calibrated
    assert stage.follow(face, at(1.1)).state is ControlState.TRACKING


def test_a_neutral_face_from_a_file_counts_at_once(model, make_face):
    stage = ImitationStage(Solver(model), TIMING)
    stage.calibrate(make_face(model.neutral), at(500.0))
    face = make_face(model.landmarks(SMILE))
    assert stage.follow(face, at(1.0)).state is ControlState.TRACKING


def test_a_neutral_face_that_cannot_be_used_costs_one_frame_and_the_former_stays(
    stage, model, make_face
):
    face = make_face(model.landmarks(SMILE))
    stage.follow(face, at(1.0))
    nothing = dataclasses.replace(face, landmarks=np.zeros((478, 3)), pose=None)
    stage.calibrate(nothing, at(2.0))
    with pytest.raises(X2CError):
        stage.follow(face, at(1.1))
    assert stage.follow(face, at(1.2)).state is ControlState.TRACKING
