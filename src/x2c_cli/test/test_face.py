# SPDX-License-Identifier: Apache-2.0
"""The commands that show the robot's face."""

import signal
import socket
import sys
import urllib.request

import cv2
import numpy as np
import pytest

from x2c_cli import cli
from x2c_core.control_space import controls
from x2c_core.control_space.controls_table import ControlsTable
from x2c_msgs.msg import ControlValues

pytestmark = pytest.mark.slow

COMMAND = (sys.executable, "-P", "-m", "x2c_cli.cli")


def render(*words):
    with pytest.raises(SystemExit) as ended:
        cli.main(["render", *map(str, words)])
    return ended.value.code


@pytest.fixture
def table(tmp_path):
    made = ControlsTable(tmp_path / "controls.csv")
    for k, jaw in enumerate((1.0, 0.0)):
        made.write(k * 200_000_000, controls.from_names({"Jaw Pitch": jaw}))
    made.close()
    return tmp_path / "controls.csv"


@pytest.fixture(scope="module", autouse=True)
def _opengl():
    from x2c_core.robot.robot_file import load_robot
    from x2c_node.robots import find_robot
    from x2c_virtual_face.errors import RenderError
    from x2c_virtual_face.virtual_face import VirtualFace

    with VirtualFace(load_robot(find_robot("virtual")), 16, 16) as face:
        try:
            face.render()
        except RenderError as error:
            pytest.skip(str(error))


def test_any_face_becomes_an_image(tmp_path):
    out = tmp_path / "face.png"
    words = ("--expression", "smile=0.5", "--set", "Head Yaw=0.2", "--size", "80x64")
    assert render(*words, "--out", out) == 0
    assert cv2.imread(str(out)).shape == (64, 80, 3)


def test_a_moment_of_a_table_becomes_an_image(table, tmp_path):
    shown = {}
    for at in ("0", "0.2"):
        out = tmp_path / f"{at}.png"
        assert render("--csv", table, "--at", at, "--size", "64", "--out", out) == 0
        shown[at] = cv2.imread(str(out))
    assert (shown["0"] != shown["0.2"]).any()


@pytest.mark.parametrize("more", [(), ("--dynamics",)])
def test_a_table_becomes_a_video(table, tmp_path, more):
    out = tmp_path / "face.mp4"
    assert render("--csv", table, "--size", "64", "--fps", "20", *more, "--out", out) == 0
    video = cv2.VideoCapture(str(out))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--expression", "smirk"), "unknown expression 'smirk'"),
        (("--set", "Jaw=1"), "unknown control 'Jaw'"),
        (("--set", "Head Yaw=20"), "Head Yaw: expected a value from -0.5236 to 0.5236 rad"),
        (("--csv", "a.csv", "--set", "Jaw Pitch=1"), "leave out --expression and --set"),
        (("--csv", "none.csv"), "cannot read none.csv"),
        (("--at", "1"), "--at is for an image of a table"),
        (("--dynamics",), "--dynamics is for videos"),
        (("--out", "a.mp4", "--size", "33"), "a video needs even numbers"),
        (("--out", "a.mp4", "--fps", "0"), "--fps: expected 1 to 120"),
        (("--robot", "nobody"), "unknown robot 'nobody'"),
        (("--out", "a.gif"), "expected a file ending in .png"),
        (("--size", "big"), "expected WIDTHxHEIGHT"),
        (("--set", "Jaw Pitch"), "expected CONTROL=VALUE"),
        (("--set", "Jaw Pitch=wide"), "expected a number after '='"),
    ],
)
def test_what_cannot_be_drawn_is_refused(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert render(*words) == 2
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_page_is_there_until_ctrl_c(node_process):
    face = node_process(command=[*COMMAND, "face", "--size", "64"])
    face.wait_for("Open http://127.0.0.1:")
    url = face.output.split("Open ")[1].split(" ")[0]
    with urllib.request.urlopen(url) as answer:
        assert b"page.js" in answer.read()
    assert face.stop() == 0


def test_sliders_reach_ros_where_asked(node_process, ros, wait_until):
    received = ros.collect(ControlValues, "control_values")
    face = node_process(command=[*COMMAND, "face", "--size", "64", "--ros"])
    wait_until(lambda: received, what="control values of the sliders")
    np.testing.assert_allclose(received[-1].values, controls.NEUTRAL, atol=1e-5)
    assert face.stop(signal.SIGTERM) == 0


def test_a_port_in_use_is_told(x2c):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, said = x2c("face", "--port", port)
    assert status == 2
    assert f"error: cannot serve on 127.0.0.1, port {port}" in said
