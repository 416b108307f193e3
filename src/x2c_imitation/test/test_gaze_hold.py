# SPDX-License-Identifier: Apache-2.0
"""The gaze is held while lids hide the irises, and goes on where they are seen."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_core.face import topology
from x2c_core.sources.face_loss import FaceLossTiming
from x2c_imitation.pipeline.gaze_hold import GazeHold
from x2c_imitation.pipeline.imitation_stage import ImitationStage
from x2c_imitation.pipeline.imitator import Imitator

PERIOD = 1.0 / 30.0
LEVEL, DOWN = np.array([0.1, 0.05]), np.array([0.1, -0.5])


def lids(make_face, left: float, right: float):
    """Return a face whose eyes are open by these shares."""
    face = topology.REFERENCE.copy()
    for side, share in (("LEFT", left), ("RIGHT", right)):
        upper, lower = (getattr(topology, f"EYE_{side}_{edge}") for edge in ("UPPER", "LOWER"))
        face[upper, 2] = face[lower, 2] + share * (face[upper, 2] - face[lower, 2])
    return make_face(face)


def follow(hold: GazeHold, faces, gaze, start: float = 0.0) -> np.ndarray:
    return np.array(
        [hold.follow(face, gaze, start + index * PERIOD) for index, face in enumerate(faces)]
    )


def test_eyes_do_not_dive_in_a_blink(make_face):
    hold = GazeHold()
    follow(hold, [lids(make_face, 1.0, 1.0)] * 15, LEVEL)
    blink = [lids(make_face, share, share) for share in (0.7, 0.3, 0.0, 0.0, 0.3, 0.7)]
    shown = follow(hold, blink, DOWN, start=0.5)
    assert np.degrees(np.abs(shown - LEVEL).max()) <= 5.0
    after = follow(hold, [lids(make_face, 1.0, 1.0)] * 6, LEVEL, start=0.7)
    np.testing.assert_allclose(after, np.tile(LEVEL, (6, 1)), atol=0.02)


def test_eyes_follow_a_look_down_with_low_lids(make_face):
    hold = GazeHold()
    follow(hold, [lids(make_face, 1.0, 1.0)] * 15, LEVEL)
    shown = follow(hold, [lids(make_face, 0.75, 0.75)] * 15, DOWN, start=0.5)
    np.testing.assert_allclose(shown[-1], DOWN, atol=0.02)


def test_with_one_eye_shut_the_other_one_counts(make_face):
    hold = GazeHold()
    follow(hold, [lids(make_face, 1.0, 1.0)] * 15, LEVEL)
    shown = follow(hold, [lids(make_face, 1.0, 0.0)] * 15, DOWN, start=0.5)
    np.testing.assert_allclose(shown[-1], DOWN, atol=0.02)


@given(
    shares=st.lists(st.tuples(st.floats(0.0, 1.5), st.floats(0.0, 1.5)), min_size=1, max_size=30),
    steps=st.lists(st.floats(1e-4, 1.0), min_size=30, max_size=30),
)
def test_the_gaze_shown_is_never_further_than_those_measured(make_face, shares, steps):
    hold, now, measured = GazeHold(), 0.0, []
    for index, ((left, right), step) in enumerate(zip(shares, steps, strict=False)):
        now += step
        gaze = np.array([np.sin(index), np.cos(index)])
        measured.append(gaze)
        shown = hold.follow(lids(make_face, left, right), gaze, now)
        assert np.isfinite(shown).all()
        low, high = np.min(measured, axis=0), np.max(measured, axis=0)
        assert (shown >= low - 1e-9).all()
        assert (shown <= high + 1e-9).all()


def test_the_stage_holds_the_gaze_of_any_imitator(make_face):
    class Diving(Imitator):
        is_calibrated = True

        @classmethod
        def for_robot(cls, robot, options):
            raise NotImplementedError

        def calibrate(self, neutral):
            pass

        def imitate(self, observation):
            values = controls.NEUTRAL.copy()
            values[controls.index("Gaze Target Theta")] = dives[observation.face.confidence]
            return values

    dives = {1.0: 0.0, 0.5: -0.5}
    stage = ImitationStage(Diving(), FaceLossTiming(hold=0.5, ease=1.0, recovery=0.0))
    opened = lids(make_face, 1.0, 1.0)
    shut = dataclasses.replace(lids(make_face, 0.0, 0.0), confidence=0.5)
    shown = [
        stage.follow(face, round(index * PERIOD * 1e9)).values[controls.index("Gaze Target Theta")]
        for index, face in enumerate([opened] * 15 + [shut] * 5)
    ]
    assert np.abs(shown).max() < 0.05
