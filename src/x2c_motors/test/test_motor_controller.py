# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.robot.coupling import CoupledLimit, Side
from x2c_motors.configuration.settings_reader import read_settings
from x2c_motors.control.motion_group import MotionGroup
from x2c_motors.control.motor_condition import Condition
from x2c_motors.control.motor_controller import MotorController
from x2c_motors.drivers.feetech import FeetechDriver
from x2c_motors.drivers.reports import Health, MotorState
from x2c_motors.errors import DriverError, Fault
from x2c_testing.motor_robots import SCALE, motor_robot, servo_section

PERIOD = 0.01
VELOCITY = 4.0
RANGE = 0.6
"""Outside of it nothing is sent [rad]; the joints' limits are 0.5 rad."""


class Motors(FeetechDriver):
    """Three motors without a wire: they are where they were sent, if they have torque."""

    @classmethod
    def resolution(cls, settings):
        return 1e-9

    def __init__(self, settings, measures=True):
        super().__init__(settings)
        self.measures = measures
        self.pose = np.array([0.2, -0.1, 0.4])
        self.on = np.zeros(3, bool)
        self.there = np.ones(3, bool)
        self.error = None
        # Whether a goal gives a motor its torque back, as with Feetech's.
        self.eager = False
        self.step = 0.0
        self.opened = 0
        self.closed = 0
        self.warnings = ()
        self.shut_down = {}

    def open(self):
        self._fail()
        self.opened += 1

    def close(self):
        self.closed += 1

    def write(self, positions):
        self._fail()
        sent = self.calibration.to_positions(self.calibration.to_raw(positions))
        told = np.isfinite(sent) & self.there
        self.on |= told & self.eager
        moving = told & self.on
        self.step = max(self.step, *np.abs(sent - self.pose)[moving], 0.0)
        self.pose = np.where(moving, sent, self.pose)
        return sent

    def read(self, joints=None):
        self._fail()
        if not self.there.any():
            raise DriverError(Fault.SILENT, "no servo answers")
        asked = np.isin(np.arange(3), range(3) if joints is None else joints)
        known = asked & self.there & (self.measures | self.on)
        return np.where(known, self.pose, np.nan)

    def torque(self, on, joints=None):
        self._fail()
        told = np.isin(np.arange(3), range(3) if joints is None else joints)
        self.on[told & self.there] = on

    def prepare(self, joints):
        self._fail()

    def check(self, joints):
        self._fail()
        return {
            joint: MotorState(bool(self.on[joint]), self.shut_down.get(joint, ""))
            for joint in joints
            if self.there[joint]
        }

    def health(self):
        self._fail()
        return Health({}, self.warnings)

    def _fail(self):
        if self.error is not None:
            raise self.error


class Stage:
    """A session with its motors, and time that passes as told."""

    def __init__(
        self, folder, measures=True, coupled_limits=(), zeros=None, ranges=None, **options
    ):
        section = servo_section("feetech", "nowhere", **options)
        around = [2048 - RANGE * SCALE, 2048 + RANGE * SCALE]
        for name, wire in section["joints"].items():
            wire["zero"] = (zeros or {}).get(name, 2048)
            wire["raw"] = (ranges or {}).get(name, around)
        robot = motor_robot(folder, section)
        settings = read_settings(robot.driver, robot.joints, FeetechDriver)
        self.motors = Motors(settings, measures)
        self.told = []
        group = MotionGroup(robot.joints, settings.approach, coupled_limits)
        self.controller = MotorController(
            self.motors, robot.joints, lambda bad, text: self.say(text), group.parts[0]
        )
        self.now = 100.0
        self.command = None

    def say(self, text):
        self.told.append(text)

    def run(self, seconds, period=PERIOD):
        outcomes = []
        for _ in range(round(seconds / period)):
            self.now += period
            if self.command is not None:
                self.controller.command(self.command, self.now)
            outcomes.append(self.controller.tick(self.now))
        return outcomes

    @property
    def condition(self):
        return self.controller.condition

    @property
    def told_that(self):
        return "\n".join(self.told)


