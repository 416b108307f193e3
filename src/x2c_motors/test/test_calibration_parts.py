# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.control_space import controls
from x2c_core.errors import RobotError
from x2c_motors.bring_up.editor import RobotEditor
from x2c_motors.calibration.control_choice import find_control
from x2c_motors.calibration.measured_joint import MeasuredJoint, poses_of
from x2c_motors.drivers.feetech import FeetechDriver, FeetechOptions
from x2c_motors.errors import MotorCalibrationError

RAW = FeetechDriver.raw_scale(1, FeetechOptions())
FORM = FeetechDriver.address_form


def test_a_control_that_is_neutral_at_an_end_has_two_poses():
    for name, poses in (
        ("Jaw Pitch", ["low", "neutral"]),
        ("Nose Wrinkle", ["neutral", "high"]),
        ("Head Yaw", ["low", "neutral", "high"]),
    ):
        control = controls.CONTROLS[controls.index(name)]
        assert [pose.name for pose in poses_of(control)] == poses


@given(
    st.sampled_from(controls.NAMES),
    st.integers(100, 1900),
    st.integers(2000, 2100),
    st.integers(2200, 4000),
    st.booleans(),
)
def test_marks_become_a_joint_whose_raw_values_are_the_marks(name, low, middle, high, turned):
    first, last = (high, low) if turned else (low, high)
    measured = MeasuredJoint(3, "one", name, True)
    given_marks = {"low": float(first), "neutral": float(middle), "high": float(last)}
    measured.marks = {pose.name: given_marks[pose.name] for pose in measured.poses}
    joint, mixing, motor_entry = measured.entries(FORM, RAW, 0.4)
    assert joint["position"][0] <= 0.0 <= joint["position"][1]
    # A control that rises moves its joint up, however the motor is built in.
    offsets = [offset for _, offset in mixing[name]]
    assert offsets == sorted(offsets)
    for pose, (value, offset) in zip(measured.poses, mixing[name], strict=True):
        raw = motor_entry["zero"] + motor_entry["direction"] * RAW.per_radian * offset
        assert raw == pytest.approx(measured.marks[pose.name])
        assert value == pose.value


def test_parts_of_names_and_numbers_find_controls():
    assert find_control("29") == "Nose Wrinkle"
    assert find_control("nose") == "Nose Wrinkle"
    assert find_control("UPPER left") == "Eyelid Upper Left"
    assert find_control("brow_inner_right") == "Brow Inner Right"
    for text, reason in (("lip", "can be Lip Bottom"), ("tail", "no control"), ("30", "0 to 29")):
        with pytest.raises(MotorCalibrationError, match=reason):
            find_control(text)


def test_comments_and_order_survive_a_change(tmp_path):
    text = (
        "# About this face.\nname: one\nunits: {angle: rad, length: m}\njoints:\n"
        "  # The jaw.\n  jaw: {type: revolute, position: [0.0, 0.5], velocity: 1.0, "
        "acceleration: 10.0, jerk: 100.0}  # strong\nmixing: {}\n"
    )
    (tmp_path / "robot.yaml").write_text(text)
    editor = RobotEditor(tmp_path)
    editor.change(("joints", "jaw"), {"velocity": 2.0})
    robot = editor.save()
    assert robot.joints[0].velocity == 2.0
    assert (tmp_path / "robot.yaml").read_text() == text.replace("velocity: 1.0", "velocity: 2.0")


def test_two_saves_keep_the_file_before_the_first(tmp_path):
    (tmp_path / "robot.yaml").write_text(
        "name: one\nunits: {angle: rad, length: m}\njoints:\n  jaw: {type: revolute, "
        "position: [0.0, 0.5], velocity: 1.0, acceleration: 10.0, jerk: 100.0}\nmixing: {}\n"
    )
    before = (tmp_path / "robot.yaml").read_text()
    editor = RobotEditor(tmp_path)
    for velocity in (2.0, 3.0):
        editor.change(("joints", "jaw"), {"velocity": velocity})
        editor.save()
    (kept,) = tmp_path.glob("*.bak")
    assert kept.read_text() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["robot.yaml", kept.name]


def test_a_file_that_is_no_yaml_is_refused(tmp_path):
    (tmp_path / "robot.yaml").write_text("joints: [1,\n")
    with pytest.raises(RobotError, match="cannot be read"):
        RobotEditor(tmp_path)
    (tmp_path / "robot.yaml").write_text("- 1\n")
    with pytest.raises(RobotError, match="keys with values"):
        RobotEditor(tmp_path)
