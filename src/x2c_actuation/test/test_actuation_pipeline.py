# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from x2c_actuation.pipeline.actuation_pipeline import LATE, ActuationPipeline
from x2c_actuation.pipeline.mapping import JointMap
from x2c_actuation.pipeline.motion import TOLERANCE
from x2c_actuation.safety.feedback import BELIEVED, STANDING
from x2c_actuation.safety.state_machine import WATCHED, ActuationStateMachine, State, StateTiming
from x2c_core.control_space import controls
from x2c_core.errors import X2CError
from x2c_core.face.frames import ControlFrame, ControlState
from x2c_core.robot.robot_file import load_robot

PERIOD = 0.01
STAMP = 1_234_567_890_123
TIMING = StateTiming(ramp=0.2, hold_after=0.3, neutral_after=0.6, ease=0.3)
COUPLED = [{"joint": "lid", "by": "jaw", "upper": [[0.0, 1.0], [0.4, 0.1]]}]


def frame(**named):
    values = controls.from_names({name.replace("_", " "): value for name, value in named.items()})
    return ControlFrame(values, 1.0, ControlState.TRACKING, 0)


class Driven:
    """A chain with a clock, and all that it has sent."""

    def __init__(self, robot, **changed):
        timing = StateTiming(**{**TIMING.__dict__, **changed})
        self.robot = robot
        self.now = 0.0
        self.pipeline = ActuationPipeline(
            robot, JointMap(robot), ActuationStateMachine(timing, True, 0.0), PERIOD
        )
        self.sent = []

    @property
    def state(self):
        return self.pipeline.state_machine.state

    def tick(self, seconds=PERIOD):
        self.now += seconds
        command = self.pipeline.tick(self.now)
        if command is not None:
            self.sent.append(command.state.position)
        return command

    def run(self, seconds, new=None):
        """Let time pass, with control values at 30 Hz where there are any."""
        for i in range(round(seconds / PERIOD)):
            if new is not None and i % 3 == 0:
                self.pipeline.take(new, STAMP, self.now)
            self.tick()

    def at(self, name):
        return self.sent[-1][self.robot.joint_names.index(name)]


@pytest.fixture
def driven(robot):
    return Driven(robot)


def test_nothing_is_sent_before_control_values_come(driven):
    driven.run(0.5)
    assert driven.sent == []
    assert driven.state is State.DISABLED


def test_joints_come_to_what_control_values_ask_and_stay(driven):
    driven.run(2.0, frame(Eyelid_Upper_Left=0.5, Head_Pitch=0.2))
    assert driven.state is State.ACTIVE
    assert driven.at("lid") == pytest.approx(-0.25)
    assert driven.at("nod") == pytest.approx(0.1)
    assert driven.sent[0] == pytest.approx(driven.robot.home, abs=1e-3)


def test_the_first_command_that_answers_an_image_is_told(driven):
    driven.run(1.0, frame())
    driven.tick()
    driven.pipeline.take(frame(), STAMP + 7, driven.now)
    first, second = driven.tick(0.003), driven.tick()
    assert (first.stamp, first.first) == (STAMP + 7, True)
    assert (second.stamp, second.first) == (STAMP + 7, False)


def test_new_values_have_an_effect_with_the_next_command(driven):
    driven.run(1.0, frame())
    driven.pipeline.take(frame(Eyelid_Upper_Left=-1.0), STAMP, driven.now)
    before = driven.at("lid")
    driven.tick(0.004)
    assert driven.at("lid") < before


def test_ramping_in_is_slower_than_the_joints_could(robot):
    soft, hard = Driven(robot, ramp=1.0), Driven(robot, ramp=0.0)
    for one in (soft, hard):
        one.run(0.3, frame(Eyelid_Upper_Left=-1.0))
    assert hard.at("lid") < -0.9
    assert -0.4 < soft.at("lid") < -0.1


def test_silence_holds_then_eases_to_neutral_then_sends_nothing(driven):
    driven.run(1.0, frame(Head_Pitch=0.2))
    driven.run(0.4)
    assert driven.state is State.HOLDING
    assert driven.at("nod") == pytest.approx(0.1, abs=1e-6)
    driven.run(1.5)
    assert driven.state is State.DISABLED
    assert driven.sent[-1] == pytest.approx(driven.robot.home, abs=1e-4)
    count = len(driven.sent)
    driven.run(1.0)
    assert len(driven.sent) == count


