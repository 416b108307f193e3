# SPDX-License-Identifier: Apache-2.0
"""Action units from landmarks."""

import dataclasses

import numpy as np
import pytest

from x2c_core.face.frames import NO_TRACK
from x2c_perception.hri.action_units import COUNT, action_units

SMILE, STRETCH, LIPS_PART, CLOSED, LEFT, RIGHT = 12, 20, 25, 43, 51, 52
HEAD_AND_EYES = {*range(51, 57), *range(61, 65)}
EXPRESSIONS = {1, 2, 4, 5, 10, 12, 15, 18, 20, 25, 26, 43, 46}


def units(face, neutral):
    found = action_units(face, neutral)
    assert found.intensity.shape == found.confidence.shape == (COUNT,)
    for values in (found.intensity, found.confidence):
        assert ((values >= 0.0) & (values <= 1.0)).all()
    # What is not measured has no intensity.
    assert not found.intensity[found.confidence == 0.0].any()
    return found


def test_rest_shows_nothing(make_face):
    found = units(make_face(), make_face())
    assert found.intensity == pytest.approx(np.zeros(COUNT), abs=0.05)
    assert set(np.flatnonzero(found.confidence).tolist()) == HEAD_AND_EYES | EXPRESSIONS


def test_without_a_neutral_face_only_head_and_eyes_are_measured(make_face):
    found = units(make_face(smile=0.1), None)
    assert set(np.flatnonzero(found.confidence).tolist()) == HEAD_AND_EYES


@pytest.mark.parametrize(
    ("moved", "code"),
    [({"smile": 0.1}, SMILE), ({"mouth": 0.1}, LIPS_PART), ({"lids": 1.0}, CLOSED)],
)
def test_what_moves_is_the_strongest_unit(make_face, moved, code):
    found = units(make_face(**moved), make_face())
    assert found.intensity.argmax() == code
    assert found.intensity[code] > 0.4


def test_a_half_smile_is_half_as_intense(make_face):
    half, whole = (units(make_face(smile=one), make_face()) for one in (0.05, 0.1))
    assert half.intensity[SMILE] == pytest.approx(whole.intensity[SMILE] / 2.0, rel=0.05)


@pytest.mark.parametrize(("yaw", "shown", "other"), [(0.4, LEFT, RIGHT), (-0.4, RIGHT, LEFT)])
def test_a_turned_head_is_told_with_less_confidence(make_face, yaw, shown, other):
    found = units(make_face(yaw=yaw), make_face())
    assert found.intensity[shown] == pytest.approx(0.4 / np.radians(45.0), abs=0.05)
    assert found.intensity[other] == 0.0
    assert found.confidence[SMILE] == pytest.approx(np.cos(0.4), abs=0.02)


def test_a_doubtful_neutral_face_makes_expressions_doubtful(make_face):
    neutral = dataclasses.replace(make_face(track_id=NO_TRACK), confidence=0.5)
    found = units(make_face(smile=0.1), neutral)
    assert found.confidence[SMILE] == pytest.approx(0.5)
    assert found.confidence[LEFT] == pytest.approx(1.0)


def test_a_face_that_was_never_seen_has_none(make_face):
    found = units(dataclasses.replace(make_face(), pose=None), make_face())
    assert not found.confidence.any()


def test_a_wide_smile_is_no_stretched_mouth(make_face):
    wide = make_face(smile=0.1, wider=0.2)
    found = units(wide, make_face()).intensity
    assert found[SMILE] > 0.5
    assert found[STRETCH] < 0.5 * found[SMILE]
    level = units(make_face(wider=0.2), make_face()).intensity
    assert level[STRETCH] > 0.5
    assert level[SMILE] == 0.0
