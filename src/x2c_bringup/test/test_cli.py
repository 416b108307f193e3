# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys

import pytest

from x2c_bringup import cli
from x2c_bringup.commands import COMMANDS


def run(*words):
    return subprocess.run(
        [sys.executable, "-P", "-m", "x2c_bringup.cli", *words], capture_output=True, text=True
    )


def test_help_lists_every_command():
    done = run("--help")
    assert done.returncode == 0
    assert set(COMMANDS) <= set(done.stdout.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_it_does(command):
    done = run(command, "--help")
    assert done.returncode == 0
    assert "usage: x2c" in done.stdout


def test_help_loads_neither_ros_nor_what_sees_and_draws():
    program = (
        "import sys\nfrom x2c_bringup.cli import parser\nparser()\n"
        "print([name for name in ('rclpy', 'cv2', 'mediapipe', 'mujoco', 'numpy', 'rich', 'torch')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_an_unknown_command_is_refused_with_the_known_ones():
    done = run("imitat")
    assert done.returncode == 2
    assert "invalid choice: 'imitat'" in done.stderr


def test_a_video_and_a_camera_at_once_are_refused():
    done = run("imitate", "--video", "a.mp4", "--camera", "0")
    assert done.returncode == 2
    assert "not allowed with" in done.stderr


def test_robots_are_listed(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["robots"])
    assert ended.value.code == 0
    assert "virtual" in capsys.readouterr().out