def test_an_emergency_stop_brakes_within_the_limits_and_holds(driven):
    driven.run(0.5, frame(Eyelid_Upper_Left=-1.0))
    driven.run(0.05, frame(Eyelid_Upper_Left=2.0))
    driven.pipeline.state_machine.assert_estop("button", driven.now)
    stopped = driven.at("lid")
    driven.run(0.5, frame(Eyelid_Upper_Left=-1.0))
    assert driven.state is State.STOPPED
    assert driven.at("lid") == pytest.approx(driven.sent[-20][0], abs=1e-9)
    # 20 rad/s take 0.3 s with 100 rad/s² and 1000 rad/s³.
    assert abs(driven.at("lid") - stopped) < 3.0


def test_a_stop_before_anything_was_sent_sends_nothing(driven):
    driven.pipeline.state_machine.assert_estop("button", 0.0)
    driven.run(0.5, frame())
    assert driven.sent == []


def measured(driven, seconds, *, new=None, **positions):
    """Let time pass while joints are measured."""
    for _ in range(round(seconds / PERIOD)):
        driven.pipeline.feedback.take(list(positions), list(positions.values()), driven.now)
        driven.run(PERIOD, new)


def test_joints_start_from_where_they_are_measured(driven):
    measured(driven, STANDING, new=frame(), nod=0.2, lid=-0.5)
    assert driven.sent[1:] == []
    assert driven.at("nod") == pytest.approx(0.2, abs=1e-3)
    assert driven.at("lid") == pytest.approx(-0.5, abs=1e-3)
    assert driven.at("jaw") == pytest.approx(0.0, abs=1e-3)
    assert driven.pipeline.elsewhere == {}, "nothing was known of them"


def test_what_was_measured_before_a_pause_is_forgotten(driven):
    driven.pipeline.feedback.take(["nod"], [0.0], 0.0)
    driven.run(1.0, frame(Head_Pitch=0.3, Neck_Pitch=0.3))
    driven.now += 0.5
    driven.pipeline.restart(True, driven.now)
    assert driven.pipeline.feedback.age(driven.now) is None
    assert driven.pipeline.feedback.errors is None
    measured(driven, STANDING + PERIOD, nod=-0.2)
    driven.run(PERIOD, frame())
    assert driven.at("nod") == pytest.approx(-0.2, abs=1e-3)
    assert driven.pipeline.elsewhere["nod"] == pytest.approx(-0.5, abs=1e-3)
    assert driven.pipeline.counts["began where measured: nod"] == 1


def test_without_measurements_joints_go_on_where_they_were_sent(driven):
    driven.run(1.0, frame(Head_Pitch=0.3, Neck_Pitch=0.3))
    for pause in (0.0, 0.05, 5.0):
        driven.now += pause
        driven.pipeline.restart(True, driven.now)
        driven.run(PERIOD, frame())
        assert driven.at("nod") == pytest.approx(0.3, abs=1e-3)


def test_a_new_chain_goes_on_where_the_one_before_has_sent_joints_of_the_same_names(
    driven, write_robot_to, tmp_path
):
    driven.run(1.0, frame(Head_Pitch=0.3, Neck_Pitch=0.3, Eyelid_Upper_Left=0.5))
    joint = {"type": "revolute", "velocity": 1.0, "acceleration": 100.0, "jerk": 1000.0}
    joints = {
        "nod": {**joint, "position": [-0.25, 0.25], "home": 0.0},
        "tail": {**joint, "position": [-1.0, 1.0], "home": 0.4},
    }
    mixing = {"nod": {"Head Pitch": 0.5}}
    other = Driven(load_robot(write_robot_to(tmp_path, joints=joints, mixing=mixing)))
    state_machine = ActuationStateMachine(TIMING, True, 0.0)
    other.pipeline = ActuationPipeline(
        other.robot, JointMap(other.robot), state_machine, PERIOD, before=driven.pipeline
    )
    other.now = driven.now + 1.0
    assert other.pipeline.unknown == ("tail",)
    other.run(PERIOD, frame())
    assert other.at("nod") == pytest.approx(0.3, abs=1e-3), "outside, and never further out"
    assert other.at("tail") == pytest.approx(0.4, abs=1e-3)
    other.run(1.0, frame())
    assert other.at("nod") == pytest.approx(0.0, abs=1e-3)


