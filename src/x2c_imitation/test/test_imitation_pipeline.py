# SPDX-License-Identifier: Apache-2.0
"""A person is imitated while there, and the face eases to neutral when the person has gone."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.face.frames import ControlState, FaceState
from x2c_imitation.pipeline.face_loss import FaceLossTiming
from x2c_imitation.pipeline.imitation_pipeline import ImitationPipeline
from x2c_imitation.solver.solver import Solver

TIMING = FaceLossTiming(hold=0.5, ease=1.0, recovery=0.4)
SMILE = controls.from_names({"Lip Corner Raise Left": 0.9, "Lip Corner Raise Right": 0.62})


@pytest.fixture
def mimic(model, make_face) -> ImitationPipeline:
    made = ImitationPipeline(Solver(model), TIMING)
    made.calibrate(make_face(model.neutral))
    return made


def test_without_a_neutral_face_the_robot_stays_neutral(model, make_face):
    frame = ImitationPipeline(Solver(model), TIMING).follow(make_face(model.landmarks(SMILE)), 0.0)
    assert frame.state is ControlState.NEUTRAL
    np.testing.assert_array_equal(frame.values, controls.NEUTRAL)


def test_a_person_is_imitated_after_being_blended_in(mimic, model, make_face):
    face = make_face(model.landmarks(SMILE))
    shown = [mimic.follow(face, time) for time in (0.0, 0.2, 0.4, 1.0)]
    corner = [frame.values[controls.index("Lip Corner Raise Left")] for frame in shown]
    assert corner[0] < corner[1] < corner[2] == corner[3]
    assert all(frame.state is ControlState.TRACKING for frame in shown)


def test_mirrored_the_other_corner_goes_up(mimic, model, make_face):
    face = make_face(model.landmarks(SMILE))
    mimic.follow(face, 0.0, mirror=True)
    deflection = controls.to_deflection(mimic.follow(face, 1.0, mirror=True).values)
    left, right = (
        deflection[controls.index(f"Lip Corner Raise {side}")] for side in ("Left", "Right")
    )
    assert right > left


def test_a_lost_person_is_held_then_eased_to_neutral(mimic, model, make_face):
    face = make_face(model.landmarks(SMILE))
    mimic.follow(face, 0.0)
    held = mimic.follow(face, 1.0)
    lost = dataclasses.replace(face, state=FaceState.LOST)
    np.testing.assert_array_equal(mimic.follow(lost, 1.1).values, held.values)
    assert mimic.follow(lost, 1.2).state is ControlState.HOLDING
    gone = mimic.follow(lost, 3.0)
    assert gone.state is ControlState.NEUTRAL
    np.testing.assert_array_equal(gone.values, controls.NEUTRAL)