@pytest.fixture
def stage(tmp_path):
    return Stage(tmp_path)


def following(stage, pose=(0.0, 0.0, 0.0)):
    stage.command = list(pose)
    follow(stage, 3.0)
    stage.motors.step = 0.0
    return stage


def follow(stage, longest):
    """Run until the motors follow, a little longer, and at most that long [s]."""
    end = stage.now + longest
    stage.run(0.1)
    while stage.condition is not Condition.FOLLOWING and stage.now < end:
        stage.run(0.1)
    stage.run(0.2)
    assert stage.condition is Condition.FOLLOWING


def test_connecting_moves_nothing_until_there_is_a_command(stage):
    stage.run(1.0)
    assert stage.condition is Condition.UNTOUCHED
    assert not stage.motors.on.any()
    assert stage.motors.step == 0.0


def test_motors_that_hold_when_connected_are_let_go_without_commands(tmp_path):
    stage = following(Stage(tmp_path, torque_off_after=2.0))
    stage.motors.error = DriverError(Fault.LOST, "unplugged")
    stage.run(1.0)
    stage.command, stage.motors.error = None, None
    stage.run(1.5)
    assert stage.condition is Condition.UNTOUCHED
    assert stage.motors.on.all()
    stage.run(2.0)
    assert stage.condition is Condition.TORQUE_DISABLED
    assert not stage.motors.on.any()
    assert stage.told_that.count("s: torque is disabled") == 1


def test_motors_that_are_never_to_go_limp_are_left_as_they_are(tmp_path):
    stage = Stage(tmp_path, torque_off_after=0.0)
    stage.motors.on[:] = True
    stage.run(100.0, period=0.1)
    assert stage.condition is Condition.UNTOUCHED
    assert stage.motors.on.all()


def test_after_a_stop_that_holds_motors_are_not_called_limp(tmp_path):
    stage = following(Stage(tmp_path, estop="hold", torque_off_after=2.0))
    stage.command = None
    stage.controller.stop()
    stage.run(5.0)
    stage.controller.reset()
    stage.run(1.0)
    assert stage.condition is Condition.UNTOUCHED
    assert stage.motors.on.all()
    stage.run(2.0)
    assert stage.condition is Condition.TORQUE_DISABLED
    assert not stage.motors.on.any()


def test_after_a_stop_without_torque_motors_are_limp(stage):
    following(stage)
    stage.controller.stop()
    stage.run(1.0)
    stage.command = None
    stage.controller.reset()
    stage.run(1.0)
    assert stage.condition is Condition.TORQUE_DISABLED


def test_the_first_command_is_come_to_slowly_from_the_measured_pose(stage):
    stage.command = [0.0, 0.0, 0.0]
    stage.run(0.05)
    assert stage.condition is Condition.APPROACHING
    stage.run(3.0)
    assert stage.condition is Condition.FOLLOWING
    np.testing.assert_allclose(stage.motors.pose, 0.0, atol=1e-9)
    # Once it follows, steps up to a tick's way at full speed close what is left.
    assert stage.motors.step <= VELOCITY * PERIOD * (1 + 1e-6)


def test_coupled_limits_are_kept_on_the_way(tmp_path):
    limit = CoupledLimit(1, 0, Side.LOWER, ((-0.4, 0.2), (0.0, -0.5)))
    stage = Stage(tmp_path, coupled_limits=[limit])
    stage.motors.pose = np.array([0.0, -0.5, 0.0])
    stage.command = [-0.4, 0.2, 0.0]
    for _ in range(300):
        stage.run(PERIOD)
        assert limit.at(stage.motors.pose[0]) <= stage.motors.pose[1] + 1e-6
    assert stage.condition is Condition.FOLLOWING
    np.testing.assert_allclose(stage.motors.pose, stage.command, atol=1e-9)


