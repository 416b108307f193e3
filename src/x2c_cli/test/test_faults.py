# SPDX-License-Identifier: Apache-2.0
"""Tests of faults: what is heard is judged rightly, and the pipeline survives one."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from x2c_actuation.pipeline.motion import JointMotion
from x2c_actuation.pipeline.motion_limits import MotionLimits
from x2c_actuation.safety.state_machine import State
from x2c_cli.cli import main, parser
from x2c_cli.errors import FaultError
from x2c_cli.faults import run as fault_run
from x2c_cli.faults.observation.figure import draw
from x2c_cli.faults.observation.motion_log import Event, MotionLog
from x2c_cli.faults.observation.report import story
from x2c_cli.faults.observation.verdict import judge
from x2c_cli.faults.rig.rig import Rig
from x2c_cli.faults.scenarios.scenarios import SCENARIOS
from x2c_cli.faults.scenarios.titles import TITLES
from x2c_core.robot.robot_file import load_robot
from x2c_node.robots import find_robot

NAMES = ("jaw", "brow")
LIMITS = MotionLimits(
    lower=np.array([0.0, -0.01]),
    upper=np.array([0.4, 0.01]),
    velocity=np.array([2.0, 0.1]),
    acceleration=np.array([40.0, 2.0]),
    jerk=np.array([2000.0, 100.0]),
)
PERIOD = 0.01


def stamped(time):
    """Return a header of a time [s]."""
    seconds, rest = divmod(round(time * 1e9), 1_000_000_000)
    return SimpleNamespace(stamp=SimpleNamespace(sec=seconds, nanosec=rest))


def heard(positions, velocities=None, accelerations=None, state=State.ACTIVE, spent=None):
    """Return a log of what was sent at every period."""
    positions = np.asarray(positions, dtype=float)
    log = MotionLog(NAMES)
    nothing = np.zeros_like(positions)
    velocities = nothing if velocities is None else velocities
    accelerations = nothing if accelerations is None else accelerations
    for i, row in enumerate(positions):
        time = i * PERIOD
        log.take_state(
            time,
            SimpleNamespace(
                header=stamped(time),
                state=state.value,
                since=time if spent is None else spent[i],
                reason="test",
                positions=row,
                velocities=velocities[i],
                accelerations=accelerations[i],
            ),
        )
        log.take_command(time, list(NAMES), row)
    return log


def motion_through(targets):
    """Return a log of a real motion."""
    motion = JointMotion(LIMITS, PERIOD)
    motion.reset([0.1, 0.0])
    states = [motion.step(target) for target in targets]
    return heard(
        [state.position for state in states],
        [state.velocity for state in states],
        [state.acceleration for state in states],
    )


def test_motion_inside_its_limits_is_good():
    targets = np.random.default_rng(0).uniform(LIMITS.lower, LIMITS.upper, (300, 2))
    verdict = judge(motion_through(targets), LIMITS)
    assert verdict.inside
    assert verdict.velocity > 0.2
    assert 0.5 < verdict.jerk <= 1.0 + 1e-9
    assert verdict.commands == 300


def test_a_jump_is_seen_in_the_positions_alone():
    positions = np.tile([0.1, 0.0], (20, 1))
    positions[10:, 0] = 0.3
    verdict = judge(heard(positions), LIMITS)
    assert verdict.velocity == pytest.approx(0.2 / PERIOD / 2.0)
    assert not verdict.inside


def test_sudden_changes_of_speed_are_seen():
    positions = np.tile([0.1, 0.0], (20, 1))
    positions[10:, 0] += 0.015 * np.arange(10)
    verdict = judge(heard(positions), LIMITS)
    assert verdict.velocity < 1.0
    assert verdict.acceleration == pytest.approx(1.5 / PERIOD / 40.0)
    assert not verdict.inside


def test_a_position_outside_is_seen():
    verdict = judge(heard([[0.1, 0.0], [0.1, 0.0101]]), LIMITS)
    assert verdict.outside == pytest.approx(0.005)
    assert not verdict.inside
    assert "position outside by 0.50 % of the range" in verdict.exceeded


def test_sudden_acceleration_is_seen():
    accelerations = np.zeros((5, 2))
    accelerations[2, 1] = 1.9
    verdict = judge(heard(np.tile([0.1, 0.0], (5, 1)), accelerations=accelerations), LIMITS)
    assert verdict.acceleration == pytest.approx(0.95)
    assert verdict.jerk == pytest.approx(1.9 / PERIOD / 100.0)
    assert verdict.exceeded == ("jerk 1.90 times the limit",)


def test_a_command_that_actuation_does_not_tell_of_is_seen():
    log = heard(np.tile([0.1, 0.0], (60, 1)))
    log.take_command(0.3, list(NAMES), [np.nan, 0.0])
    log.take_command(0.3, ["jaw"], [0.1])
    log.take_command(0.3, list(NAMES), [0.2, 0.0])
    # One whose message was lost is where the joints were at that time.
    log.take_command(0.3, list(NAMES), [0.1001, 0.0])
    verdict = judge(log, LIMITS)
    assert verdict.untold == 3
    assert "3 of 64 commands not reported by actuation" in verdict.exceeded


def test_joints_that_somebody_moved_meanwhile_have_not_jumped():
    log = heard([[0.1, 0.0], [0.1, 0.0]])
    for state, position, since in (
        (State.DISABLED, 0.1, 0.0),
        (State.DISABLED, 0.1, 0.5),
        (State.RAMPING, 0.35, 0.0),
        (State.RAMPING, 0.35, 0.01),
    ):
        message = SimpleNamespace(
            header=stamped(1.0 + since),
            state=state.value,
            since=since,
            reason="",
            positions=[position, 0.0],
            velocities=[0.0, 0.0],
            accelerations=[0.0, 0.0],
        )
        log.take_state(1.0 + since, message)
    assert judge(log, LIMITS).inside
    assert [change.state for change in log.changes] == [
        State.ACTIVE,
        State.DISABLED,
        State.RAMPING,
    ]


def test_a_jump_from_one_life_of_the_node_to_the_next_is_seen():
    before, after = heard([[0.1, 0.0]] * 3), heard([[0.35, 0.0]] * 3)
    for _, message in after._states:
        message.header = stamped(0.05 + message.since)
        before.take_state(0.05 + message.since, message)
    verdict = judge(before, LIMITS)
    # 0.25 in 0.03 s, with 0.02 s of grace, at 2 a second.
    assert verdict.seams == pytest.approx(0.25 / 0.05 / 2.0)
    assert verdict.velocity == 0.0
    assert not verdict.inside


def watched(positions):
    """Return a log of where joints really were at every period."""
    log = MotionLog(NAMES)
    for i, row in enumerate(positions):
        log.take_actual(i * PERIOD, np.array(row))
    return log


def test_a_servo_that_jumps_is_seen():
    positions = np.tile([0.0, 0.0], (40, 1))
    positions[20:, 0] = 0.4
    log = watched(positions)
    verdict = judge(log, LIMITS)
    # 0.4 in 0.1 s, with 0.05 s and a look of grace, at 2 a second.
    assert verdict.actual == pytest.approx(0.4 / 0.16 / 2.0)
    assert not verdict.inside
    assert draw("jump", log, LIMITS, NAMES).axes


def test_servos_that_turn_in_steps_inside_their_limits_are_good():
    moments = PERIOD * np.arange(60)
    # They stand between two commands of a bus that is as slow as that.
    steps = 2.0 * 0.02 * np.floor(moments / 0.02)
    verdict = judge(watched(np.column_stack([steps, 0.0 * steps])), LIMITS)
    assert 0.5 < verdict.actual <= 1.0
    assert verdict.inside


def test_a_servo_catches_up_where_the_whole_machine_stood_still():
    moments = np.concatenate([np.arange(0.0, 0.2, PERIOD), np.arange(0.5, 0.8, PERIOD)])
    log, jump = MotionLog(NAMES), MotionLog(NAMES)
    for moment in moments:
        # At full speed, with a part of the way after the pause.
        late = 0.25 if 0.5 <= moment < 0.52 else 0.0
        log.take_actual(moment, np.array([2.0 * (moment - late), 0.0]))
        jump.take_actual(moment, np.array([2.0 * moment + (0.4 if moment > 0.7 else 0.0), 0.0]))
    assert judge(log, LIMITS).inside
    assert not judge(jump, LIMITS).inside


def test_nothing_heard_is_drawn_and_judged():
    log = MotionLog(NAMES)
    verdict = judge(log, LIMITS)
    assert verdict.commands == 0
    assert verdict.actual is None
    assert np.isnan(log.commanded).all()
    assert draw("nothing", log, LIMITS, NAMES).axes


def test_nothing_is_added_to_a_log_that_has_ended():
    rig = Rig([], load_robot(find_robot("virtual")))
    rig.note("before")
    ended = rig.begin()
    rig.note("after")
    assert [event.text for event in ended.events] == ["before"]
    assert [event.text for event in rig.begin().events] == ["after"]


def test_the_story_begins_with_what_was_done():
    log = heard([[0.1, 0.0]])
    told = story([Event(1.0, "killed")], [*log.changes])
    assert told == "1.00 s **killed**"


def test_every_fault_has_a_title():
    assert list(TITLES) == list(SCENARIOS)


def test_unknown_faults_are_refused_with_those_there_are(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["faults", "earthquake"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "earthquake" in said
    assert all(name in said for name in SCENARIOS)


@pytest.mark.parametrize("error", [KeyboardInterrupt, FaultError("the pipeline does not start")])
def test_an_earlier_table_outlives_a_run_that_is_stopped(tmp_path, monkeypatch, error):
    def run_all(names, options, folder):
        (folder / "input-stops.png").write_bytes(b"half")
        raise error
        yield

    monkeypatch.setattr(fault_run, "run_all", run_all)
    (tmp_path / "README.md").write_text("earlier")
    arguments = parser(["faults"]).parse_args(["faults", "--out", str(tmp_path)])
    with pytest.raises((KeyboardInterrupt, FaultError)):
        arguments.run(arguments)
    assert (tmp_path / "README.md").read_text() == "earlier"
    assert not (tmp_path / "input-stops.png").exists()


@pytest.mark.ros
def test_the_pipeline_survives_that_its_input_stops(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("x2c_cli.faults.rig.rig._LONGEST", 150.0)
    monkeypatch.setattr("x2c_cli.faults.rig.rig._ANSWER", 150.0)
    with pytest.raises(SystemExit) as ended:
        main(["faults", "input-stops", "--out", str(tmp_path)])
    assert ended.value.code == 0, capsys.readouterr().out
    (outcome,) = json.loads((tmp_path / "faults.json").read_text())
    states = " ".join(change["state"] for change in outcome["changes"])
    # On a busy machine, where images come late, joints are held in between too.
    order = "(ACTIVE HOLDING )+EASING DISABLED RAMPING ACTIVE( HOLDING ACTIVE)*"
    assert re.fullmatch(order, states), states
    assert outcome["verdict"]["commands"] > 100
    assert (tmp_path / "input-stops.png").stat().st_size > 10_000
    assert "input stops" in (tmp_path / "README.md").read_text()
