# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_motors.description.joint_calibration import BoardCalibration, JointCalibration

positions = st.floats(-1e6, 1e6)


@st.composite
def calibrations(draw):
    lowest = draw(st.floats(0.0, 3000.0))
    calibration = JointCalibration(
        joint="jaw",
        address=1,
        zero=draw(st.floats(-1e4, 1e4)),
        scale=draw(st.floats(0.1, 1e4)),
        direction=draw(st.sampled_from([1, -1])),
        lowest=lowest,
        highest=lowest + draw(st.floats(2.0, 1000.0)),
    )
    return calibration, draw(st.sampled_from([1.0, 0.25, 0.01]))


@given(calibrations(), positions)
def test_raw_values_are_whole_steps_inside_the_range(one, position):
    calibration, resolution = one
    (raw,) = BoardCalibration([calibration], resolution).to_raw([position])
    assert calibration.lowest - 1e-9 <= raw <= calibration.highest + 1e-9
    assert raw / resolution == pytest.approx(round(raw / resolution), abs=1e-6)


@given(calibrations(), positions)
def test_what_is_sent_is_told_and_sending_that_changes_nothing(one, position):
    calibration, resolution = one
    made = BoardCalibration([calibration], resolution)
    raw = made.to_raw([position])
    np.testing.assert_allclose(made.to_raw(made.to_positions(raw)), raw, atol=1e-6 * resolution)


@given(calibrations(), st.floats(0.0, 1.0))
def test_inside_the_range_a_position_is_met_within_half_a_step(one, share):
    calibration, resolution = one
    made = BoardCalibration([calibration], resolution)
    inner = (
        calibration.lowest
        + resolution
        + share * (calibration.highest - calibration.lowest - 2 * resolution)
    )
    (position,) = made.to_positions([inner])
    (sent,) = made.to_positions(made.to_raw([position]))
    assert abs(sent - position) <= 0.5001 * resolution / calibration.scale


def test_nan_stays_nan():
    calibration = JointCalibration("jaw", 1, 0.0, 1.0, 1, 0.0, 9.0)
    assert np.isnan(BoardCalibration([calibration], 1.0).to_raw([np.nan])).all()


def test_whoever_would_be_sent_elsewhere_stands_outside():
    one = JointCalibration("jaw", 1, zero=5.0, scale=10.0, direction=-1, lowest=0.0, highest=9.0)
    made = BoardCalibration([one], 1.0)
    assert made.outside([0.7], 0.0) == [True]
    assert made.outside([0.7], 0.15) == [False]
    assert made.outside([0.55], 0.0) == [False]
    assert made.outside([-0.44], 0.0) == [False]
    assert made.outside([-0.6], 0.0) == [True]
    assert made.outside([np.nan], 0.0) == [False]


SERVO = {"scale": 4096 / (2 * np.pi), "turn": 4096.0, "readings": (0.0, 4095.0)}


@given(
    st.floats(0.0, 4095.0),
    st.floats(20.0, 4095.0),
    st.floats(0.0, 4095.0),
    st.sampled_from([1, -1]),
)
def test_a_servo_is_never_driven_over_a_place_its_joint_cannot_go(low, way, place, direction):
    """The shaft stands `place` past the way's start; its reading starts again after a turn."""
    first, last = low, min(low + way, 4095.0)
    zero = 0.5 * (first + last)
    one = JointCalibration(
        "jaw", 1, zero, SERVO["scale"], direction, 0.0, 4095.0, 4096.0, (0.0, 4095.0)
    )
    made = BoardCalibration([replace(one, way=(first, last))], 1.0)
    # A joint pushed past one end of its way by hand, less than half way to the other end.
    room = 4096.0 - (last - first)
    past = place / 4095.0 * 0.49 * room
    for end, true in ((last, last + past), (first, first - past)):
        reading = true % 4096.0
        if reading > 4095.0:
            continue
        position = made.to_positions([reading])
        # The motor goes in a straight line of readings, to the nearest end and beyond.
        straight = abs(reading - end) <= past + 1.0
        assert straight or made.outside(position, 0.0)[0]


def test_a_count_of_turns_starts_again_when_the_servo_is_energised():
    one = JointCalibration("jaw", 1, 100.0, lowest=0.0, highest=400.0, direction=1, **SERVO)
    made = BoardCalibration([one], 1.0)
    for raw, left_alone in ((-20.0, True), (0.0, False), (400.0, False), (4246.0, True)):
        assert made.outside(made.to_positions([raw]), 0.1) == [left_alone]


def test_a_reading_is_taken_into_the_turn_nearest_to_the_joints_way():
    servo = JointCalibration(
        "jaw", 1, 3700.0, 1.0, 1, 0.0, 4095.0, 4096.0, (0.0, 4095.0), (3500.0, 4090.0)
    )
    hobby = JointCalibration("lid", 2, 1500.0, 1.0, -1, 900.0, 2100.0)
    made = BoardCalibration([servo, hobby], 1.0)
    for reading, raw in [(3600, 3600), (4095, 4095), (3, 4099), (1800, 1800), (1600, 5696)]:
        assert made.measured([reading, 1400]).tolist() == [raw - 3700, 100]
    for count in (-20, 4246):
        assert made.measured([count, 1400]).tolist() == [count - 3700, 100]
    assert np.isnan(made.measured([np.nan, np.nan])).all()
    assert made.away(0, 390.0, -3706.0) == 0.0
    assert made.away(1, 390.0, -3706.0) == 4096.0
