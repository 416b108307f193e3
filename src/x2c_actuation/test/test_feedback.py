# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from x2c_actuation.errors import FeedbackError
from x2c_actuation.safety.feedback import FRESH, STANDING, Feedback, Tracking
from x2c_core.errors import X2CError

HOME = np.array([0.0, 0.1, 0.0, 0.0, 0.5])
NOD = np.array([0.0, 0.0, 1.0, 0.0, 0.0])
NEVER = np.zeros(5, dtype=bool)
EVER = np.ones(5, dtype=bool)


def start(feedback, now, known=NEVER, rest=0.0):
    """Return where joints begin that were sent to HOME, if at all."""
    beginning = feedback.begin(HOME, known, rest, now)
    assert beginning.hindrance == beginning.wrong == ""
    return beginning.positions


def test_what_is_measured_is_taken_by_name_and_the_rest_is_unknown(robot):
    feedback = Feedback(robot)
    assert feedback.age(5.0) is None
    feedback.take(["jaw", "stranger", "lid"], [0.3, 9.0, -0.5], 1.0)
    assert feedback.measured(1.1) == pytest.approx(
        [-0.5, np.nan, np.nan, 0.3, np.nan], nan_ok=True
    )
    feedback.take(["nod"], [0.2], 1.2)
    assert feedback.measured(1.3)[2:4] == pytest.approx([0.2, 0.3])
    assert feedback.age(1.5) == pytest.approx(0.3)
    assert feedback.measured(1.3 + FRESH) is None
    for now in (1.4, 1.8):
        feedback.take(["jaw", "lid", "nod"], [0.3, -0.5, 0.2], now)
    assert start(feedback, 1.3 + STANDING) == pytest.approx([-0.5, 0.1, 0.2, 0.3, 0.5])
    assert start(feedback, 9.0) == pytest.approx(HOME)


def test_what_is_no_number_is_not_measured(robot):
    feedback = Feedback(robot)
    feedback.take(["jaw", "lid"], [np.nan, np.inf], 1.0)
    assert start(feedback, 1.0) == pytest.approx(HOME)
    with pytest.raises(FeedbackError, match="one position for each of 2 joints, got 1"):
        feedback.take(["jaw", "lid"], [0.1], 1.0)


def test_a_message_that_contradicts_itself_is_refused(robot):
    feedback = Feedback(robot)
    for _ in range(2):
        with pytest.raises(FeedbackError, match="expected each joint once, got jaw again"):
            feedback.take(["jaw", "stranger", "stranger", "jaw"], [0.1, 0.0, 0.0, 0.3], 1.0)
    assert feedback.age(1.0) is None


def test_measurements_of_too_many_names_are_refused_unread(robot):
    feedback = Feedback(robot)
    names = ["jaw", *["tail"] * 100_000]
    with pytest.raises(FeedbackError, match="at most 100000 names, got 100001"):
        feedback.take(names, np.zeros(len(names)), 1.0)
    assert feedback.age(1.0) is None


def test_a_joint_that_is_measured_no_longer_is_unknown_while_others_go_on(robot):
    feedback = Feedback(robot)
    feedback.take(["nod"], [0.1], 0.8)
    feedback.take(["jaw", "nod"], [0.3, 0.1], 1.0)
    feedback.take(["nod"], [0.1], 1.0 + FRESH)
    assert feedback.measured(1.0 + FRESH)[2:4] == pytest.approx([0.1, 0.3])
    later = 1.01 + FRESH
    assert feedback.measured(later)[2:4] == pytest.approx([0.1, np.nan], nan_ok=True)
    assert start(feedback, later) == pytest.approx([0.0, 0.1, 0.1, 0.0, 0.5])


@pytest.mark.parametrize(("position", "believed"), [(-0.01, True), (0.41, True), (0.43, False)])
def test_a_joint_a_little_outside_its_limits_is_believed_further_out_it_is_not(
    robot, position, believed
):
    feedback = Feedback(robot)
    for now in (1.0, 1.0 + STANDING / 2):
        feedback.take(["jaw"], [position], now)
    if believed:
        assert start(feedback, 1.0 + STANDING)[3] == position
    else:
        wrong = feedback.begin(HOME, NEVER, 0.0, 1.0 + STANDING).wrong
        assert "joint jaw is measured at 0.43, outside" in wrong


def test_a_joint_begins_where_it_was_sent_if_lag_explains_where_it_is_measured(robot):
    feedback = Feedback(robot, Tracking(lag=0.4))
    feedback.restart(HOME, 0.0)
    for i in range(20):
        feedback.sent(HOME + 0.01 * i * NOD, 0.01 * i)
        feedback.take(["nod"], [0.0], 0.01 * i)
    sent = HOME + 0.19 * NOD
    for rest in (0.0, 0.6):
        assert feedback.begin(sent, EVER, rest, 0.2).positions == pytest.approx(sent)


