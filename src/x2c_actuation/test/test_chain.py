# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from x2c_actuation.chain import Chain, Mode
from x2c_actuation.mapping import JointMap
from x2c_actuation.slew import LONGEST_STEP
from x2c_face import controls
from x2c_face.errors import X2CError
from x2c_face.frames import ControlFrame, ControlState

MS = 1_000_000
STAMP = 1_234_567_890_123


def frame(values=controls.NEUTRAL):
    return ControlFrame(np.asarray(values), 1.0, ControlState.TRACKING, 0)


def lid(position):
    return frame(controls.from_names({"Eyelid Upper Left": position}))


@pytest.fixture
def make_chain(robot):
    def make(mode=Mode.ENABLED):
        return Chain(robot, JointMap(robot), mode, now=0)

    return make


def position(command, name):
    return command.positions[command.names.index(name)]


def test_a_command_names_all_joints_and_keeps_the_stamp(make_chain, robot):
    command = make_chain().follow(frame(), STAMP, now=33 * MS)
    assert command.names == robot.joint_names
    assert command.stamp == STAMP
    np.testing.assert_allclose(command.positions, robot.home)


def test_a_fast_joint_is_at_its_target_with_the_first_command(make_chain):
    command = make_chain().follow(lid(0.5), STAMP, now=33 * MS)
    assert position(command, "lid") == pytest.approx(-0.25)


def test_a_slow_joint_takes_its_time_and_is_counted(make_chain):
    chain = make_chain()
    values = frame(controls.from_names({"Head Pitch": 0.3}))
    command = chain.follow(values, STAMP, now=33 * MS)
    assert position(command, "nod") == pytest.approx(0.033)
    assert chain.counts == {"velocity limited: nod": 1}


def test_clamps_are_counted_by_name(make_chain):
    chain = make_chain()
    values = controls.from_names({"Eyelid Upper Left": 9.0, "Head Pitch": -0.5})
    values[controls.index("Neck Pitch")] = -0.3
    for now in (1, 2):
        chain.follow(frame(values), STAMP, now=now * 33 * MS)
    assert chain.counts["control out of range: Eyelid Upper Left"] == 2
    assert chain.counts["position clamped: nod"] == 2


def test_disabled_makes_no_command_and_enabling_starts_where_the_joints_are(make_chain):
    chain = make_chain()
    assert position(chain.follow(lid(-1.0), STAMP, now=50 * MS), "lid") == pytest.approx(-1.0)
    chain.switch(Mode.DISABLED, now=60 * MS)
    assert chain.follow(lid(2.0), STAMP, now=90 * MS) is None
    assert chain.go_home(now=90 * MS) is None
    chain.switch(Mode.ENABLED, now=9_000 * MS)
    command = chain.follow(lid(2.0), STAMP, now=9_020 * MS)
    assert position(command, "lid") == pytest.approx(-0.6)


def test_neutral_goes_home_at_the_joints_speed_then_stays(make_chain, robot):
    chain = make_chain()
    for i in range(1, 20):
        chain.follow(frame(controls.from_names({"Head Pitch": 0.3})), STAMP, now=i * 33 * MS)
    chain.switch(Mode.NEUTRAL, now=1_000 * MS)
    assert chain.follow(frame(), STAMP, now=1_001 * MS) is None
    commands = []
    while (command := chain.go_home(now=(1_000 + 20 * (len(commands) + 1)) * MS)) is not None:
        commands.append(command)
    np.testing.assert_allclose(commands[-1].positions, robot.home)
    assert 0.1 / 0.02 <= len(commands) <= 0.2 / 0.02
    nod = [position(command, "nod") for command in commands]
    assert np.abs(np.diff([0.15, *nod])).max() <= 1.0 * 0.02 + 1e-9
    assert chain.follow(lid(0.0), STAMP, now=3_000 * MS) is None
    chain.switch(Mode.ENABLED, now=3_000 * MS)
    assert chain.follow(lid(0.0), STAMP, now=3_033 * MS) is not None


def test_neutral_is_sent_even_where_the_joints_are_taken_to_be_home(make_chain, robot):
    chain = make_chain(Mode.DISABLED)
    chain.switch(Mode.NEUTRAL, now=1 * MS)
    command = chain.go_home(now=2 * MS)
    np.testing.assert_allclose(command.positions, robot.home)
    assert chain.go_home(now=3 * MS) is None


def test_a_rejected_frame_moves_nothing(make_chain):
    chain = make_chain()
    before = chain.follow(lid(0.5), STAMP, now=33 * MS)
    values = controls.NEUTRAL.copy()
    values[0] = np.nan
    with pytest.raises(X2CError):
        chain.follow(frame(values), STAMP, now=66 * MS)
    after = chain.follow(lid(0.5), STAMP, now=99 * MS)
    np.testing.assert_array_equal(before.positions, after.positions)


numbers = st.floats(width=64) | st.floats(-3.0, 3.0)
values = arrays(np.float64, controls.COUNT, elements=numbers)
clock = st.integers(-(2**62), 2**62) | st.integers(0, 10_000 * MS)
events = st.lists(
    st.tuples(st.just("follow"), values, clock)
    | st.tuples(st.just("switch"), st.sampled_from(Mode), clock)
    | st.tuples(st.just("go_home"), st.none(), clock)
    | st.tuples(st.just("restart"), st.none(), clock),
    max_size=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(events=events)
def test_no_limit_is_passed_by_any_sequence_of_events(make_chain, robot, events):
    chain = make_chain()
    speed = np.array([joint.velocity for joint in robot.joints])
    last, before = 0, robot.home
    for event, what, now in events:
        command = None
        if event == "follow":
            try:
                command = chain.follow(frame(what), STAMP, now)
            except X2CError:
                assert not np.isfinite(what).all()
                continue
        elif event == "go_home":
            command = chain.go_home(now)
        elif event == "restart":
            chain.restart(now)
            last = now
        else:
            chain.switch(what, now)
            last = now
        if command is None:
            continue
        assert np.isfinite(command.positions).all()
        assert (command.positions >= robot.lower).all()
        assert (command.positions <= robot.upper).all()
        allowed = speed * min(max((now - last) * 1e-9, 0.0), LONGEST_STEP)
        assert (np.abs(command.positions - before) <= allowed + 1e-9).all()
        last, before = now, command.positions
