# SPDX-License-Identifier: Apache-2.0
import math

from hypothesis import given, settings
from hypothesis import strategies as st

from x2c_motors.calibration.course import FASTEST, Course
from x2c_motors.drivers.dynamixel import DynamixelDriver, DynamixelOptions
from x2c_motors.drivers.feetech import FeetechDriver, FeetechOptions
from x2c_motors.serial_bus.pulses import PULSES

STS = FeetechDriver.raw_scale(1, FeetechOptions())
SCS = FeetechDriver.raw_scale(1, FeetechOptions(series="scs"))
XL = DynamixelDriver.raw_scale(1, DynamixelOptions())
SERVOS = st.sampled_from([STS, SCS, XL])


def reading(raw, place, counted=False):
    """Return what the encoder says at a true place: some count turns, a gap shows its end."""
    return place if counted else min(place % raw.turn, raw.highest)


@st.composite
def journeys(draw):
    """A joint's true way on the circle, and moves of it: share of the way, time, program ended."""
    raw = draw(SERVOS)
    width = draw(st.floats(0.05, 0.95)) * raw.turn
    # The place where readings start again is in the way, or anywhere.
    first = raw.turn - draw(st.sampled_from([draw(st.floats(0.0, 1.0)), 0.5])) * width
    share = st.sampled_from([0.0, 1.0]) | st.floats(0.0, 1.0)
    time = st.sampled_from([0.02, 0.1, 0.1, 0.3, 60.0])
    ended = st.sampled_from([False, False, False, True])
    moves = draw(st.lists(st.tuples(share, time, ended), min_size=4, max_size=40))
    return raw, (first, first + width), moves, draw(st.booleans())


@settings(max_examples=150)
@given(journeys())
def test_what_is_marked_is_the_way_and_nothing_is_sent_off_it(journey):
    raw, (first, last), moves, counts = journey
    slack = raw.turn - raw.highest
    true = 0.5 * (first + last)
    course, seen = Course(raw, None, reading(raw, true)), None
    marks = []
    for share, elapsed, ended in moves:
        # By hand, as fast as a hand can turn it between two readings.
        reach = 0.99 * FASTEST * raw.turn * elapsed
        true = min(max(first + share * (last - first), true - reach), true + reach)
        if ended:
            course = Course(raw, seen, reading(raw, true))
        else:
            course.turned(reading(raw, true, counts and raw is XL), elapsed)
        if course.wrapped or not course.joined:
            continue
        seen = course.mark()
        marks.append((course.here, true))
        low, high = min(marks), max(marks)
        assert course.beyond(low[0]) == course.beyond(high[0]) == 0.0
        # What is saved, and gone through in a straight line of readings, is the way between.
        assert abs((high[0] - low[0]) - (high[1] - low[1])) <= 2.0 * slack


def test_a_way_over_the_wrap_is_noticed_in_both_directions():
    for begin, end, raw in ((3900, 150, STS), (150, 3900, STS), (1010, 30, SCS), (30, 1000, SCS)):
        course = Course(raw, None, begin)
        assert course.turned(end, 0.02)
        assert course.wrapped


def test_a_count_that_goes_on_is_past_the_wrap_too():
    course = Course(XL, None, 4050)
    assert course.turned(4246, 0.02)
    assert course.wrapped
    assert course.turned(4050, 0.02)
    assert not course.wrapped


def test_turned_back_it_is_as_before():
    course = Course(STS, None, 3900)
    course.turned(100, 0.02)
    course.turned(4000, 0.02)
    assert not course.wrapped
    assert course.here == 4000


def test_a_jump_too_large_for_the_rate_breaks_the_stretch_until_it_is_turned_back():
    course = Course(STS, None, 3000)
    course.mark()
    assert not course.turned(1000, 0.02)
    assert not course.joined
    for place in range(1000, 3001, 250):
        course.turned(place, 0.02)
    assert course.joined
    assert course.stretch == (1000, 3000)


def test_a_long_silence_breaks_it_only_where_the_shaft_has_moved():
    course = Course(STS, None, 3000)
    course.mark()
    assert course.turned(3005, 60.0)
    assert not course.turned(3205, 60.0)
    assert not course.joined


def test_marks_of_an_earlier_run_count_once_the_shaft_is_back_there():
    course = Course(STS, (3850.0, 4050.0), 150.0)
    assert not course.joined
    course.turned(4000, 0.02)
    assert course.joined
    # It came there over the wrap; what is marked is in the motor's turn all the same.
    assert not course.wrapped
    assert course.stretch == (3850.0, 4246.0)
    assert Course(STS, (3850.0, 4050.0), 3860.0).joined


def test_hobby_servos_never_start_again():
    course = Course(PULSES, None, 1500.0)
    course.driven(600.0)
    assert not course.wrapped
    assert course.beyond(700.0) == 0.0
    assert math.isclose(course.beyond(2400.0), 900.0)
