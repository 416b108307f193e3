# SPDX-License-Identifier: Apache-2.0
"""imitation_node over real DDS: the installed executable, or in this process."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from rclpy.parameter import Parameter
from std_msgs.msg import Header

from x2c_core.control_space import controls
from x2c_core.face.frames import ControlState, Face, FaceState
from x2c_imitation.imitation_node import ImitationNode
from x2c_msgs.msg import ControlValues, FaceLandmarks
from x2c_node import qos
from x2c_node.conversion.headers import to_nanoseconds, to_stamp
from x2c_node.conversion.messages import face_to_message

FRAME = 33_333_333


class Person:
    """Publishes a person's face frame by frame, and collects the answers."""

    def __init__(self, ros, wait_until) -> None:
        self._wait_until = wait_until
        self._faces = ros.publish(FaceLandmarks, "face", qos.NEWEST)
        self._neutral = ros.publish(FaceLandmarks, "face/neutral", qos.LATCHED)
        self.answers = ros.collect(ControlValues, "control_values", 10)
        self.stamp = 10_000_000_000
        # The node asks for best effort: until it has found the publisher, it hears nothing.
        wait_until(self._is_heard, what="the node to hear a message")

    def _is_heard(self) -> bool:
        nobody = FaceLandmarks(state=int(FaceState.LOST))
        nobody.header.stamp = to_stamp(self.stamp)
        self.sends(nobody)
        return bool(self.answers)

    def message(self, face: Face) -> FaceLandmarks:
        return face_to_message(face, Header(stamp=to_stamp(self.stamp), frame_id="camera"))

    def is_neutral_with(self, face: Face) -> None:
        self._neutral.publish(self.message(face))

    def shows(self, message: FaceLandmarks) -> ControlValues:
        """Publish one frame and return the answer to it."""
        self.sends(message)
        stamp = to_nanoseconds(message.header.stamp)
        return self._wait_until(
            lambda: next(
                (a for a in self.answers if to_nanoseconds(a.header.stamp) == stamp), None
            ),
            what=f"control values with the stamp {stamp}",
        )

    def sends(self, message: FaceLandmarks) -> None:
        self._faces.publish(message)
        self.stamp += FRAME


@pytest.fixture
def start(node_process, image_robot):
    def run(**parameters):
        return node_process(
            "x2c_imitation",
            "imitation_node",
            parameters={"robot": str(image_robot)} | parameters,
        )

    return run


@pytest.fixture
def start_inside(node_inside, image_robot):
    def run(**parameters):
        return node_inside(ImitationNode, parameters={"robot": str(image_robot)} | parameters)

    return run


def test_a_face_becomes_control_values_with_its_stamp(start, ros, wait_until, model, make_face):
    process = start(recovery_time=0.05)
    person = Person(ros, wait_until)
    first = person.shows(person.message(make_face(model.neutral)))
    assert first.state == ControlState.NEUTRAL
    person.is_neutral_with(make_face(model.neutral))
    wait_until(lambda: "taken" in process.output, what="the neutral face to be taken")
    wink = model.landmarks(controls.from_names({"Eyelid Upper Left": 0.0}))
    for _ in range(5):
        answer = person.shows(person.message(make_face(wink, yaw=0.1)))
    assert answer.state == ControlState.TRACKING
    assert answer.header.frame_id == "camera"
    assert answer.track_id == 1
    values = np.array(answer.values)
    assert values[controls.index("Eyelid Upper Left")] < 0.4
    assert values[controls.index("Eyelid Upper Right")] > 0.7
    assert values[controls.index("Head Yaw")] == pytest.approx(0.1, abs=0.01)

    (result,) = ros.set_parameters("imitation_node", mirror=True)
    assert result.successful
    mirrored = np.array(person.shows(person.message(make_face(wink, yaw=0.1))).values)
    assert mirrored[controls.index("Eyelid Upper Right")] < 0.4
    assert mirrored[controls.index("Head Yaw")] == pytest.approx(-0.1, abs=0.01)
    assert process.stop() == 0


def count_of_refused(ros) -> int:
    status = ros.diagnosis("imitation_node")
    values = {pair.key: pair.value for pair in status.values} if status else {}
    return int(values.get("face refused", 0))


def test_garbage_is_refused_and_the_node_lives(start_inside, ros, wait_until, model, make_face):
    node = start_inside(recovery_time=0.05, diagnostics_period=0.1)
    person = Person(ros, wait_until)
    neutral = make_face(model.neutral)
    person.is_neutral_with(neutral)
    wait_until(lambda: "taken" in node.output, what="the neutral face to be taken")
    person.shows(person.message(neutral))

    for number, spoil in enumerate(("nan", "infinity", "state", "one point"), start=1):
        message = person.message(neutral)
        if spoil == "nan":
            message.landmarks[7] = np.nan
        elif spoil == "infinity":
            message.landmarks[:] = np.inf
        elif spoil == "state":
            message.state = 99
        else:
            message.landmarks[:] = 5.0
        person.sends(message)
        wait_until(
            lambda number=number: count_of_refused(ros) == number, what=f"{spoil} to be refused"
        )
        person.shows(person.message(neutral))

    huge = person.message(neutral)
    huge.landmarks[:] = np.linspace(-1e30, 1e30, huge.landmarks.size, dtype=np.float32)
    person.sends(huge)
    for answer in (person.shows(person.message(neutral)), *person.answers):
        values = np.array(answer.values, dtype=np.float64)
        assert np.isfinite(values).all()
        assert (values >= controls.MINIMUM - 1e-6).all()
        assert (values <= controls.MAXIMUM + 1e-6).all()
    assert node.stop() == 0


