# SPDX-License-Identifier: Apache-2.0
"""State and last command outlive robots; settings change while joints move."""

from __future__ import annotations

import numpy as np
import pytest

from x2c_actuation.pipeline.actuation_settings import ActuationSettings
from x2c_actuation.pipeline.actuation_stage import ActuationStage
from x2c_actuation.safety.state_machine import State, StateTiming
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.face.frames import ControlFrame, ControlState
from x2c_core.robot.robot_file import load_robot
from x2c_node.robots import find_robot

PERIOD = 0.01
TIMING = StateTiming(ramp=0.0, hold_after=60.0, neutral_after=60.0)
OPEN = ControlFrame(controls.from_names({"Jaw Pitch": 0.0}), 1.0, ControlState.TRACKING, 0)


@pytest.fixture
def robot():
    return load_robot(find_robot("virtual"))


def run(stage: ActuationStage, begin: float, seconds: float = 1.5) -> float:
    """Follow an open mouth; returns the time at the end."""
    for _ in range(round(seconds / PERIOD)):
        begin += PERIOD
        stage.take(OPEN, 1, begin)
        stage.tick(begin)
    return begin


def test_without_a_robot_there_is_no_pipeline():
    stage = ActuationStage(ActuationSettings(TIMING), 0.0)
    with pytest.raises(RuntimeError, match="no robot"):
        stage.tick(0.0)


def test_joints_go_on_from_where_they_were_sent(robot):
    stage = ActuationStage(ActuationSettings(TIMING), 0.0, armed=True)
    stage.load(robot, PERIOD)
    assert not stage.remembers
    run(stage, 0.0)
    sent = stage.pipeline.motion.state.position
    stage.unload()
    assert stage.remembers
    stage.load(robot, PERIOD)
    assert stage.pipeline.unknown == ()
    np.testing.assert_array_equal(stage.pipeline.motion.state.position, sent)


def test_joints_go_on_from_where_they_were_sent_though_another_robot_was_loaded_between(
    robot, write_robot
):
    stage = ActuationStage(ActuationSettings(TIMING), 0.0, armed=True)
    stage.load(robot, PERIOD)
    now = run(stage, 0.0)
    sent = stage.pipeline.motion.state.position
    stage.unload()
    other = load_robot(write_robot())
    stage.load(other, PERIOD)
    stage.pipeline.restart(True, now)
    run(stage, now)
    stage.unload()
    stage.load(robot, PERIOD)
    assert stage.pipeline.unknown == ()
    apart = [i for i, name in enumerate(robot.joint_names) if name not in other.joint_names]
    assert apart
    np.testing.assert_array_equal(stage.pipeline.motion.state.position[apart], sent[apart])


def test_a_latched_stop_outlives_the_robot(robot):
    stage = ActuationStage(ActuationSettings(TIMING), 0.0, armed=True)
    stage.load(robot, PERIOD)
    now = run(stage, 0.0)
    stage.state_machine.fail("a test", now)
    stage.unload()
    stage.load(robot, PERIOD)
    run(stage, now)
    assert stage.state_machine.state is State.FAULT


def test_settings_take_effect_while_joints_move(robot):
    stage = ActuationStage(ActuationSettings(TIMING), 0.0, armed=True)
    stage.load(robot, PERIOD)
    neutral = stage.pipeline.motion.state.position
    now = run(stage, 0.0)
    assert np.abs(stage.pipeline.motion.state.position - neutral).max() > 0.05
    stage.configure(ActuationSettings(TIMING, gains={Group.MOUTH: 0.0}))
    run(stage, now)
    np.testing.assert_allclose(stage.pipeline.motion.state.position, neutral, atol=1e-6)
