# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from x2c_core.robot.robot_file import load_robot

FACE = """
# A face.
name: face
units: {angle: rad, length: m}
joints:
  jaw: {type: revolute, position: [-0.22703, 0.0], velocity: 1.0, acceleration: 20.0, jerk: 500.0}
  lid: {type: revolute, position: [-0.23317, 0.07363], velocity: 2.0, acceleration: 40, jerk: 900}
mixing:
  jaw: {Jaw Pitch: [[0.0, -0.22703], [1.0, 0.0]]}
driver:
  type: feetech
  port: PORT
  reply_time: 1.0
  joints:
    jaw: {id: 1, zero: 2048.0, direction: 1, raw: [1900.0, 2048.0]}
    lid: {id: 2, zero: 2048.0, direction: -1, raw: [2000.0, 2200.0]}
"""


@pytest.fixture
def face(bus, tmp_path):
    """A robot that has been calibrated."""
    folder = tmp_path / "face"
    folder.mkdir()
    (folder / "robot.yaml").write_text(FACE.replace("PORT", str(bus.link)))
    return folder


def test_a_joint_is_jogged_and_stays_inside_its_limits(x2c, bus, face):
    status, said = x2c("motors", "jog", "--robot", face, "--joint", "jaw", "--to", -0.1)
    assert status == 0
    assert "jaw: -0.0997 (measured)" in said
    assert bus.servos[1].goal == round(2048 - 0.1 * 4096 / (2 * np.pi))
    status, said = x2c("motors", "jog", "--robot", face, "--joint", "jaw", "--by", 2.0)
    assert status == 2
    assert "is outside the limits of jaw, -0.22703 to 0: nothing was moved" in said
    assert bus.servos[1].goal == 1983
    # Nothing was ever further from the servo than it may go in a moment.
    assert bus.servos[1].fastest < 50.0


@pytest.mark.parametrize(
    "way", [("--to", 3), ("--to=-15deg",), ("--by", "-0.5 rad"), ("--to", "-15deg")]
)
def test_what_is_outside_the_limits_is_refused(x2c, bus, face, way):
    status, said = x2c("motors", "jog", "--robot", face, "--joint", "jaw", *way)
    assert status == 2
    assert "outside the limits of jaw, -0.22703 to 0: nothing was moved" in said
    assert not bus.servos[1].torque


def test_a_negative_number_with_a_unit_is_no_option(x2c, bus, face):
    status, said = x2c("motors", "jog", "--robot", face, "--joint", "jaw", "--to", "-5deg")
    assert status == 0, said
    assert bus.servos[1].goal == round(2048 - np.radians(5.0) * 4096 / (2 * np.pi))
    status, said = x2c("motors", "jog", "--robot", face, "-x")
    assert status == 2
    assert "unrecognized arguments: -x" in said


@pytest.mark.parametrize("number", ["nan", "inf", "1,5", "0.1 volt", "1_0", "0x1", ""])
def test_what_is_no_number_is_refused(x2c, bus, face, number):
    status, said = x2c("motors", "jog", "--robot", face, "--joint", "jaw", f"--to={number}")
    assert status == 2
    assert "expected a number such as 0.2" in said
    assert not bus.servos[1].torque


def test_jogging_by_commands(x2c, bus, face):
    answers = ["", "=-0.1", "lid", "+5", "=x", "tail", "home", "q"]
    status, said = x2c("motors", "jog", "--robot", face, answers=answers)
    assert status == 0
    assert "no joint 'tail'" in said
    assert "'=x' is no command" in said
    assert [servo.goal for servo in bus.servos.values()] == [1983, 2048]


def test_jogging_without_motors_says_so(x2c, bus, face):
    bus.powered = False
    status, said = x2c("motors", "jog", "--robot", face, "--joint", "jaw", "--home")
    assert status == 2
    assert "no servo answers" in said
    bus.unplug()
    status, said = x2c("motors", "jog", "--robot", face, "--joint", "jaw", "--home")
    assert status == 2
    assert "there is no" in said


def test_limits_are_changed_with_the_file_before_kept(x2c, face):
    before = (face / "robot.yaml").read_text()
    words = ("motors", "limits", "--robot", face, "--joint", "lid")
    status, _ = x2c(*words, "--velocity", 6.5, "--position", -0.2, 0.05)
    assert status == 0
    lid = load_robot(face).joints[1]
    assert (lid.velocity, lid.lower, lid.upper) == (6.5, -0.2, 0.05)
    (kept,) = face.glob("robot.yaml.*.bak")
    assert kept.read_text() == before


def test_limits_beyond_the_raw_range_are_told_and_not_jogged_to(x2c, bus, face):
    words = ("motors", "limits", "--robot", face, "--joint", "lid")
    status, said = x2c(*words, "--position", -0.4, 0.05)
    assert status == 0
    assert "driver.joints.lid.raw ends at -0.2332 and 0.07363" in said
    assert "raw ends at" not in x2c(*words, "--position", -0.2, 0.05)[1]
    x2c(*words, "--position", -0.4, 0.05)
    jog = ("motors", "jog", "--robot", face, "--joint", "lid", "--speed", 1.0)
    status, said = x2c(*jog, "--to", -0.3)
    assert status == 2
    assert "is outside driver.joints.lid.raw" in said
    assert not bus.servos[2].torque
    assert x2c(*jog, "--sweep")[0] == 0


def test_limits_that_lead_over_the_wrap_are_refused(x2c, face):
    before = (face / "robot.yaml").read_text()
    words = ("motors", "limits", "--robot", face, "--joint", "lid")
    status, said = x2c(*words, "--position", -6.5, 0.05)
    assert status == 2
    assert "narrow joints.lid.position" in said
    assert (face / "robot.yaml").read_text() == before


def test_limits_that_cannot_be_leave_the_file_as_it_was(x2c, face):
    before = (face / "robot.yaml").read_text()
    words = ("motors", "limits", "--robot", face, "--joint", "lid")
    status, said = x2c(*words, "--position", 0.2, -0.2)
    assert status == 2
    assert f"{face}/robot.yaml: line" in said
    assert "nothing was changed" in said
    assert (face / "robot.yaml").read_text() == before
    assert not list(face.glob("*.bak"))
    assert x2c("motors", "limits", "--robot", face, "--velocity", 1.0)[0] == 2
