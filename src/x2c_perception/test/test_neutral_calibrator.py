# SPDX-License-Identifier: Apache-2.0
"""Finding a person's neutral face."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x2c_core.face.descriptors import Descriptor, describe_face
from x2c_core.face.frames import FaceState
from x2c_core.face.topology import REFERENCE
from x2c_perception.neutral.neutral_calibrator import (
    FINAL_TIME,
    GIVE_UP_TIME,
    LONGEST_WAIT,
    PROVISIONAL_TIME,
    CalibrationStage,
    NeutralCalibrator,
)

PERIOD = 1.0 / 30.0
PLACE = {descriptor: number for number, descriptor in enumerate(Descriptor)}


class Session:
    """Shows faces to a calibrator at 30 Hz and keeps what it gives."""

    def __init__(self):
        self.calibrator = NeutralCalibrator()
        self.calibrator.restart()
        self.now = 0.0
        self.given = []

    def show(self, face, duration):
        for _ in range(round(duration / PERIOD)):
            self.now += PERIOD
            neutral = self.calibrator.add(face, self.now)
            if neutral is not None:
                self.given.append((self.now, self.calibrator.stage, neutral))
        return self


@pytest.fixture
def session():
    return Session()


def described(neutral, descriptor):
    return describe_face(neutral.face)[PLACE[descriptor]]


REST_EYE = float(describe_face(REFERENCE)[PLACE[Descriptor.EYE_OPENNESS_LEFT]])


def test_a_resting_face_is_provisional_soon_and_final_after_two_seconds(session, make_face):
    session.show(make_face(), 3.0)
    (first, stage, _), (last, final, neutral) = session.given
    assert stage is CalibrationStage.PROVISIONAL
    assert first == pytest.approx(PROVISIONAL_TIME, abs=0.08)
    assert final is CalibrationStage.FINAL
    assert last == pytest.approx(FINAL_TIME, abs=0.1)
    assert np.abs(neutral.face - REFERENCE).max() < 1e-4
    assert session.calibrator.progress == 1.0


def test_an_open_mouth_at_first_is_not_taken_for_neutral(session, make_face):
    session.show(make_face(mouth=0.3), 1.5)
    assert not session.given
    session.show(make_face(), 3.0)
    for _, _, neutral in session.given:
        assert described(neutral, Descriptor.MOUTH_OPENING) < 0.02


def test_shut_eyes_at_first_are_not_taken_for_neutral(session, make_face):
    session.show(make_face(lids=0.95), 1.5)
    assert not session.given
    session.show(make_face(), 3.0)
    for _, _, neutral in session.given:
        assert described(neutral, Descriptor.EYE_OPENNESS_LEFT) > 0.9 * REST_EYE


def test_half_shut_eyes_are_dropped_once_it_is_known_how_open_they_can_be(session, make_face):
    session.show(make_face(lids=0.5), 0.5).show(make_face(), 3.0)
    _, stage, neutral = session.given[-1]
    assert stage is CalibrationStage.FINAL
    assert described(neutral, Descriptor.EYE_OPENNESS_LEFT) > 0.9 * REST_EYE


def test_one_winking_eye_is_not_neutral(session, make_face):
    face = make_face()
    closed = make_face(lids=1.0)
    landmarks = face.landmarks.copy()
    right = face.landmarks[:, 0] < face.landmarks[1, 0]
    landmarks[right] = closed.landmarks[right]
    winking = type(face)(**{**vars(face), "landmarks": landmarks})
    session.show(winking, 1.0)
    assert not session.given


def test_blinks_and_words_in_between_do_no_harm(session, make_face):
    for _ in range(12):
        session.show(make_face(), 0.4).show(make_face(lids=1.0), 0.1)
        session.show(make_face(mouth=0.2), 0.2)
    _, stage, neutral = session.given[-1]
    assert stage is CalibrationStage.FINAL
    assert np.abs(neutral.face - REFERENCE).max() < 1e-4


def test_a_head_turned_away_is_not_taken(session, make_face):
    session.show(make_face(yaw=np.radians(40.0)), 2.0)
    assert not session.given


def test_a_moving_face_is_not_taken(session, make_face):
    for number in range(30):
        session.show(make_face(smile=0.3 * (number % 2)), PERIOD)
    stages = [stage for _, stage, _ in session.given]
    assert CalibrationStage.FINAL not in stages


def test_where_nothing_is_good_the_least_expressive_frames_have_to_do(session, make_face):
    session.show(make_face(mouth=0.5), 1.5).show(make_face(mouth=0.15), 0.9)
    session.show(make_face(mouth=0.5), 2.0)
    (when, stage, neutral), *_ = session.given
    assert when == pytest.approx(LONGEST_WAIT, abs=0.2)
    assert stage is CalibrationStage.SEARCHING
    assert described(neutral, Descriptor.MOUTH_OPENING) < 0.25
    assert session.calibrator.running


def test_a_fallback_gives_way_to_a_good_face(session, make_face):
    session.show(make_face(mouth=0.5), 4.0).show(make_face(), 3.0)
    _, stage, neutral = session.given[-1]
    assert stage is CalibrationStage.FINAL
    assert described(neutral, Descriptor.MOUTH_OPENING) < 0.02


def test_it_comes_to_an_end_even_where_nothing_is_ever_good(session, make_face):
    session.show(make_face(mouth=0.5), GIVE_UP_TIME + 1.0)
    assert session.calibrator.stage is CalibrationStage.FINAL


def test_lost_faces_are_passed_over(session, make_face):
    session.show(make_face(state=FaceState.LOST), 5.0)
    assert not session.given


def test_a_slow_camera_needs_no_more_images_than_time(make_face):
    calibrator = NeutralCalibrator()
    calibrator.restart()
    given = [calibrator.add(make_face(), 0.1 * number) for number in range(30)]
    assert sum(one is not None for one in given) == 2
    assert calibrator.stage is CalibrationStage.FINAL


def test_a_fast_camera_gives_the_same(make_face):
    calibrator = NeutralCalibrator()
    calibrator.restart()
    for number in range(750):
        calibrator.add(make_face(), number / 250.0)
    assert calibrator.stage is CalibrationStage.FINAL


def test_nothing_is_taken_before_it_is_started_or_after_it_is_stopped(make_face):
    calibrator = NeutralCalibrator()
    assert not calibrator.running
    calibrator.restart()
    calibrator.stop()
    assert all(calibrator.add(make_face(), PERIOD * i) is None for i in range(100))


@settings(max_examples=15)
@given(
    parts=st.lists(
        st.tuples(st.floats(0.0, 0.6), st.floats(0.0, 1.0), st.floats(-0.8, 0.8)),
        min_size=1,
        max_size=6,
    )
)
def test_a_neutral_face_of_good_frames_has_a_closed_mouth_and_open_eyes(face_maker, parts):
    session = Session()
    for mouth, lids, yaw in parts:
        session.show(face_maker(mouth=mouth, lids=lids, yaw=yaw), 0.5)
    for _, stage, neutral in session.given:
        assert np.isfinite(neutral.face).all()
        if stage is not CalibrationStage.SEARCHING:
            assert described(neutral, Descriptor.MOUTH_OPENING) < 0.05
            assert described(neutral, Descriptor.EYE_OPENNESS_LEFT) > 0.04