def test_a_joint_that_was_moved_begins_where_it_is_as_soon_as_it_stands(robot):
    feedback = Feedback(robot)
    feedback.restart(HOME, 0.0)
    for i in range(100):
        now = 0.01 * i
        feedback.take(["nod", "lid"], [min(0.005 * i, 0.2), 0.0], now)
        beginning = feedback.begin(HOME, EVER, 0.4, now)
        # It is at 0.2 after 0.4 s.
        if 0.1 < now < 0.4 + STANDING - 0.1:
            assert "waits until joint nod stands" in beginning.hindrance
    assert beginning.hindrance == ""
    assert beginning.positions == pytest.approx([0.0, 0.1, 0.2, 0.0, 0.5])
    assert list(np.flatnonzero(beginning.elsewhere)) == [2]


def test_what_was_measured_before_the_motors_came_to_rest_is_no_place_to_begin(robot):
    feedback = Feedback(robot)
    feedback.restart(HOME, 0.0)
    for i in range(100):
        feedback.take(["nod"], [0.2], 0.01 * i)
    assert "waits until joint nod stands" in feedback.begin(HOME, EVER, 1.4, 1.4).hindrance
    assert feedback.begin(HOME, EVER, 1.4, 1.6).positions == pytest.approx(HOME)
    assert feedback.begin(HOME, EVER, 0.9, 1.4).positions[2] == 0.2


def test_nothing_begins_while_measurements_contradict_each_other(robot):
    feedback = Feedback(robot)
    feedback.restart(HOME, 0.0)
    for i in range(15):
        feedback.take(["nod"], [0.2], 0.1 * i, "/driver")
        feedback.take(["nod"], [0.0], 0.1 * i + 0.05, "/joint_state_publisher")
    assert "contradict" in feedback.begin(HOME, EVER, 0.0, 1.5).hindrance
    feedback.forget()
    assert feedback.begin(HOME, EVER, 0.0, 1.5).hindrance == ""


@pytest.mark.parametrize("apart", [0.01, 0.1, 0.25, 0.45])
@pytest.mark.parametrize("sources", [("", ""), ("/driver", "/joint_state_publisher")])
def test_nothing_begins_where_one_of_two_says_however_slow_they_are(robot, apart, sources):
    feedback = Feedback(robot)
    feedback.restart(HOME + 0.2 * NOD, 0.0)
    for i in range(40):
        now = apart * i
        feedback.take(["nod"], [0.2 * (i % 2)], now, sources[i % 2])
        beginning = feedback.begin(HOME + 0.2 * NOD, EVER, 0.0, now)
        assert beginning.hindrance or beginning.positions[2] == 0.2


def test_a_fault_moves_nothing_to_where_measurements_contradict(robot):
    feedback = Feedback(robot, Tracking(tolerance=0.2))
    feedback.restart(HOME, 0.0)
    for now in (0.0, 0.5, 1.0):
        feedback.take(["nod"], [0.0], now, "/other")
        feedback.take(["nod"], [-0.3], now, "/driver")
        feedback.trouble(now)
        assert feedback.relieved(HOME, now)[2] == (-0.3 if now < 1.0 else 0.0)


def drive(feedback, sent, measured, seconds, start=0.0):
    """Return what is wrong at last, after commands at 100 Hz and as many measurements."""
    trouble = ""
    for i in range(round(seconds / 0.01)):
        now = start + i * 0.01
        feedback.sent(np.array(sent(now)), now)
        feedback.take(["nod"], [measured(now)], now)
        trouble = trouble or feedback.trouble(now)
    return trouble


def wave(now):
    return [0.0, 0.1, 0.25 * np.sin(4.0 * now), 0.0, 0.5]


def test_motors_that_lag_are_right(robot):
    feedback = Feedback(robot, Tracking(tolerance=0.1, time=0.5, lag=0.4))
    feedback.restart(np.array(wave(0.0)), 0.0)
    assert drive(feedback, wave, lambda now: wave(now - 0.3)[2], 5.0) == ""
    assert abs(feedback.errors[2]) < 1e-9


def test_a_joint_that_stays_away_too_long_is_trouble_and_is_relieved(robot):
    feedback = Feedback(robot, Tracking(tolerance=0.2, time=0.5, lag=0.4))
    feedback.restart(HOME, 0.0)
    sent = [0.0, 0.1, 0.3, 0.0, 0.5]
    assert drive(feedback, lambda now: sent, lambda now: -0.1, 0.45) == ""
    trouble = drive(feedback, lambda now: sent, lambda now: -0.1, 1.0, start=0.45)
    assert "joint nod has not been where it was sent for 0.5 s" in trouble
    assert feedback.relieved(np.array(sent), 1.44) == pytest.approx([0.0, 0.1, -0.1, 0.0, 0.5])


def block_beside_another(feedback, driver, broadcaster):
    """Measure a joint that is not where it was sent, while another publisher knows no number.

    Returns the time of the last message [s].
    """
    trouble = ""
    for i in range(100):
        now = 0.01 * i
        feedback.sent(HOME + 0.3 * NOD, now)
        feedback.take(["nod"], [-0.1], now, driver)
        feedback.take(["lid", "nod"], [0.0, np.nan], now, broadcaster)
        trouble = trouble or feedback.trouble(now)
    assert "joint nod has not been where it was sent" in trouble
    return now