def test_joints_that_nobody_commands_stay_where_they_are(stage):
    stage.command = [0.1, np.nan, np.nan]
    stage.run(3.0)
    np.testing.assert_allclose(stage.motors.pose, [0.1, -0.1, 0.4], atol=1e-9)


def test_silence_holds_then_takes_torque_off(tmp_path):
    stage = following(Stage(tmp_path, torque_off_after=2.0))
    stage.command = None
    stage.run(1.0)
    assert stage.condition is Condition.HOLDING
    assert stage.motors.on.all()
    stage.run(2.0)
    assert stage.condition is Condition.TORQUE_DISABLED
    assert not stage.motors.on.any()
    assert "the motors hold" in stage.told_that
    assert "s: torque is disabled" in stage.told_that


def test_torque_stays_on_where_it_is_to_stay(tmp_path):
    stage = following(Stage(tmp_path, torque_off_after=0.0))
    stage.command = None
    stage.run(100.0, period=0.1)
    assert stage.condition is Condition.HOLDING
    assert stage.motors.on.all()


def test_silence_on_the_way_stops_the_joints(tmp_path):
    stage = Stage(tmp_path, approach=0.1)
    stage.command = [-0.5, -0.5, -0.5]
    stage.run(0.15)
    stage.command = None
    stage.run(1.0)
    stopped = stage.motors.pose
    assert stage.condition is Condition.HOLDING
    assert (stopped > -0.5).all()
    stage.run(1.0)
    np.testing.assert_allclose(stage.motors.pose, stopped, atol=1e-9)


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.ABSENT])
def test_after_a_lost_connection_joints_come_back_without_a_jump(stage, fault):
    following(stage)
    stage.motors.error = DriverError(fault, "unplugged")
    stage.run(3.0)
    assert stage.condition is Condition.DISCONNECTED
    # Somebody moves them meanwhile, and the person goes on.
    stage.motors.pose = np.array([0.45, -0.45, 0.1])
    stage.command = [-0.4, 0.4, 0.0]
    stage.motors.error = None
    stage.run(8.0)
    assert stage.condition is Condition.FOLLOWING
    np.testing.assert_allclose(stage.motors.pose, stage.command, atol=1e-9)
    assert stage.motors.step <= VELOCITY * PERIOD * (1 + 1e-6)
    assert stage.controller.link.connections == 2


def test_a_lost_connection_is_told_once_and_tried_ever_more_seldom(stage):
    following(stage)
    stage.motors.error = DriverError(Fault.LOST, "unplugged")
    before = stage.motors.closed
    stage.run(60.0)
    assert stage.told.count("unplugged") == 1
    assert 5 <= stage.motors.closed - before <= 12


def test_power_gone_is_a_lost_connection_after_half_a_second(stage):
    following(stage)
    stage.motors.there[:] = False
    stage.run(0.3)
    assert stage.condition is Condition.FOLLOWING
    stage.run(0.5)
    assert stage.condition is Condition.DISCONNECTED


def cut(stage, joints, seconds=0.0, fallen=0.0):
    """Take the power of some motors away: they answer nothing, get limp and fall."""
    joints = np.array(joints)
    stage.motors.on[joints] = False
    if seconds:
        stage.motors.there[joints] = False
        stage.run(seconds)
        stage.motors.there[joints] = True
    stage.motors.pose[joints] += fallen
    stage.motors.step = 0.0