def test_an_emergency_stop_that_is_reset_at_once_still_brakes_within_the_limits(driven):
    driven.run(0.5, frame(Eyelid_Upper_Left=-1.0))
    driven.run(0.05, frame(Eyelid_Upper_Left=2.0))
    state_machine = driven.pipeline.state_machine
    state_machine.assert_estop("button", driven.now)
    state_machine.release()
    state_machine.reset(driven.now)
    assert driven.tick() is not None
    driven.run(1.0, frame())
    assert driven.state is State.DISABLED
    assert driven.pipeline.motion.at_rest


def test_joints_are_not_moved_before_what_is_awaited_has_come(driven):
    driven.pipeline.awaited = "waits for joint_states"
    driven.pipeline.state_machine.ease("asked", driven.now)
    driven.run(0.5, frame())
    assert driven.sent == []
    assert (
        driven.pipeline.state_machine.reason
        == driven.pipeline.hindrance
        == "waits for joint_states"
    )
    driven.pipeline.awaited = ""
    driven.run(0.5, frame())
    assert driven.sent == [], "nothing that was asked for once begins later"
    driven.pipeline.state_machine.enable(driven.now)
    driven.run(PERIOD, frame())
    assert len(driven.sent) == 1


def test_a_joint_far_outside_its_limits_is_not_believed_and_nothing_moves(driven):
    measured(driven, STANDING + 0.1, new=frame(), nod=0.9)
    assert driven.state is State.FAULT
    assert (
        "joint nod is measured at 0.9, outside its limits" in driven.pipeline.state_machine.reason
    )
    assert driven.sent == []


def test_a_blocked_joint_is_a_fault_and_presses_no_longer(driven):
    for _ in range(400):
        driven.pipeline.feedback.take(["nod"], [-0.2], driven.now)
        driven.run(PERIOD, frame(Head_Pitch=0.3, Neck_Pitch=0.3))
    assert driven.state is State.FAULT
    assert "joint nod has not been where it was sent" in driven.pipeline.state_machine.reason
    assert driven.at("nod") == pytest.approx(-0.2, abs=1e-3)


def test_a_fault_moves_on_where_the_blocked_joint_is_not_measured_any_more(driven):
    driven.run(1.0, frame())
    driven.pipeline.feedback.take(["nod"], [-0.3], driven.now, "/driver")
    driven.run(PERIOD, frame())
    driven.pipeline.feedback.take(["nod"], [np.nan], driven.now, "/driver")
    driven.pipeline.state_machine.fail("broken", driven.now)
    driven.run(0.1)
    assert driven.at("nod") == pytest.approx(0.0, abs=1e-3)


def test_a_joint_that_falls_silent_is_no_fault_while_others_are_measured(driven):
    driven.pipeline.feedback.take(["nod", "jaw"], [0.0, 0.0], 0.0)
    for _ in range(400):
        driven.pipeline.feedback.take(["jaw"], [0.0], driven.now)
        driven.run(PERIOD, frame(Head_Pitch=0.3, Neck_Pitch=0.3))
    assert driven.state is State.ACTIVE


def test_measurements_that_stop_are_no_fault(driven):
    driven.pipeline.feedback.take(["nod"], [0.0], 0.0)
    driven.run(4.0, frame(Head_Pitch=0.3, Neck_Pitch=0.3))
    assert driven.state is State.ACTIVE


def test_after_a_long_pause_joints_start_from_rest(driven):
    driven.run(1.0, frame())
    driven.run(0.1, frame(Head_Pitch=0.3))
    before = driven.at("nod")
    driven.tick((LATE + 1) * PERIOD)
    assert driven.pipeline.totals["late ticks"] == 1
    assert abs(driven.at("nod") - before) < 0.01


def test_clamps_and_coupled_limits_are_counted_by_name(write_robot):
    driven = Driven(load_robot(write_robot(coupled_limits=COUPLED)))
    given = controls.from_names({"Eyelid Upper Left": 9.0, "Head Pitch": -0.5, "Jaw Pitch": 0.0})
    given[controls.index("Neck Pitch")] = -0.3
    driven.pipeline.take(ControlFrame(given, 1.0, ControlState.TRACKING, 0), STAMP, 0.0)
    counts = driven.pipeline.counts
    assert counts["control out of range: Eyelid Upper Left"] == 1
    assert counts["position clamped: nod"] == 1
    assert counts["coupled limit: lid"] == 1
    assert driven.pipeline.totals["inputs"] == 1