def test_a_lost_face_is_held_then_eases_to_neutral(
    start_inside, ros, wait_until, model, make_face
):
    node = start_inside(hold_time=0.2, ease_time=0.3, recovery_time=0.05)
    person = Person(ros, wait_until)
    person.is_neutral_with(make_face(model.neutral))
    wait_until(lambda: "taken" in node.output, what="the neutral face to be taken")
    face = make_face(model.landmarks(controls.from_names({"Jaw Pitch": 0.3})))
    for _ in range(5):
        shown = person.shows(person.message(face))
    lost = person.message(face)
    lost.state = int(FaceState.LOST)
    lost.header.stamp = to_stamp(person.stamp)
    held = person.shows(lost)
    assert held.state == ControlState.HOLDING
    np.testing.assert_allclose(held.values, shown.values)
    for _ in range(20):
        lost.header.stamp = to_stamp(person.stamp)
        end = person.shows(lost)
    assert end.state == ControlState.NEUTRAL
    np.testing.assert_allclose(end.values, controls.NEUTRAL, atol=1e-6)

    person.stamp -= 5_000_000_000
    again = person.shows(person.message(face))
    np.testing.assert_allclose(again.values, controls.NEUTRAL, atol=1e-6)
    assert "time jumped" in node.output
    assert node.stop() == 0


def test_a_tracker_that_falls_silent_is_told(start_inside, ros, wait_until, model, make_face):
    node = start_inside(diagnostics_period=0.1)
    person = Person(ros, wait_until)
    for _ in range(3):
        person.shows(person.message(make_face(model.neutral)))
    wait_until(
        lambda: (said := ros.diagnosis("imitation_node")) and "no more faces" in said.message,
        what="a diagnosis of the silence",
    )
    assert node.stop() == 0


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        (
            {"backend": "magic"},
            "unknown imitation backend 'magic'; expected one of: solver, x2cnet",
        ),
        ({"robot": "no_such_robot"}, "unknown robot 'no_such_robot'"),
        ({"robot": "/no/such/folder"}, "no robot at /no/such/folder"),
        ({"hold_time": -1.0}, "hold_time"),
        (
            {"backend": "x2cnet", "transfer": "magic"},
            "unknown motion transfer 'magic'; expected one of",
        ),
        ({"backend": "x2cnet", "network": "/gone/x.onnx"}, "there is no file /gone/x.onnx"),
        ({"backend": "x2cnet", "runtime": "jax"}, "expected one of onnx, torch, got 'jax'"),
        ({"backend": "x2cnet", "device": "tpu"}, "expected one of cpu, cuda, got 'tpu'"),
        ({"backend": "x2cnet", "threads": 0}, "threads"),
        (
            {
                "backend": "x2cnet",
                "transfer": "liveportrait",
                "transfer_options": "weights=/gone",
            },
            "appearance_feature_extractor.pth is not in /gone; './x2c weights where'",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(ros, image_robot, capfd, parameters, reason):
    given = {"robot": str(image_robot)} | parameters
    overrides = [Parameter(name, value=value) for name, value in given.items()]
    node = ros.add(ImitationNode(parameter_overrides=overrides))
    assert not node.start()
    assert reason in capfd.readouterr().err
    assert node.state == "unconfigured"


def test_a_motion_transfer_that_loads_for_minutes_is_announced(ros, capfd):
    # Without a network nothing is loaded, but the announcement comes first.
    options = {"backend": "x2cnet", "transfer": "liveportrait", "network": "/gone/x.onnx"}
    overrides = [Parameter(name, value=value) for name, value in options.items()]
    node = ImitationNode(parameter_overrides=overrides)
    ros.add(node)
    node.trigger_configure()
    assert "loading the motion transfer liveportrait" in capfd.readouterr().err


@pytest.mark.parametrize("runtime", ["onnx", "torch"])
def test_x2cnet_imitates_too(start, ros, wait_until, model, make_face, runtime):
    process = start(backend="x2cnet", runtime=runtime, recovery_time=0.05)
    person = Person(ros, wait_until)
    person.is_neutral_with(make_face(model.neutral))
    wait_until(lambda: "taken" in process.output, what="the neutral face to be taken")
    smile = model.landmarks(controls.from_names({"Lip Corner Raise Left": 1.0, "Jaw Pitch": 0.3}))
    for face in (model.neutral, smile) * 4:
        answer = person.shows(person.message(make_face(face, yaw=0.1)))
    assert answer.state == ControlState.TRACKING
    values = np.array(answer.values, dtype=np.float64)
    assert (values >= controls.MINIMUM - 1e-6).all()
    assert (values <= controls.MAXIMUM + 1e-6).all()
    assert np.abs(values - controls.NEUTRAL).max() > 1e-3
    said = wait_until(lambda: ros.diagnosis("imitation_node"), what="a diagnosis")
    assert "resnet10_half, 64 pixels" in [pair.value for pair in said.values]
    libraries = Path(f"/proc/{process.popen.pid}/maps").read_text()
    assert ("/torch/" in libraries) == (runtime == "torch")
    assert process.stop() == 0


def test_broken_weights_are_refused_with_the_reason(start_inside, ros, wait_until, image_robot):
    (image_robot / "x2cnet.onnx").write_bytes(b"half a file")
    node = start_inside(backend="x2cnet")
    wait_until(lambda: "is the file whole?" in node.output, what="the reason in the log")
    assert ros.state("imitation_node") == "unconfigured"
    assert node.running
    assert node.stop() == 0


@pytest.mark.process
def test_the_solvers_way_imports_no_torch():
    import subprocess

    code = (
        "import sys, x2c_imitation.imitation_node, x2c_imitation.backends;"
        "sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=400)
    assert done.returncode == 0