def comes_back(stage, pose):
    stage.run(4.0)
    assert stage.condition is Condition.FOLLOWING
    assert stage.motors.on.all()
    np.testing.assert_allclose(stage.motors.pose, pose, atol=1e-9)
    assert stage.motors.step <= VELOCITY * PERIOD * (1 + 1e-6)


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("seconds", [0.06, 0.1, 0.2, 0.4, 0.8])
@pytest.mark.parametrize("joints", [[0, 1, 2], [1], [0, 2]])
def test_motors_whose_power_was_gone_come_back_softly(stage, joints, seconds, eager):
    stage.motors.eager = eager
    following(stage, (0.3, -0.3, 0.3))
    cut(stage, joints, seconds, fallen=-0.2)
    comes_back(stage, [0.3, -0.3, 0.3])
    if len(joints) < 3 or seconds < 0.5:
        assert stage.told_that.count("has lost its torque") == len(joints)
        assert sum(stage.controller.returned.values()) == len(joints)


@pytest.mark.parametrize("joints", [[0, 1, 2], [2]])
def test_a_restart_too_short_for_a_missed_reply_is_noticed_within_a_round(stage, joints):
    following(stage, (0.3, -0.3, 0.3))
    cut(stage, joints, fallen=0.1)
    stage.run(0.6 + 0.05 * len(joints))
    assert stage.motors.on.all()
    comes_back(stage, [0.3, -0.3, 0.3])


def test_a_motor_without_power_is_sent_nothing_until_it_was_looked_at(stage):
    stage.motors.eager = True
    following(stage)
    stage.motors.on[1] = stage.motors.there[1] = False
    stage.run(0.05)
    sent = stage.run(0.5)
    assert np.isnan([outcome.sent[1] for outcome in sent]).all()
    assert np.isfinite([outcome.sent[0] for outcome in sent]).all()


def test_motors_get_their_torque_one_after_the_other(stage):
    stage.command = [0.0, 0.0, 0.0]
    seen = []
    for _ in range(30):
        stage.run(PERIOD)
        seen.append(int(stage.motors.on.sum()))
    assert sorted(set(seen)) == [0, 1, 2, 3]
    assert seen == sorted(seen)
    assert seen.count(1) >= 4
    assert seen.count(2) >= 4


def test_power_that_is_gone_every_few_seconds_is_no_reason_to_wait(stage):
    following(stage, (0.3, 0.3, 0.3))
    for _ in range(5):
        cut(stage, [0, 1, 2], 0.3, fallen=-0.1)
        comes_back(stage, [0.3, 0.3, 0.3])


def test_power_gone_on_the_way_to_the_commanded_pose(stage):
    stage.command = [-0.5, -0.5, -0.5]
    stage.run(0.3)
    assert stage.condition is Condition.APPROACHING
    cut(stage, [0, 1, 2], 0.2, fallen=0.1)
    comes_back(stage, [-0.5, -0.5, -0.5])


def test_power_gone_while_holding_without_commands_holds_where_they_then_are(tmp_path):
    stage = following(Stage(tmp_path, torque_off_after=0.0), (0.3, 0.3, 0.3))
    stage.command = None
    stage.run(1.0)
    cut(stage, [0, 1, 2], 0.2, fallen=-0.2)
    stage.run(2.0)
    assert stage.condition is Condition.HOLDING
    assert stage.motors.on.all()
    np.testing.assert_allclose(stage.motors.pose, 0.1, atol=1e-9)


@pytest.mark.parametrize("seconds", [0.0, 0.2])
def test_power_gone_during_a_stop_that_relaxes_leaves_them_limp(stage, seconds):
    following(stage)
    stage.controller.stop()
    stage.run(0.5)
    cut(stage, [0, 1, 2], seconds, fallen=-0.2)
    stage.run(2.0)
    assert stage.condition is Condition.STOPPED
    assert not stage.motors.on.any()


def test_a_motor_that_has_shut_down_is_named_and_taken_in_when_it_can_be(stage):
    following(stage)
    stage.motors.on[1], stage.motors.shut_down[1] = False, "brow has shut down: overload"
    stage.command = [0.3, 0.3, 0.3]
    stage.run(3.0)
    assert stage.controller.refused == ("brow has shut down: overload",)
    assert stage.told.count("brow has shut down: overload") == 1
    assert stage.motors.on.tolist() == [True, False, True]
    stage.motors.shut_down.clear()
    stage.motors.step = 0.0
    comes_back(stage, [0.3, 0.3, 0.3])
    assert stage.controller.refused == ()


