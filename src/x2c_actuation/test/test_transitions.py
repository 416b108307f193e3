# SPDX-License-Identifier: Apache-2.0
"""Commands keep every limit across whatever ends and begins, whenever it does."""

import functools
import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run
from wire_judge import WireJudge

from x2c_actuation.chain import LATE, Chain
from x2c_actuation.machine import LATCHED, WATCHED, Machine, State, Timing
from x2c_actuation.mapping import JointMap
from x2c_face import controls
from x2c_face.frames import ControlFrame, ControlState
from x2c_face.robot_file import load_robot

PERIOD = 0.01
TIMING = Timing(ramp=0.1, hold_after=0.3, neutral_after=0.6, ease=0.2)
SERVO_LAG = 0.1
EXAMPLES = int(os.environ.get("X2C_EXAMPLES", "40"))


class Face:
    """Joints whose servos lag, the chain that moves them, and the life of its node."""

    def __init__(self, robot, measured, ramp=TIMING.ramp):
        self.robot = robot
        self.now = 0.0
        self.judge = WireJudge(robot, PERIOD)
        self.machine = Machine(Timing(**{**TIMING.__dict__, "ramp": ramp}), True, 0.0)
        self.measured = measured
        self.values = None
        self.at = robot.home.copy()
        self.history = []
        self.told = self.limp = None
        self.chain = None
        self.before = None
        self.active = False
        self.configure()
        self.activate()

    # The life of a node.

    def configure(self):
        self.chain = Chain(
            self.robot, JointMap(self.robot), self.machine, PERIOD, before=self.before
        )

    def activate(self, armed=True):
        self.chain.restart(armed, self.now)
        self.active = True

    def cleanup(self):
        self.before, self.chain = self.chain, None

    def cut_off(self):
        self.active = False

    def deactivate(self, ease):
        if self.chain.sending and self.machine.state not in LATCHED:
            if ease:
                self.machine.ease("deactivated", self.now)
            else:
                self.machine.disable(self.now)
        for _ in range(500):
            if not self.chain.sending or self.machine.state is State.DISABLED:
                break
            if self.machine.state in LATCHED and self.chain.motion.at_rest:
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
            self.chain.feedback.take(self.robot.joint_names, self.told, self.now)
        if self.values is not None:
            frame = ControlFrame(self.values, 1.0, ControlState.TRACKING, 0)
            self.chain.take(frame, 0, self.now)
        was_sending, counts = self.chain.sending, self.chain.counts.copy()
        command = self.chain.tick(self.now)
        if command is None:
            assert self.machine.state not in WATCHED
            if was_sending:
                assert self.chain.motion.at_rest, "commands end while the joints move"
            return
        began = self.chain.counts - counts
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


EXTREMES = st.sampled_from((controls.MINIMUM, controls.MAXIMUM, controls.NEUTRAL))
COUNTS = st.sampled_from([1, 2, 3, 5, 8, 13, 40])


class AnyLife(RuleBasedStateMachine):
    """Everything that can happen to the chain, its node and its joints, at any time."""

    def __init__(self, robot):
        super().__init__()
        self.robot = robot

    @initialize(measured=st.booleans(), ramp=st.sampled_from([0.0, 0.1]), values=EXTREMES)
    def begin(self, measured, ramp, values):
        self.face = Face(self.robot, measured, ramp)
        self.follow(values, 60)

    @rule(values=EXTREMES, count=COUNTS)
    def follow(self, values, count):
        self.face.values = values
        for _ in range(count):
            self.face.tick()

    @rule(count=COUNTS)
    def no_input(self, count):
        self.face.values = None
        for _ in range(count):
            self.face.tick()

    @rule(seconds=st.sampled_from([0.0, 1e-4, 0.004, 0.03, 0.09, 0.1, 0.11, 0.4, 2.0]))
    def late(self, seconds):
        self.face.pass_time(seconds)

    @rule(
        how=st.sampled_from(["disable", "ease", "press", "fail", "cut off", "neutral", "hold"]),
        values=EXTREMES,
        count=COUNTS,
    )
    def end(self, how, values, count):
        face = self.face
        if how in ("press", "fail"):
            getattr(face.machine, how)("test", face.now)
        elif how == "disable":
            face.machine.disable(face.now)
        elif how == "ease" and face.machine.state not in LATCHED:
            face.machine.ease("asked", face.now)
        elif how == "cut off":
            face.cut_off()
        elif face.active:
            face.deactivate(how == "neutral")
        self.follow(values, count)

    @rule(
        rebuild=st.booleans(),
        armed=st.booleans(),
        reset=st.booleans(),
        enable=st.booleans(),
        values=EXTREMES,
        count=COUNTS,
    )
    def begin_again(self, rebuild, armed, reset, enable, values, count):
        face = self.face
        if not face.active:
            if rebuild:
                face.cleanup()
                face.configure()
            face.activate(armed)
        if reset:
            face.machine.release()
            face.machine.reset(face.now)
        if enable and face.machine.state not in LATCHED:
            face.machine.enable(face.now)
        self.follow(values, count)

    @rule()
    def measure_or_not(self):
        self.face.measured = not self.face.measured

    @precondition(lambda self: not self.face.chain.sending)
    @rule(share=st.floats(0.0, 1.0))
    def move_by_hand(self, share):
        self.face.limp = self.robot.lower + share * (self.robot.upper - self.robot.lower)


@pytest.mark.parametrize("coupled", [False, True])
def test_every_limit_holds_at_the_wire_in_any_life(write_robot, coupled):
    limits = [{"joint": "lid", "by": "jaw", "upper": [[0.0, 1.0], [0.4, 0.1]]}]
    robot = load_robot(write_robot(coupled_limits=limits if coupled else []))
    run(
        lambda: AnyLife(robot),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=20,
            suppress_health_check=[HealthCheck.too_slow],
            phases=(Phase.explicit, Phase.generate),
        ),
    )