def test_rejected_values_move_nothing_and_are_no_input(driven):
    driven.run(1.0, frame())
    values = controls.NEUTRAL.copy()
    values[0] = np.nan
    for _ in range(100):
        with pytest.raises(X2CError):
            driven.pipeline.take(
                ControlFrame(values, 1.0, ControlState.TRACKING, 0), STAMP, driven.now
            )
        driven.tick()
    assert driven.state is not State.ACTIVE


numbers = st.floats(width=64) | st.floats(-3.0, 3.0) | st.sampled_from([5e-324, -5e-324])
events = st.lists(
    st.tuples(st.just("take"), arrays(np.float64, controls.COUNT, elements=numbers))
    | st.tuples(st.just("take"), st.sampled_from([controls.MINIMUM, controls.MAXIMUM]))
    | st.tuples(st.just("measure"), st.lists(numbers, min_size=5, max_size=5))
    | st.tuples(
        st.sampled_from(["enable", "disable", "ease", "assert_estop", "reset", "fail"]), st.none()
    )
    | st.tuples(st.just("gains"), st.floats(0.0, 3.0))
    | st.tuples(st.just("silence"), st.sampled_from([0.0, 1e-9, 0.02, 0.2, 5.0, -3.0]))
    | st.tuples(st.just("ticks"), st.sampled_from([1, 2, 5, 30])),
    max_size=30,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(events=events, coupled=st.booleans())
@example(events=[("silence", -3.0), *[("take", controls.MINIMUM)] * 2], coupled=False)
def test_no_limit_is_passed_and_nothing_raised_whatever_happens(
    tmp_path_factory, write_robot_to, events, coupled
):
    folder = tmp_path_factory.mktemp("robot")
    robot = load_robot(write_robot_to(folder, coupled_limits=COUPLED if coupled else []))
    joint_map, state_machine = JointMap(robot), ActuationStateMachine(TIMING, True, 0.0)
    pipeline = ActuationPipeline(robot, joint_map, state_machine, PERIOD)
    span = robot.upper - robot.lower
    speed = np.array([joint.velocity for joint in robot.joints])
    acceleration = np.array([joint.acceleration for joint in robot.joints])
    # The pipeline has no time before its first tick.
    now, latest, last, commands = 0.0, -np.inf, None, 0
    allowed, over_allowed = 0.0, 0.0

    def ask(what):
        try:
            what()
        except X2CError:
            return

    for event, what in events:
        count = 1
        if event == "take":
            ask(lambda: pipeline.take(ControlFrame(what, 1.0, ControlState.TRACKING, 0), 0, now))  # noqa: B023
        elif event == "measure":
            ask(lambda: pipeline.feedback.take(robot.joint_names, what, now))  # noqa: B023
        elif event in ("assert_estop", "fail"):
            getattr(state_machine, event)("test", now)
        elif event == "reset":
            state_machine.release()
            ask(lambda: state_machine.reset(now))  # noqa: B023
        elif event == "ease":
            ask(lambda: state_machine.ease("test", now))  # noqa: B023
        elif event in ("enable", "disable"):
            ask(lambda: getattr(state_machine, event)(now))  # noqa: B023
        elif event == "gains":
            joint_map.adjust(dict.fromkeys(robot.gains, what), dict.fromkeys(robot.gains, -what))
        elif event == "silence":
            now += what
        else:
            count = what
        for _ in range(count):
            now += PERIOD
            late = pipeline.totals["late ticks"]
            passed, latest = max(now - latest, 0.0), max(now, latest)
            command = pipeline.tick(now)
            if command is None:
                last = None
                assert state_machine.state not in WATCHED
                continue
            sent = command.state
            commands += 1
            assert np.isfinite(sent.position).all()
            assert (np.abs(sent.velocity) <= speed).all()
            assert (np.abs(sent.acceleration) <= acceleration).all()
            outside = np.maximum(robot.lower - sent.position, sent.position - robot.upper)
            # By how much the coupled limit is passed.
            over = sent.position[0] - np.interp(sent.position[3], [0.0, 0.4], [1.0, 0.1])
            if last is None or pipeline.totals["late ticks"] > late:
                allowed, over_allowed = np.maximum(outside, 0.0), max(over, 0.0)
                assert (outside <= (BELIEVED + TOLERANCE) * span).all()
            else:
                # A clock that was turned back lets no time pass.
                assert (np.abs(sent.position - last) <= speed * passed + TOLERANCE * span).all()
            assert (outside <= allowed + TOLERANCE * span).all()
            assert not coupled or over <= over_allowed + 1e-5
            last = sent.position
    assert pipeline.totals["commands"] == commands