def test_a_motor_that_falls_again_and_again_is_taken_in_ever_more_seldom(stage):
    following(stage)
    returns = 0
    for _ in range(6000):
        was = stage.motors.on[1]
        stage.run(PERIOD)
        if stage.motors.on[1] and not was:
            returns += 1
        # Its supply breaks down whenever it gets torque.
        stage.motors.on[1] = False
    assert 4 <= returns <= 12
    assert stage.condition is Condition.FOLLOWING
    assert stage.motors.on[[0, 2]].all()


def test_one_bad_reply_changes_nothing(stage):
    following(stage)
    for error in (Fault.SILENT, Fault.GARBLED):
        stage.motors.read = lambda joints=None, fault=error: raise_(DriverError(fault, "bad"))
        stage.run(0.1)
        del stage.motors.read
        stage.run(1.0)
    assert stage.condition is Condition.FOLLOWING
    assert stage.controller.link.connections == 1


def raise_(error):
    raise error


@pytest.mark.parametrize("eager", [False, True])
def test_a_motor_outside_its_range_is_left_alone_until_it_is_moved_inside(stage, eager):
    stage.motors.eager = eager
    stage.motors.pose = np.array([1.2, 0.1, 0.1])
    stage.command = [0.0, 0.0, 0.0]
    stage.run(3.0)
    assert stage.motors.on.tolist() == [False, True, True]
    np.testing.assert_allclose(stage.motors.pose, [1.2, 0.0, 0.0], atol=1e-9)
    assert stage.controller.outside == ("jaw",)
    assert stage.told_that.count("outside driver.joints.jaw.raw") == 1
    stage.motors.pose[0] = 0.55
    stage.motors.step = 0.0
    stage.run(3.0)
    assert stage.controller.outside == ()
    assert stage.motors.on.all()
    np.testing.assert_allclose(stage.motors.pose, 0.0, atol=1e-9)
    assert stage.motors.step <= VELOCITY * PERIOD * (1 + 1e-6)


def test_however_seldom_commands_are_sent_no_motor_far_outside_its_range_is_pulled_in(tmp_path):
    stage = Stage(tmp_path, rate=4.0)
    stage.motors.pose = np.array([1.2, 0.1, 0.1])
    stage.command = [0.0, 0.0, 0.0]
    stage.run(5.0, 0.25)
    assert stage.motors.on.tolist() == [False, True, True]
    assert stage.controller.outside == ("jaw",)


def test_a_motor_on_the_other_side_of_the_wrap_is_left_alone_until_it_is_turned_back(tmp_path):
    stage = Stage(tmp_path, zeros={"jaw": 3700}, ranges={"jaw": [0, 4095]})
    # A little past raw 4095, where readings start again: by the motor's way it is far away.
    stage.motors.pose[0] = (20 - 3700) / SCALE
    stage.command = [0.0, 0.0, 0.0]
    stage.run(3.0)
    assert stage.controller.outside == ("jaw",)
    assert stage.told_that.count("would go the long way round") == 1
    assert not stage.motors.on[0]
    stage.motors.pose[0] = (4060 - 3700) / SCALE
    stage.run(3.0)
    assert stage.controller.outside == ()
    assert stage.motors.pose == pytest.approx([0.0, 0.0, 0.0], abs=1e-3)


def test_a_motor_a_little_outside_its_range_goes_on(stage):
    stage.motors.pose = np.array([RANGE + 0.03, 0.1, 0.1])
    stage.command = [0.0, 0.0, 0.0]
    stage.run(3.0)
    assert stage.controller.outside == ()
    np.testing.assert_allclose(stage.motors.pose, 0.0, atol=1e-9)
    assert stage.motors.step <= VELOCITY * PERIOD * (1 + 1e-6)