def test_who_does_not_measure_a_joint_hides_nothing_of_who_does(robot):
    feedback = Feedback(robot, Tracking(tolerance=0.2, time=0.5, lag=0.4))
    feedback.restart(HOME, 0.0)
    now = block_beside_another(feedback, "/driver", "/broadcaster")
    assert feedback.measured(now)[[0, 2]].tolist() == [0.0, -0.1]
    feedback.take(["nod"], [np.nan], now, "/driver")
    assert np.isnan(feedback.measured(now)[2])


def test_without_names_of_publishers_what_is_no_number_hides_nothing_and_ages_out(robot):
    feedback = Feedback(robot, Tracking(tolerance=0.2, time=0.5, lag=0.4))
    feedback.restart(HOME, 0.0)
    now = block_beside_another(feedback, "", "")
    feedback.take(["lid", "nod"], [0.0, np.nan], now + 1.1 * FRESH)
    assert np.isnan(feedback.measured(now + 1.1 * FRESH)[2])


def test_a_joint_that_falls_silent_while_it_is_away_is_no_trouble(robot):
    feedback = Feedback(robot, Tracking(tolerance=0.2, time=2.0, lag=0.4))
    feedback.restart(HOME, 0.0)
    sent = [0.0, 0.1, 0.0, 0.3, 0.5]
    feedback.take(["jaw"], [0.0], 0.0)
    assert drive(feedback, lambda now: sent, lambda now: 0.0, 5.0) == ""
    assert np.isnan(feedback.errors[3])


def test_a_blocked_joint_that_is_not_measured_now_is_not_relieved(robot):
    feedback = Feedback(robot, Tracking(tolerance=0.2))
    feedback.restart(HOME, 0.0)
    feedback.take(["nod"], [-0.3], 1.0, "/driver")
    feedback.trouble(1.0)
    assert feedback.relieved(HOME, 1.0)[2] == -0.3
    assert feedback.relieved(HOME, 1.1 + FRESH) == pytest.approx(HOME)
    feedback.take(["nod"], [np.nan], 1.1, "/driver")
    assert feedback.relieved(HOME, 1.1) == pytest.approx(HOME)


def test_a_joint_that_comes_back_in_time_is_no_trouble(robot):
    feedback = Feedback(robot, Tracking(tolerance=0.2, time=0.5, lag=0.4))
    feedback.restart(HOME, 0.0)
    sent = [0.0, 0.1, 0.3, 0.0, 0.5]
    assert drive(feedback, lambda now: sent, lambda now: 0.3 * (now % 0.4 > 0.3), 5.0) == ""


def test_no_tolerance_means_any(robot):
    feedback = Feedback(robot, Tracking(tolerance=0.0, time=0.1))
    feedback.restart(HOME, 0.0)
    assert drive(feedback, lambda now: HOME, lambda now: 0.3, 3.0) == ""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.sampled_from(["lid", "nod", "jaw", "other", ""]), max_size=6),
    positions=st.lists(st.floats(), max_size=6),
)
def test_whatever_is_measured_joints_start_from_numbers(robot, names, positions):
    feedback = Feedback(robot)
    try:
        feedback.take(names, positions, 0.0)
        where = feedback.begin(HOME, NEVER, 0.0, STANDING).positions
    except X2CError:
        return
    feedback.sent(where, STANDING)
    feedback.trouble(STANDING)
    assert np.isfinite(where).all()
    assert np.isfinite(feedback.relieved(where, STANDING)).all()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    messages=st.lists(
        st.tuples(
            st.sampled_from([0.01, 0.2, 0.4, 0.55, 0.7]),
            st.lists(st.booleans(), min_size=5, max_size=5) | st.just([True] * 5),
        ),
        max_size=12,
    )
)
def test_each_joint_has_a_time_of_its_own_however_many_a_message_measures(robot, messages):
    feedback, now = Feedback(robot), 1.0
    names = robot.joint_names
    # Away from where they were sent, so that each begins only where it has stood for long enough.
    where = dict(zip(names, HOME - 0.2 * (robot.upper - robot.lower), strict=True))
    last, since = dict.fromkeys(names, -np.inf), dict.fromkeys(names, -np.inf)
    for pause, measured in messages:
        now += pause
        those = [name for name, one in zip(names, measured, strict=True) if one]
        feedback.take(those, [where[name] for name in those], now)
        for name in those:
            since[name] = since[name] if now - last[name] <= FRESH else now
            last[name] = now
        expected = [where[name] if now - last[name] <= FRESH else np.nan for name in names]
        found = feedback.measured(now)
        assert (np.full(5, np.nan) if found is None else found) == pytest.approx(
            expected, nan_ok=True
        )
        age = feedback.age(now)
        assert age == (
            None if not any(map(np.isfinite, last.values())) else now - max(last.values())
        )
        fresh = [name for name in names if now - last[name] <= FRESH]
        waits = any(now - since[name] < STANDING for name in fresh)
        assert bool(feedback.begin(HOME, NEVER, 0.0, now).hindrance) == waits
