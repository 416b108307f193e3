# SPDX-License-Identifier: Apache-2.0
"""A lost face is held, eases to neutral, and comes back without a snap."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_core.face.frames import ControlState
from x2c_core.sources.face_loss import FaceLossHandler, FaceLossTiming

SMILE = controls.from_names({"Lip Corner Raise Left": 1.0, "Lip Corner Raise Right": 1.0})
FRAME = 1.0 / 30.0


def settled() -> FaceLossHandler:
    loss = FaceLossHandler(FaceLossTiming(hold=0.5, ease=1.0, recovery=0.4))
    for k in range(30):
        loss.follow(k * FRAME, SMILE, 1.0, 1)
    return loss


def test_a_settled_face_follows_at_once():
    frame = settled().follow(1.0, SMILE + 0.01, 0.8, 1)
    np.testing.assert_allclose(frame.values, SMILE + 0.01)
    assert frame.state is ControlState.TRACKING
    assert frame.confidence == 0.8


def test_a_lost_face_is_held_then_eases_to_neutral():
    loss = settled()
    held = loss.follow(1.0, None)
    np.testing.assert_allclose(held.values, SMILE)
    assert held.state is ControlState.HOLDING
    np.testing.assert_allclose(loss.follow(1.5, None).values, SMILE)
    half = loss.follow(2.0, None)
    np.testing.assert_allclose(half.values, (SMILE + controls.NEUTRAL) / 2.0)
    assert half.state is ControlState.HOLDING
    end = loss.follow(2.6, None)
    np.testing.assert_allclose(end.values, controls.NEUTRAL)
    assert end.state is ControlState.NEUTRAL


def test_before_anybody_came_the_face_is_neutral():
    frame = FaceLossHandler(FaceLossTiming()).follow(5.0, None)
    np.testing.assert_allclose(frame.values, controls.NEUTRAL)
    assert frame.state is ControlState.NEUTRAL


def test_another_person_is_blended_in():
    loss = settled()
    frame = loss.follow(1.0, controls.NEUTRAL, 1.0, 2)
    np.testing.assert_allclose(frame.values, SMILE)


def test_a_jump_in_time_keeps_the_face_and_starts_the_blend_anew():
    loss = settled()
    loss.reset()
    frame = loss.follow(-100.0, controls.NEUTRAL, 1.0, 1)
    np.testing.assert_allclose(frame.values, SMILE)
    assert np.allclose(loss.follow(-99.0, controls.NEUTRAL, 1.0, 1).values, controls.NEUTRAL)


@given(seen=st.lists(st.booleans(), min_size=1, max_size=200))
def test_coming_and_going_never_snaps(seen):
    loss = FaceLossHandler(FaceLossTiming(hold=0.5, ease=1.0, recovery=0.4))
    last = controls.NEUTRAL
    way = np.abs(SMILE - controls.NEUTRAL)
    for k, here in enumerate(seen):
        time = k * FRAME
        frame = loss.follow(time, SMILE, 1.0, 1) if here else loss.follow(time, None)
        # The steepest slope of the blend is 1.5 of its way per recovery time.
        assert (np.abs(frame.values - last) <= 1.6 * way * FRAME / 0.4 + 1e-9).all()
        last = frame.values


def test_any_source_of_values_is_handled_without_a_face():
    loss = FaceLossHandler(FaceLossTiming(hold=0.0, ease=0.5, recovery=0.2))
    shown = [loss.follow(time, SMILE, 0.5, source=7) for time in (0.0, 0.1, 0.2)]
    np.testing.assert_allclose(shown[0].values, controls.NEUTRAL)
    np.testing.assert_allclose(shown[2].values, SMILE)
    assert (shown[2].confidence, shown[2].track_id) == (0.5, 7)
    gone = loss.follow(1.0, None)
    assert (gone.state, gone.confidence, gone.track_id) == (ControlState.HOLDING, 0.0, 7)
    assert loss.follow(1.5, None).state is ControlState.NEUTRAL
