# SPDX-License-Identifier: Apache-2.0
"""Commands keep every limit across whatever ends and begins, whenever it does."""

import functools
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from x2c_actuation.pipeline.actuation_pipeline import LATE, ActuationPipeline
from x2c_actuation.pipeline.mapping import JointMap
from x2c_actuation.safety.state_machine import (
    LATCHED,
    WATCHED,
    ActuationStateMachine,
    State,
    StateTiming,
)
from x2c_core.control_space import controls
from x2c_core.face.frames import ControlFrame, ControlState
from x2c_core.robot.robot_file import load_robot
from x2c_testing.command_judge import WireJudge

PERIOD = 0.01
TIMING = StateTiming(ramp=0.1, hold_after=0.3, neutral_after=0.6, ease=0.2)
SERVO_LAG = 0.1
# More of them find what is rarer: X2C_EXAMPLES=1000 pytest test_transitions.py
EXAMPLES = int(os.environ.get("X2C_EXAMPLES", "60"))


class Face:
    """Joints whose servos lag, the chain that moves them, and the life of its node."""

    def __init__(self, robot, measured, ramp=TIMING.ramp):
        self.robot = robot
        self.now = 0.0
        self.judge = WireJudge(robot, PERIOD)
        self.state_machine = ActuationStateMachine(
            StateTiming(**{**TIMING.__dict__, "ramp": ramp}), True, 0.0
        )
        self.measured = measured
        self.values = None
        self.at = robot.home.copy()
        self.history = []
        self.told = self.limp = None
        self.pipeline = None
        self.before = None
        self.active = False
        self.configure()
        self.activate()

    # The life of a node.

    def configure(self):
        self.pipeline = ActuationPipeline(
            self.robot, JointMap(self.robot), self.state_machine, PERIOD, before=self.before
        )

    def activate(self, armed=True):
        self.pipeline.restart(armed, self.now)
        self.active = True

    def cleanup(self):
        self.before, self.pipeline = self.pipeline, None

    def cut_off(self):
        self.active = False

    def deactivate(self, ease):
        if self.pipeline.sending and self.state_machine.state not in LATCHED:
            if ease:
                self.state_machine.ease("deactivated", self.now)
            else:
                self.state_machine.disable(self.now)
        for _ in range(500):
            if not self.pipeline.sending or self.state_machine.state is State.DISABLED:
                break
            if self.state_machine.state in LATCHED and self.pipeline.motion.at_rest:
                break
            self.tick()
        self.cut_off()

    # Time.

    def pass_time(self, seconds):
        self.now += seconds
        late = [(t, p) for t, p in self.history if t <= self.now - SERVO_LAG]
        if late:
            self.at = late[-1][1]
            self.history = self.history[len(late) - 1 :]

    def tick(self, seconds=PERIOD):
        self.pass_time(seconds)
        if not self.active:
            return
        if self.measured:
            self.told = self.at if self.limp is None else self.limp
            self.pipeline.feedback.take(self.robot.joint_names, self.told, self.now)
        if self.values is not None:
            frame = ControlFrame(self.values, 1.0, ControlState.TRACKING, 0)
            self.pipeline.take(frame, 0, self.now)
        was_sending, counts = self.pipeline.sending, self.pipeline.counts.copy()
        command = self.pipeline.tick(self.now)
        if command is None:
            assert self.state_machine.state not in WATCHED
            if was_sending:
                assert self.pipeline.motion.at_rest, "commands end while the joints move"
            return
        began = self.pipeline.counts - counts
        elsewhere = {
            i: self.told[i]
            for i, name in enumerate(self.robot.joint_names)
            if began[f"began where measured: {name}"]
        }
        if elsewhere:
            assert self.now - self.judge.sent_at >= LATE * PERIOD
            assert self.limp is not None, "began elsewhere, but the servos only lag"
        self.judge.judge(command.state.position, self.now, elsewhere)
        self.history.append((self.now, command.state.position))
        self.limp = None

    def run(self, seconds):
        for _ in range(round(seconds / PERIOD)):
            self.tick()


@pytest.fixture
def face(robot):
    return functools.partial(Face, robot)


VALUES = st.sampled_from((controls.MINIMUM, controls.MAXIMUM, controls.NEUTRAL))
COUNTS = st.sampled_from([1, 2, 3, 5, 8, 13, 40])
ENDS = ["disable", "ease", "assert_estop", "fail", "cut off", "neutral", "hold"]
PAUSES = [0.0, 1e-4, 0.004, 0.03, 0.09, 0.1, 0.11, 0.4, 2.0]


class AnyLife:
    """What can happen to the chain, its node and its joints, at any time."""

    def __init__(self, robot, measured, ramp):
        self.face = Face(robot, measured, ramp)

    def follow(self, values, count):
        self.face.values = values
        for _ in range(count):
            self.face.tick()

    def late(self, seconds):
        self.face.pass_time(seconds)

    def end(self, how, values, count):
        face = self.face
        if how in ("assert_estop", "fail"):
            getattr(face.state_machine, how)("test", face.now)
        elif how == "disable":
            face.state_machine.disable(face.now)
        elif how == "ease" and face.state_machine.state not in LATCHED:
            face.state_machine.ease("asked", face.now)
        elif how == "cut off":
            face.cut_off()
        elif face.active:
            face.deactivate(how == "neutral")
        self.follow(values, count)

    def begin_again(self, rebuild, armed, reset, enable, values, count):
        face = self.face
        if not face.active:
            if rebuild:
                face.cleanup()
                face.configure()
            face.activate(armed)
        if reset:
            face.state_machine.release()
            face.state_machine.reset(face.now)
        if enable and face.state_machine.state not in LATCHED:
            face.state_machine.enable(face.now)
        self.follow(values, count)

    def measure_or_not(self):
        self.face.measured = not self.face.measured

    def move_by_hand(self, share):
        if not self.face.pipeline.sending:
            robot = self.face.robot
            self.face.limp = robot.lower + share * (robot.upper - robot.lower)


def action(name, **arguments):
    return st.tuples(st.just(name), st.fixed_dictionaries(arguments))


BOOLS = {name: st.booleans() for name in ("rebuild", "armed", "reset", "enable")}
END = action("end", how=st.sampled_from(ENDS), values=VALUES, count=COUNTS)
BEGIN = action("begin_again", **BOOLS, values=VALUES, count=COUNTS)
ACTIONS = st.one_of(
    END,
    BEGIN,
    BEGIN,
    action("follow", values=VALUES, count=COUNTS),
    action("follow", values=st.none(), count=COUNTS),
    action("late", seconds=st.sampled_from(PAUSES)),
    action("move_by_hand", share=st.floats(0.0, 1.0)),
    action("measure_or_not"),
)


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    coupled=st.booleans(),
    measured=st.booleans(),
    ramp=st.sampled_from([0.0, 0.1]),
    actions=st.lists(ACTIONS, min_size=12, max_size=24),
)
def test_every_limit_holds_at_the_wire_in_any_life(
    tmp_path_factory, write_robot_to, coupled, measured, ramp, actions
):
    limits = [{"joint": "lid", "by": "jaw", "upper": [[0.0, 1.0], [0.4, 0.1]]}]
    folder = tmp_path_factory.mktemp("robot")
    robot = load_robot(write_robot_to(folder, coupled_limits=limits if coupled else []))
    life = AnyLife(robot, measured, ramp)
    life.follow(controls.MAXIMUM, 60)
    for name, arguments in actions:
        getattr(life, name)(**arguments)
