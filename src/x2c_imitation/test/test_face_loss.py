# SPDX-License-Identifier: Apache-2.0
"""A lost face is held, eases to neutral, and comes back without a snap."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_core.face.frames import ControlState
from x2c_imitation.pipeline.face_loss import FaceLossHandler, FaceLossTiming

SMILE = controls.from_names({"Lip Corner Raise Left": 1.0, "Lip Corner Raise Right": 1.0})
FRAME = 1.0 / 30.0


def settled() -> FaceLossHandler:
    loss = FaceLossHandler(FaceLossTiming(hold=0.5, ease=1.0, recovery=0.4))
    for k in range(30):
        loss.tracking(k * FRAME, SMILE, 1.0, 1)
    return loss


def test_a_settled_face_follows_at_once():
    frame = settled().tracking(1.0, SMILE + 0.01, 0.8, 1)
    np.testing.assert_allclose(frame.values, SMILE + 0.01)
    assert frame.state is ControlState.TRACKING
    assert frame.confidence == 0.8


def test_a_lost_face_is_held_then_eases_to_neutral():
    loss = settled()
    held = loss.lost(1.0)
    np.testing.assert_allclose(held.values, SMILE)
    assert held.state is ControlState.HOLDING
    np.testing.assert_allclose(loss.lost(1.5).values, SMILE)
    half = loss.lost(2.0)
    np.testing.assert_allclose(half.values, (SMILE + controls.NEUTRAL) / 2.0)
    assert half.state is ControlState.HOLDING
    end = loss.lost(2.6)
    np.testing.assert_allclose(end.values, controls.NEUTRAL)
    assert end.state is ControlState.NEUTRAL


def test_before_anybody_came_the_face_is_neutral():
    frame = FaceLossHandler(FaceLossTiming()).lost(5.0)
    np.testing.assert_allclose(frame.values, controls.NEUTRAL)
    assert frame.state is ControlState.NEUTRAL


def test_another_person_is_blended_in():
    loss = settled()
    frame = loss.tracking(1.0, controls.NEUTRAL, 1.0, 2)
    np.testing.assert_allclose(frame.values, SMILE)


def test_a_jump_in_time_keeps_the_face_and_starts_the_blend_anew():
    loss = settled()
    loss.reset()
    frame = loss.tracking(-100.0, controls.NEUTRAL, 1.0, 1)
    np.testing.assert_allclose(frame.values, SMILE)
    assert np.allclose(loss.tracking(-99.0, controls.NEUTRAL, 1.0, 1).values, controls.NEUTRAL)


@given(seen=st.lists(st.booleans(), min_size=1, max_size=200))
def test_coming_and_going_never_snaps(seen):
    loss = FaceLossHandler(FaceLossTiming(hold=0.5, ease=1.0, recovery=0.4))
    last = controls.NEUTRAL
    way = np.abs(SMILE - controls.NEUTRAL)
    for k, here in enumerate(seen):
        time = k * FRAME
        frame = loss.tracking(time, SMILE, 1.0, 1) if here else loss.lost(time)
        # The steepest slope of the blend is 1.5 of its way per recovery time.
        assert (np.abs(frame.values - last) <= 1.6 * way * FRAME / 0.4 + 1e-9).all()
        last = frame.values
