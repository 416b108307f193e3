# SPDX-License-Identifier: Apache-2.0
"""The gaze is held while lids hide the irises, and goes on where they are seen."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_core.face import topology
from x2c_core.sources.face_loss import FaceLossTiming
from x2c_imitation.pipeline.gaze_hold import GazeHold
from x2c_imitation.pipeline.imitation_stage import ImitationStage
from x2c_imitation.pipeline.imitator import Imitator

PERIOD = 1.0 / 30.0
LEVEL, DOWN, UP = np.array([0.1, 0.05]), np.array([0.1, -0.5]), np.array([0.1, 0.5])
LOOK = 0.05
"""Way of an iris that looks down [interocular distances]."""


def lids(make_face, left: float, right: float, down: float = 0.0):
    """Return a face whose eyes are open by these shares, its irises lower by so much."""
    face = topology.REFERENCE.copy()
    for side, share in (("LEFT", left), ("RIGHT", right)):
        upper, lower = (getattr(topology, f"EYE_{side}_{edge}") for edge in ("UPPER", "LOWER"))
        face[upper, 2] = face[lower, 2] + share * (face[upper, 2] - face[lower, 2])
        face[getattr(topology, f"IRIS_{side}"), 2] -= down
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


def test_eyes_follow_a_look_down_with_lids_that_differ(make_face):
    hold = GazeHold()
    follow(hold, [lids(make_face, 1.0, 1.0)] * 15, LEVEL)
    shown = follow(hold, [lids(make_face, 0.7, 0.45)] * 15, DOWN, start=0.5)
    np.testing.assert_allclose(shown[-1], DOWN, atol=0.02)


def test_with_one_eye_shut_a_look_of_the_other_one_counts(make_face):
    hold = GazeHold()
    follow(hold, [lids(make_face, 1.0, 1.0)] * 15, LEVEL)
    wink = [lids(make_face, 1.0, 0.0)] * 5
    np.testing.assert_allclose(follow(hold, wink, UP, start=0.5)[-1], LEVEL, atol=0.02)
    shown = follow(hold, [lids(make_face, 1.0, 0.0, LOOK)] * 10, DOWN, start=0.7)
    np.testing.assert_allclose(shown[-1], DOWN, atol=0.02)


@pytest.mark.parametrize("eye", ["left", "right"])
def test_eyes_do_not_rise_in_a_wink(make_face, eye):
    hold = GazeHold()
    follow(hold, [lids(make_face, 1.0, 1.0)] * 15, LEVEL)
    shares = [0.7, 0.4, *[0.1] * 10, 0.3, 0.6, 0.85]
    # The open eye is narrowed too.
    pairs = [(share, 0.8) if eye == "left" else (0.8, share) for share in shares]
    gaze = [LEVEL if share >= 0.7 else UP for share in shares]
    shown = [
        follow(hold, [lids(make_face, *pair)], one, start=0.5 + index * PERIOD)[0]
        for index, (pair, one) in enumerate(zip(pairs, gaze, strict=True))
    ]
    assert np.degrees(np.abs(np.array(shown) - LEVEL).max()) <= 5.0
    after = follow(hold, [lids(make_face, 1.0, 1.0)] * 6, LEVEL, start=1.1)
    np.testing.assert_allclose(after[-1], LEVEL, atol=0.02)


def test_an_eye_that_stays_shut_does_not_hold_the_gaze_for_ever(make_face):
    hold = GazeHold()
    follow(hold, [lids(make_face, 1.0, 1.0)] * 15, LEVEL)
    shown = follow(hold, [lids(make_face, 1.0, 0.3)] * 300, DOWN, start=0.5)
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
