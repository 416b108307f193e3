# SPDX-License-Identifier: Apache-2.0
import dataclasses

import numpy as np
import pytest

from x2c_core.face.frames import NO_TRACK, ControlFrame, ControlState, Face, FaceState


def test_states_have_the_numbers_of_the_messages():
    assert {state.name: state.value for state in FaceState} == {"TRACKING": 1, "LOST": 2}
    assert {state.name: state.value for state in ControlState} == {
        "TRACKING": 1,
        "HOLDING": 2,
        "NEUTRAL": 3,
    }


def test_zero_of_an_empty_message_is_no_state():
    for kind in (FaceState, ControlState):
        with pytest.raises(ValueError, match="0 is not a valid"):
            kind(0)


def test_no_track_is_no_identity_that_a_tracker_gives():
    assert NO_TRACK < 0


def test_frames_cannot_be_changed():
    face = Face(np.zeros((478, 3)), None, 640, 480, 0.0, FaceState.LOST, NO_TRACK)
    with pytest.raises(dataclasses.FrozenInstanceError):
        face.state = FaceState.TRACKING
    frame = ControlFrame(np.zeros(30), 0.0, ControlState.NEUTRAL, NO_TRACK)
    with pytest.raises(dataclasses.FrozenInstanceError):
        frame.confidence = 1.0