def test_a_motor_that_comes_back_outside_its_range_is_left_alone(stage):
    following(stage)
    stage.motors.there[1] = stage.motors.on[1] = False
    stage.run(1.0)
    stage.motors.there[1], stage.motors.pose[1] = True, -1.2
    stage.run(1.0)
    assert stage.motors.on.tolist() == [True, False, True]
    assert stage.motors.pose[1] == -1.2
    assert stage.controller.outside == ("brow",)


def test_one_motor_that_goes_and_comes_back_does_not_stop_the_others(stage):
    following(stage)
    stage.motors.there[1] = False
    stage.command = [0.3, 0.3, 0.3]
    stage.run(2.0)
    assert stage.controller.link.absent == ("brow",)
    np.testing.assert_allclose(stage.motors.pose[[0, 2]], 0.3, atol=1e-9)
    assert stage.motors.pose[1] == pytest.approx(0.0)
    stage.motors.there[1], stage.motors.on[1] = True, False
    stage.motors.step = 0.0
    stage.run(3.0)
    assert stage.controller.link.absent == ()
    np.testing.assert_allclose(stage.motors.pose, 0.3, atol=1e-9)
    assert stage.motors.step <= VELOCITY * PERIOD * (1 + 1e-6)
    assert stage.told_that.count("no answer of brow (id 2)") == 1
    assert "brow (id 2) answers again" in stage.told_that


@pytest.mark.parametrize("eager", [False, True])
def test_a_motor_that_comes_back_during_a_stop_holds_where_it_is(tmp_path, eager):
    stage = following(Stage(tmp_path, estop="hold"))
    stage.motors.eager = eager
    stage.controller.stop()
    stage.run(0.1)
    stage.motors.there[1] = stage.motors.on[1] = False
    stage.run(1.0)
    stage.motors.pose[1] = 0.3
    stage.motors.there[1] = True
    stage.run(1.0)
    assert stage.condition is Condition.STOPPED
    np.testing.assert_allclose(stage.motors.pose, [0.0, 0.3, 0.0], atol=1e-9)
    assert stage.motors.on.all()


@pytest.mark.parametrize(("estop", "on"), [("torque_off", False), ("hold", True)])
def test_an_emergency_stop_latches_and_does_as_configured(tmp_path, estop, on):
    stage = following(Stage(tmp_path, estop=estop))
    stage.controller.stop()
    stage.run(0.1)
    assert stage.condition is Condition.STOPPED
    assert stage.motors.on.all() == on
    before = stage.motors.pose
    stage.command = [0.4, 0.4, 0.4]
    stage.run(2.0)
    assert stage.condition is Condition.STOPPED
    np.testing.assert_array_equal(stage.motors.pose, before)
    stage.motors.pose = np.array([-0.3, 0.0, 0.2])
    stage.motors.step = 0.0
    stage.controller.reset()
    stage.run(5.0)
    assert stage.condition is Condition.FOLLOWING
    assert stage.motors.step <= VELOCITY * PERIOD * (1 + 1e-6)


def test_a_stop_is_told_again_since_no_motor_acknowledges_it(stage):
    following(stage)
    torque, told = stage.motors.torque, []

    def lossy(on, joints=None):
        told.append(on)
        torque(on, [0, 2] if len(told) == 1 else joints)

    stage.motors.torque = lossy
    stage.controller.stop()
    stage.run(0.05)
    assert stage.motors.on.tolist() == [False, True, False]
    stage.run(0.5)
    assert not stage.motors.on.any()
    assert stage.told_that.count("emergency stop") == 1


