# SPDX-License-Identifier: Apache-2.0
"""Absolute error: a constant expression counts, and each figure stands beside its baselines."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from x2c_core.face.descriptors import Descriptor
from x2c_evaluation.fidelity.absolute_error import FACIAL, absolute_error
from x2c_evaluation.fidelity.clip import ClipPerformance
from x2c_evaluation.fidelity.measures.baselines import ALLOWED_LAG
from x2c_evaluation.fidelity.measures.people import (
    IDENTITY,
    MEAN_NEUTRAL,
    UNITS,
    estimated_neutral,
)

PERIOD = 1.0 / 25.0
FRAMES = 200
LAG = round(ALLOWED_LAG / PERIOD)
NAMES = list(Descriptor)


def performance(person, robot, **changes) -> ClipPerformance:
    """A person and a robot, each (n, 17) from the own neutral face in units of people."""
    faces = MEAN_NEUTRAL + person * UNITS
    rest = np.full(len(NAMES), 0.3)
    shown = rest + robot * UNITS
    made = ClipPerformance(
        period=PERIOD,
        person=faces,
        solved=shown,
        ideal=shown,
        moved=shown,
        seen=shown,
        shown=shown,
        at_rest=rest,
        eyes_open=np.ones(len(person), dtype=bool),
        frames=len(person),
        faces=len(person),
        robot_faces=len(person),
        image=np.zeros((2, 2, 3), np.uint8),
    )
    return dataclasses.replace(made, **changes)


def scowl() -> np.ndarray:
    """A face that shows the same all the time, and moves a little."""
    moving = 0.2 * np.sin(np.arange(FRAMES) * PERIOD)[:, None]
    return np.linspace(-2.0, 2.0, len(NAMES)) + moving


def test_a_robot_that_shows_the_same_a_little_later_has_no_error():
    person = scowl()
    found = absolute_error(performance(person, np.roll(person, LAG, axis=0)), MEAN_NEUTRAL)
    assert found.mean.robot == pytest.approx(0.0, abs=1e-9)
    assert found.mean.at_rest > 0.8
    assert found.profile_r == pytest.approx(1.0)


def test_a_robot_that_follows_the_motion_but_stays_calm_has_the_error_of_one_at_rest():
    person = scowl()
    moving = np.roll(person - person.mean(axis=0), LAG, axis=0)
    found = absolute_error(performance(person, moving), MEAN_NEUTRAL)
    assert found.mean.robot == pytest.approx(found.mean.at_rest, abs=0.05)
    assert found.profile_r is None or abs(found.profile_r) < 0.5


def test_the_late_baseline_shows_the_same_half_a_clip_later():
    person = np.zeros((FRAMES, len(NAMES)))
    person[: FRAMES // 2] = 1.0
    found = absolute_error(performance(person, person), MEAN_NEUTRAL)
    assert found.mean.late == pytest.approx(1.0)
    assert found.mean.robot < 0.05
    assert found.mean.at_rest == pytest.approx(0.5, abs=0.02)


def test_images_before_the_robot_follows_count_as_a_robot_at_rest():
    person = np.ones((FRAMES, len(NAMES)))
    robot = np.ones((FRAMES, len(NAMES)))
    robot[: FRAMES // 2] = 0.0
    moved = robot.copy()
    moved[: FRAMES // 2] = np.nan
    found = absolute_error(performance(person, robot, moved=moved, seen=moved), MEAN_NEUTRAL)
    assert found.mean.robot == pytest.approx(0.5, abs=0.02)


def test_gaze_does_not_count_behind_shut_eyes():
    person = np.zeros((FRAMES, len(NAMES)))
    column = NAMES.index(Descriptor.GAZE_PITCH)
    person[50:100, column] = 9.0
    eyes_open = np.ones(FRAMES, dtype=bool)
    eyes_open[50:100] = False
    done = performance(person, np.zeros_like(person), eyes_open=eyes_open)
    found = absolute_error(done, MEAN_NEUTRAL)
    assert found.descriptors[Descriptor.GAZE_PITCH].robot == pytest.approx(0.0, abs=1e-9)


def test_nothing_seen_together_is_no_error():
    nothing = np.full((FRAMES, len(NAMES)), np.nan)
    assert absolute_error(performance(np.zeros_like(nothing), nothing)) is None


def test_what_a_person_always_shows_is_partly_expression():
    """A mouth that is always open is no one's neutral face; thick brows may be."""
    face = np.tile(MEAN_NEUTRAL + 2.0 * UNITS, (FRAMES, 1))
    face[:30] = np.nan
    shown = (face[-1] - estimated_neutral(face)) / UNITS
    np.testing.assert_allclose(shown, 2.0 * (1.0 - IDENTITY))
    mouth, brow = NAMES.index("mouth_opening"), NAMES.index("brow_inner_height_left")
    assert shown[mouth] > 1.9
    assert shown[brow] < 1.0


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.float64, (2, 40, 17), elements=st.floats(-1e3, 1e3) | st.just(np.nan)),
    st.floats(0.01, 1.0),
)
def test_errors_are_finite_and_never_negative(curves, period):
    person, robot = (
        np.where(np.isfinite(one).all(axis=1)[:, None], one, np.nan) for one in curves
    )
    if not np.isfinite(person).any():
        return
    found = absolute_error(performance(person, robot, period=period))
    if found is not None:
        for one in found.descriptors.values():
            assert all(np.isfinite(value) and value >= 0.0 for value in vars(one).values())
        assert found.profile_r is None or -1.0 <= found.profile_r <= 1.0
        assert set(FACIAL) <= set(found.descriptors)