@pytest.mark.parametrize("how", ["end", "silence"])
def test_a_lost_packet_leaves_no_motor_with_torque_where_nothing_repeats_it(tmp_path, how):
    stage = following(Stage(tmp_path, torque_off_after=2.0, at_end="torque_off"))
    torque, told = stage.motors.torque, []

    def lossy(on, joints=None):
        told.append(on)
        torque(on, [0, 2] if len(told) == 1 else joints)

    stage.motors.torque = lossy
    if how == "end":
        stage.controller.end()
    else:
        stage.command = None
        stage.run(10.0, 0.05)
    assert not stage.motors.on.any()


def test_a_motor_that_was_away_at_the_stop_goes_limp_when_it_comes_back(stage):
    following(stage)
    stage.motors.there[1] = False
    stage.run(1.0)
    stage.controller.stop()
    stage.run(1.0)
    assert stage.motors.on.tolist() == [False, True, False]
    stage.motors.there[1] = True
    stage.run(0.5)
    assert not stage.motors.on.any()


def test_a_stop_just_before_the_end_is_done(tmp_path):
    stage = following(Stage(tmp_path, at_end="hold"))
    stage.controller.stop()
    stage.controller.end()
    assert not stage.motors.on.any()


def mute(stage, fault=Fault.SILENT):
    """Let no motor be heard any more, though they hear what they are told."""
    stage.motors.read = lambda joints=None: raise_(DriverError(fault, "no servo answers"))


def test_a_stop_is_sent_before_motors_are_found_to_be_heard_no_more(tmp_path):
    stage = following(Stage(tmp_path, read_rate=1.0 / PERIOD))
    mute(stage, Fault.LOST)
    stage.controller.stop()
    stage.run(PERIOD)
    assert stage.condition is Condition.DISCONNECTED
    assert not stage.motors.on.any()
    assert "emergency stop" in stage.told_that


def test_a_stop_is_sent_at_once_long_after_motors_were_heard_last(stage):
    following(stage)
    mute(stage)
    stage.run(30.0)
    assert stage.condition is Condition.DISCONNECTED
    assert stage.motors.on.all()
    stage.controller.stop()
    stage.run(PERIOD)
    assert not stage.motors.on.any()


@pytest.mark.parametrize("attended", [True, False])
def test_a_stop_is_sent_where_opening_already_finds_nobody_to_answer(stage, attended):
    following(stage)
    stage.controller.end()
    stage.motors.open = lambda: raise_(DriverError(Fault.SILENT, "no board answers"))
    stage.controller.stop()
    if attended:
        stage.run(PERIOD)
    else:
        stage.controller.stop_unattended()
    assert stage.condition is Condition.DISCONNECTED
    assert not stage.motors.on.any()


def test_pressing_on_does_not_try_a_lost_connection_more_often(stage):
    stage.motors.error = DriverError(Fault.ABSENT, "no port")
    tries = []
    stage.motors.open = lambda: tries.append(stage.now) or raise_(stage.motors.error)
    stage.run(30.0)
    before = len(tries)
    for _ in range(50):
        stage.controller.stop()
        stage.run(0.1)
    assert 1 <= len(tries) - before <= 5


def test_a_stop_is_done_although_nobody_ticks_any_more(stage):
    following(stage)
    stage.controller.end()
    stage.controller.stop()
    stage.controller.stop_unattended()
    assert not stage.motors.on.any()
    assert stage.motors.closed >= stage.motors.opened
    assert stage.condition is Condition.DISCONNECTED


def test_a_stop_that_nobody_ticks_for_says_what_keeps_it_from_motors(stage):
    stage.motors.error = DriverError(Fault.ABSENT, "no port")
    stage.controller.stop()
    stage.controller.stop_unattended()
    assert "no port" in stage.told_that


def test_a_stop_that_holds_leaves_motors_that_nobody_ticks_for_alone(tmp_path):
    stage = following(Stage(tmp_path, estop="hold"))
    stage.controller.end()
    opened = stage.motors.opened
    stage.controller.stop()
    stage.controller.stop_unattended()
    assert stage.motors.on.all()
    assert stage.motors.opened == opened


def test_a_stop_outlives_a_lost_connection(stage):
    following(stage)
    stage.controller.stop()
    stage.run(0.1)
    stage.motors.error = DriverError(Fault.LOST, "unplugged")
    stage.run(1.0)
    stage.motors.error = None
    stage.motors.on[:] = True
    stage.run(3.0)
    assert stage.condition is Condition.STOPPED
    assert not stage.motors.on.any()


def test_a_stop_while_disconnected_holds_when_connected(stage):
    stage.controller.stop()
    stage.command = [0.0, 0.0, 0.0]
    stage.run(1.0)
    assert stage.condition is Condition.STOPPED
    assert not stage.motors.on.any()


def test_motors_that_do_not_measure_start_from_what_was_sent_last(tmp_path):
    stage = Stage(tmp_path, measures=False)
    stage.motors.pose[:] = 0.0
    following(stage, (0.3, 0.3, 0.3))
    stage.motors.error = DriverError(Fault.LOST, "unplugged")
    stage.run(1.0)
    stage.motors.error = None
    stage.motors.on[:] = False
    stage.command = [-0.3, -0.3, -0.3]
    stage.run(5.0)
    assert stage.motors.step <= VELOCITY * PERIOD * (1 + 1e-6)
    np.testing.assert_allclose(stage.motors.pose, -0.3, atol=1e-9)


def test_warnings_of_motors_are_told_once(stage):
    stage.motors.warnings = ("jaw is hot",)
    stage.run(10.0)
    assert stage.told.count("jaw is hot") == 1
    assert stage.controller.link.health.warnings == ("jaw is hot",)


@pytest.mark.parametrize(("at_end", "on"), [("hold", True), ("torque_off", False)])
def test_the_end_leaves_motors_as_configured(tmp_path, at_end, on):
    stage = following(Stage(tmp_path, at_end=at_end))
    stage.controller.end()
    assert stage.motors.on.all() == on
    assert stage.condition is Condition.DISCONNECTED


events = st.lists(
    st.one_of(
        st.tuples(st.just("command"), st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3)),
        st.tuples(st.just("silence"), st.none()),
        st.tuples(st.just("fail"), st.sampled_from([None, *Fault])),
        st.tuples(st.just("there"), st.lists(st.booleans(), min_size=3, max_size=3)),
        st.tuples(st.just("push"), st.lists(st.floats(-1.2, 1.2), min_size=3, max_size=3)),
        st.tuples(st.just("restart"), st.lists(st.booleans(), min_size=3, max_size=3)),
        st.tuples(st.just("stop"), st.none()),
        st.tuples(st.just("reset"), st.none()),
    ),
    max_size=25,
)


@given(events, st.booleans(), st.booleans(), st.sampled_from(["hold", "torque_off"]))
def test_whatever_happens_nothing_is_raised_and_nothing_jumps(
    tmp_path_factory, what, measures, eager, estop
):
    stage = Stage(tmp_path_factory.mktemp("robot"), measures=measures, estop=estop)
    stage.motors.eager = eager
    stage.motors.pose[:] = 0.0
    for kind, value in what:
        if kind == "command":
            stage.command = value
        elif kind == "silence":
            stage.command = None
        elif kind == "fail":
            stage.motors.error = value and DriverError(value, "bad")
        elif kind == "there" and measures:
            # Whoever was away has lost its torque.
            stage.motors.on &= np.array(value)
            stage.motors.there[:] = value
        elif kind == "push" and measures:
            disables = ~stage.motors.on
            stage.motors.pose = np.where(disables, value, stage.motors.pose)
        elif kind == "restart":
            stage.motors.on &= ~np.array(value)
        elif kind == "stop":
            stage.controller.stop()
        elif kind == "reset":
            stage.controller.reset()
        stage.run(0.3)
        # A motor that answers only now and then can be up to a tick at full speed behind.
        assert stage.motors.step <= VELOCITY * PERIOD * (1 + 1e-6)
